package ruby

import (
	"math/big"
	"strings"
)

var (
	mYAML      = defModule("YAML")
	cYAMLError = defClass("YAML::SyntaxError", cStandardError)
)

// yamlParser reads the YAML that tables for filters are written in: block and flow
// lists and maps, plain, quoted and block scalars, comments, several documents. Anchors
// and tags are refused.
type yamlParser struct {
	th    *thread
	lines []yamlLine
	pos   int
}

type yamlLine struct {
	indent int
	text   string // without indentation and comment
	raw    string
	no     int
}

func (p *yamlParser) fail(why string) {
	no := 0
	if p.pos < len(p.lines) {
		no = p.lines[p.pos].no
	} else if len(p.lines) > 0 {
		no = p.lines[len(p.lines)-1].no
	}
	p.th.raise(cYAMLError, "(<unknown>): %s at line %d", why, no)
}

// cutComment removes " # …" outside of quotes.
func cutComment(s string) string {
	quote := byte(0)
	for i := range len(s) {
		switch c := s[i]; {
		case quote != 0:
			if c == quote && !(quote == '"' && i > 0 && s[i-1] == '\\') {
				quote = 0
			}
		case (c == '"' || c == '\'') && (i == 0 || strings.IndexByte(" [{,:", s[i-1]) >= 0):
			quote = c
		case c == '#' && (i == 0 || s[i-1] == ' ' || s[i-1] == '\t'):
			return strings.TrimRight(s[:i], " \t")
		}
	}
	return strings.TrimRight(s, " \t\r")
}

func (th *thread) parseYAML(s string) []Value {
	th.charge(8 * len(s))
	th.work(4 * len(s))
	var docs []Value
	p := &yamlParser{th: th}
	flush := func() {
		p.pos = 0
		if len(p.lines) > 0 {
			v := p.block(p.lines[0].indent)
			if p.pos < len(p.lines) {
				p.fail("did not find expected key")
			}
			docs = append(docs, v)
		}
		p.lines = nil
	}
	for i, raw := range strings.Split(s, "\n") {
		if strings.HasPrefix(raw, "%") && len(p.lines) == 0 {
			continue
		}
		if raw == "---" || strings.HasPrefix(raw, "--- ") || raw == "..." {
			flush()
			if raw = strings.TrimSpace(strings.TrimPrefix(raw, "---")); raw == "" || raw == "..." {
				continue
			}
		}
		text := strings.TrimLeft(raw, " ")
		p.lines = append(p.lines, yamlLine{len(raw) - len(text), cutComment(text), raw, i + 1})
		if cut := &p.lines[len(p.lines)-1]; cut.text == "" && len(p.lines) == 1 {
			p.lines = nil
		}
	}
	flush()
	return docs
}

func (p *yamlParser) skip() {
	for p.pos < len(p.lines) && p.lines[p.pos].text == "" {
		p.pos++
	}
}

// block parses the value whose lines are indented by at least n.
func (p *yamlParser) block(n int) Value {
	th := p.th
	th.deeper()
	defer func() { th.depth-- }()
	p.skip()
	if p.pos >= len(p.lines) || p.lines[p.pos].indent < n {
		return vNil
	}
	l := &p.lines[p.pos]
	indent := l.indent
	switch {
	case l.text == "-" || strings.HasPrefix(l.text, "- "):
		var items []Value
		for {
			p.skip()
			if p.pos >= len(p.lines) {
				break
			}
			l := &p.lines[p.pos]
			if l.indent != indent || !(l.text == "-" || strings.HasPrefix(l.text, "- ")) {
				break
			}
			th.step()
			rest := strings.TrimLeft(l.text[1:], " ")
			if rest == "" {
				p.pos++
				items = append(items, p.block(indent+1))
				continue
			}
			// What follows the dash is a value of its own, one column further.
			l.indent += len(l.text) - len(rest)
			l.text = rest
			items = append(items, p.block(l.indent))
		}
		return th.array(items)
	case keyEnd(l.text) >= 0:
		h := th.newHash(0)
		for {
			p.skip()
			if p.pos >= len(p.lines) || p.lines[p.pos].indent != indent {
				break
			}
			th.step()
			l := p.lines[p.pos]
			i := keyEnd(l.text)
			if i < 0 {
				p.fail("could not find expected ':'")
			}
			key := p.scalar(strings.TrimSpace(l.text[:i]))
			rest := strings.TrimSpace(l.text[i+1:])
			p.pos++
			var v Value
			switch {
			case rest == "":
				p.skip()
				if p.pos < len(p.lines) && p.lines[p.pos].indent == indent && (p.lines[p.pos].text == "-" || strings.HasPrefix(p.lines[p.pos].text, "- ")) {
					v = p.block(indent)
				} else {
					v = p.block(indent + 1)
				}
			case rest[0] == '|' || rest[0] == '>':
				v = p.blockScalar(rest, indent)
			default:
				v = p.inline(rest, indent+1)
			}
			h.set(th, key, v)
		}
		return Value{o: h}
	}
	text := l.text
	p.pos++
	if text[0] == '|' || text[0] == '>' {
		return p.blockScalar(text, indent-1)
	}
	return p.inline(text, n)
}

