package filter

import (
	"regexp"
	"strings"
	"time"

	"sluice/internal/diag"
	"sluice/internal/event"
	"sluice/internal/plugin"
	"sluice/internal/ruby"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.FilterKind,
		Name: "aggregate",
		Doc: "Collects what several events of one task have in common: Ruby code puts it into `map`, which the events of a task share, " +
			"and takes it out again. A map that times out can become an event. The pipeline needs one worker, so that events come in order.\n\n" +
			"Names in `map` are texts: a Symbol or a number as a name becomes its text between two events.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-filters-aggregate.html",
		Examples: []plugin.Example{
			{Title: "The sum of a task's times", Config: `aggregate { task_id => "%{taskid}" code => "map['sum'] ||= 0; map['sum'] += event.get('duration')" timeout => 60 push_map_as_event_on_timeout => true timeout_task_id_field => "taskid" }`},
		},
		New: func() plugin.Plugin { return &aggregate{action: "create_or_update", warnings: 5000} },
	})
}

// aggregate is the filter aggregate.
type aggregate struct {
	common
	taskID              event.Template
	code, timeoutCode   plugin.Setting
	action              string
	endOfTask           bool
	mapsPath            string
	timeout, inactivity time.Duration
	pushOnTimeout       bool
	pushPrevious        bool
	timestampField      event.Ref
	taskIDField         event.Ref
	timeoutTags         []string
	warnings            int

	env         *plugin.Env
	run         *ruby.Instance
	runTimeout  *ruby.Instance
	timeoutTag  []event.Template
	shared      *aggregateMaps
	now         func() time.Time
	pipelineMap *aggregatePipeline
}

func (a *aggregate) Options() []plugin.Option {
	return append([]plugin.Option{
		plugin.Template("task_id", &a.taskID, "What the events of a task have in common. It has to hold a `%{field}`; an event without it is left alone.").Must(),
		plugin.Any("code", "Ruby", &a.code, "The code to run for every event. It finds `event`, `map` and `map_meta`.").Must(),
		plugin.Enum("map_action", &a.action, []string{"create", "update", "create_or_update"}, "Whether the code runs for the first event of a task only, for later ones only, or for all."),
		plugin.Bool("end_of_task", &a.endOfTask, "Whether the map is given up after the code."),
		plugin.Path("aggregate_maps_path", &a.mapsPath, "A file that keeps the maps while Sluice does not run. One filter of a pipeline may have it."),
		plugin.Seconds("timeout", &a.timeout, "How old, in seconds, a map becomes. By default 1800."),
		plugin.Seconds("inactivity_timeout", &a.inactivity, "How long, in seconds, a map stays without an event. By default as long as `timeout`."),
		plugin.Any("timeout_code", "Ruby", &a.timeoutCode, "The code to run for the event made of a map that timed out."),
		plugin.Bool("push_map_as_event_on_timeout", &a.pushOnTimeout, "Whether a map that times out becomes an event."),
		plugin.Bool("push_previous_map_as_event", &a.pushPrevious, "Whether a map becomes an event when another task begins."),
		plugin.Ref("timeout_timestamp_field", &a.timestampField, "A field with a timestamp, by which age is measured, in place of the clock."),
		plugin.Ref("timeout_task_id_field", &a.taskIDField, "The field of events made of maps that gets the task's id."),
		plugin.Strings("timeout_tags", &a.timeoutTags, "The tags of events made of maps."),
		plugin.Int("map_count_warning_threshold", &a.warnings, 0, 1<<40, "From how many maps on there are warnings. 0 for none."),
	}, a.Common()...)
}

const defaultTaskTimeout = 1800 * time.Second

var holdsField = regexp.MustCompile(`%\{.+\}`)

func (a *aggregate) Open(env *plugin.Env) error {
	a.prepare(env)
	a.env, a.now = env, env.Now
	if !holdsField.MatchString(a.taskID.String()) {
		return env.Invalid("task_id", `for example task_id => "%{task}"`, "task_id has to hold a field, but is the same for all events")
	}
	whole := a.timeout
	if !env.IsSet("timeout") {
		whole = defaultTaskTimeout
	}
	if env.IsSet("inactivity_timeout") && a.inactivity > whole {
		return env.Invalid("inactivity_timeout", "make it lower than timeout", "inactivity_timeout is longer than timeout")
	}
	for _, tag := range a.timeoutTags {
		a.timeoutTag = append(a.timeoutTag, event.ParseTemplate(tag))
	}
	var err error
	if a.run, err = a.compile(a.code, aggregateBefore, aggregateBehind); err != nil {
		return err
	}
	if env.IsSet("timeout_code") {
		if a.runTimeout, err = a.compile(a.timeoutCode, "", ""); err != nil {
			return err
		}
	}
	return a.join(whole)
}

