package codec

import (
	"testing"

	"sluice/internal/event"
	"sluice/internal/plugin"
	"sluice/internal/plugin/plugintest"
)

const bulk = `{"index":{"_index":"test","_id":"1"}}
{"field1":"value1"}
{ "delete" : { "_index" : "test", "_id" : "2" } }

{"create":{"_index":"test"}}
{"field1":"value3"}
{"update":{"_id":"1"}}
{"doc":{"field2":"value2"}}`

func TestESBulk(t *testing.T) {
	for _, c := range []struct {
		ecs    plugin.ECS
		config string
		where  string
		events []string
	}{
		{plugin.ECSDisabled, `es_bulk`, "[@metadata]", []string{`{"field1":"value1"}`, `{}`, `{"field1":"value3"}`, `{"doc":{"field2":"value2"}}`}},
		{plugin.ECSV8, `es_bulk { target => "t" }`, "[@metadata][codec][es_bulk]", []string{`{"t":{"field1":"value1"}}`, `{}`, `{"t":{"field1":"value3"}}`, `{"t":{"doc":{"field2":"value2"}}}`}},
	} {
		env := plugintest.Env(t)
		env.ECS = c.ecs
		codec := plugintest.Codec(t, c.config, env)
		plugintest.Same(t, c.config, plugintest.Decode(codec, []byte(bulk)), c.events)
		plugintest.Chunks(t, codec, []byte(bulk))
		b := event.NewBatch()
		defer b.Release()
		d := codec.NewDecoder()
		d.Decode(b.Copy([]byte(bulk)), b)
		d.Flush(b)
		var got []string
		for _, e := range b.Events {
			got = append(got, string(e.Get(event.MustRef(c.where)).AppendJSON(nil)))
		}
		plugintest.Same(t, c.where, got, []string{`{"_index":"test","_id":"1","action":"index"}`, `{"_index":"test","_id":"2","action":"delete"}`,
			`{"_index":"test","action":"create"}`, `{"_id":"1","action":"update"}`})
	}
}

// An action line is kept though its batch has been released before the document comes.
func TestESBulkKeepsTheActionBetweenBatches(t *testing.T) {
	event.PoisonReleased(true)
	d := plugintest.Codec(t, `es_bulk`, plugintest.Env(t)).NewDecoder()
	b := event.NewBatch()
	d.Decode(b.Copy([]byte("{\"index\":{\"_index\":\"test\"}}\n")), b)
	b.Release()
	b = event.NewBatch()
	defer b.Release()
	d.Decode(b.Copy([]byte("{}\n")), b)
	if got := string(b.Events[0].Metadata().AppendJSON(nil)); got != `{"_index":"test","action":"index"}` {
		t.Errorf("got %s", got)
	}
}

func TestESBulkKeepsWhatItCannotRead(t *testing.T) {
	codec := plugintest.Codec(t, `es_bulk`, plugintest.Env(t))
	plugintest.Same(t, "broken lines", plugintest.Decode(codec, []byte("junk\n{}\n{\"index\":null}\n[1]\n{\"index\":{}}\n{\"a\":1}\n")), []string{
		`{"message":"junk","tags":["_jsonparsefailure"]}`, `{"message":"{}","tags":["_jsonparsefailure"]}`,
		`{"message":"[1]","tags":["_jsonparsefailure"]}`, `{"a":1}`})
}
