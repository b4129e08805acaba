package ruby

// The methods of CSV that read; csv_write.go has those that write.

func init() {
	sdef := cCSV.sdef
	object := func(c *csvObject) Value { return Value{o: &Object{cls: cCSV, data: c}} }
	sdef("new instance", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		a, o := th.optionsBehind(a)
		return object(th.newCSV(a[0], o))
	})
	// rows reads all rows, or gives each to a block.
	rows := func(th *thread, c *csvObject, blk *Proc) Value {
		if blk == nil {
			return c.all(th)
		}
		for v := c.next(th); !v.isNil(); v = c.next(th) {
			th.yield1(blk, v)
		}
		return vNil
	}
	sdef("parse", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		a, o := th.optionsBehind(a)
		return rows(th, th.newCSV(a[0], o), blk)
	})
	line := func(th *thread, text Value, o *Hash) Value {
		c := th.newCSV(text, o)
		return c.next(th)
	}
	sdef("parse_line", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		a, o := th.optionsBehind(a)
		return line(th, a[0], o)
	})
	cString.def("parse_csv", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		_, o := th.options(a)
		return line(th, self, o)
	})
	file := func(th *thread, a []Value) *csvObject {
		a, o := th.optionsBehind(a)
		if len(a) > 1 {
			if m, ok := a[1].o.(*String); ok && m.s != "" && m.s[0] != 'r' {
				th.denied("writing files")
			}
		}
		return th.newCSV(th.str(th.readFile(th.readPath(a[0]))), o)
	}
	sdef("read readlines", 1, 3, func(th *thread, self Value, a []Value, blk *Proc) Value { return file(th, a).all(th) })
	sdef("foreach", 1, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "foreach", a...)
		}
		return rows(th, file(th, a), blk)
	})
	sdef("open", 1, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
		c := object(file(th, a))
		if blk == nil {
			return c
		}
		return th.yield1(blk, c)
	})
	sdef("table", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		all := th.newHash(4)
		all.set(th, sym("headers"), vTrue)
		all.set(th, sym("converters"), sym("numeric"))
		all.set(th, sym("header_converters"), sym("symbol"))
		a, o := th.optionsBehind(a)
		if o != nil {
			hashMerge(th, all, []Value{{o: o}}, nil)
		}
		return file(th, []Value{a[0], {o: all}}).all(th)
	})
	csvInstance()
	csvWriting()
	csvRowMethods()
	csvTableMethods()
	csvTableChanges()
}

func csvInstance() {
	cCSV.include(mEnumerable)
	def := cCSV.def
	def("each", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "each")
		}
		c := th.csv(self)
		for v := c.next(th); !v.isNil(); v = c.next(th) {
			th.yield1(blk, v)
		}
		return self
	})
	def("read readlines", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.csv(self).all(th) })
	def("shift gets readline", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.csv(self).next(th) })
	def("eof? eof", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		c := th.csv(self)
		c.open(th)
		return Bool(c.pos >= len(c.src))
	})
	def("rewind", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		c := th.csv(self)
		c.pos, c.line, c.rows, c.named, c.names = 0, 0, 0, false, nil
		return Int(0)
	})
	def("headers", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		c := th.csv(self)
		switch {
		case c.named:
			return th.arrayOf(c.names)
		case c.headers.truthy():
			return vTrue
		}
		return vNil
	})
	def("lineno", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(int64(th.csv(self).line)) })
	def("line", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(th.csv(self).last) })
	def("string", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.send(th.csv(self).to, "string") })
	def("to_io", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.csv(self).to })
	def("close flush", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return vNil })
	def("col_sep", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(th.csv(self).sep) })
	def("quote_char", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(th.csv(self).quote) })
	def("row_sep", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		c := th.csv(self)
		c.open(th)
		return th.str(c.rowSep)
	})
	def("converters", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.arrayOf(th.csv(self).converters) })
	def("header_converters", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.arrayOf(th.csv(self).headerConverters)
	})
	add := func(names string, list func(c *csvObject) *[]Value) {
		def(names, 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			l := list(th.csv(self))
			th.charge(24 * (len(*l) + 1))
			switch {
			case blk != nil:
				*l = append(*l, Value{o: blk})
			case len(a) > 0:
				*l = append(*l, a[0])
			}
			return th.arrayOf(*l)
		})
	}
	add("convert", func(c *csvObject) *[]Value { return &c.converters })
	add("header_convert", func(c *csvObject) *[]Value { return &c.headerConverters })
	is := func(name string, f func(c *csvObject) bool) {
		def(name, 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(f(th.csv(self))) })
	}
	is("header_row?", func(c *csvObject) bool { return c.headers.truthy() && !c.named })
	is("return_headers?", func(c *csvObject) bool { return c.returnHeaders })
	is("write_headers?", func(c *csvObject) bool { return c.writeHeaders })
	is("skip_blanks?", func(c *csvObject) bool { return c.skipBlanks })
	is("liberal_parsing?", func(c *csvObject) bool { return c.liberal })
	is("force_quotes?", func(c *csvObject) bool { return c.forceQuotes.truthy() })
}