// keyEnd finds the colon that ends a key; -1 when the text is no pair.
func keyEnd(s string) int {
	if s == "" || s[0] == '[' || s[0] == '{' {
		return -1
	}
	i := 0
	if s[0] == '"' || s[0] == '\'' {
		for i = 1; i < len(s) && s[i] != s[0]; i++ {
			if s[i] == '\\' && s[0] == '"' {
				i++
			}
		}
		i++
		if i < len(s) && s[i] == ':' && (i+1 == len(s) || s[i+1] == ' ') {
			return i
		}
		return -1
	}
	for ; i < len(s); i++ {
		if s[i] == ':' && (i+1 == len(s) || s[i+1] == ' ' || s[i+1] == '\t') {
			return i
		}
	}
	return -1
}

func (p *yamlParser) blockScalar(head string, indent int) Value {
	var lines []string
	depth := -1
	for p.pos < len(p.lines) {
		l := p.lines[p.pos]
		blank := strings.TrimSpace(l.raw) == ""
		if !blank && l.indent <= indent {
			break
		}
		if depth < 0 && !blank {
			depth = l.indent
		}
		text := ""
		if !blank {
			text = l.raw[min(max(depth, 0), l.indent):]
		}
		lines = append(lines, text)
		p.pos++
	}
	trail := 0
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
		trail++
	}
	s := strings.Join(lines, "\n")
	if head[0] == '>' {
		s = strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(s, "\n\n", "\x00"), "\n", " "), "\x00", "\n")
	}
	switch {
	case strings.Contains(head, "-") || len(lines) == 0:
	case strings.Contains(head, "+"):
		s += strings.Repeat("\n", trail+1)
	default:
		s += "\n"
	}
	return p.th.str(s)
}

// inline parses a flow value or a scalar, which may go on on more lines.
func (p *yamlParser) inline(s string, indent int) Value {
	open := func(s string) bool {
		if s[0] == '[' || s[0] == '{' {
			depth, quote := 0, byte(0)
			for i := range len(s) {
				switch c := s[i]; {
				case quote != 0:
					if c == quote {
						quote = 0
					}
				case c == '"' || c == '\'':
					quote = c
				case c == '[' || c == '{':
					depth++
				case c == ']' || c == '}':
					depth--
				}
			}
			return depth > 0
		}
		return (s[0] == '"' || s[0] == '\'') && (len(s) == 1 || s[len(s)-1] != s[0])
	}
	flow := s[0] == '[' || s[0] == '{' || s[0] == '"' || s[0] == '\''
	for p.pos < len(p.lines) && (flow && open(s) || !flow && p.lines[p.pos].text != "" && p.lines[p.pos].indent >= indent && keyEnd(p.lines[p.pos].text) < 0) {
		s += " " + p.lines[p.pos].text
		p.pos++
	}
	if s[0] == '[' || s[0] == '{' {
		f := &flowParser{p: p, s: s}
		v := f.value()
		if strings.TrimSpace(f.s[f.pos:]) != "" {
			p.fail("did not find expected ',' or ']'")
		}
		return v
	}
	return p.scalar(s)
}

type flowParser struct {
	p   *yamlParser
	s   string
	pos int
}

func (f *flowParser) space() {
	for f.pos < len(f.s) && f.s[f.pos] == ' ' {
		f.pos++
	}
}

