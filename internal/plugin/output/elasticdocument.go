package output

import (
	"fmt"
	"slices"
	"strconv"
	"unsafe"

	"sluice/internal/event"
)

var (
	ingestDocument = event.MustRef("[@metadata][_ingest_document]")
	targetPipeline = event.MustRef("[@metadata][target_ingest_pipeline]")
	dataStreamRef  = event.MustRef("data_stream")
)

// appendAction appends the lines of one event: what to do, and the document. The error
// says why there cannot be any.
func (o *elastic) appendAction(dst []byte, e *event.Event, b *bulkBuffer) ([]byte, string, error) {
	action := o.action.String()
	if !o.action.Static() {
		text, err := o.action.Append(b.text[:0], e)
		if err != nil {
			return dst, "", err
		}
		b.text = text
		i := slices.Index(elasticActions, textOf(text))
		if i < 0 {
			return dst, "", fmt.Errorf("there is no action %q", text)
		}
		action = elasticActions[i]
	}
	dst = append(append(append(dst, `{"`...), action...), `":{`...)
	dst, err := o.appendTarget(dst, e, action, b)
	if err != nil {
		return dst, "", err
	}
	dst = append(dst, "}}\n"...)
	switch action {
	case "delete":
		return dst, action, nil
	case "update":
		dst, err = o.appendUpdate(dst, e)
	default:
		dst = o.appendSource(dst, e)
	}
	return append(dst, '\n'), action, err
}

