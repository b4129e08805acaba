package ruby

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// closer returns the bracket that ends a literal opened by c.
func closer(c byte) byte {
	switch c {
	case '(':
		return ')'
	case '[':
		return ']'
	case '{':
		return '}'
	case '<':
		return '>'
	}
	return c
}

// percent tells whether a % literal stands here. At the start of an expression "%="
// would be one too, but nobody writes it.
func (l *lexer) percent(beg bool) bool {
	c := l.peek(1)
	if strings.IndexByte("wWiIqQrsx", c) >= 0 && c != 0 {
		d := l.peek(2)
		return d != 0 && !isIdent(d) && !isSpace(d) && d != '\n'
	}
	return c != 0 && !isIdent(c) && !isSpace(c) && c != '\n' && (c != '=' || beg)
}

func (l *lexer) percentLiteral() token {
	start := l.off
	l.off++
	kind := l.peek(0)
	if isIdent(kind) {
		l.off++
	} else {
		kind = 'Q'
	}
	open := l.peek(0)
	end := closer(open)
	nest := byte(0)
	if end != open {
		nest = open
	}
	l.off++
	t := token{kind: tLit, pos: start}
	switch kind {
	case 'q':
		t.n, t.isStr = &strNode{pos: pos(start), parts: l.stringParts(nest, end, '\'', false, false)}, true
	case 'Q':
		t.n, t.isStr = &strNode{pos: pos(start), parts: l.stringParts(nest, end, end, true, false)}, true
	case 'x':
		t.n, t.isStr = &strNode{pos(start), l.stringParts(nest, end, end, true, false), true}, true
	case 's':
		parts := l.stringParts(nest, end, '\'', false, false)
		name := ""
		if len(parts) > 0 {
			name = parts[0].(*rawNode).s
		}
		t.n = &symNode{pos(start), name}
	case 'r':
		return l.regexp(start, nest, end)
	default:
		t.n = l.wordList(start, nest, end, kind == 'W' || kind == 'I', kind == 'i' || kind == 'I')
	}
	return t
}

// wordList reads %w[] and its kin.
func (l *lexer) wordList(start int, nest, end byte, interp, syms bool) node {
	arr := &arrayNode{pos: pos(start)}
	var cur []node
	var b strings.Builder
	inWord := false
	depth := 0
	flush := func() {
		if b.Len() > 0 {
			cur = append(cur, &rawNode{pos(l.off), b.String(), false})
			b.Reset()
		}
	}
	word := func() {
		flush()
		if inWord {
			var n node = &strNode{pos: pos(start), parts: cur}
			if syms {
				if r, ok := cur[0].(*rawNode); ok && len(cur) == 1 {
					n = &symNode{pos(start), r.s}
				} else {
					n = &dsymNode{pos(start), cur}
				}
			}
			arr.elems = append(arr.elems, n)
		}
		cur, inWord = nil, false
	}
	for {
		if l.off >= len(l.src) {
			l.fail(start, start+2, "close it with "+string(end), "word list has no end")
		}
		c := l.src[l.off]
		switch {
		case c == end && depth == 0:
			l.off++
			word()
			return arr
		case isSpace(c) || c == '\n':
			word()
			l.off++
			continue
		case c == '\\' && l.off+1 < len(l.src):
			n := l.src[l.off+1]
			if interp && !isSpace(n) && n != '\n' && n != end {
				l.off++
				l.escape(&b, end)
			} else {
				if !interp && n != '\\' && n != end && n != nest && !isSpace(n) && n != '\n' {
					b.WriteByte('\\')
				}
				b.WriteByte(n)
				l.off += 2
			}
			inWord = true
			continue
		case interp && c == '#' && l.peek(1) == '{':
			flush()
			cur = append(cur, l.interpolation())
			inWord = true
			continue
		case nest != 0 && c == nest:
			depth++
		case c == end:
			depth--
		}
		b.WriteByte(c)
		inWord = true
		l.off++
	}
}

