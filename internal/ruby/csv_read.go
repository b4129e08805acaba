package ruby

import (
	"strconv"
	"strings"
)

// csvReader takes rows from a text.
type csvReader struct {
	*csvOptions
	src     string
	from    Value // what the text is still to be read from
	pos     int
	line    int // lines that have been read
	rows    int
	names   []Value // the headers, converted; nil before the first row
	last    string  // the text of the last row
	named   bool    // the headers are known
	pending []Value // a header row that is to be returned
}

// csvRawField is a field as it stands in the text.
type csvRawField struct {
	text   string
	quoted bool
	none   bool // nothing between two separators
}

func (th *thread) malformed(r *csvReader, why string) {
	e := th.newException(cMalformedCSV, "%s in line %d.", why, r.line+1)
	e.obj.set("@line_number", Int(int64(r.line+1)))
	panic(e)
}

// open gets the text and finds out what ends a row.
func (r *csvReader) open(th *thread) {
	if !r.from.isNil() {
		if v := th.send(r.from, "read"); !v.isNil() {
			r.src = th.strArg(v)
		}
		r.from = vNil
	}
	if r.rowSep != "" {
		return
	}
	r.rowSep = "\n"
	if i := strings.IndexAny(r.src, "\r\n"); i >= 0 && r.src[i] == '\r' {
		if r.rowSep = "\r"; strings.HasPrefix(r.src[i:], "\r\n") {
			r.rowSep = "\r\n"
		}
	}
}

// raw reads the fields of the next row; ok is false at the end.
func (r *csvReader) raw(th *thread) (row []csvRawField, ok bool) {
	th.step()
	r.open(th)
	for r.pos < len(r.src) {
		start := r.pos
		if r.skipsLine(th) {
			continue
		}
		if strings.HasPrefix(r.src[r.pos:], r.rowSep) {
			r.pos += len(r.rowSep)
			r.line++
			if r.skipBlanks {
				continue
			}
			r.last = r.src[start:r.pos]
			return nil, true
		}
		for {
			th.charge(48)
			row = append(row, r.field(th))
			if strings.HasPrefix(r.src[r.pos:], r.sep) {
				r.pos += len(r.sep)
				if r.pos < len(r.src) {
					continue
				}
				row = append(row, csvRawField{none: true})
			}
			break
		}
		if strings.HasPrefix(r.src[r.pos:], r.rowSep) {
			r.pos += len(r.rowSep)
		}
		r.line++
		r.last = r.src[start:r.pos]
		th.work(len(r.last))
		return row, true
	}
	return nil, false
}

// skipsLine leaves out a line that skip_lines matches.
func (r *csvReader) skipsLine(th *thread) bool {
	if r.skipLines.isNil() {
		return false
	}
	line, rest, _ := strings.Cut(r.src[r.pos:], r.rowSep)
	v := th.str(line)
	skip := false
	switch want := r.skipLines.o.(type) {
	case *Regexp:
		skip = th.runRegexp(want, strOf(v), 0, false) != nil
	case *String:
		skip = strings.Contains(line, want.s)
	default:
		skip = th.send(r.skipLines, "match", v).truthy()
	}
	if skip {
		r.pos = len(r.src) - len(rest)
		r.line++
	}
	return skip
}

func (r *csvReader) field(th *thread) csvRawField {
	stripped := r.strip.truthy()
	blanks := " \t\r\n\f\v"
	if s, ok := r.strip.o.(*String); ok {
		blanks = s.s
	}
	start := r.pos
	if stripped {
		for r.pos < len(r.src) && strings.IndexByte(blanks, r.src[r.pos]) >= 0 && !strings.HasPrefix(r.src[r.pos:], r.rowSep) {
			r.pos++
		}
	}
	if r.quote != "" && strings.HasPrefix(r.src[r.pos:], r.quote) {
		text := r.quotedField(th)
		for stripped && r.pos < len(r.src) && strings.IndexByte(blanks, r.src[r.pos]) >= 0 && !strings.HasPrefix(r.src[r.pos:], r.rowSep) {
			r.pos++
		}
		if r.atFieldEnd() {
			r.checkSize(th, text)
			return csvRawField{text: text, quoted: true}
		}
		if !r.liberal {
			th.malformed(r, "Any value after quoted field isn't allowed")
		}
		r.bare(th)
		return csvRawField{text: r.src[start:r.pos]}
	}
	r.bare(th)
	text := r.src[start:r.pos]
	if stripped {
		text = strings.Trim(text, blanks)
	}
	r.checkSize(th, text)
	return csvRawField{text: text, none: text == ""}
}

func (r *csvReader) checkSize(th *thread, text string) {
	if r.maxField >= 0 && (&String{s: text}).length() > r.maxField {
		th.malformed(r, "Field size exceeded: "+strconv.Itoa((&String{s: text}).length())+" > "+strconv.Itoa(r.maxField))
	}
}

