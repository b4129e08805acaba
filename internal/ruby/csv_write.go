package ruby

import "strings"

// csvLine returns a row as a line; names are the headers that force_quotes may name.
func (th *thread) csvLine(fields []Value, c *csvOptions, names []Value) string {
	var b strings.Builder
	for i, v := range fields {
		if i > 0 {
			b.WriteString(c.sep)
		}
		if len(c.writeConverters) > 0 {
			v = th.csvConvert(c.writeConverters, v, false, func() Value { return vNil })
		}
		s := ""
		switch {
		case v.isNil():
			s = c.writeNil
			if s == "" && !c.forces(th, i, names) {
				continue
			}
		default:
			if s = th.toS(v); s == "" {
				s = c.writeEmpty
			}
		}
		quoted := c.quote != "" && (c.forces(th, i, names) || s == "" && c.quoteEmpty ||
			strings.ContainsAny(s, "\r\n") || strings.Contains(s, c.quote) || strings.Contains(s, c.sep))
		th.charge(2 * len(s))
		if !quoted {
			b.WriteString(s)
			continue
		}
		b.WriteString(c.quote)
		b.WriteString(strings.ReplaceAll(s, c.quote, c.quote+c.quote))
		b.WriteString(c.quote)
	}
	if c.rowSep == "" {
		return b.String() + "\n"
	}
	return b.String() + c.rowSep
}

// forces tells whether a field is always written in quotes.
func (c *csvOptions) forces(th *thread, i int, names []Value) bool {
	l, ok := c.forceQuotes.o.(*Array)
	if !ok {
		return c.forceQuotes.truthy()
	}
	for _, v := range l.list(th) {
		if v.isInt() && int(v.int()) == i || i < len(names) && th.equal(v, names[i]) {
			return true
		}
	}
	return false
}

// csvObject is a CSV: what it reads from and what it writes to.
type csvObject struct {
	csvReader
	to      Value
	written bool // a row has been written
}

func (th *thread) csv(v Value) *csvObject {
	c, ok := v.o.(*Object).data.(*csvObject)
	if !ok {
		th.raise(cArgumentError, "uninitialized CSV")
	}
	return c
}

// newCSV makes a CSV of a text or a stream.
func (th *thread) newCSV(data Value, o *Hash) *csvObject {
	c := &csvObject{csvReader: csvReader{csvOptions: th.csvOptions(o)}}
	if data.isNil() {
		th.raise(cArgumentError, "Cannot parse nil as CSV")
	}
	if s, ok := data.o.(*String); ok {
		c.src = s.s
		c.to = Value{o: &Object{cls: cStringIO, data: &stringIO{str: s}}}
	} else {
		c.from, c.to = data, data
	}
	return c
}

// add writes a row: a list, a CSV::Row, or a Hash by the headers.
func (c *csvObject) add(th *thread, row Value) {
	names := c.names
	if l, ok := c.headers.o.(*Array); ok {
		names = l.list(th)
	}
	if !c.written {
		if c.written = true; c.writeHeaders && names != nil {
			th.send(c.to, "write", th.str(th.csvLine(names, c.csvOptions, names)))
		}
	}
	var fields []Value
	switch x := row.o.(type) {
	case *Hash:
		if names == nil {
			for _, e := range x.entries(th) {
				if e.live {
					names = append(names, e.k)
				}
			}
			c.names = names
		}
		for _, n := range names {
			v, _ := x.get(th, n)
			fields = append(fields, v)
		}
	case *Array:
		fields = x.list(th)
	default:
		if r, ok := csvRowOf(row); ok {
			fields = r.fields()
		} else {
			fields = th.list(row)
		}
	}
	th.send(c.to, "write", th.str(th.csvLine(fields, c.csvOptions, names)))
}

// csvWriting defines the methods that write.
func csvWriting() {
	cCSV.sdef("generate_line", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		a, o := th.optionsBehind(a)
		fields := th.list(a[0])
		if r, ok := csvRowOf(a[0]); ok {
			fields = r.fields()
		}
		return th.str(th.csvLine(fields, th.csvOptions(o), nil))
	})
	cCSV.sdef("generate_lines", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		a, o := th.optionsBehind(a)
		c := th.csvOptions(o)
		var b strings.Builder
		for _, row := range th.list(a[0]) {
			b.WriteString(th.csvLine(th.list(row), c, nil))
		}
		return th.str(b.String())
	})
	cCSV.sdef("generate", 0, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		a, o := th.options(a)
		if blk == nil {
			th.raiseNoBlock()
		}
		to := &String{}
		if len(a) > 0 && !a[0].isNil() {
			to = th.stringArg(a[0])
		}
		c := th.newCSV(Value{o: to}, o)
		c.to = Value{o: &Object{cls: cStringIO, data: &stringIO{str: to, pos: len(to.s)}}}
		th.yield1(blk, Value{o: &Object{cls: cCSV, data: c}})
		if l, ok := c.headers.o.(*Array); ok && !c.written && c.writeHeaders {
			th.send(c.to, "write", th.str(th.csvLine(l.list(th), c.csvOptions, nil)))
		}
		return Value{o: to}
	})
	cCSV.def("<< add_row puts", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.csv(self).add(th, a[0])
		return self
	})
	cArray.def("to_csv", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		_, o := th.options(a)
		return th.str(th.csvLine(arr(self).list(th), th.csvOptions(o), nil))
	})
}
