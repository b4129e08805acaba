package instrument

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sluice/internal/diag"
	"sluice/internal/engine"
	"sluice/internal/health"
	"sluice/internal/pipeline"
	"sluice/internal/plugin"
	"sluice/internal/settings"

	// All plugins.
	_ "sluice/internal/plugin/codec"
	_ "sluice/internal/plugin/filter"
	_ "sluice/internal/plugin/input"
	_ "sluice/internal/plugin/output"
)

func init() {
	Register(&Kind{
		Name:  "logforwarder",
		Title: "Log Forwarder",
		Doc:   "Runs Logstash pipelines on the sensor and feeds them with event subscriptions.",
		Keys:  []string{"subscriptions", "pipelines", "files", "access"},
		Read:  readLogForwarder,
		Run:   runLogForwarder,
	})
}

// transientData is where a pipeline finds the Instrument's folder.
const transientData = "/transient-data"

// forwarderConfig is what the process is told.
type forwarderConfig struct {
	Pipelines     string          `json:"pipelines"` // pipelines.yml
	Name          string          `json:"name"`      // of that text, for messages
	Files         []forwarderFile `json:"files"`
	Access        plugin.Access   `json:"access"`
	StatsInterval time.Duration   `json:"stats_interval"`
	Stats         []forwarderStat `json:"stats"`
}

type forwarderFile struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// forwarderStat is whose statistics go on the event pipeline: the subscription's, counted
// by the pipeline that it feeds.
type forwarderStat struct {
	Subscription string `json:"subscription"`
	Pipeline     string `json:"pipeline"`
}

// pipelineSettings are those of a Log Forwarder: the guide's texts are of the time when
// Logstash did not know the Elastic Common Schema.
func pipelineSettings() *settings.Settings {
	s := settings.New()
	s.Set("pipeline.ecs_compatibility", "disabled", diag.Span{})
	return s
}

// filesFolder is where the texts of files.yml lie in the Instrument's folder.
func filesFolder(folder string) string { return filepath.Join(folder, "logstash", "files") }

// inFolder gives the access that a pipeline has: /transient-data is the folder, and Ruby
// code reaches nothing outside of its events.
func inFolder(a plugin.Access, folder string) plugin.Access {
	paths := maps.Clone(a.Paths)
	if paths == nil {
		paths = map[string]string{}
	}
	if paths[transientData] == "" {
		paths[transientData] = folder
	}
	return plugin.Access{Paths: paths, Hosts: a.Hosts, Confined: true, Policy: ownPolicy(paths)}
}

// ownPolicy is what pipelines of an Instrument may reach: its folder, what whoever runs
// the sensor has given it besides, public databases, and the network; no variables of the
// sensor's environment, and nothing of it from Ruby code.
func ownPolicy(paths map[string]string) *plugin.Policy {
	given := slices.Sorted(maps.Keys(paths))
	return &plugin.Policy{
		Name: "of Instruments", Read: append([]string{"/usr/share/GeoIP", "/var/lib/GeoIP", "/usr/local/share/GeoIP"}, given...), Write: given,
		Connect: []plugin.Endpoint{plugin.AnyEndpoint}, Listen: []plugin.Endpoint{plugin.AnyEndpoint},
	}
}

