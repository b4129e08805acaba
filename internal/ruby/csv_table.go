package ruby

import (
	"slices"
	"strconv"
	"strings"
)

// csvTable is a CSV::Table: rows with the same headers.
type csvTable struct {
	rows  []Value
	names []Value // of a table without rows
	mode  string  // "col", "row", or empty for both
}

func (t *csvTable) dup() any { return &csvTable{slices.Clone(t.rows), t.names, t.mode} }

func (t *csvTable) headers() []Value {
	if len(t.rows) == 0 {
		return t.names
	}
	r, _ := csvRowOf(t.rows[0])
	return r.names()
}

// byRow tells whether an index or header stands for a row.
func (t *csvTable) byRow(v Value) bool {
	if t.mode != "" {
		return t.mode == "row"
	}
	_, rng := v.o.(*Range)
	return v.isInt() || rng
}

func (t *csvTable) column(th *thread, name Value) Value {
	th.charge(24 * len(t.rows))
	out := make([]Value, len(t.rows))
	for i, row := range t.rows {
		out[i] = th.send(row, "[]", name)
	}
	return th.array(out)
}

func tableOf(v Value) *csvTable { return v.o.(*Object).data.(*csvTable) }

func csvTableMethods() {
	cCSVTable.sdef("new", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		a, o := th.options(a)
		t := &csvTable{rows: slices.Clone(th.list(a[0]))}
		if v := o.opt(th, "headers"); !v.isUndef() {
			t.names = slices.Clone(th.list(v))
		}
		for _, r := range t.rows {
			if _, ok := csvRowOf(r); !ok {
				th.raiseNoMethod(r, "headers", false)
			}
		}
		return Value{o: &Object{cls: cCSVTable, data: t}}
	})
	cCSVTable.include(mEnumerable)
	def := cCSVTable.def
	def("[]", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		t := tableOf(self)
		if t.byRow(a[0]) {
			return th.send(th.array(t.rows), "[]", a[0])
		}
		return t.column(th, a[0])
	})
	def("headers", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.arrayOf(tableOf(self).headers()) })
	def("each", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "each")
		}
		t := tableOf(self)
		if t.mode == "col" {
			for _, name := range t.headers() {
				th.yieldPair(blk, name, t.column(th, name))
			}
			return self
		}
		for _, r := range slices.Clone(t.rows) {
			th.yield1(blk, r)
		}
		return self
	})
	def("to_a", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		t := tableOf(self)
		out := []Value{th.arrayOf(t.headers())}
		for _, r := range t.rows {
			out = append(out, th.send(r, "fields"))
		}
		return th.array(out)
	})
	def("values_at", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		t := tableOf(self)
		if len(a) > 0 && !t.byRow(a[0]) {
			out := make([]Value, len(t.rows))
			for i, r := range t.rows {
				out[i] = th.send(r, "values_at", a...)
			}
			return th.array(out)
		}
		return th.send(th.array(t.rows), "values_at", a...)
	})
	def("dig", 1, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		v := th.send(self, "[]", a[0])
		if len(a) == 1 || v.isNil() {
			return v
		}
		return digAny(th, v, a[1:], nil)
	})
	def("size length", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(int64(len(tableOf(self).rows))) })
	def("empty?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(len(tableOf(self).rows) == 0) })
	def("==", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if o, ok := a[0].o.(*Object); ok {
			if t, ok := o.data.(*csvTable); ok {
				return Bool(th.equal(th.array(tableOf(self).rows), th.array(t.rows)))
			}
		}
		return Bool(th.equal(th.array(tableOf(self).rows), a[0]))
	})
	def("to_csv to_s", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		_, o := th.options(a)
		c, t := th.csvOptions(o), tableOf(self)
		var b strings.Builder
		if v := o.opt(th, "write_headers"); v.isUndef() || v.truthy() {
			b.WriteString(th.csvLine(t.headers(), c, t.headers()))
		}
		for _, v := range t.rows {
			if r, _ := csvRowOf(v); !r.header {
				b.WriteString(th.csvLine(r.fields(), c, t.headers()))
			}
		}
		return th.str(b.String())
	})
	def("mode", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if m := tableOf(self).mode; m != "" {
			return sym(m)
		}
		return sym("col_or_row")
	})
	def("inspect", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		mode := th.toS(th.send(self, "mode"))
		return th.str("#<CSV::Table mode:" + mode + " row_count:" + strconv.Itoa(len(tableOf(self).rows)+1) + ">\n" + th.toS(self))
	})
	for names, mode := range map[string]string{"by_col": "col", "by_row": "row", "by_col_or_row": ""} {
		def(names, 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
			t := tableOf(self)
			th.charge(24 * len(t.rows))
			return Value{o: &Object{cls: cCSVTable, data: &csvTable{slices.Clone(t.rows), t.names, mode}}}
		})
		def(names+"!", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
			tableOf(self).mode = mode
			return self
		})
	}
}

// csvTableChanges defines the methods that change a table.
func csvTableChanges() {
	def := cCSVTable.def
	add := func(th *thread, t *csvTable, v Value) {
		th.charge(24)
		if _, ok := csvRowOf(v); !ok {
			v = th.newCSVRow(t.headers(), slices.Clone(th.list(v)), false)
		}
		t.rows = append(t.rows, v)
	}
	def("<<", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		add(th, tableOf(self), a[0])
		return self
	})
	def("push", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		for _, v := range a {
			add(th, tableOf(self), v)
		}
		return self
	})
	def("[]=", 2, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		t := tableOf(self)
		if t.byRow(a[0]) {
			v := a[1]
			if _, ok := csvRowOf(v); !ok {
				v = th.newCSVRow(t.headers(), slices.Clone(th.list(v)), false)
			}
			l := th.array(t.rows)
			th.send(l, "[]=", a[0], v)
			t.rows = arr(l).items
			return a[1]
		}
		fields, each := a[1].o.(*Array)
		for i, r := range t.rows {
			v := a[1]
			if each {
				v = vNil
				if l := fields.list(th); i < len(l) {
					v = l[i]
				}
			}
			th.send(r, "[]=", a[0], v)
		}
		return a[1]
	})
	def("delete", 1, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		t := tableOf(self)
		out := make([]Value, len(a))
		for i, k := range a {
			if t.byRow(k) {
				l := th.array(t.rows)
				out[i] = th.send(l, "delete_at", k)
				t.rows = arr(l).items
				continue
			}
			column := make([]Value, len(t.rows))
			for j, r := range t.rows {
				column[j] = th.send(th.send(r, "delete", k), "last")
			}
			out[i] = th.array(column)
		}
		if len(out) == 1 {
			return out[0]
		}
		return th.array(out)
	})
	def("delete_if", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "delete_if")
		}
		t := tableOf(self)
		if t.mode == "col" {
			for _, name := range t.headers() {
				if th.yield1(blk, th.pair(name, t.column(th, name))).truthy() {
					th.send(self, "delete", name)
				}
			}
			return self
		}
		keep := t.rows[:0:0]
		for _, r := range t.rows {
			if !th.yield1(blk, r).truthy() {
				keep = append(keep, r)
			}
		}
		t.rows = keep
		return self
	})
}
