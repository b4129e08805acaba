package ruby

import (
	"slices"
	"strings"
)

// csvRow is a CSV::Row: pairs of a header and a field, in order. A header may be there
// more than once.
type csvRow struct {
	pairs  [][2]Value
	header bool
}

func (r *csvRow) dup() any { return &csvRow{slices.Clone(r.pairs), r.header} }

func csvRowOf(v Value) (*csvRow, bool) {
	o, ok := v.o.(*Object)
	if !ok {
		return nil, false
	}
	r, ok := o.data.(*csvRow)
	return r, ok
}

func (th *thread) newCSVRow(names, fields []Value, header bool) Value {
	n := max(len(names), len(fields))
	th.charge(48 * n)
	r := &csvRow{make([][2]Value, n), header}
	for i := range n {
		if i < len(names) {
			r.pairs[i][0] = names[i]
		}
		if i < len(fields) {
			r.pairs[i][1] = fields[i]
		}
	}
	return Value{o: &Object{cls: cCSVRow, data: r}}
}

func (r *csvRow) fields() []Value {
	out := make([]Value, len(r.pairs))
	for i, p := range r.pairs {
		out[i] = p[1]
	}
	return out
}

func (r *csvRow) names() []Value {
	out := make([]Value, len(r.pairs))
	for i, p := range r.pairs {
		out[i] = p[0]
	}
	return out
}

// find returns the place of a header from a place on, or -1.
func (r *csvRow) find(th *thread, name Value, from int) int {
	for i := max(from, 0); i < len(r.pairs); i++ {
		if th.equal(r.pairs[i][0], name) {
			return i
		}
	}
	return -1
}

// place finds what [] names: an index or a header, -1 if there is none.
func (r *csvRow) place(th *thread, a []Value) int {
	if a[0].isInt() {
		i := int(a[0].int())
		if i < 0 {
			i += len(r.pairs)
		}
		if i < 0 || i >= len(r.pairs) {
			return -1
		}
		return i
	}
	from := 0
	if len(a) > 1 {
		from = th.intArg(a[1])
	}
	return r.find(th, a[0], from)
}

func (r *csvRow) toHash(th *thread) *Hash {
	h := th.newHash(len(r.pairs))
	for _, p := range r.pairs {
		if _, there := h.get(th, p[0]); !there {
			h.set(th, p[0], p[1])
		}
	}
	return h
}

// add appends a field: a pair of header and field, or a field alone.
func (r *csvRow) add(th *thread, v Value) {
	th.charge(48)
	switch x := v.o.(type) {
	case *Array:
		if l := x.list(th); len(l) == 2 {
			r.pairs = append(r.pairs, [2]Value{l[0], l[1]})
			return
		}
	case *Hash:
		for _, e := range x.entries(th) {
			if e.live {
				r.pairs = append(r.pairs, [2]Value{e.k, e.v})
			}
		}
		return
	}
	r.pairs = append(r.pairs, [2]Value{vNil, v})
}

