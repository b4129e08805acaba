package ruby

// jsonObjects makes instances of the option object_class of the objects of a JSON text.
func (th *thread) jsonObjects(v Value, o *Hash) Value {
	class := o.opt(th, "object_class")
	if class.isUndef() || class.isNil() || class.o == object(cHash) {
		return v
	}
	return th.jsonObject(v, class)
}

func (th *thread) jsonObject(v, class Value) Value {
	th.deeper()
	defer func() { th.depth-- }()
	th.step()
	switch x := v.o.(type) {
	case *Array:
		for i, e := range x.list(th) {
			x.items[i] = th.jsonObject(e, class)
		}
	case *Hash:
		made := th.send(class, "new")
		for _, e := range x.entries(th) {
			if e.live {
				th.charge(64)
				th.send(made, "[]=", e.k, th.jsonObject(e.v, class))
			}
		}
		return made
	}
	return v
}
