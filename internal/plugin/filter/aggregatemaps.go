package filter

import (
	"container/list"
	"errors"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"sluice/internal/event"
	"sluice/internal/plugin"
)

// aggregatePipeline is the maps of all aggregate filters of a pipeline.
type aggregatePipeline struct {
	mu     sync.Mutex
	byTask map[string]*aggregateMaps // by the text of task_id
	path   string                    // where the maps are kept; "" for nowhere
	files  plugin.Files
	loaded bool
}

// aggregateMaps is the maps of the filters that have the same task_id.
type aggregateMaps struct {
	owner *aggregate // the filter whose options about timeouts count
	tasks map[string]*aggregateTask
	order list.List // of *aggregateTask, the oldest in front
}

// aggregateTask is a map with what is known about it. It lives in memory of its own.
type aggregateTask struct {
	id                    string
	values                event.Value
	created, last         time.Time // by the events
	createdSeen, lastSeen time.Time // by the clock
	timeout, inactivity   *time.Duration
	element               *list.Element
}

func newAggregatePipeline() *aggregatePipeline {
	return &aggregatePipeline{byTask: map[string]*aggregateMaps{}}
}

func (p *aggregatePipeline) of(taskID string) *aggregateMaps {
	m := p.byTask[taskID]
	if m == nil {
		m = &aggregateMaps{tasks: map[string]*aggregateTask{}}
		p.byTask[taskID] = m
	}
	return m
}

func (m *aggregateMaps) add(id string, created, seen time.Time) *aggregateTask {
	t := &aggregateTask{id: id, values: event.ObjectValue(&event.ObjectData{}), created: created, last: created, createdSeen: seen, lastSeen: seen}
	t.element = m.order.PushBack(t)
	m.tasks[id] = t
	return t
}

func (m *aggregateMaps) remove(id string) {
	if t := m.tasks[id]; t != nil {
		m.order.Remove(t.element)
		delete(m.tasks, id)
	}
}

// shift removes the oldest task and returns it.
func (m *aggregateMaps) shift() *aggregateTask {
	t := m.order.Front().Value.(*aggregateTask)
	m.remove(t.id)
	return t
}

// store writes the maps to the file, as JSON: task_id -> id -> map and times.
func (p *aggregatePipeline) store() error {
	all := &event.ObjectData{}
	for taskID, m := range p.byTask {
		tasks := &event.ObjectData{}
		for element := m.order.Front(); element != nil; element = element.Next() {
			t := element.Value.(*aggregateTask)
			o := &event.ObjectData{}
			o.Set("map", t.values)
			for name, at := range map[string]time.Time{"created": t.created, "last": t.last, "created_seen": t.createdSeen, "last_seen": t.lastSeen} {
				o.Set(name, event.IntValue(at.UnixNano()))
			}
			tasks.Set(t.id, event.ObjectValue(o))
		}
		if tasks.Len() > 0 {
			all.Set(taskID, event.ObjectValue(tasks))
		}
	}
	if all.Len() == 0 {
		return nil
	}
	return p.files.WriteFile(p.path, all.AppendJSON(nil), 0o600)
}

// load reads the maps of the file once, when the first event comes, and removes it.
func (p *aggregatePipeline) load(log *slog.Logger) {
	if p.loaded || p.path == "" {
		return
	}
	p.loaded = true
	text, err := p.files.ReadFile(p.path)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	var all event.Value
	if err == nil {
		all, err = event.ParseJSON(text)
	}
	if err != nil || all.Kind() != event.Object {
		log.Error("aggregate: the maps that were kept cannot be read", "path", p.path, "error", err)
		return
	}
	for _, pattern := range all.Object().Fields() {
		m := p.of(pattern.Key)
		if pattern.Value.Kind() != event.Object {
			continue
		}
		for _, kept := range pattern.Value.Object().Fields() {
			if kept.Value.Kind() != event.Object {
				continue
			}
			o := kept.Value.Object()
			at := func(name string) time.Time { v, _ := o.Get(name); return time.Unix(0, v.Int()) }
			t := m.add(kept.Key, at("created"), at("created_seen"))
			t.last, t.lastSeen = at("last"), at("last_seen")
			if v, _ := o.Get("map"); v.Kind() == event.Object {
				t.values = v.Detach()
			}
		}
	}
	if err := p.files.Remove(p.path); err != nil {
		log.Warn("aggregate: the file with the maps cannot be removed", "path", p.path, "error", err)
	}
}