// The code stands in a lambda, so that return ends it, between lines that bring the map
// in and out.
const (
	aggregateBefore = `map = event.get('[@metadata][aggregate map]'); map_meta = OpenStruct.new(event.get('[@metadata][aggregate meta]')); map_meta.map = map; begin; lambda { |event, map, map_meta|` + "\n"
	aggregateBehind = "\n" + `}.call(event, map, map_meta); ensure; event.set('[@metadata][aggregate map]', map); event.set('[@metadata][aggregate meta]', {'timeout' => map_meta[:timeout], 'inactivity_timeout' => map_meta[:inactivity_timeout]}); end`
)

// compile compiles code between two texts. Mistakes are shown where they stand in the
// configuration.
func (a *aggregate) compile(code plugin.Setting, before, behind string) (*ruby.Instance, error) {
	parent := textSource(code)
	var starts []int
	for range strings.Count(before, "\n") {
		starts = append(starts, 0)
	}
	starts = append(starts, 0)
	for i := range parent.Text {
		if parent.Text[i] == '\n' {
			starts = append(starts, i+1)
		}
	}
	for range strings.Count(behind, "\n") {
		starts = append(starts, len(parent.Text))
	}
	script, list := ruby.Compile(diag.Embed(parent, before+parent.Text+behind, starts), ruby.Options{})
	if err := list.Err(); err != nil {
		return nil, err
	}
	return script.NewInstance(&rubyHost{a.env.Log})
}

// join takes part in the maps that the aggregate filters of the pipeline share.
func (a *aggregate) join(whole time.Duration) error {
	a.pipelineMap = a.env.Shared.Get("filter aggregate", func() any { return newAggregatePipeline() }).(*aggregatePipeline)
	p := a.pipelineMap
	p.mu.Lock()
	defer p.mu.Unlock()
	a.shared = p.of(a.taskID.String())
	for _, option := range []string{"timeout", "inactivity_timeout", "timeout_code", "push_map_as_event_on_timeout", "push_previous_map_as_event",
		"timeout_timestamp_field", "timeout_task_id_field", "timeout_tags"} {
		if !a.env.IsSet(option) {
			continue
		}
		if a.shared.owner != nil && a.shared.owner != a {
			return a.env.Invalid(option, "give all options about timeouts in one of them", "another aggregate filter with the task_id %s has options about timeouts, too", a.taskID)
		}
		a.shared.owner = a
	}
	if a.timeout = whole; !a.env.IsSet("inactivity_timeout") {
		a.inactivity = whole
	}
	if a.mapsPath != "" {
		if p.path != "" {
			return a.env.Invalid("aggregate_maps_path", "remove it here", "another aggregate filter of the pipeline has aggregate_maps_path")
		}
		p.path, p.files = a.env.Access.Writing(a.mapsPath), a.env.Access.Files()
	}
	return nil
}

var (
	aggregateMap  = event.MustRef("[@metadata][aggregate map]")
	aggregateMeta = event.MustRef("[@metadata][aggregate meta]")
)

func (a *aggregate) Apply(e *event.Event, emit func(*event.Event)) {
	id, complete, err := a.taskID.AppendResolved(nil, e)
	if err != nil || !complete && string(id) == a.taskID.String() {
		return
	}
	var made []*event.Event
	worked := a.work(e, string(id), func(n *event.Event) { made = append(made, n) })
	if worked {
		a.matched(e)
	}
	for _, n := range made {
		emit(n)
	}
}

// work runs the code for an event, and tells whether it ran without an exception.
func (a *aggregate) work(e *event.Event, id string, emit func(*event.Event)) bool {
	p, maps := a.pipelineMap, a.shared
	p.mu.Lock()
	defer p.mu.Unlock()
	p.load(a.log)
	owner := maps.owner
	if owner == nil {
		owner = a
	}
	at, ok := a.reference(e)
	if !ok {
		a.raised(e, event.ErrNotTimestamp)
		return false
	}
	task := maps.tasks[id]
	if a.timestampFieldSet() && task != nil && owner.tooOld(task, at, at) {
		if owner.pushOnTimeout || owner.pushPrevious {
			emit(owner.toEvent(task, e.NewEvent()))
		}
		maps.remove(id)
		task = nil
	}
	switch {
	case task == nil && a.action == "update", task != nil && a.action == "create":
		return false
	case task == nil:
		if a.pushPrevious && maps.order.Len() > 0 {
			emit(owner.toEvent(maps.shift(), e.NewEvent()))
		}
		task = maps.add(id, at, a.now())
		if n := len(maps.tasks); a.warnings > 0 && n >= a.warnings && (n-a.warnings)%max(a.warnings/5, 1) == 0 {
			a.log.Warn("aggregate: many maps are in memory", "task_id", a.taskID.String(), "maps", n)
		}
	}
	task.last, task.lastSeen = at, a.now()
	err := a.call(e, task, emit)
	if a.endOfTask {
		maps.remove(id)
	}
	if zero(task.timeout) || zero(task.inactivity) {
		maps.remove(id)
		if owner.pushOnTimeout {
			emit(owner.toEvent(task, e.NewEvent()))
		}
	}
	if err != nil {
		a.log.Error("aggregate: the code raised an exception", "error", err)
		e.Tag("_aggregateexception")
	}
	return err == nil
}