// stringParts reads the inside of a literal up to end, which is consumed. nest is the
// opening bracket when brackets nest. With interp, escapes and #{} are understood.
func (l *lexer) stringParts(nest, end, quote byte, interp, regex bool) []node {
	start := l.off - 1
	var parts []node
	var b strings.Builder
	bin := false
	depth := 0
	flush := func() {
		if b.Len() > 0 {
			parts = append(parts, &rawNode{pos(l.off), b.String(), bin})
			b.Reset()
			bin = false
		}
	}
	for {
		if l.off >= len(l.src) {
			l.fail(start, start+1, "close it with "+string(end), "literal has no end")
		}
		c := l.src[l.off]
		switch {
		case c == end && depth == 0:
			l.off++
			flush()
			return parts
		case c == '\\' && l.off+1 < len(l.src):
			n := l.src[l.off+1]
			switch {
			case regex:
				if n == '/' && end == '/' {
					b.WriteByte('/')
				} else {
					b.WriteByte('\\')
					b.WriteByte(n)
				}
				l.off += 2
			case !interp:
				if n != '\\' && n != end && (nest == 0 || n != nest) {
					b.WriteByte('\\')
				}
				b.WriteByte(n)
				l.off += 2
			default:
				l.off++
				bin = l.escape(&b, end) || bin
			}
			continue
		case interp && c == '#' && l.peek(1) == '{':
			flush()
			parts = append(parts, l.interpolation())
			continue
		case interp && c == '#' && (l.peek(1) == '@' || l.peek(1) == '$') && (isIdent(l.peek(2)) && !isDigit(l.peek(2)) || l.peek(2) == '@'):
			flush()
			from := l.off + 1
			l.off = from + 1
			for l.off < len(l.src) && (isIdent(l.src[l.off]) || l.src[l.off] == '@') {
				l.off++
			}
			name := l.src[from:l.off]
			switch {
			case name[0] == '$':
				parts = append(parts, &gvarNode{pos(from), name})
			case strings.HasPrefix(name, "@@"):
				parts = append(parts, &cvarNode{pos(from), name})
			default:
				parts = append(parts, &ivarNode{pos(from), name})
			}
			continue
		case nest != 0 && c == nest:
			depth++
		case c == end:
			depth--
		case c == '\n' && l.heredocEnd > l.off+1:
			b.WriteByte(c)
			l.off = l.heredocEnd
			l.heredocEnd = 0
			continue
		case c == '\r' && l.peek(1) == '\n':
			l.off++
			continue
		}
		b.WriteByte(c)
		l.off++
	}
}

// interpolation parses #{...}; the position is at the #.
func (l *lexer) interpolation() node {
	start := l.off
	tok, prev, noLabel, noDo := l.tok, l.prev, l.noLabel, l.p.noDo
	l.off += 2
	l.noLabel, l.p.noDo = 0, 0
	l.tok = token{kind: tNL}
	l.p.enter(start)
	l.advance()
	body := l.p.stmts()
	if l.tok.kind != tOp || l.tok.s != "}" {
		l.fail(start, start+2, "close it with }", "#{ has no end")
	}
	l.p.leave()
	l.off = l.tok.end
	l.tok, l.prev, l.noLabel, l.p.noDo = tok, prev, noLabel, noDo
	return body
}

// escape reads what follows a backslash in a double-quoted literal. It reports
// whether the result is a byte that is no ASCII character.
func (l *lexer) escape(b *strings.Builder, end byte) (bin bool) {
	start := l.off
	if l.off >= len(l.src) {
		l.fail(start-1, start, "", "literal has no end")
	}
	c := l.src[l.off]
	l.off++
	switch c {
	case 'n':
		b.WriteByte('\n')
	case 't':
		b.WriteByte('\t')
	case 's':
		b.WriteByte(' ')
	case 'r':
		b.WriteByte('\r')
	case 'e':
		b.WriteByte(27)
	case 'a':
		b.WriteByte(7)
	case 'b':
		b.WriteByte(8)
	case 'f':
		b.WriteByte(12)
	case 'v':
		b.WriteByte(11)
	case '\n':
	case '0', '1', '2', '3', '4', '5', '6', '7':
		i := l.off
		for i < len(l.src) && i < start+3 && l.src[i] >= '0' && l.src[i] <= '7' {
			i++
		}
		n, _ := strconv.ParseUint(l.src[start:i], 8, 16)
		l.off = i
		b.WriteByte(byte(n))
		return n >= 128
	case 'x':
		i := l.off
		for i < len(l.src) && i < l.off+2 && isHex(l.src[i]) {
			i++
		}
		if i == l.off {
			l.fail(start-1, start+1, "\\x41 is A", "\\x needs hexadecimal digits")
		}
		n, _ := strconv.ParseUint(l.src[l.off:i], 16, 8)
		l.off = i
		b.WriteByte(byte(n))
		return n >= 128
	case 'u':
		if l.peek(0) == '{' {
			end := strings.IndexByte(l.src[l.off:], '}')
			if end < 0 {
				l.fail(start-1, start+1, "", "\\u{ has no }")
			}
			for _, f := range strings.Fields(l.src[l.off+1 : l.off+end]) {
				n, err := strconv.ParseUint(f, 16, 32)
				if err != nil || n > 0x10ffff {
					l.fail(start-1, l.off+end, "", "invalid Unicode escape")
				}
				b.WriteRune(rune(n))
			}
			l.off += end + 1
			return
		}
		if l.off+4 > len(l.src) {
			l.fail(start-1, start+1, "\\u0041 is A", "\\u needs four hexadecimal digits")
		}
		n, err := strconv.ParseUint(l.src[l.off:l.off+4], 16, 32)
		if err != nil {
			l.fail(start-1, start+1, "\\u0041 is A", "\\u needs four hexadecimal digits")
		}
		l.off += 4
		b.WriteRune(rune(n))
	case 'c', 'C', 'M':
		if c != 'c' {
			l.off++ // the dash
		}
		d := l.peek(0)
		l.off++
		if d == '\\' {
			var inner strings.Builder
			l.escape(&inner, end)
			if s := inner.String(); s != "" {
				d = s[0]
			}
		}
		switch {
		case c == 'M':
			b.WriteByte(d | 0x80)
			return true
		case d == '?':
			b.WriteByte(127)
		default:
			b.WriteByte(d & 0x1f)
		}
	default:
		b.WriteByte(c)
		if c >= utf8.RuneSelf {
			for l.off < len(l.src) && !utf8.RuneStart(l.src[l.off]) {
				b.WriteByte(l.src[l.off])
				l.off++
			}
		}
	}
	return false
}

