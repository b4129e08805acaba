package output

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzip"

	"sluice/internal/event"
	"sluice/internal/plugin"
)

// bulkBuffer is the memory for one bulk request at a time.
type bulkBuffer struct {
	body  []byte
	lines []bulkLine
	text  []byte
	own   []byte // an event's own id
	zip   bytes.Buffer
	gzip  *gzip.Writer
}

// bulkLine is one event in the body.
type bulkLine struct {
	event  int // its index among the events
	end    int // where it ends in the body
	action string
}

// bulk sends the events in requests of a limited size.
func (o *elastic) bulk(ctx context.Context, events []*event.Event, answers []plugin.Answer) {
	b := o.buffers.Get().(*bulkBuffer)
	defer o.buffers.Put(b)
	b.body, b.lines = b.body[:0], b.lines[:0]
	for i, e := range events {
		start := len(b.body)
		line := bulkLine{event: i}
		var err error
		b.body, line.action, err = o.appendAction(b.body, e, b)
		if err != nil {
			b.body = b.body[:start]
			answers[i] = plugin.Answer{Verdict: plugin.Reject, Reason: err.Error()}
			continue
		}
		if int64(len(b.body)) > o.bulkBytes && start > 0 {
			o.sendBulk(ctx, b, b.body[:start], b.lines, answers)
			b.body = append(b.body[:0], b.body[start:]...)
			b.lines = b.lines[:0]
		}
		line.end = len(b.body)
		b.lines = append(b.lines, line)
	}
	if len(b.lines) > 0 {
		o.sendBulk(ctx, b, b.body, b.lines, answers)
	}
	if cap(b.body) > 4<<20 {
		b.body = nil // an unusual batch is not kept
	}
}

// sendBulk sends a body and gives every event in it its answer. When the server cannot
// take the request as a whole, it is cut in halves until the event to blame is alone.
func (o *elastic) sendBulk(ctx context.Context, b *bulkBuffer, body []byte, lines []bulkLine, answers []plugin.Answer) {
	for _, l := range lines {
		answers[l.event] = plugin.Answer{}
	}
	header := o.header
	sent := body
	if o.compression > 0 {
		sent = o.zip(b, body)
	}
	header = header.Clone()
	header["X-Elastic-Event-Count"] = []string{strconv.Itoa(len(lines))}
	header["X-Elastic-Uncompressed-Request-Length"] = []string{strconv.Itoa(len(body))}
	if o.compression > 0 {
		header["Content-Encoding"] = []string{"gzip"}
	}
	got, err := o.do(ctx, "POST", o.bulkFile+"?filter_path=errors,items.*.error,items.*.status", header, sent)
	all := plugin.Answer{Verdict: plugin.Retry}
	switch {
	case err != nil && ctx.Err() != nil:
		all.Reason = "the pipeline is stopping"
	case err != nil:
		all.Reason = o.failed(err)
	case got.status == http.StatusOK:
		o.answered()
		o.judge(got.body, lines, answers)
		return
	case got.status == http.StatusRequestEntityTooLarge || got.status == http.StatusBadRequest:
		if len(lines) > 1 {
			half := len(lines) / 2
			cut := len(body) - (lines[len(lines)-1].end - lines[half-1].end)
			o.sendBulk(ctx, b, body[:cut], lines[:half], answers)
			o.sendBulk(ctx, b, body[cut:], lines[half:], answers)
			return
		}
		o.answered()
		all = o.refusal(got, plugin.Reject)
	default:
		all = o.refusal(got, plugin.Retry)
		all.After = retryAfter(got.header)
		o.refused(strings.TrimSpace(fmt.Sprintf("it answered %d %s %s", got.status, http.StatusText(got.status), all.Body)))
	}
	for _, l := range lines {
		answers[l.event] = all
	}
}

func (o *elastic) refusal(got answer, verdict plugin.Verdict) plugin.Answer {
	return plugin.Answer{Verdict: verdict, Status: got.status, Body: excerpt(got.body),
		Reason: fmt.Sprintf("%s answered %d %s", o.name, got.status, http.StatusText(got.status))}
}