// textOf shares the memory of b; the text is valid until b changes.
func textOf(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// appendTarget appends where the document goes: index, id, routing and so on. What the
// event carries in [@metadata][_ingest_document] counts where no option is set.
func (o *elastic) appendTarget(dst []byte, e *event.Event, action string, b *bulkBuffer) ([]byte, error) {
	var control *event.ObjectData
	if v := e.Get(ingestDocument); v.Kind() == event.Object && !o.openSearch {
		control = v.Object()
	}
	dst = append(dst, `"_index":`...)
	if index := controlled(control, "index"); index != "" && (o.defaultIndex || o.streaming) {
		dst = event.AppendQuoted(dst, index)
	} else if o.streaming {
		dst = event.AppendQuoted(dst, o.streamName(e))
	} else {
		text, complete, err := o.index.AppendResolved(b.text[:0], e)
		if err != nil {
			return dst, err
		}
		b.text = text
		if !complete && o.dlqIndexName {
			return dst, fmt.Errorf("the index %s names a field that the event does not have", text)
		}
		if len(text) == 0 { // Elasticsearch 7 answers this with 500, which would be repeated for ever
			return dst, fmt.Errorf("the name of the index is empty: %s gives nothing", o.index.String())
		}
		dst = event.AppendQuoted(dst, textOf(text))
	}
	var err error
	add := func(name string, t *event.Template, fallback string) {
		text := fallback
		if t.String() != "" && err == nil {
			b.text, err = t.Append(b.text[:0], e)
			text = textOf(b.text)
		}
		if text != "" {
			dst = append(append(append(dst, ',', '"'), name...), `":`...)
			dst = event.AppendQuoted(dst, text)
		}
	}
	id := controlled(control, "id")
	if id == "" && o.sendsOwnID(action, e) {
		own := e.AppendID(b.own[:0])
		b.own, id = own, textOf(own)
	}
	add("_id", &o.documentID, id)
	routing := &o.routing
	if o.parent.String() != "" && !o.joinField.IsZero() {
		routing = &o.parent
	}
	add("routing", routing, controlled(control, "routing"))
	if o.parent.String() != "" && o.joinField.IsZero() {
		add("parent", &o.parent, "")
	}
	pipeline := controlled(control, "pipeline")
	if pipeline == "" && !o.openSearch {
		if v := e.Get(targetPipeline); !v.IsNil() {
			pipeline = v.String()
		}
	}
	add("pipeline", &o.pipeline, pipeline)
	add("version", &o.version, controlled(control, "version"))
	add("version_type", &o.versionType, controlled(control, "version_type"))
	if o.typed.Load() {
		add("_type", &o.documentType, "")
	}
	if action == "update" {
		dst = strconv.AppendInt(append(dst, `,"retry_on_conflict":`...), int64(o.retryOnConflict), 10)
	}
	return dst, err
}

// sendsOwnID tells whether the event's own id is the document's. A document that is sent
// again, because the answer was lost or the process ended, then takes its own place, or is
// answered with 409, which judgeItem takes for success: it is there. Streams of metrics
// may be of the kind that makes ids of its own from the fields, and refuses others.
func (o *elastic) sendsOwnID(action string, e *event.Event) bool {
	if !o.dedupe || action != "index" && action != "create" || o.documentID.String() != "" {
		return false
	}
	return !o.streaming || o.streamType(e) != "metrics"
}

func controlled(control *event.ObjectData, name string) string {
	if control == nil {
		return ""
	}
	v, _ := control.Get(name)
	if v.IsNil() {
		return ""
	}
	return v.String()
}

// appendSource appends the event as a document.
func (o *elastic) appendSource(dst []byte, e *event.Event) []byte {
	if o.streaming && o.syncFields {
		if stream := o.syncedStream(e); stream != "" {
			return appendWith(dst, e, "data_stream", stream)
		}
	}
	if name, ok := o.joinField.Name(); ok && o.parent.String() != "" {
		join, _ := e.Root().Get(name)
		parent, _ := o.parent.Append(nil, e)
		text := join.AppendJSON([]byte(`{"name":`))
		text = event.AppendQuoted(append(text, `,"parent":`...), string(parent))
		return appendWith(dst, e, name, string(append(text, '}')))
	}
	return e.AppendJSON(dst)
}

// appendWith appends the event with another value, given as JSON, for one of its fields.
// The event stays as it is, for other outputs may have it, too.
func appendWith(dst []byte, e *event.Event, name, value string) []byte {
	dst = append(dst, '{')
	start, found := len(dst), false
	for _, f := range e.Root().Fields() {
		if len(dst) > start {
			dst = append(dst, ',')
		}
		dst = append(event.AppendQuoted(dst, f.Key), ':')
		if f.Key == name {
			dst, found = append(dst, value...), true
		} else {
			dst = f.Value.AppendJSON(dst)
		}
	}
	if !found {
		if len(dst) > start {
			dst = append(dst, ',')
		}
		dst = append(append(event.AppendQuoted(dst, name), ':'), value...)
	}
	return append(dst, '}')
}

// appendUpdate appends the body of an update.
func (o *elastic) appendUpdate(dst []byte, e *event.Event) ([]byte, error) {
	upsert, err := o.upsert.Append(nil, e)
	if err == nil && len(upsert) > 0 {
		if _, bad := event.ParseJSON(upsert); bad != nil {
			err = fmt.Errorf("upsert is no JSON: %w", bad)
		}
	}
	if err != nil {
		return dst, err
	}
	if o.script.String() == "" {
		dst = o.appendSource(append(dst, `{"doc":`...), e)
		if o.docAsUpsert {
			dst = append(dst, `,"doc_as_upsert":true`...)
		} else if len(upsert) > 0 {
			dst = append(append(dst, `,"upsert":`...), upsert...)
		}
		return append(dst, '}'), nil
	}
	script, err := o.script.Append(nil, e)
	if err != nil {
		return dst, err
	}
	dst = event.AppendQuoted(append(dst, `{"script":{"params":{`...), o.scriptVar)
	dst = o.appendSource(append(dst, ':'), e)
	kind := map[string]string{"inline": "inline", "indexed": "id", "file": "file"}[o.scriptType]
	dst = event.AppendQuoted(append(dst, `},"`+kind+`":`...), string(script))
	if o.scriptLang != "" && kind != "id" { // a stored script has its language; servers refuse another word about it
		dst = event.AppendQuoted(append(dst, `,"lang":`...), o.scriptLang)
	}
	dst = append(dst, '}')
	switch {
	case o.scriptedUpsert:
		dst = append(dst, `,"scripted_upsert":true,"upsert":{}`...)
	case o.docAsUpsert:
		dst = o.appendSource(append(dst, `,"upsert":`...), e)
	case len(upsert) > 0:
		dst = append(append(dst, `,"upsert":`...), upsert...)
	}
	return append(dst, '}'), nil
}