// writeFiles makes the folder of the files hold exactly these.
func writeFiles(folder string, files []forwarderFile) error {
	dir := filesFolder(folder)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	wanted := map[string]bool{}
	for _, f := range files {
		wanted[f.Name] = true
		path := filepath.Join(dir, f.Name)
		if old, err := os.ReadFile(path); err == nil && string(old) == f.Text {
			continue
		}
		if err := os.WriteFile(path+".part", []byte(f.Text), 0o600); err != nil {
			return err
		}
		if err := os.Rename(path+".part", path); err != nil {
			return err
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !wanted[e.Name()] {
			if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

type forwarder struct {
	h      *Host
	config forwarderConfig
	engine *engine.Engine
}

// stopGrace is how long a memory queue has to be delivered after the sensor has said to
// stop. A persisted queue needs none.
const stopGrace = 5 * time.Second

func runLogForwarder(ctx context.Context, h *Host) error {
	f := &forwarder{h: h}
	if err := json.Unmarshal(h.Config, &f.config); err != nil {
		return err
	}
	if err := writeFiles(h.Folder, f.config.Files); err != nil {
		return fmt.Errorf("the files cannot be written: %w", err)
	}
	pipelines, list := engine.LoadText(diag.NewSource(f.config.Name, f.config.Pipelines), pipelineSettings(), inFolder(f.config.Access, h.Folder))
	if list.Err() != nil {
		return list
	}
	e, mistakes := engine.New(pipelines, engine.Options{
		Log: h.Log, DataDir: filepath.Join(h.Folder, "logstash", "data"), Access: inFolder(f.config.Access, h.Folder),
	})
	if list = append(list, mistakes...); list.Err() != nil {
		return list
	}
	f.engine = e
	h.ShowDetails(f.details)
	h.AddConditions(f.conditions)
	counting, stopCounting := context.WithCancel(ctx)
	counted := make(chan struct{})
	go func() {
		defer close(counted)
		f.countUntil(counting)
	}()
	abort, abortNow := context.WithCancel(context.Background())
	defer abortNow()
	detach := context.AfterFunc(ctx, func() { time.AfterFunc(stopGrace, abortNow) })
	defer detach()
	err := e.Run(ctx, abort)
	stopCounting()
	<-counted
	if err == nil && ctx.Err() == nil {
		h.SetState("finished") // every input is exhausted
		<-ctx.Done()
	}
	return err
}

func (f *forwarder) conditions() []health.Condition {
	var all []health.Condition
	for _, p := range f.engine.Status() {
		for _, c := range p.Conditions {
			if c.Subject != p.ID && !strings.HasPrefix(c.Subject, p.ID+"/") {
				c.Subject = p.ID + "/" + c.Subject
			}
			all = append(all, c)
		}
	}
	return all
}

// ForwarderDetails is the details of a Log Forwarder's status.
type ForwarderDetails struct {
	Pipelines []ForwarderPipeline `json:"pipelines"`
}

// ForwarderPipeline is one of its pipelines.
type ForwarderPipeline struct {
	ID       string          `json:"id"`
	Finished bool            `json:"finished"`
	Ledger   pipeline.Ledger `json:"ledger"`
	Queued   int64           `json:"queued"` // events in its queue
	Failures int64           `json:"failures"`
}

func (f *forwarder) details() any {
	var d ForwarderDetails
	for _, p := range f.engine.Status() {
		d.Pipelines = append(d.Pipelines, ForwarderPipeline{
			ID: p.ID, Finished: p.Finished, Ledger: p.Ledger, Queued: p.Queue.Events + p.Ledger.Waiting, Failures: failures(p),
		})
	}
	return d
}

// failures counts what a pipeline's outputs could not deliver at the first attempt.
func failures(p engine.PipelineStatus) int64 {
	n := int64(0)
	for _, x := range p.Plugins {
		if x.Kind == plugin.OutputKind {
			n += x.Stats.Failures.Load()
		}
	}
	return n
}

// countUntil puts statistics on the event pipeline until ctx ends, so that something
// always flows.
func (f *forwarder) countUntil(ctx context.Context) {
	if len(f.config.Stats) == 0 || f.config.StatsInterval <= 0 {
		return
	}
	tick := time.NewTicker(f.config.StatsInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := f.h.Put(ctx, f.statistics()); err != nil && ctx.Err() == nil {
			f.h.Log.Warn("statistics could not be put on the event pipeline", "error", err)
		}
	}
}

// statistics makes one event for each subscription, in the guide's form. Processed is
// what the pipeline has delivered, errors what it could not deliver: each attempt that
// has to be repeated, and each event that went to the dead letter queue.
func (f *forwarder) statistics() []Event {
	status := map[string]engine.PipelineStatus{}
	for _, p := range f.engine.Status() {
		status[p.ID] = p
	}
	events := make([]Event, 0, len(f.config.Stats))
	for _, s := range f.config.Stats {
		p := status[s.Pipeline]
		processed, errors := p.Ledger.Out, p.Ledger.DeadLettered+failures(p)
		events = append(events, Event{
			Type:    "instruments.logforwarder.pipeline_stats",
			Message: fmt.Sprintf("pipeline %s processed=%d, errors=%d", s.Subscription, processed, errors),
			Data:    fmt.Appendf(nil, `{"processed":%d,"errors":%d}`, processed, errors),
		})
	}
	return events
}
