package event

import (
	"time"

	"sluice/internal/timefmt"
)

// Decode adds the event of a JSON object, and returns the number of bytes read; what
// stands behind the object is left alone. src must stay as it is for the life of the
// batch: take it from Buffer or Copy. What Logstash does to an incoming document is
// done: @timestamp is read or stamped, @version added, @metadata moved aside, tags
// that are none are moved to _tags. The error is a *SyntaxError.
func (b *Batch) Decode(src []byte) (*Event, int, error) {
	p := parser{src: src, mem: &b.mem}
	i := p.space(0)
	if i >= len(src) || src[i] != '{' {
		return nil, i, p.unexpected(i, "'{'")
	}
	fields, names, end, err := p.fields(i, 0)
	if err != nil {
		return nil, end, err
	}
	e := b.mem.event(b)
	e.root.names = names
	e.root.fields = append(b.mem.fieldSlots(len(fields)+6), fields...)
	special := false
	for i := range fields {
		key := fields[i].Key
		if len(key) > 0 && key[0] == '@' || key == tagsKey {
			special = true
			break
		}
	}
	e.admit(special)
	b.Events = append(b.Events, e)
	return e, end, nil
}

// DecodeValue parses any JSON value in the batch's memory and returns the number of
// bytes read. src must stay as it is for the life of the batch.
func (b *Batch) DecodeValue(src []byte) (Value, int, error) {
	p := parser{src: src, mem: &b.mem}
	return p.value(p.space(0), 0)
}

// DecodeExact is DecodeValue, but a number with a fraction or an exponent becomes a
// Decimal, as in Logstash's json filter.
func (b *Batch) DecodeExact(src []byte) (Value, int, error) {
	p := parser{src: src, mem: &b.mem, exact: true}
	return p.value(p.space(0), 0)
}

// DecodeExactObject is DecodeExact for an object whose fields are wanted: they are read
// in one pass. What stands in them is still text.
func (b *Batch) DecodeExactObject(src []byte) (*ObjectData, int, error) {
	p := parser{src: src, mem: &b.mem, exact: true}
	i := p.space(0)
	if i >= len(src) || src[i] != '{' {
		return nil, i, p.unexpected(i, "'{'")
	}
	fields, names, end, err := p.fields(i, 0)
	if err != nil {
		return nil, end, err
	}
	o := b.mem.object()
	o.names = names
	o.fields = append(b.mem.fieldSlots(len(fields)), fields...)
	return o, end, nil
}

// AddObject adds an event with the fields of o, as Decode does.
func (b *Batch) AddObject(o *ObjectData) *Event {
	e := b.mem.event(b)
	e.root = *o
	e.admit(true)
	b.Events = append(b.Events, e)
	return e
}

// ParseJSON parses one JSON value on the heap. text must not change afterwards.
func ParseJSON(text []byte) (Value, error) {
	p := parser{src: text}
	v, end, err := p.value(p.space(0), 0)
	if err != nil {
		return v, err
	}
	if end = p.space(end); end < len(text) {
		return v, p.unexpected(end, "the end")
	}
	return v, nil
}

// admit does to the event's fields what Logstash does to an incoming document
// (org.logstash.Event's constructor). Without special it is known that no field's name
// starts with @ or is tags.
func (e *Event) admit(special bool) {
	if !special {
		e.root.add(timestampKey, TimeValue(time.Now()))
		e.root.add(versionKey, versionOne)
		return
	}
	if v, ok := e.root.Get(metadataKey); ok && v.kind == Object {
		e.root.Delete(metadataKey)
		e.open(&v) // in the batch's memory
		e.meta = *v.Object()
	}
	if i := e.root.find(timestampKey); i < 0 {
		e.root.add(timestampKey, TimeValue(time.Now()))
	} else if p := &e.root.fields[i].Value; p.kind != Time {
		e.openString(p)
		t, ok := time.Now(), p.kind == Null
		if p.kind == String {
			if parsed, valid := timefmt.ParseTimestamp(p.text()); valid {
				t, ok = parsed, true
			}
		}
		bad := *p
		*p = TimeValue(t)
		if !ok {
			e.root.Set("_@timestamp", bad)
			e.admitTags()
			e.Tag("_timestampparsefailure")
		}
	}
	if e.root.find(versionKey) < 0 {
		e.root.add(versionKey, versionOne)
	}
	e.admitTags()
}

func (e *Event) admitTags() {
	v, ok := e.root.Get(tagsKey)
	if !ok || isTags(v) {
		return
	}
	e.root.Delete(tagsKey)
	e.root.Set("_tags", e.array(v))
	e.Tag("_tagsparsefailure")
}