func isHex(c byte) bool {
	return isDigit(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func (l *lexer) regexp(start int, nest, end byte) token {
	parts := l.stringParts(nest, end, end, true, true)
	from := l.off
	for l.off < len(l.src) && strings.IndexByte("imxounse", l.src[l.off]) >= 0 {
		l.off++
	}
	return token{kind: tLit, pos: start, n: &regexNode{pos(start), parts, l.src[from:l.off]}}
}

// heredoc reads <<ID, <<-ID and <<~ID with its body, which starts on the next line.
func (l *lexer) heredoc() (token, bool) {
	start := l.off
	i := l.off + 2
	dash, squiggly := false, false
	if i < len(l.src) && (l.src[i] == '-' || l.src[i] == '~') {
		dash, squiggly = true, l.src[i] == '~'
		i++
	}
	interp, shell := true, false
	var id string
	if i < len(l.src) && (l.src[i] == '\'' || l.src[i] == '"' || l.src[i] == '`') {
		q := l.src[i]
		j := strings.IndexByte(l.src[i+1:], q)
		if j < 0 {
			return token{}, false
		}
		id = l.src[i+1 : i+1+j]
		interp, shell = q != '\'', q == '`'
		i += j + 2
	} else {
		j := i
		for j < len(l.src) && isIdent(l.src[j]) {
			j++
		}
		if j == i || isDigit(l.src[i]) {
			return token{}, false
		}
		id = l.src[i:j]
		i = j
	}
	body := l.heredocEnd
	if body == 0 {
		nl := strings.IndexByte(l.src[i:], '\n')
		if nl < 0 {
			l.fail(start, i, "its text starts on the next line", "here document has no text")
		}
		body = i + nl + 1
	}
	// Find the line that ends it, and the common indentation.
	end, after, indent := -1, len(l.src), -1
	for at := body; at < len(l.src); {
		stop := strings.IndexByte(l.src[at:], '\n')
		if stop < 0 {
			stop = len(l.src)
		} else {
			stop += at
		}
		line := strings.TrimSuffix(l.src[at:stop], "\r")
		text := line
		if dash {
			text = strings.TrimLeft(line, " \t")
		}
		if text == id || dash && strings.TrimRight(text, " \t") == id && stop == len(l.src) {
			end, after = at, min(stop+1, len(l.src))
			break
		}
		if trimmed := strings.TrimLeft(line, " \t"); trimmed != "" {
			if w := columns(line[:len(line)-len(trimmed)]); indent < 0 || w < indent {
				indent = w
			}
		}
		at = stop + 1
	}
	if end < 0 {
		l.fail(start, i, "end it with a line that holds only "+id, "here document %s has no end", id)
	}
	if !squiggly {
		indent = 0
	}
	n := &strNode{pos(start), l.heredocBody(body, end, max(indent, 0), interp), shell}
	l.off = i
	l.heredocEnd = after
	return token{kind: tLit, pos: start, n: n, isStr: true}, true
}

func columns(s string) int {
	w := 0
	for i := range len(s) {
		if s[i] == '\t' {
			w = (w/8 + 1) * 8
		} else {
			w++
		}
	}
	return w
}

func (l *lexer) heredocBody(from, to, indent int, interp bool) []node {
	saved := l.src
	l.src = l.src[:to]
	defer func() { l.src = saved }()
	var parts []node
	var b strings.Builder
	bin := false
	flush := func() {
		if b.Len() > 0 {
			parts = append(parts, &rawNode{pos(l.off), b.String(), bin})
			b.Reset()
			bin = false
		}
	}
	l.off = from
	lineStart := true
	inner := 0
	for l.off < to {
		if lineStart {
			for w := 0; l.off < to && w < indent && isSpace(l.src[l.off]); l.off++ {
				if l.src[l.off] == '\t' {
					w = (w/8 + 1) * 8
				} else {
					w++
				}
			}
			lineStart = false
			continue
		}
		c := l.src[l.off]
		switch {
		case interp && c == '\\' && l.off+1 < to:
			l.off++
			if l.src[l.off] == '\n' {
				lineStart = true
			}
			bin = l.escape(&b, 0) || bin
		case interp && c == '#' && l.peek(1) == '{':
			flush()
			heredoc := l.heredocEnd
			l.heredocEnd = 0
			parts = append(parts, l.interpolation())
			inner, l.heredocEnd = l.heredocEnd, heredoc
		case c == '\n' && inner > 0: // a here document in the interpolation lies behind this line
			lineStart = true
			b.WriteByte(c)
			l.off, inner = inner, 0
		case c == '\r' && l.peek(1) == '\n':
			l.off++
		default:
			lineStart = c == '\n'
			b.WriteByte(c)
			l.off++
		}
	}
	flush()
	return parts
}
