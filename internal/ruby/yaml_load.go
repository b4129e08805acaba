package ruby

import "strings"

var (
	mYAML       = defModule("Psych")
	cPsychError = defClass("Psych::Exception", cRuntimeError)
	cYAMLError  = defClass("Psych::SyntaxError", cPsychError)
	cDisallowed = defClass("Psych::DisallowedClass", cPsychError)
	cBadAlias   = defClass("Psych::BadAlias", cPsychError)
)

// yamlParser reads the YAML that tables for filters are written in: block and flow
// lists and maps, plain, quoted and block scalars, comments, several documents, anchors,
// aliases and the tags of plain types.
type yamlParser struct {
	th    *thread
	opts  *yamlOptions
	names map[string]Value // by anchor
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

func (th *thread) parseYAML(s string, opts *yamlOptions) []Value {
	th.charge(8 * len(s))
	th.work(4 * len(s))
	var docs []Value
	p := &yamlParser{th: th, opts: opts, names: map[string]Value{}}
	s = strings.TrimSuffix(s, "\n")
	flush := func() {
		p.pos = 0
		if len(p.lines) > 0 {
			v := p.block(p.lines[0].indent)
			p.skip()
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
	if strings.IndexByte("&!", l.text[0]) >= 0 && keyEnd(l.text) < 0 {
		props, rest := p.properties(l.text)
		if l.indent, l.text = l.indent+len(l.text)-len(rest), rest; rest == "" {
			p.pos++
		}
		return p.apply(props, p.block(n))
	}
	if l.text[0] == '\t' {
		p.fail("found character that cannot start any token while scanning for the next token")
	}
	indent := l.indent
	switch {
	case strings.HasPrefix(l.text, "? "):
		return p.explicitKeys(indent)
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
			props, rest := p.properties(rest)
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
			p.pair(h, key, p.apply(props, v))
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
	if i := strings.IndexAny(head, "123456789"); i >= 0 {
		depth = max(indent, 0) + int(head[i]-'0')
	}
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
		s = foldLines(lines)
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

// foldLines makes one line of the lines of a folded scalar; empty and further indented
// ones keep their breaks.
func foldLines(lines []string) string {
	var b strings.Builder
	breaks, more := 0, false
	for i, line := range lines {
		if line == "" {
			breaks++
			continue
		}
		deeper := line[0] == ' ' || line[0] == '\t'
		switch {
		case i == breaks: // nothing but empty lines before
		case more || deeper:
			breaks++
		case breaks == 0:
			b.WriteByte(' ')
		}
		b.WriteString(strings.Repeat("\n", breaks) + line)
		breaks, more = 0, deeper
	}
	return b.String()
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
	if s[0] != '"' && s[0] != '\'' && keyEnd(s) >= 0 {
		p.fail("mapping values are not allowed in this context")
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
	if props, rest := f.p.properties(f.s[f.pos:]); len(props) > 0 {
		f.pos = len(f.s) - len(rest)
		return f.p.apply(props, f.value())
	}
	th.step()
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
			f.p.pair(h, k, v)
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
	case '*':
		return p.alias(s[1:])
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
	case '@', '`':
		p.fail("found character that cannot start any token while scanning for the next token")
	}
	v, class := th.yamlPlain(s)
	if name, ok := v.o.(*Symbol); ok {
		p.permitSymbol(name.name)
	} else {
		p.permit(class)
	}
	return v
}
