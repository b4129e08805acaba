package ruby

import (
	"strings"
	"sync"
)

var (
	cCSV          = defClass("CSV", cObject)
	cCSVRow       = defClass("CSV::Row", cObject)
	cCSVTable     = defClass("CSV::Table", cObject)
	cCSVFieldInfo = defClass("CSV::FieldInfo", cObject)
	cMalformedCSV = defClass("CSV::MalformedCSVError", cRuntimeError)
	_             = defClass("CSV::InvalidEncodingError", cMalformedCSV)
)

// csvOptions are the options of CSV; their names there are in the comments.
type csvOptions struct {
	sep, quote       string  // col_sep, quote_char; no quotes at all with an empty one
	rowSep           string  // row_sep; empty for :auto
	headers          Value   // true, a list or a line
	returnHeaders    bool    // return_headers
	writeHeaders     bool    // write_headers
	converters       []Value // names, lambdas
	headerConverters []Value // header_converters
	writeConverters  []Value // write_converters
	skipBlanks       bool    // skip_blanks
	skipLines        Value   // skip_lines
	liberal          bool    // liberal_parsing
	forceQuotes      Value   // force_quotes: true or a list of places or headers
	nilValue         Value   // nil_value
	emptyValue       Value   // empty_value; undefined for ""
	strip            Value
	quoteEmpty       bool   // quote_empty
	writeNil         string // write_nil_value
	writeEmpty       string // write_empty_value
	maxField         int    // max_field_size; negative for none
}

// csvOptionNames are the options that there are, but that change nothing here.
var csvOptionNames = map[string]bool{"encoding": true, "external_encoding": true, "internal_encoding": true, "mode": true, "universal_newline": true, "unconverted_fields": true}

func (th *thread) csvOptions(o *Hash) *csvOptions {
	c := &csvOptions{sep: ",", quote: `"`, emptyValue: vUndef, quoteEmpty: true, maxField: -1}
	if o == nil {
		return c
	}
	for _, e := range o.entries(th) {
		if e.live {
			th.csvOption(c, th.nameArg(e.k), e.v)
		}
	}
	return c
}

func (th *thread) csvOption(c *csvOptions, name string, v Value) {
	on := v.truthy()
	switch name {
	case "col_sep":
		if c.sep = th.strArg(v); c.sep == "" {
			th.raise(cArgumentError, ":col_sep must be 1 or more characters: %s", th.inspect(v))
		}
	case "quote_char":
		if v.isNil() {
			c.quote = ""
		} else if c.quote = th.toS(v); (&String{s: c.quote}).length() != 1 {
			th.raise(cArgumentError, ":quote_char has to be nil or a single character String")
		}
	case "row_sep":
		if _, auto := v.o.(*Symbol); !auto {
			c.rowSep = th.strArg(v)
		}
	case "headers":
		if on {
			c.headers = v
		}
	case "return_headers":
		c.returnHeaders = on
	case "write_headers":
		c.writeHeaders = on
	case "converters":
		c.converters = th.csvConverters(v)
	case "header_converters":
		c.headerConverters = th.csvConverters(v)
	case "write_converters":
		c.writeConverters = th.csvConverters(v)
	case "skip_blanks":
		c.skipBlanks = on
	case "skip_lines":
		c.skipLines = v
	case "liberal_parsing":
		c.liberal = on
	case "force_quotes":
		c.forceQuotes = v
	case "nil_value":
		c.nilValue = v
	case "empty_value":
		c.emptyValue = v
	case "strip":
		c.strip = v
	case "quote_empty":
		c.quoteEmpty = on
	case "write_nil_value":
		c.writeNil = th.toS(v)
	case "write_empty_value":
		c.writeEmpty = th.toS(v)
	case "max_field_size":
		if on {
			c.maxField = th.intArg(v)
		}
	case "field_size_limit":
		if on {
			c.maxField = th.intArg(v) - 1
		}
	default:
		if !csvOptionNames[name] {
			th.raise(cArgumentError, "unknown keyword: :%s", name)
		}
	}
}

