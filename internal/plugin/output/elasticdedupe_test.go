package output

import (
	"context"
	"strings"
	"testing"

	"sluice/internal/event"
	"sluice/internal/plugin"
)

// TestElasticDedupe: an event that comes from a queue is one document, however often it is
// sent, unless somebody has said otherwise.
func TestElasticDedupe(t *testing.T) {
	b := event.NewBatch()
	b.SetOrigin(42)
	e := b.New()
	e.Seq = 7
	id := string(e.AppendID(nil))
	for _, c := range []struct{ output, options, set, value, want string }{
		{"elasticsearch", `index => "i"`, "", "", `{"index":{"_index":"i","_id":"` + id + `"}}`},
		{"opensearch", `index => "i"`, "", "", `{"index":{"_index":"i","_id":"` + id + `"}}`},
		{"elasticsearch", `index => "i" action => create`, "", "", `{"create":{"_index":"i","_id":"` + id + `"}}`},
		{"elasticsearch", `data_stream => true`, "", "", `{"create":{"_index":"logs-generic-default","_id":"` + id + `"}}`},
		{"elasticsearch", `data_stream => true data_stream_type => metrics`, "", "", `{"create":{"_index":"metrics-generic-default"}}`},
		{"elasticsearch", `data_stream => true`, "[data_stream][type]", "metrics", `{"create":{"_index":"metrics-generic-default"}}`},
		{"elasticsearch", `index => "i" dedupe => false`, "", "", `{"index":{"_index":"i"}}`},
		{"elasticsearch", `index => "i" document_id => "d"`, "", "", `{"index":{"_index":"i","_id":"d"}}`},
		{"elasticsearch", `index => "i" document_id => "%{[@metadata][_id]}"`, "", "", `{"index":{"_index":"i","_id":"` + id + `"}}`},
		{"elasticsearch", `index => "i"`, "[@metadata][_id]", "of another index", `{"index":{"_index":"i","_id":"` + id + `"}}`},
		{"elasticsearch", `index => "i" document_id => "%{[@metadata][_id]}"`, "[@metadata][_id]", "mine", `{"index":{"_index":"i","_id":"mine"}}`},
		{"elasticsearch", `index => "i" action => delete`, "", "", `{"delete":{"_index":"i"}}`},
	} {
		cl := newCluster(t, version8)
		o, _ := elasticOutput(t, cl, c.output, c.options, plugin.ECSV8)
		sent := e.Clone()
		*sent = *e
		if c.set != "" {
			if err := sent.Set(event.MustRef(c.set), event.StringValue(c.value)); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 { // a repeat has the same id
			o.Write(context.Background(), []*event.Event{sent}, make([]plugin.Answer, 1))
			if got, _, _ := strings.Cut(cl.bulks(), "\n"); got != c.want {
				t.Errorf("%s: got %s, want %s", c.options, got, c.want)
			}
		}
		sent.Remove(event.MustRef("[@metadata][_id]"))
		sent.Remove(event.MustRef("[data_stream]"))
	}
}