func (o *elastic) zip(b *bulkBuffer, body []byte) []byte {
	b.zip.Reset()
	if b.gzip == nil {
		b.gzip, _ = gzip.NewWriterLevel(&b.zip, o.compression) // the level is from 1 to 9
	} else {
		b.gzip.Reset(&b.zip)
	}
	b.gzip.Write(body) // into memory: no error
	b.gzip.Close()
	return b.zip.Bytes()
}

// judge reads the answer to a bulk request: one status per event.
func (o *elastic) judge(text []byte, lines []bulkLine, answers []plugin.Answer) {
	v, err := event.ParseJSON(text)
	if err == nil && v.Kind() == event.Object {
		if failures, ok := v.Object().Get("errors"); ok && failures.Kind() == event.Bool && !failures.Bool() {
			return // all is well
		}
	}
	var items []event.Value
	if err == nil && v.Kind() == event.Object {
		list, _ := v.Object().Get("items")
		if list.Kind() == event.Array {
			items = list.Array().Items
		}
	}
	if len(items) != len(lines) {
		a := plugin.Answer{Verdict: plugin.Retry, Status: 200, Body: excerpt(text),
			Reason: fmt.Sprintf("%s answered for %d of %d events: this is no answer of a bulk request", o.name, len(items), len(lines))}
		o.refused(a.Reason)
		for _, l := range lines {
			answers[l.event] = a
		}
		return
	}
	for i, l := range lines {
		answers[l.event] = o.judgeItem(items[i], l.action)
	}
}

// judgeItem follows Logstash: 400 and 404 are dead letters, all else but success is sent
// again. Where Logstash forgets an event after a conflict, it becomes a dead letter;
// only for create the document is there already, which is what was wanted. Likewise a
// document that is to be deleted may be missing, which a server calls 404 without an error.
// The processor fail of an ingest pipeline says no with 500, which Logstash repeats for ever.
func (o *elastic) judgeItem(item event.Value, action string) plugin.Answer {
	var result event.Value
	if item.Kind() == event.Object {
		for _, f := range item.Object().Fields() {
			result = f.Value
		}
	}
	var status int
	var problem event.Value
	if result.Kind() == event.Object {
		s, _ := result.Object().Get("status")
		status = int(s.Int())
		problem, _ = result.Object().Get("error")
	}
	switch {
	case status >= 200 && status < 300,
		status == 409 && action == "create",
		status == 404 && action == "delete" && problem.IsNil():
		return plugin.Answer{}
	}
	kind, reason := problemOf(problem)
	a := plugin.Answer{Verdict: plugin.Retry, Status: status, Body: excerpt(problem.AppendJSON(nil)), Reason: fmt.Sprintf("%s refused the document with %d %s", o.name, status, kind)}
	if reason != "" {
		a.Reason += ": " + reason
	}
	switch {
	case slices.Contains(o.dropTypes, kind):
		return plugin.Answer{}
	case status == 400 || status == 404 || status == 409 || kind == "fail_processor_exception" || slices.Contains(o.dlqCodes, status):
		a.Verdict = plugin.Reject
	default:
		if !slices.Contains(o.silenced, kind) {
			o.env.Log.Info("a document is sent again", "reason", a.Reason)
		}
		o.refused(a.Reason)
	}
	return a
}

// problemOf returns type and reason of an error, with the cause at its root.
func problemOf(v event.Value) (kind, reason string) {
	if v.Kind() == event.String {
		return "", oneLine(v.Str())
	}
	for depth := 0; v.Kind() == event.Object && depth < 10; depth++ {
		t, _ := v.Object().Get("type")
		r, _ := v.Object().Get("reason")
		if kind == "" {
			kind = t.Str()
		}
		if text := oneLine(r.Str()); text != "" && !strings.Contains(reason, text) {
			if reason != "" {
				reason += ": "
			}
			reason += text
		}
		v, _ = v.Object().Get("caused_by")
	}
	return kind, reason
}

// oneLine joins the lines of a reason; parsers of JSON put the place on a line of its own.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
