package ruby

import (
	"math/big"
	"strings"

	"sluice/internal/event"
)

// toEvent converts a Ruby value for the event. Views that nobody touched go back as
// what they were.
func (th *thread) toEvent(v Value) event.Value {
	switch x := v.o.(type) {
	case nil:
		return event.NullValue
	case *tag:
		switch x {
		case tagInt:
			return event.IntValue(v.int())
		case tagFloat:
			return event.FloatValue(v.float())
		}
		return event.BoolValue(x == tagTrue)
	case *carried:
		return x.v.Clone()
	case *String:
		if x.enc == encUTF8 || x.isASCII() && x.enc <= encWindows1252 {
			return event.StringValue(x.s)
		}
		return event.StringValue(th.javaText(x))
	case *Symbol:
		return event.SymbolValue(x.name)
	case *BigInt:
		return event.BigIntValue(new(big.Int).Set(x.i))
	case *Timestamp:
		return event.TimeValue(x.t)
	case *Time:
		return event.TimeValue(x.t)
	case *BigDecimal:
		return event.DecimalValue(strings.TrimSuffix(x.plain(), ".0"))
	case *Array:
		if x.src != nil {
			return x.src.val.Clone()
		}
		th.deeper()
		th.charge(24 * len(x.items))
		list := th.newArray(len(x.items))
		for i, e := range x.items {
			list.Items[i] = th.toEvent(e)
		}
		th.depth--
		return event.ArrayValue(list)
	case *Hash:
		if x.src != nil {
			return x.src.val.Clone()
		}
		th.deeper()
		th.charge(40 * x.live)
		o := th.newObject(x.live)
		for _, e := range x.ents {
			if e.live {
				o.Set(th.toS(e.k), th.toEvent(e.v))
			}
		}
		th.depth--
		return event.ObjectValue(o)
	case *Object:
		if d, ok := x.data.(event.Value); ok {
			return d
		}
	}
	th.raise(cMissingConv, "Missing Converter handling for full class name=%s, simple name=%s", "org.jruby.Ruby"+classOf(v).real().name, "Ruby"+classOf(v).real().name)
	return event.NullValue
}

// inBatch tells whether something that the event will hold, or that is a part of it, may
// take memory of its batch, which counts as size bytes.
func (th *thread) inBatch(size int) bool {
	if th.ev == nil || size > th.arena.text {
		return false
	}
	th.arena.text -= size
	return true
}

func (th *thread) newArray(n int) *event.ArrayData {
	if th.inBatch(24 * n) {
		return th.ev.Batch().NewArray(n)
	}
	return &event.ArrayData{Items: make([]event.Value, n)}
}

func (th *thread) newObject(n int) *event.ObjectData {
	if th.inBatch(40 * n) {
		return th.ev.Batch().NewObject(n)
	}
	return &event.ObjectData{}
}

// javaText is how bytes of another encoding become a Java string.
func (th *thread) javaText(s *String) string {
	var b []byte
	switch s.enc {
	case encBinary, encASCII:
		return s.s
	}
	decode(s.s, s.enc, func(r rune) { b, _ = encodeRune(b, r, encUTF8) }, func(string) { b = append(b, "\ufffd"...) })
	return string(b)
}

// appendValues is how two values of one field become one: lists grow, objects merge.
func appendValues(a, b event.Value) event.Value {
	if a.Kind() == event.Array {
		items := append([]event.Value(nil), a.Array().Items...)
		if b.Kind() == event.Array {
			for _, v := range b.Array().Items {
				items = appendUnique(items, v)
			}
		} else {
			items = appendUnique(items, b)
		}
		return event.ArrayValue(&event.ArrayData{Items: items})
	}
	if a.Kind() == event.Object && b.Kind() == event.Object {
		o := a.Object().Clone()
		for _, f := range b.Object().Fields() {
			if old, ok := o.Get(f.Key); ok {
				o.Set(f.Key, appendValues(old, f.Value))
			} else {
				o.Set(f.Key, f.Value)
			}
		}
		return event.ObjectValue(o)
	}
	if a.Equal(b) {
		return a
	}
	items := []event.Value{a}
	if b.Kind() == event.Array {
		for _, v := range b.Array().Items {
			items = appendUnique(items, v)
		}
	} else {
		items = append(items, b)
	}
	return event.ArrayValue(&event.ArrayData{Items: items})
}

func appendUnique(l []event.Value, v event.Value) []event.Value {
	for _, x := range l {
		if x.Equal(v) {
			return l
		}
	}
	return append(l, v)
}
