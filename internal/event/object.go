package event

import (
	"slices"
)

// Field is one name and its value.
type Field struct {
	Key   string
	Value Value
}

// ObjectData is the fields of an object, in order. The zero ObjectData is empty and
// ready for use. It is not safe for concurrent use, not even for reading.
type ObjectData struct {
	fields []Field        // with holes (kind Missing) only while index is there
	index  map[string]int // where each name stands; only for large objects
	holes  int
	mem    *memory // where to grow; nil means the heap
	names  uint64  // a bit for the hash of each name that is or was there
}

// indexAbove is the number of fields above which an object gets an index, so that a
// hostile event with a million fields costs time in proportion to its size.
const indexAbove = 48

// Len returns the number of fields.
func (o *ObjectData) Len() int { return len(o.fields) - o.holes }

// Fields returns the fields in order. The slice is valid until the object is changed,
// and must not be changed by the caller.
func (o *ObjectData) Fields() []Field {
	if o.holes > 0 {
		o.compact()
	}
	return o.fields
}

func (o *ObjectData) compact() {
	o.fields = slices.DeleteFunc(o.fields, func(f Field) bool { return f.Value.kind == Missing })
	o.holes, o.index = 0, nil
}

// nameBit returns the bit of a name in ObjectData.names. Most names that are not there
// are found missing by it, without a search.
func nameBit(name string) uint64 {
	n := len(name)
	if n == 0 {
		return 1
	}
	return 1 << ((uint(n) ^ uint(name[0])*31 ^ uint(name[n-1])*7 ^ uint(name[n/2])*13) & 63)
}

func (o *ObjectData) find(key string) int { return o.locate(key, nameBit(key)) }

// locate is find for a name whose bit is known.
func (o *ObjectData) locate(key string, bit uint64) int {
	if o.names&bit == 0 {
		return -1
	}
	if len(o.fields) > indexAbove {
		return o.lookUp(key)
	}
	for i := range o.fields {
		if f := &o.fields[i]; f.Key == key && f.Value.kind != Missing {
			return i
		}
	}
	return -1
}

// lookUp finds a name of a large object.
func (o *ObjectData) lookUp(key string) int {
	if o.index == nil {
		o.index = make(map[string]int, len(o.fields))
		for i := range o.fields {
			o.index[o.fields[i].Key] = i
		}
	}
	if i, ok := o.index[key]; ok {
		return i
	}
	return -1
}

// Get returns the value of a field.
func (o *ObjectData) Get(key string) (Value, bool) {
	if i := o.find(key); i >= 0 {
		return o.fields[i].Value, true
	}
	return Value{}, false
}

// Set gives a field its value, in its old place or at the end. The object shares the
// memory of key and v.
func (o *ObjectData) Set(key string, v Value) { o.set(key, nameBit(key), v) }

func (o *ObjectData) set(key string, bit uint64, v Value) {
	if i := o.locate(key, bit); i >= 0 {
		o.fields[i].Value = v
		return
	}
	o.append(key, bit, v)
}

// add appends a field that is known not to be there.
func (o *ObjectData) add(key string, v Value) { o.append(key, nameBit(key), v) }

// append is add for a name whose bit is known.
func (o *ObjectData) append(key string, bit uint64, v Value) {
	if o.index != nil {
		o.index[key] = len(o.fields)
	}
	n := len(o.fields)
	if n == cap(o.fields) {
		o.grow()
	}
	o.fields = o.fields[:n+1]
	o.fields[n] = Field{key, v}
	o.names |= bit
}

func (o *ObjectData) grow() {
	n := len(o.fields)
	if o.mem != nil {
		o.fields = append(o.mem.fieldSlots(n+n/2+8), o.fields...)
	} else {
		o.fields = slices.Grow(o.fields, 1)
	}
}

// Grow makes room for n more fields at once.
func (o *ObjectData) Grow(n int) {
	if cap(o.fields)-len(o.fields) < n && o.mem != nil {
		o.fields = append(o.mem.fieldSlots(len(o.fields)+n), o.fields...)
	}
}

// Delete removes a field and returns what it held.
func (o *ObjectData) Delete(key string) (Value, bool) {
	i := o.find(key)
	if i < 0 {
		return Value{}, false
	}
	return o.deleteAt(i), true
}

// deleteAt is Delete for the field that stands at i.
func (o *ObjectData) deleteAt(i int) Value {
	v := o.fields[i].Value
	if o.index == nil {
		o.fields = slices.Delete(o.fields, i, i+1)
		return v
	}
	delete(o.index, o.fields[i].Key)
	o.fields[i] = Field{}
	if o.holes++; o.holes > len(o.fields)/2 {
		o.compact()
	}
	return v
}

// Clone returns a copy that shares no changeable memory with o. Texts are shared.
func (o *ObjectData) Clone() *ObjectData {
	c := &ObjectData{fields: make([]Field, 0, o.Len()+2), names: o.names}
	for _, f := range o.Fields() {
		c.fields = append(c.fields, Field{f.Key, f.Value.Clone()})
	}
	return c
}

// ArrayData is the items of an array.
type ArrayData struct {
	Items []Value
}