func (r *csvReader) atFieldEnd() bool {
	rest := r.src[r.pos:]
	return rest == "" || strings.HasPrefix(rest, r.sep) || strings.HasPrefix(rest, r.rowSep)
}

// quotedField reads a field in quotes, in which two quotes are one.
func (r *csvReader) quotedField(th *thread) string {
	r.pos += len(r.quote)
	var b strings.Builder
	for {
		i := strings.Index(r.src[r.pos:], r.quote)
		if i < 0 {
			th.malformed(r, "Unclosed quoted field")
		}
		th.charge(2 * i)
		part := r.src[r.pos : r.pos+i]
		b.WriteString(part)
		r.line += strings.Count(part, r.rowSep)
		r.pos += i + len(r.quote)
		if !strings.HasPrefix(r.src[r.pos:], r.quote) {
			return b.String()
		}
		b.WriteString(r.quote)
		r.pos += len(r.quote)
	}
}

// bare goes to the end of a field without quotes.
func (r *csvReader) bare(th *thread) {
	for !r.atFieldEnd() {
		switch c := r.src[r.pos]; {
		case r.quote != "" && !r.liberal && strings.HasPrefix(r.src[r.pos:], r.quote):
			th.malformed(r, "Illegal quoting")
		case c == '\r' || c == '\n':
			text := r.src[r.pos : r.pos+1]
			if strings.HasPrefix(r.src[r.pos:], "\r\n") {
				text = "\r\n"
			}
			th.malformed(r, "Unquoted fields do not allow new line <"+th.inspect(th.str(text))+">")
		}
		r.pos++
	}
}

// convert makes values of the fields of a row.
func (r *csvReader) convert(th *thread, raw []csvRawField, list []Value, header bool) []Value {
	th.charge(24 * len(raw))
	out := make([]Value, len(raw))
	for i, f := range raw {
		v := th.str(f.text)
		switch {
		case f.none:
			v = r.nilValue
		case f.text == "" && !r.emptyValue.isUndef():
			v = r.emptyValue
		}
		if len(list) > 0 {
			v = th.csvConvert(list, v, header, func() Value {
				name := vNil
				if i < len(r.names) {
					name = r.names[i]
				}
				return Value{o: &Object{cls: cCSVFieldInfo, data: &structData{[]Value{Int(int64(i)), Int(int64(r.line)), name, Bool(f.quoted)}}}}
			})
		}
		if header {
			if s, ok := v.o.(*String); ok {
				v = th.frozenStr(s.s, s.enc)
			}
		}
		out[i] = v
	}
	return out
}

// header finds the names of the columns: given ones, or the first row.
func (r *csvReader) header(th *thread) {
	if r.named || !r.headers.truthy() {
		return
	}
	r.named = true
	var raw []csvRawField
	switch h := r.headers.o.(type) {
	case *Array:
		for _, v := range h.list(th) {
			raw = append(raw, csvRawField{text: th.toS(v), none: v.isNil()})
		}
		r.names = r.convert(th, raw, r.headerConverters, true)
		for i, v := range h.items {
			if _, text := v.o.(*String); !text {
				r.names[i] = v
			}
		}
	case *String:
		line := &csvReader{csvOptions: r.csvOptions, src: h.s}
		raw, _ = line.raw(th)
		r.names = r.convert(th, raw, r.headerConverters, true)
	default:
		var ok bool
		if raw, ok = r.raw(th); !ok {
			return
		}
		r.names = r.convert(th, raw, r.headerConverters, true)
	}
	if r.returnHeaders {
		var texts []Value
		for _, f := range raw {
			v := th.str(f.text)
			if f.none {
				v = vNil
			}
			texts = append(texts, v)
		}
		r.pending = texts
		if texts == nil {
			r.pending = []Value{}
		}
	}
}

// next returns the next row: an Array, with headers a CSV::Row, nil at the end.
func (r *csvReader) next(th *thread) Value {
	r.header(th)
	if r.pending != nil {
		row := th.newCSVRow(r.names, r.pending, true)
		r.pending = nil
		return row
	}
	raw, ok := r.raw(th)
	if !ok {
		return vNil
	}
	r.rows++
	fields := r.convert(th, raw, r.converters, false)
	if !r.headers.truthy() {
		return th.array(fields)
	}
	return th.newCSVRow(r.names, fields, false)
}

// all reads what is left: an Array of Arrays, with headers a CSV::Table.
func (r *csvReader) all(th *thread) Value {
	var rows []Value
	for v := r.next(th); !v.isNil(); v = r.next(th) {
		th.charge(48)
		rows = append(rows, v)
	}
	if !r.headers.truthy() {
		return th.array(rows)
	}
	return Value{o: &Object{cls: cCSVTable, data: &csvTable{rows: rows, names: r.names}}}
}