func (th *thread) csvConverters(v Value) []Value {
	if v.isNil() {
		return nil
	}
	if l, ok := v.o.(*Array); ok {
		return append([]Value(nil), l.list(th)...)
	}
	return []Value{v}
}

// csvConvert runs a field through converters; what is no text any more is done. at is
// its place, a FieldInfo for those who want one.
func (th *thread) csvConvert(list []Value, v Value, header bool, info func() Value) Value {
	for _, conv := range list {
		s, ok := v.o.(*String)
		if !ok {
			return v
		}
		switch k := conv.o.(type) {
		case *Symbol:
			if header {
				v = th.csvHeader(s, k.name)
			} else {
				v = th.csvField(s, k.name)
			}
		case *Proc:
			if th.intArg(th.send(conv, "arity")) == 1 {
				v = th.yield1(k, v)
			} else {
				v = th.yield2(k, v, info())
			}
		default:
			v = th.send(conv, "call", v)
		}
	}
	return v
}

// csvField is a converter of CSV::Converters.
func (th *thread) csvField(s *String, name string) Value {
	v := Value{o: s}
	switch name {
	case "integer":
		if n := th.integer(v, 10, false); !n.isNil() {
			return n
		}
		if n := th.integer(v, 0, false); !n.isNil() {
			return n
		}
	case "float":
		if f, ok := parseFloat(s.s); ok {
			return Float(f)
		}
	case "numeric":
		if n := th.csvField(s, "integer"); n != v {
			return n
		}
		return th.csvField(s, "float")
	case "date", "date_time":
		if th.looksLikeDate(s, name == "date_time") {
			class := map[string]*Class{"date": cDate, "date_time": cDateTime}[name]
			if d, exc := th.try(func() Value { return th.send(Value{o: class}, "parse", v) }, cStandardError); exc == nil {
				return d
			}
		}
	case "all":
		if d := th.csvField(s, "date_time"); d != v {
			return d
		}
		return th.csvField(s, "numeric")
	default:
		th.raise(cNoMethodError, "undefined method `arity' for nil:NilClass")
	}
	return v
}

// Only what these match is taken for a date.
var (
	csvDate     = sync.OnceValue(func() *Regexp { return mustRegexp(`\A(?:(\w+,?\s+)?\w+\s+\d{1,2},?\s+\d{2,4}|\d{4}-\d{2}-\d{2})\z`) })
	csvDateTime = sync.OnceValue(func() *Regexp {
		return mustRegexp(`\A(?:(\w+,?\s+)?\w+\s+\d{1,2}\s+\d{1,2}:\d{1,2}:\d{1,2},?\s+\d{2,4}|\d{4}-\d{2}-\d{2}(?:[T\s]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?(?:[+-]\d{2}(?::\d{2})|\s(?:UTC|[A-Z]{3,4})|Z)?)?)?)\z`)
	})
)

func (th *thread) looksLikeDate(s *String, time bool) bool {
	re := csvDate()
	if time {
		re = csvDateTime()
	}
	return th.runRegexp(re, s, 0, false) != nil
}

// csvHeader is a converter of CSV::HeaderConverters.
func (th *thread) csvHeader(s *String, name string) Value {
	switch name {
	case "downcase":
		return th.send(Value{o: s}, "downcase")
	case "symbol":
		var b strings.Builder
		space := false
		for _, r := range strings.TrimSpace(strings.ToLower(s.s)) {
			switch {
			case r == ' ' || r >= 9 && r <= 13:
				space = true
				continue
			case r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z'):
				continue
			}
			if space && b.Len() > 0 {
				b.WriteByte('_')
			}
			space = false
			b.WriteRune(r)
		}
		return sym(b.String())
	case "symbol_raw":
		return sym(strings.TrimSpace(s.s))
	}
	th.raise(cNoMethodError, "undefined method `arity' for nil:NilClass")
	return vNil
}

func init() {
	for i, name := range []string{"index", "line", "header", "quoted?"} {
		cCSVFieldInfo.def(name, 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
			return self.o.(*Object).data.(*structData).vals[i]
		})
	}
	cMalformedCSV.def("line_number lineno", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		v, _ := self.o.(*Exception).obj.get("@line_number")
		return v
	})
}
