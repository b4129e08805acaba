package ruby

var mMarshal = defModule("Marshal")

func init() {
	// Marshal is used for deep copies: load(dump(x)). The text is never looked at.
	mMarshal.sdef("dump", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Value{o: &Object{cls: cObject, data: &marshalled{th.deepCopy(a[0])}}}
	})
	mMarshal.sdef("load", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		o, ok := a[0].o.(*Object)
		if ok {
			if m, ok := o.data.(*marshalled); ok {
				return th.deepCopy(m.v)
			}
		}
		th.raise(cTypeError, "only what Marshal.dump has returned can be loaded")
		return vNil
	})
}

type marshalled struct{ v Value }

// deepCopy copies containers and strings at every level.
func (th *thread) deepCopy(v Value) Value {
	th.deeper()
	defer func() { th.depth-- }()
	th.step()
	switch x := v.o.(type) {
	case *Proc:
		th.raise(cTypeError, "no _dump_data is defined for class Proc")
	case *Array:
		items := make([]Value, len(x.list(th)))
		for i, e := range x.items {
			items[i] = th.deepCopy(e)
		}
		th.charge(24 * len(items))
		return th.array(items)
	case *Hash:
		h := th.newHash(x.size(th))
		for _, e := range x.ents {
			if e.live {
				h.set(th, e.k, th.deepCopy(e.v))
			}
		}
		h.def = x.def
		return Value{o: h}
	}
	return th.dup(v, false)
}