func (f *flowParser) value() Value {
	th := f.p.th
	th.deeper()
	defer func() { th.depth-- }()
	f.space()
	if f.pos >= len(f.s) {
		f.p.fail("unexpected end of a flow value")
	}
	switch f.s[f.pos] {
	case '[':
		f.pos++
		var items []Value
		for {
			f.space()
			if f.pos < len(f.s) && f.s[f.pos] == ']' {
				f.pos++
				return th.array(items)
			}
			items = append(items, f.value())
			f.sep(']')
		}
	case '{':
		f.pos++
		h := th.newHash(0)
		for {
			f.space()
			if f.pos < len(f.s) && f.s[f.pos] == '}' {
				f.pos++
				return Value{o: h}
			}
			k := f.word(":")
			f.space()
			v := vNil
			if f.pos < len(f.s) && f.s[f.pos] == ':' {
				f.pos++
				v = f.value()
			}
			h.set(th, k, v)
			f.sep('}')
		}
	}
	return f.word("")
}

func (f *flowParser) sep(end byte) {
	f.space()
	if f.pos >= len(f.s) || f.s[f.pos] != ',' && f.s[f.pos] != end {
		f.p.fail("did not find expected ',' or '" + string(end) + "'")
	}
	if f.s[f.pos] == ',' {
		f.pos++
	}
}

func (f *flowParser) word(stop string) Value {
	start := f.pos
	if c := f.s[f.pos]; c == '"' || c == '\'' {
		f.pos++
		for f.pos < len(f.s) && f.s[f.pos] != c {
			if f.s[f.pos] == '\\' && c == '"' {
				f.pos++
			}
			f.pos++
		}
		f.pos = min(f.pos+1, len(f.s))
		return f.p.scalar(f.s[start:f.pos])
	}
	for f.pos < len(f.s) && strings.IndexByte(",]}"+stop, f.s[f.pos]) < 0 {
		f.pos++
	}
	return f.p.scalar(strings.TrimSpace(f.s[start:f.pos]))
}

func (p *yamlParser) scalar(s string) Value {
	th := p.th
	if s == "" {
		return vNil
	}
	switch s[0] {
	case '\'':
		if len(s) < 2 || s[len(s)-1] != '\'' {
			p.fail("found unexpected end of a quoted scalar")
		}
		return th.str(strings.ReplaceAll(s[1:len(s)-1], "''", "'"))
	case '"':
		if len(s) < 2 || s[len(s)-1] != '"' {
			p.fail("found unexpected end of a quoted scalar")
		}
		l := lexer{src: s[1 : len(s)-1]}
		var b strings.Builder
		func() {
			defer func() {
				if e, ok := recover().(*syntaxError); ok && e != nil {
					p.fail(e.msg)
				}
			}()
			for l.off < len(l.src) {
				if l.src[l.off] == '\\' {
					l.off++
					l.escape(&b, 0)
					continue
				}
				b.WriteByte(l.src[l.off])
				l.off++
			}
		}()
		return th.str(b.String())
	case '&', '*', '!', '@', '`':
		p.fail("anchors and tags are not supported")
	}
	switch s {
	case "~", "null", "Null", "NULL":
		return vNil
	case "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON":
		return vTrue
	case "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF":
		return vFalse
	case ".inf", ".Inf":
		return Float(inf)
	}
	if s[0] == ':' && len(s) > 1 && isSymbolName(s[1:]) {
		return sym(s[1:])
	}
	if isDigit(s[0]) || len(s) > 1 && (s[0] == '-' || s[0] == '+' || s[0] == '.') && (isDigit(s[1]) || s[1] == '.') {
		if i, ok := parseInteger(strings.ReplaceAll(s, ",", ""), 0); ok {
			return bigValue(new(big.Int).Set(i))
		}
		if f, ok := parseFloat(strings.TrimSuffix(s, ".")); ok && strings.ContainsAny(s, ".eE") {
			return Float(f)
		}
	}
	return th.str(s)
}

