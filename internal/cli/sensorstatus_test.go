package cli

import (
	"strings"
	"testing"

	"sluice/internal/sensor"
)

// A status tells what the pipelines of a Log Forwarder have done, dead letters among it.
func TestStatusTellsDeadLetters(t *testing.T) {
	details := `{"pipelines":[{"id":"siem","queued":3,"ledger":{"in":10,"out":5,"dead_lettered":2}}]}`
	var out strings.Builder
	printStatus(&out, sensor.Status{Name: "testsensor", Instruments: []sensor.InstrumentStatus{
		{Name: "replay_0@testsensor", Details: []byte(`{"played":4}`)},
		{Name: "logforwarder_0@testsensor", Details: []byte(details)},
		{Name: "zeek_0@testsensor"},
	}}, false)
	const want = "logforwarder_0@testsensor  OK  \n  pipeline siem: 10 in, 5 delivered, 3 queued, 2 in the dead letter queue\n"
	if !strings.Contains(out.String(), want) || strings.Count(out.String(), "pipeline") != 1 {
		t.Errorf("no %q in\n%s", want, out.String())
	}
}
