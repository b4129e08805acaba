package event

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"unsafe"
)

// A record is an event as a queue keeps it, see design/0001-event.md. It says what a
// value is and how long, so that reading it back means to look at nothing but names.
const recordVersion = 2

// ErrRecord tells that bytes are no record of an event that this version can read.
var ErrRecord = errors.New("not an event record")

// maxRecordDepth is how deep objects and arrays are written as such; what lies below is
// written as JSON.
const maxRecordDepth = 100

// AppendRecord appends the event with all that a restart must keep: fields, @metadata,
// and what kind of value each of them is.
func (e *Event) AppendRecord(dst []byte) []byte {
	dst = append(dst, recordVersion)
	dst = e.root.appendRecord(dst, 0)
	return e.meta.appendRecord(dst, 0)
}

func (o *ObjectData) appendRecord(dst []byte, depth int) []byte {
	dst = binary.AppendUvarint(dst, uint64(o.Len()))
	for i := range o.fields {
		f := &o.fields[i]
		if f.Value.kind == Missing {
			continue
		}
		dst = appendSized(dst, f.Key)
		dst = f.Value.appendRecord(dst, depth+1)
	}
	return dst
}

func (v Value) appendRecord(dst []byte, depth int) []byte {
	if depth >= maxRecordDepth && v.kind >= Array && v.flag&lazy == 0 {
		text := v.AppendJSON(nil)
		v = lazyContainer(v.kind, text)
	}
	if v.kind == Missing { // in an array
		v = NullValue
	}
	dst = append(dst, byte(v.kind), byte(v.flag))
	switch v.kind {
	case Bool:
		return append(dst, byte(v.n))
	case String:
		return appendSized(dst, v.text())
	case Int:
		if v.flag&lazy == 0 {
			return binary.AppendVarint(dst, v.n)
		}
		return appendSized(dst, v.numText())
	case Float:
		if v.flag&lazy == 0 {
			return binary.LittleEndian.AppendUint64(dst, uint64(v.n))
		}
		return appendSized(dst, v.numText())
	case BigInt, Decimal:
		return appendSized(dst, v.numText())
	case Time:
		return binary.AppendUvarint(binary.AppendVarint(dst, v.n), uint64(v.aux))
	case Array:
		if v.flag&lazy != 0 {
			return appendSized(dst, v.text())
		}
		items := (*ArrayData)(v.p).Items
		dst = binary.AppendUvarint(dst, uint64(len(items)))
		for _, item := range items {
			dst = item.appendRecord(dst, depth+1)
		}
	case Object:
		if v.flag&lazy != 0 {
			return appendSized(dst, v.text())
		}
		return (*ObjectData)(v.p).appendRecord(dst, depth)
	}
	return dst
}

func appendSized(dst []byte, text string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(text))), text...)
}

// DecodeRecord adds the event of a record. record must stay as it is for the life of
// the batch. The error wraps ErrRecord. Records are expected to come from where a
// checksum guards them: JSON in them is not checked again before somebody looks inside.
func (b *Batch) DecodeRecord(record []byte) (*Event, error) {
	if len(record) < 2 || record[0] != recordVersion {
		return nil, fmt.Errorf("%w of version %d", ErrRecord, recordVersion)
	}
	e := b.mem.event(b)
	r := recordReader{left: record[1:], mem: &b.mem}
	r.fields(&e.root, 6, 0)
	r.fields(&e.meta, 0, 0)
	if r.bad || len(r.left) > 0 {
		return nil, fmt.Errorf("%w: it is cut short or damaged", ErrRecord)
	}
	b.Events = append(b.Events, e)
	return e, nil
}

// recordReader takes a record apart. Once something does not fit, it is bad and gives
// zeros.
type recordReader struct {
	left []byte
	mem  *memory
	bad  bool
}

