package event

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"sluice/internal/timefmt"
)

// A record is an event as a queue keeps it, see design/0001-event.md:
//
//	version byte (1), flags byte,
//	uvarint length of the JSON text, the JSON text of the fields,
//	with flag 1: uvarint length, the JSON text of @metadata,
//	with flag 2: uvarint length, a JSON list of the references whose strings are timestamps.
const (
	recordVersion  = 1
	recordMeta     = 1
	recordTimes    = 2
	recordAllFlags = recordMeta | recordTimes
)

// ErrRecord tells that bytes are no record of an event that this version can read.
var ErrRecord = errors.New("not an event record")

// AppendRecord appends the event with all that a restart must keep: fields, @metadata,
// and which strings are timestamps.
func (e *Event) AppendRecord(dst []byte) []byte {
	var times []byte
	times = appendTimes(times, "", &e.root, true)
	times = appendTimes(times, "[@metadata]", &e.meta, false)
	flag := byte(0)
	if e.meta.Len() > 0 {
		flag |= recordMeta
	}
	if len(times) > 0 {
		flag |= recordTimes
	}
	dst = append(dst, recordVersion, flag)
	dst = appendSized(dst, e.root.AppendJSON)
	if flag&recordMeta != 0 {
		dst = appendSized(dst, e.meta.AppendJSON)
	}
	if flag&recordTimes != 0 {
		dst = binary.AppendUvarint(dst, uint64(len(times)+1))
		times[0] = '['
		dst = append(append(dst, times...), ']')
	}
	return dst
}

// appendSized appends what text appends, with its length before it in a fixed 4-byte
// uvarint, so that nothing has to be moved.
func appendSized(dst []byte, text func([]byte) []byte) []byte {
	at := len(dst)
	dst = text(append(dst, 0, 0, 0, 0))
	n := len(dst) - at - 4
	if n >= 1<<28 {
		// Too long for the fixed form: move the text once.
		var size [binary.MaxVarintLen64]byte
		k := binary.PutUvarint(size[:], uint64(n))
		dst = append(dst, make([]byte, k-4)...)
		copy(dst[at+k:], dst[at+4:at+4+n])
		copy(dst[at:], size[:k])
		return dst
	}
	dst[at], dst[at+1], dst[at+2], dst[at+3] = byte(n)|0x80, byte(n>>7)|0x80, byte(n>>14)|0x80, byte(n>>21)
	return dst
}

// appendTimes lists the timestamps of a tree, but for @timestamp itself.
func appendTimes(dst []byte, prefix string, o *ObjectData, top bool) []byte {
	for i := range o.fields {
		f := &o.fields[i]
		v := f.Value
		if v.flag&lazy != 0 || v.kind < Time {
			continue
		}
		switch v.kind {
		case Time:
			if !top || f.Key != timestampKey {
				dst = appendQuoted(append(dst, ','), prefix+"["+f.Key+"]")
			}
		case Object:
			dst = appendTimes(dst, prefix+"["+f.Key+"]", (*ObjectData)(v.p), false)
		case Array:
			dst = appendItemTimes(dst, prefix+"["+f.Key+"]", (*ArrayData)(v.p))
		}
	}
	return dst
}

func appendItemTimes(dst []byte, prefix string, a *ArrayData) []byte {
	for i, v := range a.Items {
		if v.flag&lazy != 0 || v.kind < Time {
			continue
		}
		at := fmt.Sprintf("%s[%d]", prefix, i)
		switch v.kind {
		case Time:
			dst = appendQuoted(append(dst, ','), at)
		case Object:
			dst = appendTimes(dst, at, (*ObjectData)(v.p), false)
		case Array:
			dst = appendItemTimes(dst, at, (*ArrayData)(v.p))
		}
	}
	return dst
}

// DecodeRecord adds the event of a record. record must stay as it is for the life of
// the batch. The error wraps ErrRecord.
func (b *Batch) DecodeRecord(record []byte) (*Event, error) {
	if len(record) < 2 || record[0] != recordVersion || record[1]&^recordAllFlags != 0 {
		return nil, fmt.Errorf("%w of version %d", ErrRecord, recordVersion)
	}
	flag := record[1]
	text, rest, ok := sized(record[2:])
	if !ok {
		return nil, fmt.Errorf("%w: it is cut short", ErrRecord)
	}
	e, _, err := b.Decode(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrRecord, err)
	}
	if flag&recordMeta != 0 {
		if text, rest, ok = sized(rest); !ok {
			return b.dropLast(fmt.Errorf("%w: its metadata is cut short", ErrRecord))
		}
		p := parser{src: text, mem: &b.mem}
		v, _, err := p.value(0, 0)
		if err != nil || v.kind != Object {
			return b.dropLast(fmt.Errorf("%w: its metadata is no object", ErrRecord))
		}
		e.open(&v)
		e.meta = *v.Object()
	}
	if flag&recordTimes != 0 {
		if text, _, ok = sized(rest); !ok {
			return b.dropLast(fmt.Errorf("%w: its list of timestamps is cut short", ErrRecord))
		}
		e.restoreTimes(text)
	}
	return e, nil
}

func (b *Batch) dropLast(err error) (*Event, error) {
	b.Events = b.Events[:len(b.Events)-1]
	return nil, err
}

func sized(b []byte) (text, rest []byte, ok bool) {
	n, k := binary.Uvarint(b)
	if k <= 0 || n > uint64(len(b)-k) {
		return nil, nil, false
	}
	return b[k : k+int(n)], b[k+int(n):], true
}

func (e *Event) restoreTimes(list []byte) {
	v, err := ParseJSON(list)
	if err != nil || v.kind != Array {
		return
	}
	for _, item := range v.Array().Items {
		e.restoreTime(item.Str())
	}
}

// restoreTime makes the string at a path a timestamp again. The path is [a][b][0] as
// appendTimes wrote it; names may hold brackets themselves, so it is walked by trying.
func (e *Event) restoreTime(path string) {
	o := &e.root
	if rest, ok := strings.CutPrefix(path, "[@metadata]"); ok {
		o, path = &e.meta, rest
	}
	container := ObjectValue(o)
	for {
		var p *Value
		p, path = child(container, path)
		if p == nil {
			return
		}
		if path == "" {
			if t, ok := timestampText(p.Str()); ok {
				*p = t
			}
			return
		}
		e.open(p)
		container = *p
	}
}

// child finds the first name of path in a container, and returns what is left.
func child(container Value, path string) (*Value, string) {
	for end := 1; end < len(path); end++ {
		if path[end] != ']' || end+1 < len(path) && path[end+1] != '[' {
			continue
		}
		name := path[1:end]
		switch container.kind {
		case Object:
			o := (*ObjectData)(container.p)
			if i := o.find(name); i >= 0 {
				return &o.fields[i].Value, path[end+1:]
			}
		case Array:
			a := (*ArrayData)(container.p)
			if r := MustRef("[" + name + "]"); len(r.path) == 1 {
				if i, ok := arrayIndex(r.path[0], len(a.Items)); ok {
					return &a.Items[i], path[end+1:]
				}
			}
			return nil, ""
		}
	}
	return nil, ""
}

func timestampText(s string) (Value, bool) {
	t, ok := timefmt.ParseTimestamp(s)
	return TimeValue(t), ok
}
