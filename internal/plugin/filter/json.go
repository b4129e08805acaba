package filter

import (
	"errors"
	"strings"
	"time"
	"unsafe"

	"sluice/internal/event"
	"sluice/internal/plugin"
	"sluice/internal/timefmt"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.FilterKind,
		Name: "json",
		Doc: "Reads a field that holds JSON. Without `target` the fields of the object become fields of the event; a name such as `[a][b]` is a reference. " +
			"`@timestamp` has to be ISO 8601 text; another value goes to `_@timestamp`, with the tag `_timestampparsefailure`. " +
			"Numbers are exact decimals.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-filters-json.html",
		Examples: []plugin.Example{
			{Title: "The fields of the message at the top of the event", Config: `json { source => "message" remove_field => ["message"] }`},
			{Title: "Below a field of their own", Config: `json { source => "message" target => "suricata" skip_on_invalid_json => true }`},
		},
		New: func() plugin.Plugin { return &jsonFilter{tagOnFailure: []string{"_jsonparsefailure"}} },
	})
}

// jsonFilter is the filter json.
type jsonFilter struct {
	common
	source       string
	target       event.Ref
	tagOnFailure []string
	skip         bool
	ecs          plugin.ECS

	from field
	refs event.RefCache
}

func (j *jsonFilter) Options() []plugin.Option {
	ecs := plugin.ECSOption(&j.ecs)
	ecs.Doc = "Accepted for Logstash's sake, where it decides about a warning: the fields of a document keep their names in every mode."
	return append([]plugin.Option{
		plugin.String("source", &j.source, "The field that holds the JSON text.").Must(),
		plugin.Ref("target", &j.target, "The field that gets what was read. Without it an object's fields become those of the event."),
		plugin.Strings("tag_on_failure", &j.tagOnFailure, "The tags of events whose text could not be read."),
		plugin.Bool("skip_on_invalid_json", &j.skip, "Whether text that is no JSON is left alone, without tags."),
		ecs,
	}, j.Common()...)
}

func (j *jsonFilter) Open(env *plugin.Env) error {
	j.prepare(env)
	j.from = newField(j.source)
	return nil
}

var errNoObject = errors.New("only an object can be read without a target")

func (j *jsonFilter) Apply(e *event.Event, _ func(*event.Event)) {
	source := e.Get(j.from.ref)
	if j.from.err != nil {
		j.fail(e, j.from.err)
		return
	}
	if !truthy(source) {
		return
	}
	var v event.Value
	err := errors.New("the field is no text")
	if source.Kind() == event.String {
		if o := j.object(e, source.Str()); o != nil {
			if err = j.merge(e, o); err == nil {
				err = j.Matched(e)
			}
			if err != nil {
				j.fail(e, err)
			}
			return
		}
		v, err = readJSON(e.Batch(), source.Str())
	}
	if err != nil {
		if !j.skip {
			j.fail(e, err)
		}
		return
	}
	switch {
	case !j.target.IsZero():
		err = e.Set(j.target, v)
	case v.Kind() == event.Object:
		err = j.merge(e, v.Object())
	default:
		err = errNoObject
	}
	if err == nil {
		err = j.Matched(e)
	}
	if err != nil {
		j.fail(e, err)
	}
}

func (j *jsonFilter) fail(e *event.Event, err error) {
	j.log.Warn("json failed", "source", j.source, "error", err)
	tagAll(e, j.tagOnFailure)
}

// readJSON reads text as JrJackson does: the last of several documents counts, no
// document is null, and a text with half of a surrogate pair is empty.
func readJSON(b *event.Batch, text string) (event.Value, error) {
	if strings.Contains(text, `\ud`) || strings.Contains(text, `\uD`) {
		text = withoutHalves(text)
	}
	src := unsafe.Slice(unsafe.StringData(text), len(text))
	v := event.NullValue
	for i := jsonSpace(text, 0); i < len(text); {
		next, n, err := b.DecodeExact(src[i:])
		if err != nil {
			return v, err
		}
		v = next
		end := jsonSpace(text, i+n)
		if end < len(text) && end == i+n && next.Kind() != event.Object && next.Kind() != event.Array && next.Kind() != event.String {
			return v, errors.New("text follows the value without a blank")
		}
		i = end
	}
	return v, nil
}

func jsonSpace(text string, i int) int {
	for i < len(text) && strings.IndexByte(" \t\n\r", text[i]) >= 0 {
		i++
	}
	return i
}

// withoutHalves empties the strings of a JSON text that hold half of a surrogate pair.
func withoutHalves(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		if text[i] != '"' {
			b.WriteByte(text[i])
			i++
			continue
		}
		end, half := i+1, false
		for end < len(text) && text[end] != '"' {
			if text[end] != '\\' || end+1 >= len(text) {
				end++
				continue
			}
			if s := surrogate(text[end:]); s == 'h' && surrogate(text[min(end+6, len(text)):]) == 'l' {
				end += 12
				continue
			} else if s != 0 {
				half = true
			}
			end += 2
		}
		end = min(end+1, len(text))
		if half {
			b.WriteString(`""`)
		} else {
			b.WriteString(text[i:end])
		}
		i = end
	}
	return b.String()
}

// surrogate tells whether an escape is the high ('h') or low ('l') half of a pair.
func surrogate(s string) byte {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' || s[2]|0x20 != 'd' {
		return 0
	}
	switch {
	case strings.IndexByte("89abAB", s[3]) >= 0:
		return 'h'
	case strings.IndexByte("cdefCDEF", s[3]) >= 0:
		return 'l'
	}
	return 0
}

var badTimestampField = event.MustRef("_@timestamp")

// object reads a text that is one object whose fields are wanted, the usual case, in
// one pass. For all others it returns nil.
func (j *jsonFilter) object(e *event.Event, text string) *event.ObjectData {
	if !j.target.IsZero() || text == "" || text[0] != '{' || strings.Contains(text, `\ud`) || strings.Contains(text, `\uD`) {
		return nil
	}
	o, end, err := e.Batch().DecodeExactObject(unsafe.Slice(unsafe.StringData(text), len(text)))
	if err != nil || jsonSpace(text, end) < len(text) {
		return nil
	}
	return o
}

// merge sets the fields of an object in the event, one by one.
func (j *jsonFilter) merge(e *event.Event, o *event.ObjectData) error {
	var stamp event.Value
	for _, f := range o.Fields() {
		if f.Key == "@timestamp" {
			stamp = f.Value
			continue
		}
		if strings.IndexByte(f.Key, '[') < 0 && f.Key != "tags" && f.Key != "@metadata" && strings.IndexByte(f.Key, ']') < 0 {
			e.Root().Set(f.Key, f.Value)
			continue
		}
		ref, err := j.refs.Get(f.Key)
		if err != nil {
			return err
		}
		if err := e.Set(ref, f.Value); err != nil {
			return err
		}
	}
	if !truthy(stamp) {
		return nil
	}
	if stamp.Kind() == event.String {
		if t, ok := timefmt.ParseTimestamp(stamp.Str()); ok {
			e.SetTimestamp(t)
			return nil
		}
	}
	e.SetTimestamp(time.Now())
	e.Tag("_timestampparsefailure")
	return e.Set(badTimestampField, textValue(e, stamp.AppendRuby(nil)))
}