func (r *recordReader) uvarint() uint64 {
	if len(r.left) > 0 && r.left[0] < 0x80 {
		n := r.left[0]
		r.left = r.left[1:]
		return uint64(n)
	}
	n, k := binary.Uvarint(r.left)
	if k <= 0 {
		r.bad, r.left = true, nil
		return 0
	}
	r.left = r.left[k:]
	return n
}

func (r *recordReader) varint() int64 {
	n, k := binary.Varint(r.left)
	if k <= 0 {
		r.bad, r.left = true, nil
		return 0
	}
	r.left = r.left[k:]
	return n
}

func (r *recordReader) bytes(n uint64) []byte {
	if n > uint64(len(r.left)) {
		r.bad, r.left = true, nil
		return nil
	}
	text := r.left[:n:n]
	r.left = r.left[n:]
	return text
}

// count reads how many things follow that take at least least bytes each.
func (r *recordReader) count(least int) int {
	n := r.uvarint()
	if n > uint64(len(r.left)/least) {
		r.bad, r.left = true, nil
		return 0
	}
	return int(n)
}

// fields reads the fields of an object, and leaves room for more.
func (r *recordReader) fields(o *ObjectData, more, depth int) {
	n := r.count(3)
	if n+more == 0 {
		return
	}
	o.fields = r.mem.fieldSlots(n + more)
	for range n {
		key := r.bytes(r.uvarint())
		v := r.value(depth + 1)
		if r.bad {
			return
		}
		o.add(unsafe.String(unsafe.SliceData(key), len(key)), v)
	}
}

// allowedFlags says for each kind which flags a record may carry.
var allowedFlags = [...]flags{
	Int: lazy, BigInt: lazy, Float: lazy, Decimal: lazy,
	String: verbatim | escaped | symbol, Array: lazy | exact, Object: lazy | exact,
}

func (r *recordReader) value(depth int) Value {
	head := r.bytes(2)
	if r.bad {
		return Value{}
	}
	v := Value{mark: mark{Kind(head[0]), flags(head[1])}}
	if v.kind == Missing || v.kind > Object || v.flag&^allowedFlags[v.kind] != 0 || depth > maxRecordDepth {
		r.bad, r.left = true, nil
		return Value{}
	}
	switch v.kind {
	case Bool:
		v.n = int64(r.bytes1() & 1)
	case String:
		r.text(&v)
	case Int:
		if v.flag&lazy == 0 {
			v.n = r.varint()
		} else {
			r.number(&v)
		}
	case Float:
		if v.flag&lazy == 0 {
			if b := r.bytes(8); b != nil {
				v.n = int64(binary.LittleEndian.Uint64(b))
			}
		} else {
			r.number(&v)
		}
	case BigInt, Decimal:
		v.flag |= lazy
		r.number(&v)
	case Time:
		v.n, v.aux = r.varint(), uint32(min(r.uvarint(), 999_999_999))
	case Array:
		if v.flag&lazy != 0 {
			r.text(&v)
			break
		}
		a := r.mem.array()
		n := r.count(2)
		a.Items = r.mem.values.take(n, 64)[:0]
		for range n {
			a.Items = append(a.Items, r.value(depth+1))
		}
		v.p = unsafe.Pointer(a)
	case Object:
		if v.flag&lazy != 0 {
			r.text(&v)
			break
		}
		o := r.mem.object()
		r.fields(o, 2, depth)
		v.p = unsafe.Pointer(o)
	}
	return v
}

func (r *recordReader) bytes1() byte {
	b := r.bytes(1)
	if r.bad {
		return 0
	}
	return b[0]
}

// text reads a text into a string, or a container that is still its text.
func (r *recordReader) text(v *Value) {
	text := r.bytes(r.uvarint())
	v.p, v.n = unsafe.Pointer(unsafe.SliceData(text)), int64(len(text))
}

// number reads the text of a number.
func (r *recordReader) number(v *Value) {
	text := r.bytes(r.uvarint())
	if len(text) == 0 || len(text) > math.MaxUint32 {
		r.bad = true
		return
	}
	v.p, v.aux = unsafe.Pointer(unsafe.SliceData(text)), uint32(len(text))
}
