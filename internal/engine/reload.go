package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"sluice/internal/diag"
	"sluice/internal/health"
	"sluice/internal/pipeline"
	"sluice/internal/settings"
)

// Reloads is what became of the reloads of one pipeline.
type Reloads struct {
	Successes, Failures      int
	LastSuccess, LastFailure time.Time // zero for never
	LastError                string

	down bool // the pipeline does not run, because it could not start
}

// How long a replaced pipeline may take for what it is in the middle of. After that its
// inputs are left behind, and its outputs' events go to the new pipeline.
const (
	inputsGrace  = 10 * time.Second
	outputsGrace = 5 * time.Second
)

// Reload makes the running pipelines those of a new configuration. What has not changed
// runs on untouched. What has changed is compiled and opens its ports while the old
// pipeline runs; only then the old inputs end, the new ones start, and the events that
// wait go to the new pipeline. A pipeline that cannot run leaves its old one running.
// Reload returns when the new pipelines run; old outputs may still be at work.
func (e *Engine) Reload(wanted []Pipeline) {
	e.mu.Lock()
	for e.reloading {
		e.changed.Wait()
	}
	if !e.ready || e.closed || e.stop.Err() != nil {
		e.mu.Unlock()
		return
	}
	e.reloading = true
	e.mu.Unlock()
	defer func() {
		e.mu.Lock()
		e.reloading = false
		e.changed.Broadcast()
		e.mu.Unlock()
	}()
	changed := false
	isWanted := func(id string) bool { return slices.ContainsFunc(wanted, func(p Pipeline) bool { return p.ID == id }) }
	for _, r := range e.all() {
		if !isWanted(r.id) {
			e.remove(r)
			changed = true
		}
	}
	e.mu.Lock()
	maps.DeleteFunc(e.reloads, func(id string, _ *Reloads) bool { return !isWanted(id) })
	e.mu.Unlock()
	for _, p := range wanted {
		old := e.find(p.ID)
		switch {
		case old == nil:
			err := e.create(p)
			changed = changed || err == nil
			e.tell(p.ID, err, false)
		case old.config.equal(p):
			e.settled(old)
		default:
			e.opts.Log.Info("Reloading pipeline", "pipeline.id", p.ID)
			err := e.replace(old, p)
			changed = changed || err == nil
			e.tell(p.ID, err, true)
		}
	}
	if changed {
		e.tellRunning()
	}
}

// ReloadFailed says that there is a new configuration that cannot even be read.
func (e *Engine) ReloadFailed(err error) {
	for _, r := range e.all() {
		e.failed(r.id, err)
	}
}

var reloadFailed = health.Define("reload-failed", health.Warning, "a changed configuration is not in use",
	"The old configuration runs on. Look at the cause and correct the new configuration; it is taken over as soon as it can run.")

// settled says that a pipeline runs what it should run.
func (e *Engine) settled(r *running) {
	r.conditions.Clear(reloadFailed, r.id)
	e.mu.Lock()
	defer e.mu.Unlock()
	if account := e.reloads[r.id]; account != nil {
		account.LastError = ""
	}
}

// tell keeps what became of a pipeline.
func (e *Engine) tell(id string, err error, reload bool) {
	if err != nil {
		e.failed(id, err)
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	r := e.reloadsOf(id)
	r.down, r.LastError = false, ""
	if reload {
		r.Successes++
		r.LastSuccess = time.Now()
	}
}

// failed keeps and logs why a pipeline could not start. What has been said is not said
// again, because with config.reload.automatic it is tried every few seconds.
func (e *Engine) failed(id string, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	r := e.reloadsOf(id)
	r.Failures++
	r.LastFailure = time.Now()
	text := brief(err)
	r.down = true
	for _, old := range e.running {
		if e.stop != nil && old.id == id {
			r.down = false
			old.conditions.Raise(reloadFailed, id, text)
		}
	}
	if r.LastError != text {
		r.LastError = text
		if e.stop != nil {
			e.opts.Log.Error("Failed to execute action: the pipeline cannot start", "pipeline.id", id, "reason", text)
		}
	}
}

// warn logs what is not as good as it could be in a configuration that is taken over.
func (e *Engine) warn(id string, list diag.List) {
	for _, d := range list.Sort() {
		e.opts.Log.Warn(oneLine(d), "pipeline.id", id)
	}
}

// brief tells an error in one line, without excerpts.
func brief(err error) string {
	var list diag.List
	list.AddError(notReloadable, diag.Span{}, err)
	var texts []string
	for _, d := range list {
		if d.Code.Severity == diag.Error {
			texts = append(texts, oneLine(d))
		}
	}
	return strings.Join(texts, "; ")
}

// oneLine tells a diagnostic in one line.
func oneLine(d diag.Diagnostic) string {
	text := d.Message
	if d.Code != notReloadable {
		text = d.Code.ID + ": " + text
	}
	if d.At.Valid() {
		p := d.At.Position()
		text = fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, text)
	}
	return text
}

