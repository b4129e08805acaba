package ruby

import "strings"

var (
	cCSV          = defClass("CSV", cObject)
	cMalformedCSV = defClass("CSV::MalformedCSVError", cRuntimeError)
)

type csvOptions struct {
	sep, quote string
	headers    bool
	symbols    bool
	blanks     bool
	liberal    bool
	numeric    bool
}

func (th *thread) csvOpts(o *Hash) csvOptions {
	c := csvOptions{sep: ",", quote: `"`}
	if v := o.opt(th, "col_sep"); !v.isUndef() {
		c.sep = th.strArg(v)
	}
	if v := o.opt(th, "quote_char"); !v.isUndef() {
		c.quote = th.toS(v)
	}
	on := func(name string) bool {
		v := o.opt(th, name)
		return !v.isUndef() && v.truthy()
	}
	c.headers, c.blanks, c.liberal = on("headers"), on("skip_blanks"), on("liberal_parsing")
	if v := o.opt(th, "header_converters"); !v.isUndef() {
		c.symbols = strings.Contains(th.inspect(v), "symbol")
	}
	if v := o.opt(th, "converters"); !v.isUndef() {
		c.numeric = strings.Contains(th.inspect(v), "numeric") || strings.Contains(th.inspect(v), "all")
	}
	return c
}

// parseCSV reads rows; a missing field is nil.
func (th *thread) parseCSV(s string, c csvOptions) [][]Value {
	th.charge(4 * len(s))
	th.work(len(s))
	var rows [][]Value
	row, line := []Value{}, 1
	bad := func(why string) { th.raise(cMalformedCSV, "%s in line %d.", why, line) }
	i := 0
	for i < len(s) {
		field := vNil
		if c.quote != "" && strings.HasPrefix(s[i:], c.quote) {
			i += len(c.quote)
			var b strings.Builder
			for {
				j := strings.Index(s[i:], c.quote)
				if j < 0 {
					bad("Unclosed quoted field")
				}
				b.WriteString(s[i : i+j])
				i += j + len(c.quote)
				if strings.HasPrefix(s[i:], c.quote) {
					b.WriteString(c.quote)
					i += len(c.quote)
					continue
				}
				break
			}
			line += strings.Count(b.String(), "\n")
			field = th.str(b.String())
			if i < len(s) && !strings.HasPrefix(s[i:], c.sep) && s[i] != '\n' && s[i] != '\r' && !c.liberal {
				bad("Any value after quoted field isn't allowed")
			}
		} else {
			j := i
			for j < len(s) && !strings.HasPrefix(s[j:], c.sep) && s[j] != '\n' && s[j] != '\r' {
				if c.quote != "" && s[j] == c.quote[0] && !c.liberal {
					bad("Illegal quoting")
				}
				j++
			}
			if j > i {
				field = th.str(s[i:j])
				if c.numeric {
					if n := th.integer(field, 10, false); !n.isNil() {
						field = n
					} else if f, ok := parseFloat(s[i:j]); ok {
						field = Float(f)
					}
				}
			}
			i = j
		}
		atEnd := i >= len(s)
		row = append(row, field)
		switch {
		case !atEnd && strings.HasPrefix(s[i:], c.sep):
			i += len(c.sep)
			if i >= len(s) {
				row = append(row, vNil)
				atEnd = true
			} else {
				continue
			}
		case !atEnd:
			if s[i] == '\r' && i+1 < len(s) && s[i+1] == '\n' {
				i++
			}
			i++
			line++
		}
		if len(row) == 1 && row[0].isNil() {
			row = []Value{}
		}
		if !(c.blanks && len(row) == 0) {
			rows = append(rows, row)
		}
		row = nil
	}
	return rows
}

func (th *thread) csvRows(s string, c csvOptions) Value {
	rows := th.parseCSV(s, c)
	out := make([]Value, 0, len(rows))
	var names []Value
	for i, r := range rows {
		if c.headers && i == 0 {
			for _, n := range r {
				if c.symbols {
					n = sym(strings.ReplaceAll(strings.ToLower(strings.TrimSpace(th.toS(n))), " ", "_"))
				}
				names = append(names, n)
			}
			continue
		}
		if !c.headers {
			out = append(out, th.array(r))
			continue
		}
		h := th.newHash(len(names))
		for j, n := range names {
			v := vNil
			if j < len(r) {
				v = r[j]
			}
			h.set(th, n, v)
		}
		out = append(out, Value{o: h})
	}
	return th.array(out)
}

func (th *thread) csvLine(l []Value, c csvOptions) string {
	var b strings.Builder
	for i, v := range l {
		if i > 0 {
			b.WriteString(c.sep)
		}
		s := th.toS(v)
		if s == "" && !v.isNil() || strings.ContainsAny(s, "\r\n"+c.quote) || strings.Contains(s, c.sep) || strings.HasPrefix(s, " ") || strings.HasSuffix(s, " ") {
			s = c.quote + strings.ReplaceAll(s, c.quote, c.quote+c.quote) + c.quote
		}
		b.WriteString(s)
	}
	return b.String() + "\n"
}

func init() {
	opts := func(th *thread, a []Value) ([]Value, csvOptions) {
		a, o := th.options(a)
		return a, th.csvOpts(o)
	}
	line := func(th *thread, s string, c csvOptions) Value {
		rows := th.parseCSV(s, c)
		if len(rows) == 0 {
			return vNil
		}
		return th.array(rows[0])
	}
	cCSV.sdef("parse_line", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		a, c := opts(th, a)
		c.headers = false
		return line(th, th.strArg(a[0]), c)
	})
	rows := func(th *thread, v Value, blk *Proc) Value {
		if blk == nil {
			return v
		}
		for _, r := range arr(v).items {
			th.yield1(blk, r)
		}
		return vNil
	}
	cCSV.sdef("parse", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		a, c := opts(th, a)
		return rows(th, th.csvRows(th.strArg(a[0]), c), blk)
	})
	cCSV.sdef("read readlines foreach table", 1, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
		a, c := opts(th, a)
		return rows(th, th.csvRows(th.readFile(th.strArg(a[0])), c), blk)
	})
	cCSV.sdef("generate_line", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		a, c := opts(th, a)
		return th.str(th.csvLine(th.list(a[0]), c))
	})
	cString.def("parse_csv", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		_, c := opts(th, a)
		return line(th, strOf(self).s, c)
	})
	cArray.def("to_csv", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		_, c := opts(th, a)
		return th.str(th.csvLine(arr(self).list(th), c))
	})
}
