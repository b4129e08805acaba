package ruby

import (
	"slices"
	"strings"
)

var cOpenStruct = defClass("OpenStruct", cObject)

// structData is the values of a Struct, in the order of its class's fields.
type structData struct{ vals []Value }

func (s *structData) dup() any { return &structData{slices.Clone(s.vals)} }

type openData struct{ h *Hash }

func structOf(th *thread, v Value) (*Class, *structData) {
	o := v.o.(*Object)
	d, ok := o.data.(*structData)
	if !ok {
		d = &structData{vals: make([]Value, len(o.cls.fields))}
		o.data = d
	}
	return o.cls, d
}

func init() {
	cStruct.sdef("new", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		c := self.o.(*Class)
		if c != cStruct {
			return classNew(th, self, a, blk)
		}
		a, opts := th.options(a)
		k := th.newClass(cStruct, false)
		k.up = th.inst.filterClass
		keywords := opts.opt(th, "keyword_init")
		if !keywords.isUndef() && keywords.truthy() {
			k.kwInit = true
		}
		if len(a) > 0 {
			if a[0].isNil() {
				a = a[1:]
			} else if s := th.tryString(a[0]); s != nil {
				if s.s == "" || s.s[0] < 'A' || s.s[0] > 'Z' {
					e := th.newException(cNameError, "identifier %s needs to be constant", s.s)
					e.name = sym(s.s)
					panic(e)
				}
				th.inst.setConst(th, cStruct, s.s, Value{o: k})
				a = a[1:]
			}
		}
		for _, v := range a {
			name := th.nameArg(v)
			if slices.Contains(k.fields, name) {
				th.raise(cArgumentError, "duplicate member: %s", name)
			}
			k.fields = append(k.fields, name)
		}
		for i, f := range k.fields {
			th.inst.addMethod(k, &Method{name: f, fn: func(th *thread, self Value, a []Value, blk *Proc) Value {
				_, d := structOf(th, self)
				return d.vals[i]
			}})
			th.inst.addMethod(k, &Method{name: f + "=", min: 1, max: 1, fn: func(th *thread, self Value, a []Value, blk *Proc) Value {
				if self.o.(*Object).frozen {
					th.raiseFrozen(self)
				}
				_, d := structOf(th, self)
				d.vals[i] = a[0]
				return a[0]
			}})
		}
		kv := Value{o: k}
		th.inst.addMethod(k.singleton(), &Method{name: "new", max: -1, fn: classNew})
		th.inst.addMethod(k.singleton(), &Method{name: "[]", max: -1, fn: classNew})
		th.inst.addMethod(k.singleton(), &Method{name: "members", fn: func(th *thread, self Value, a []Value, blk *Proc) Value {
			return th.symbols(self.o.(*Class).fields)
		}})
		if keywords.isUndef() {
			keywords = vNil
		}
		th.inst.addMethod(k.singleton(), &Method{name: "keyword_init?", fn: func(th *thread, self Value, a []Value, blk *Proc) Value { return keywords }})
		if blk != nil {
			th.classEval(k, blk, []Value{kv})
		}
		return kv
	})
	def := cStruct.def
	def("initialize", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		c, d := structOf(th, self)
		if c.kwInit {
			if len(a) == 0 {
				return vNil
			}
			h, ok := a[0].o.(*Hash)
			if !ok || len(a) > 1 {
				th.raise(cArgumentError, "wrong number of arguments (given %d, expected 0)", len(a))
			}
			for _, e := range h.entries(th) {
				if !e.live {
					continue
				}
				i := slices.Index(c.fields, th.nameArg(e.k))
				if i < 0 {
					th.raise(cArgumentError, "unknown keywords: %s", th.nameArg(e.k))
				}
				d.vals[i] = e.v
			}
			return vNil
		}
		if len(a) > len(c.fields) {
			th.raise(cArgumentError, "struct size differs")
		}
		clear(d.vals[copy(d.vals, a):])
		return vNil
	})
	def("to_a deconstruct values", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		_, d := structOf(th, self)
		return th.arrayOf(d.vals)
	})
	def("members", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		c, _ := structOf(th, self)
		return th.symbols(c.fields)
	})
	def("to_h", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		c, d := structOf(th, self)
		h := th.newHash(len(c.fields))
		for i, f := range c.fields {
			if blk != nil {
				th.addPair(h, th.yield2(blk, sym(f), d.vals[i]), -1)
			} else {
				h.set(th, sym(f), d.vals[i])
			}
		}
		return Value{o: h}
	})
	def("deconstruct_keys", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		c, d := structOf(th, self)
		h := th.newHash(len(c.fields))
		keys, ok := a[0].o.(*Array)
		switch {
		case a[0].isNil():
			for i, f := range c.fields {
				h.set(th, sym(f), d.vals[i])
			}
			return Value{o: h}
		case !ok:
			th.raise(cTypeError, "wrong argument type %s (expected Array or nil)", classOf(a[0]).real().name)
		case len(keys.list(th)) > len(c.fields):
			return Value{o: h}
		}
		for _, k := range keys.list(th) {
			i := -1
			switch k.o.(type) {
			case *Symbol, *String:
				i = slices.Index(c.fields, th.nameArg(k))
			default:
				if i = th.intArg(k); i < 0 {
					i += len(c.fields)
				}
			}
			if i < 0 || i >= len(c.fields) {
				break
			}
			h.set(th, k, d.vals[i])
		}
		return Value{o: h}
	})
	index := func(th *thread, c *Class, v Value) int {
		switch v.o.(type) {
		case *String, *Symbol:
			i := slices.Index(c.fields, th.nameArg(v))
			if i < 0 {
				e := th.newException(cNameError, "no member '%s' in struct", th.nameArg(v))
				e.name = sym(th.nameArg(v))
				panic(e)
			}
			return i
		}
		i := th.intArg(v)
		if i < 0 {
			i += len(c.fields)
		}
		if i < 0 {
			th.raise(cIndexError, "offset %d too small for struct(size:%d)", i-len(c.fields), len(c.fields))
		}
		if i >= len(c.fields) {
			th.raise(cIndexError, "offset %d too large for struct(size:%d)", i, len(c.fields))
		}
		return i
	}
	def("[]", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		c, d := structOf(th, self)
		return d.vals[index(th, c, a[0])]
	})
	def("[]=", 2, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		c, d := structOf(th, self)
		d.vals[index(th, c, a[0])] = a[1]
		return a[1]
	})
	def("dig", 1, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		c, d := structOf(th, self)
		v := d.vals[index(th, c, a[0])]
		if len(a) == 1 {
			return v
		}
		return digAny(th, v, a[1:], nil)
	})
	def("each", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "each")
		}
		_, d := structOf(th, self)
		for _, v := range d.vals {
			th.yield1(blk, v)
		}
		return self
	})
	def("each_pair", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "each_pair")
		}
		c, d := structOf(th, self)
		for i, f := range c.fields {
			th.yieldPair(blk, sym(f), d.vals[i])
		}
		return self
	})
	def("size length", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		c, _ := structOf(th, self)
		return Int(int64(len(c.fields)))
	})
	def("values_at", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		_, d := structOf(th, self)
		return th.sendBlock(th.array(d.vals), "values_at", a, nil)
	})
	def("==", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		o, ok := a[0].o.(*Object)
		if !ok || o.cls != self.o.(*Object).cls {
			return vFalse
		}
		_, d := structOf(th, self)
		_, e := structOf(th, a[0])
		return Bool(th.equal(th.array(d.vals), th.array(e.vals)))
	})
	def("eql?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		o, ok := a[0].o.(*Object)
		if !ok || o.cls != self.o.(*Object).cls {
			return vFalse
		}
		_, d := structOf(th, self)
		_, e := structOf(th, a[0])
		return Bool(th.eql(th.array(d.vals), th.array(e.vals)))
	})
	def("hash", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		_, d := structOf(th, self)
		return th.hashOf(th.array(d.vals))
	})
	def("to_s inspect", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		c, d := structOf(th, self)
		name := ""
		if c.name != "" {
			name = c.name + " "
		}
		if !th.enterNested(d) {
			return th.str("#<struct " + name + ":...>")
		}
		var parts []string
		for i, f := range c.fields {
			parts = append(parts, f+"="+th.inspect(d.vals[i]))
		}
		th.leaveNested()
		return th.str("#<struct " + name + strings.Join(parts, ", ") + ">")
	})

	odef := cOpenStruct.def
	open := func(v Value) *Hash {
		o := v.o.(*Object)
		d, ok := o.data.(*openData)
		if !ok {
			d = &openData{&Hash{}}
			o.data = d
		}
		return d.h
	}
	odef("initialize", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := open(self)
		if len(a) > 0 && !a[0].isNil() {
			for _, e := range th.toHash(a[0]).entries(th) {
				if e.live {
					h.set(th, sym(th.nameArg(e.k)), e.v)
				}
			}
		}
		return vNil
	})
	odef("method_missing", 1, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		name := th.nameArg(a[0])
		if strings.HasSuffix(name, "=") && len(a) > 1 {
			open(self).set(th, sym(name[:len(name)-1]), a[1])
			return a[1]
		}
		v, _ := open(self).get(th, sym(name))
		return v
	})
	odef("respond_to?", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		name := th.nameArg(a[0])
		_, ok := open(self).get(th, sym(strings.TrimSuffix(name, "=")))
		return Bool(ok || th.inst.find(cOpenStruct, name) != nil)
	})
	odef("[]", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return open(self).index(th, sym(th.nameArg(a[0])))
	})
	odef("[]=", 2, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		open(self).set(th, sym(th.nameArg(a[0])), a[1])
		return a[1]
	})
	odef("to_h", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk != nil {
			return th.sendBlock(Value{o: open(self)}, "to_h", nil, blk)
		}
		return Value{o: open(self).dup(th)}
	})
	odef("dig", 1, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return digAny(th, Value{o: open(self)}, a, nil)
	})
	odef("each_pair", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return hashEach(th, Value{o: open(self)}, nil, blk)
	})
	odef("delete_field", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		v, _ := open(self).delete(th, sym(th.nameArg(a[0])))
		return v
	})
	odef("==", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Bool(classIs(a[0], cOpenStruct) && th.equal(Value{o: open(self)}, Value{o: open(a[0])}))
	})
	odef("to_s inspect", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		var parts []string
		for _, e := range open(self).entries(th) {
			if e.live {
				parts = append(parts, " "+th.toS(e.k)+"="+th.inspect(e.v))
			}
		}
		return th.str("#<OpenStruct" + strings.Join(parts, ",") + ">")
	})
}

func (th *thread) symbols(names []string) Value {
	out := make([]Value, len(names))
	for i, n := range names {
		out[i] = sym(n)
	}
	return th.array(out)
}