// reloadsOf returns the account of a pipeline. e.mu is held.
func (e *Engine) reloadsOf(id string) *Reloads {
	r := e.reloads[id]
	if r == nil {
		r = new(Reloads)
		e.reloads[id] = r
	}
	return r
}

func (e *Engine) find(id string) *running {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, r := range e.running {
		if r.id == id {
			return r
		}
	}
	return nil
}

// equal tells whether two configurations of a pipeline make the same pipeline.
func (p Pipeline) equal(q Pipeline) bool {
	return p.Defaults == q.Defaults && p.Settings.Equal(q.Settings) &&
		slices.EqualFunc(p.Sources, q.Sources, func(a, b *diag.Source) bool { return a.Name == b.Name && a.Text == b.Text })
}

// remove stops a pipeline that is no longer wanted. Its outputs end in the background.
func (e *Engine) remove(r *running) {
	e.drop(r)
	r.stop()
	e.await(r, r.pipeline.InputsDone(), inputsGrace, "the inputs of the pipeline take long to end")
	e.linger(r, false)
}

// linger waits for the end of a pipeline that has no place any more, and gives back
// what belongs to it.
func (e *Engine) linger(r *running, handedOver bool) {
	e.mu.Lock()
	e.active++
	e.mu.Unlock()
	go func() {
		defer e.finished()
		if handedOver {
			e.await(r, r.ended, outputsGrace, "")
			r.pipeline.GiveUp()
		}
		<-r.ended
		if lost := r.pipeline.Ledger().Lost; lost > 0 {
			e.opts.Log.Warn("events of a pipeline that has been replaced or removed were given up: no output took them", "pipeline.id", r.id, "events", lost)
		}
		if q := r.queueState(); q.Type == "persisted" && q.Events > 0 {
			e.opts.Log.Warn("events stay in the persisted queue of a pipeline that has been replaced or removed; a pipeline with the same id and queue.type: persisted goes on with them",
				"pipeline.id", r.id, "events", q.Events)
		}
		if spilled := r.pipeline.Ledger().Waiting; spilled > 0 {
			e.opts.Log.Warn("events that outputs have missed stay on disk; a pipeline with the same id goes on with them", "pipeline.id", r.id, "path", r.spills.dir, "events", spilled)
		}
		if err := r.closeQueue(); err != nil {
			e.opts.Log.Warn("a queue did not close cleanly", "pipeline.id", r.id, "error", err)
		}
	}()
}

func (e *Engine) await(r *running, done <-chan struct{}, limit time.Duration, warning string) {
	t := time.NewTimer(limit)
	defer t.Stop()
	select {
	case <-done:
	case <-t.C:
		if warning != "" {
			e.opts.Log.Warn(warning, "pipeline.id", r.id)
		}
	}
}

// create starts a pipeline that has no predecessor.
func (e *Engine) create(p Pipeline) error {
	r, list := e.compile(p, nil)
	if list.Err() != nil {
		return list
	}
	e.warn(p.ID, list)
	if err := e.prepare(e.stop, r); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.running = append(e.running, r)
	e.start(r)
	return nil
}

