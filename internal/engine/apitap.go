package engine

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"sluice/internal/event"
	"sluice/internal/pipeline"
)

// tapRate is how many events a second a tap shows when nobody says; tapMost is what
// somebody may ask for.
const (
	tapRate = 10
	tapMost = 1000
)

// tap answers with the events that pass a plugin, one JSON object a line, until the
// client goes or ?limit has been reached. ?rate is the most a second, ?redact=[a][b]
// leaves a field out; it can be repeated. With Accept: text/event-stream the lines are
// server-sent events.
//
// Events are more than statistics: without a login only this machine may look.
func (a *API) tap(w http.ResponseWriter, r *http.Request) {
	if !a.hasLogin() && !local(r) {
		a.fail(w, r, http.StatusForbidden, "events are shown to this machine only; set api.auth.type: basic to show them to others, too")
		return
	}
	q := r.URL.Query()
	rate, limit := tapRate, 0
	for name, p := range map[string]*int{"rate": &rate, "limit": &limit} {
		if text := q.Get(name); text != "" {
			n, err := strconv.Atoi(text)
			if err != nil || n < 1 {
				a.fail(w, r, http.StatusBadRequest, fmt.Sprintf("%s: found %q where a whole number of at least 1 was expected", name, text))
				return
			}
			*p = n
		}
	}
	var redact []event.Ref
	for _, text := range q["redact"] {
		ref, err := event.ParseRef(text)
		if err != nil {
			a.fail(w, r, http.StatusBadRequest, "redact: "+err.Error())
			return
		}
		redact = append(redact, ref)
	}
	run := a.e.find(r.PathValue("pipeline"))
	if run == nil {
		a.fail(w, r, http.StatusNotFound, "there is no pipeline "+r.PathValue("pipeline"))
		return
	}
	id := r.PathValue("plugin")
	var ids []string
	for _, p := range run.pipeline.Plugins() {
		ids = append(ids, p.ID)
	}
	t := pipeline.NewTap(min(rate, tapMost), redact)
	remove, ok := run.pipeline.Tap(id, t)
	if !ok {
		for _, known := range ids {
			if known == id {
				a.fail(w, r, http.StatusConflict, "somebody else looks at "+id)
				return
			}
		}
		a.fail(w, r, http.StatusNotFound, fmt.Sprintf("there is no plugin %s; plugins are %s", id, strings.Join(ids, ", ")))
		return
	}
	defer remove()
	stream(w, r, t, limit, run.ended)
}

// stream writes what a tap shows. ended is closed when its pipeline ends.
func stream(w http.ResponseWriter, r *http.Request, t *pipeline.Tap, limit int, ended <-chan struct{}) {
	before, after, kind := "", "\n", "application/x-ndjson"
	if strings.Contains(r.Header.Get("Accept"), "text/event-stream") {
		before, after, kind = "data: ", "\n\n", "text/event-stream"
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "no-store")
	out := http.NewResponseController(w)
	if out.Flush() != nil {
		return
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for shown := 0; limit == 0 || shown < limit; {
		select {
		case <-r.Context().Done():
			return
		case text := <-t.Events:
			fmt.Fprintf(w, "%s%s%s", before, text, after)
			shown++
		case <-tick.C:
			if n := t.Skipped.Swap(0); n > 0 {
				fmt.Fprintf(w, `%s{"@tap":{"not_shown":%d}}%s`, before, n, after)
			}
		case <-ended:
			if len(t.Events) == 0 {
				return
			}
			continue
		}
		if out.Flush() != nil {
			return
		}
	}
}