func csvRowMethods() {
	row := func(v Value) *csvRow { return v.o.(*Object).data.(*csvRow) }
	cCSVRow.sdef("new", 2, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
		header := len(a) > 2 && a[2].truthy()
		return th.newCSVRow(th.list(a[0]), th.list(a[1]), header)
	})
	cCSVRow.include(mEnumerable)
	def := cCSVRow.def
	def("[] field", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		r := row(self)
		if rng, ok := a[0].o.(*Range); ok {
			return th.send(th.array(r.fields()), "[]", Value{o: rng})
		}
		if i := r.place(th, a); i >= 0 {
			return r.pairs[i][1]
		}
		return vNil
	})
	def("[]=", 2, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
		r, v := row(self), a[len(a)-1]
		i := r.place(th, a[:len(a)-1])
		switch {
		case i >= 0:
			r.pairs[i][1] = v
		case a[0].isInt() && a[0].int() >= 0:
			n := int(a[0].int())
			th.charge(48 * n)
			for len(r.pairs) <= n {
				r.pairs = append(r.pairs, [2]Value{})
			}
			r.pairs[n][1] = v
		default:
			th.charge(48)
			r.pairs = append(r.pairs, [2]Value{a[0], v})
		}
		return v
	})
	def("fetch", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		r := row(self)
		i := r.find(th, a[0], 0)
		switch {
		case i >= 0:
			return r.pairs[i][1]
		case blk != nil:
			return th.yield1(blk, a[0])
		case len(a) > 1:
			return a[1]
		}
		th.raise(cKeyError, "key not found: %s", th.toS(a[0]))
		return vNil
	})
	def("has_key? header? include? key? member?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Bool(row(self).find(th, a[0], 0) >= 0)
	})
	def("field?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		for _, f := range row(self).fields() {
			if th.equal(f, a[0]) {
				return vTrue
			}
		}
		return vFalse
	})
	def("index", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		from := 0
		if len(a) > 1 {
			from = th.intArg(a[1])
		}
		if i := row(self).find(th, a[0], from); i >= 0 {
			return Int(int64(i))
		}
		return vNil
	})
	fields := func(th *thread, self Value, a []Value, blk *Proc) Value {
		r := row(self)
		th.charge(24 * len(r.pairs))
		if len(a) == 0 {
			return th.array(r.fields())
		}
		var out []Value
		for _, k := range a {
			if rng, ok := k.o.(*Range); ok && (isNumber(rng.lo) || rng.lo.isNil()) {
				out = append(out, th.list(th.send(th.array(r.fields()), "[]", k))...)
				continue
			}
			v := vNil
			if i := r.place(th, []Value{k}); i >= 0 {
				v = r.pairs[i][1]
			}
			out = append(out, v)
		}
		return th.array(out)
	}
	def("fields values_at", 0, -1, fields)
	def("headers", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.charge(24 * len(row(self).pairs))
		return th.array(row(self).names())
	})
	def("to_h to_hash", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Value{o: row(self).toHash(th)} })
	def("deconstruct_keys", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := th.newHash(0)
		for _, p := range row(self).pairs {
			h.set(th, th.send(p[0], "to_sym"), p[1])
		}
		return Value{o: h}
	})
	def("deconstruct", 0, 0, fields)
	pairs := func(th *thread, self Value, a []Value, blk *Proc) Value {
		var out []Value
		for _, p := range row(self).pairs {
			th.charge(72)
			out = append(out, th.pair(p[0], p[1]))
		}
		return th.array(out)
	}
	def("to_ary", 0, 0, pairs)
	def("each each_pair", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "each")
		}
		for _, p := range slices.Clone(row(self).pairs) {
			th.yieldPair(blk, p[0], p[1])
		}
		return self
	})
	def("<<", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		row(self).add(th, a[0])
		return self
	})
	def("push", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		for _, v := range a {
			row(self).add(th, v)
		}
		return self
	})
	def("delete", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		r := row(self)
		i := r.place(th, a)
		if i < 0 {
			return th.array(nil)
		}
		p := r.pairs[i]
		r.pairs = slices.Delete(r.pairs, i, i+1)
		return th.pair(p[0], p[1])
	})
	def("delete_if", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "delete_if")
		}
		var keep [][2]Value
		for _, p := range row(self).pairs {
			if !th.yield2(blk, p[0], p[1]).truthy() {
				keep = append(keep, p)
			}
		}
		row(self).pairs = keep
		return self
	})
	def("dig", 1, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		v := vNil
		if i := row(self).place(th, a[:1]); i >= 0 {
			v = row(self).pairs[i][1]
		}
		if len(a) == 1 || v.isNil() {
			return v
		}
		return digAny(th, v, a[1:], nil)
	})
	def("header_row?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(row(self).header) })
	def("field_row?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(!row(self).header) })
	def("size length", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(int64(len(row(self).pairs))) })
	def("empty?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(len(row(self).pairs) == 0) })
	def("==", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if r, ok := csvRowOf(a[0]); ok {
			return Bool(th.equal(pairs(th, self, nil, nil), pairs(th, Value{o: &Object{cls: cCSVRow, data: r}}, nil, nil)))
		}
		return Bool(th.equal(pairs(th, self, nil, nil), a[0]))
	})
	def("to_csv to_s", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		_, o := th.options(a)
		return th.str(th.csvLine(row(self).fields(), th.csvOptions(o), row(self).names()))
	})
	def("inspect", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		var b strings.Builder
		for _, p := range row(self).pairs {
			name := th.inspect(p[0])
			if s, ok := p[0].o.(*Symbol); ok {
				name = s.name
			}
			b.WriteString(" " + name + ":" + th.inspect(p[1]))
		}
		return th.str("#<CSV::Row" + b.String() + ">")
	})
}