// replace puts a new pipeline into the place of an old one.
func (e *Engine) replace(old *running, p Pipeline) error {
	r, list := e.compile(p, old.sockets)
	if list.Err() != nil {
		return list
	}
	if err := reloadable(old, r); err != nil {
		r.pipeline.Close()
		return err
	}
	e.warn(p.ID, list)
	sameJournal := e.sameJournal(old, r)
	if !sameJournal {
		q, err := e.openQueue(e.stop, r)
		if err != nil {
			r.pipeline.Close()
			return fmt.Errorf("the queue of pipeline %s cannot be opened: %w", r.id, err)
		}
		r.queue = q
	}
	if err := r.pipeline.Listen(); err != nil {
		return errors.Join(err, r.closeQueue())
	}
	// Everything that can fail has been tried; from here on the new one takes over.
	handedOver := !sameJournal && pipeline.HandOver(old.queue, r.queue, r.pipeline.HandedOver)
	old.stop()
	e.await(old, old.pipeline.InputsDone(), inputsGrace, "the inputs of the old pipeline take long to end; the new one starts")
	if sameJournal {
		old.pipeline.GiveUp()
		e.await(old, old.ended, inputsGrace, "an output of the old pipeline takes long to end; what it holds is sent again")
		if err := e.takeJournal(old, r); err != nil {
			r.pipeline.Close()
			e.drop(old)
			return err
		}
	}
	old.letters.update(r.settings)
	e.mu.Lock()
	r.started = time.Now()
	for i := range e.running {
		if e.running[i] == old {
			e.running[i] = r
		}
	}
	e.start(r)
	e.mu.Unlock()
	r.sockets.Forget()
	if sameJournal {
		old.mu.Lock()
		old.queue = nil
		old.mu.Unlock()
	}
	e.linger(old, handedOver)
	return nil
}

var notReloadable = diag.Define("SL3027", diag.Error, "the pipeline cannot be reloaded",
	"The old configuration runs on. Start the program again to take over the new one.")

// reloadable tells why a pipeline must not be replaced, as Logstash does.
func reloadable(old, r *running) error {
	for _, x := range []*running{old, r} {
		why := x.pipeline.Unreloadable()
		if !x.settings.Bool("pipeline.reloadable") {
			why = "pipeline.reloadable is false"
		}
		if why != "" {
			return diag.New(notReloadable, diag.Span{}, "%s", why).WithHelp("start the program again to take over the new configuration")
		}
	}
	return nil
}

// sameJournal tells whether both pipelines keep their events in the same folder.
func (e *Engine) sameJournal(a, b *running) bool {
	return a.settings.String("queue.type") == "persisted" && b.settings.String("queue.type") == "persisted" && e.queueDir(a) == e.queueDir(b)
}

func (e *Engine) queueDir(r *running) string { return e.dir(r.settings, "path.queue", "queue", r.id) }

// takeJournal gives the new pipeline the journal of the old one, opened anew where its
// settings have changed.
func (e *Engine) takeJournal(old, r *running) error {
	q := old.queue.(*persistedQueue)
	var err error
	same := true
	for _, name := range []string{"queue.page_capacity", "queue.max_bytes", "queue.max_events", "queue.compression", "queue.durability",
		"queue.checkpoint.writes", "queue.checkpoint.acks", "queue.checkpoint.interval"} {
		same = same && old.settings.Text(name) == r.settings.Text(name)
	}
	var next pipeline.Queue
	if same {
		q.close()
		if err = q.reader.Close(); err == nil {
			next, err = newPersistedQueue(r.id, q.journal, q.max, q.maxBytes, e.opts.Log)
			r.tellDurability()
		}
	} else if err = q.shut(); err == nil {
		next, err = e.openQueue(context.WithoutCancel(e.stop), r)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("the queue of pipeline %s cannot be taken over: %w", r.id, err), q.shut())
	}
	r.queue = next
	return nil
}

// lettersOf returns the dead letter queue in a folder. A pipeline and the one that
// replaces it share it.
func (e *Engine) lettersOf(id string, s *settings.Settings) *letters {
	dir := e.dir(s, "path.dead_letter_queue", "dead_letter_queue", id)
	e.mu.Lock()
	defer e.mu.Unlock()
	l := e.letters[dir]
	if l == nil {
		l = newLetters(id, s, dir, e.opts.Log)
		e.letters[dir] = l
	}
	return l
}