// yamlText writes a value as a YAML document.
func (th *thread) yamlText(b *strings.Builder, v Value, indent string, inline bool) {
	th.deeper()
	defer func() { th.depth-- }()
	th.step()
	switch x := v.o.(type) {
	case *Hash:
		if x.size(th) == 0 {
			b.WriteString(" {}\n")
			return
		}
		if !inline {
			b.WriteByte('\n')
		}
		for i, e := range x.entries(th) {
			if !e.live {
				continue
			}
			if !inline || i > 0 {
				b.WriteString(indent)
			}
			b.WriteString(th.yamlScalar(e.k) + ":")
			if _, ok := e.v.o.(*Array); ok {
				th.yamlText(b, e.v, indent, false)
			} else {
				th.yamlText(b, e.v, indent+"  ", false)
			}
		}
	case *Array:
		if len(x.list(th)) == 0 {
			b.WriteString(" []\n")
			return
		}
		if !inline {
			b.WriteByte('\n')
		}
		for i, e := range x.items {
			if !inline || i > 0 {
				b.WriteString(indent)
			}
			b.WriteByte('-')
			_, isHash := e.o.(*Hash)
			_, isArr := e.o.(*Array)
			if isHash || isArr {
				b.WriteByte(' ')
				th.yamlText(b, e, indent+"  ", true)
			} else {
				th.yamlText(b, e, indent, false)
			}
		}
	default:
		b.WriteString(" " + th.yamlScalar(v) + "\n")
	}
	th.charge(64)
}

func (th *thread) yamlScalar(v Value) string {
	switch x := v.o.(type) {
	case nil:
		return ""
	case *Symbol:
		return ":" + x.name
	case *String:
		p := &yamlParser{th: th}
		plain := x.s != "" && strings.IndexByte("&*!@`|>'\"%#[]{},-?: ", x.s[0]) < 0 && keyEnd(x.s) < 0 && cutComment(x.s) == x.s && !strings.ContainsAny(x.s, "\n\t")
		if plain {
			if _, ok := p.scalar(x.s).o.(*String); ok {
				return x.s
			}
			return "'" + x.s + "'"
		}
		if strings.ContainsAny(x.s, "\n\t\"\\") {
			return inspectString(x)
		}
		return "'" + strings.ReplaceAll(x.s, "'", "''") + "'"
	}
	return th.toS(v)
}

func init() {
	load := func(th *thread, s string, a []Value) Value {
		docs := th.parseYAML(s)
		if len(docs) == 0 {
			return vFalse
		}
		if _, o := th.options(a); o != nil {
			if v := o.opt(th, "symbolize_names"); !v.isUndef() && v.truthy() {
				return th.symbolKeys(docs[0])
			}
		}
		return docs[0]
	}
	text := func(th *thread, v Value) string {
		if _, ok := v.o.(*String); !ok && th.respondTo(v, "read") {
			v = th.send(v, "read")
		}
		return th.strArg(v)
	}
	mYAML.sdef("load safe_load unsafe_load parse", 1, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return load(th, text(th, a[0]), a[1:])
	})
	mYAML.sdef("load_file safe_load_file unsafe_load_file", 1, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return load(th, th.readFile(th.strArg(a[0])), a[1:])
	})
	mYAML.sdef("load_stream", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		docs := th.parseYAML(text(th, a[0]))
		if blk != nil {
			for _, d := range docs {
				th.yield1(blk, d)
			}
		}
		return th.array(docs)
	})
	dump := func(th *thread, v Value) Value {
		var b strings.Builder
		b.WriteString("---")
		th.yamlText(&b, v, "", false)
		return th.str(b.String())
	}
	mYAML.sdef("dump", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value { return dump(th, a[0]) })
	mKernel.def("to_yaml", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return dump(th, self) })
}

// symbolKeys turns the keys of maps into symbols at every level.
func (th *thread) symbolKeys(v Value) Value {
	switch x := v.o.(type) {
	case *Array:
		items := make([]Value, len(x.items))
		for i, e := range x.items {
			items[i] = th.symbolKeys(e)
		}
		return th.array(items)
	case *Hash:
		h := th.newHash(x.live)
		for _, e := range x.ents {
			if e.live {
				k := e.k
				if s, ok := k.o.(*String); ok {
					k = sym(s.s)
				}
				h.set(th, k, th.symbolKeys(e.v))
			}
		}
		return Value{o: h}
	}
	return v
}