func zero(d *time.Duration) bool { return d != nil && *d == 0 }

func (a *aggregate) timestampFieldSet() bool { return !a.timestampField.IsZero() }

// reference returns the time by which age is measured.
func (a *aggregate) reference(e *event.Event) (time.Time, bool) {
	if !a.timestampFieldSet() {
		return a.now(), true
	}
	v := e.Get(a.timestampField)
	return v.Time(), v.Kind() == event.Time
}

// call runs the code with the task's map.
func (a *aggregate) call(e *event.Event, task *aggregateTask, emit func(*event.Event)) error {
	if err := e.Set(aggregateMap, task.values.Clone()); err != nil {
		return err
	}
	meta := &event.ObjectData{}
	meta.Set("task_id", event.StringValue(task.id))
	meta.Set("creation_timestamp", event.TimeValue(task.created))
	meta.Set("lastevent_timestamp", event.TimeValue(task.last))
	meta.Set("timeout", secondsValue(task.timeout))
	meta.Set("inactivity_timeout", secondsValue(task.inactivity))
	if err := e.Set(aggregateMeta, event.ObjectValue(meta)); err != nil {
		return err
	}
	err := a.run.Run(e, emit)
	if v := e.Open(aggregateMeta); v.Kind() == event.Object {
		task.timeout = secondsOf(v.Object(), "timeout")
		task.inactivity = secondsOf(v.Object(), "inactivity_timeout")
	}
	if v := e.Get(aggregateMap); v.Kind() == event.Object {
		task.values = v.Detach()
	}
	e.Remove(aggregateMap)
	e.Remove(aggregateMeta)
	return err
}

func secondsValue(d *time.Duration) event.Value {
	if d == nil {
		return event.NullValue
	}
	return event.FloatValue(d.Seconds())
}

func secondsOf(o *event.ObjectData, name string) *time.Duration {
	v, _ := o.Get(name)
	if v.IsNil() {
		return nil
	}
	d := time.Duration(v.Float() * float64(time.Second))
	return &d
}

// tooOld tells whether a task has timed out.
func (a *aggregate) tooOld(task *aggregateTask, now, seen time.Time) bool {
	timeout, inactivity := a.timeout, a.inactivity
	if task.timeout != nil {
		timeout = *task.timeout
	}
	if task.inactivity != nil {
		inactivity = *task.inactivity
	}
	if now.Equal(seen) && a.timestampFieldSet() {
		return task.created.Before(now.Add(-timeout)) || task.last.Before(now.Add(-inactivity))
	}
	return task.createdSeen.Before(seen.Add(-timeout)) || task.lastSeen.Before(seen.Add(-inactivity))
}

// toEvent makes an event of a task's map.
func (a *aggregate) toEvent(task *aggregateTask, e *event.Event) *event.Event {
	e.Replace(task.values.Clone().Object())
	if !a.taskIDField.IsZero() {
		if err := e.Set(a.taskIDField, event.StringValue(task.id)); err != nil {
			a.raised(e, err)
		}
	}
	for i := range a.timeoutTag {
		e.Tag(expand(&a.timeoutTag[i], e))
	}
	if a.runTimeout != nil {
		if err := a.runTimeout.Run(e, func(*event.Event) {}); err != nil {
			a.log.Error("aggregate: timeout_code raised an exception", "error", err)
			e.Tag("_aggregateexception")
		}
	}
	return e
}

// Flush makes events of the maps that have timed out.
func (a *aggregate) Flush(b *event.Batch, final bool, emit func(*event.Event)) {
	p, maps := a.pipelineMap, a.shared
	p.mu.Lock()
	defer p.mu.Unlock()
	p.load(a.log)
	if maps.owner == nil {
		maps.owner = a
	}
	if maps.owner != a {
		return
	}
	push := func(task *aggregateTask) {
		n := len(b.Events)
		e := b.New()
		b.Events = b.Events[:n]
		if a.toEvent(task, e); final {
			e.Tag("_aggregatefinalflush")
		}
		emit(e)
	}
	now := a.now()
	for element := maps.order.Front(); element != nil; {
		task := element.Value.(*aggregateTask)
		element = element.Next()
		if !a.tooOld(task, time.Time{}, now) {
			continue
		}
		maps.remove(task.id)
		if a.pushOnTimeout || a.pushPrevious {
			push(task)
		}
	}
	if final && a.pushPrevious && maps.order.Len() > 0 {
		push(maps.shift())
	}
}

// Close keeps the maps in their file.
func (a *aggregate) Close() error {
	if a.pipelineMap == nil || a.mapsPath == "" {
		return nil
	}
	a.pipelineMap.mu.Lock()
	defer a.pipelineMap.mu.Unlock()
	return a.pipelineMap.store()
}
