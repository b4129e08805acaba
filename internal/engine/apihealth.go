package engine

import (
	"fmt"
	"net/http"
	"strings"

	"sluice/internal/health"
)

// severity is how a pipeline is: the worst of its conditions. A pipeline that has ended
// is a warning, as in Logstash.
func (r *running) severity() health.Severity {
	s := r.conditions.Status()
	if r.isFinished() {
		s = max(s, health.Warning)
	}
	return s
}

// state is Logstash's word for how far a pipeline is in its life.
func (r *running) state() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.finished:
		return "FINISHED"
	case r.queue == nil:
		return "LOADING"
	}
	return "RUNNING"
}

// healthReport answers /_health_report.
func (a *API) healthReport(w http.ResponseWriter, r *http.Request) {
	a.collector.take(false)
	indicators := object{}
	worst, bad := health.OK, 0
	note := func(s health.Severity) {
		worst = max(worst, s)
		if s != health.OK {
			bad++
		}
	}
	for _, p := range a.e.all() {
		s := p.severity()
		note(s)
		indicators[p.id] = a.pipelineHealth(p, s)
	}
	for id, reloads := range a.e.down() {
		note(health.Error)
		indicators[id] = object{
			"status": "red", "symptom": "The pipeline is unhealthy; 1 area is impacted and 1 diagnosis is available",
			"details":   object{"status": object{"state": "TERMINATED"}},
			"diagnosis": []object{{"id": "sluice:pipeline:not-started", "cause": reloads.LastError, "action": "correct the configuration; the log has the details", "help_url": ""}},
			"impacts":   []object{impact("pipeline cannot run: events are not taken")},
		}
	}
	symptom := func(what string) string {
		switch {
		case worst == health.OK:
			return what + " healthy"
		case bad == 1:
			return fmt.Sprintf("1 indicator is %s", word(worst))
		}
		return fmt.Sprintf("%d indicators are %s", bad, word(worst))
	}
	whole := "The instance is"
	if len(indicators) == 0 {
		whole = "No pipelines are configured; the instance is"
	}
	a.answer(w, r, object{
		"status": color(worst), "symptom": strings.Replace(symptom(whole), "indicator", "pipeline", 1),
		"indicators": object{"pipelines": object{"status": color(worst), "symptom": symptom("The pipelines are"), "indicators": indicators}},
	})
}

func word(s health.Severity) string { return [...]string{"healthy", "concerning", "unhealthy"}[s] }

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func impact(description string) object {
	return object{"id": "logstash:health:pipeline:impact:not_processing", "severity": 1, "description": description, "impact_areas": []string{"pipeline_execution"}}
}

func (a *API) pipelineHealth(r *running, s health.Severity) object {
	diagnoses, impacts := []object{}, []object{}
	for _, c := range r.conditions.List() {
		diagnoses = append(diagnoses, object{
			"id": "sluice:condition:" + c.Code, "cause": fmt.Sprintf("%s: %s (%s)", c.Subject, c.Title, c.Cause),
			"action": c.Next, "help_url": "", "since": timestamp(c.Since),
		})
		impacts = append(impacts, impact(c.Title))
	}
	if r.isFinished() {
		diagnoses = append(diagnoses, object{
			"id": "logstash:health:pipeline:status:diagnosis:finished", "cause": "pipeline has finished running because its inputs have been closed and all events have been processed",
			"action": "if you expect this pipeline to run indefinitely, you will need to configure its inputs to continue receiving or fetching events", "help_url": "",
		})
		impacts = append(impacts, impact("the pipeline has finished running"))
	}
	symptom := "The pipeline is healthy"
	if s != health.OK {
		symptom = fmt.Sprintf("The pipeline is %s; %s impacted and %s available", word(s), count(len(impacts), "area is", "areas are"), count(len(diagnoses), "diagnosis is", "diagnoses are"))
	}
	details := object{"status": object{"state": r.state()}}
	c := a.collector
	c.mu.Lock()
	if h := c.all[r]; h != nil {
		details["flow"] = object{"worker_utilization": h.flows(c.last[r], false)["worker_utilization"]}
	}
	c.mu.Unlock()
	body := object{"status": color(s), "symptom": symptom, "details": details}
	if len(diagnoses) > 0 {
		body["diagnosis"], body["impacts"] = diagnoses, impacts
	}
	return body
}
