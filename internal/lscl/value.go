package lscl

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// where says what a value is a part of: different things may follow it.
type where uint8

const (
	inPlugin where = iota
	inHash
	inArray
	inCondition
)

// value reads a value. It returns nil when there is none, which has been reported.
func (p *parser) value(w where) Value {
	start := p.pos
	c := p.cur()
	switch {
	case isQuote(c):
		end := p.quoted(start)
		if end == start {
			p.openQuote(start)
			s := p.str(start, p.pos, p.pos, 0)
			s.Content.Start++ // without the quote, the value is most likely what was meant
			s.Text = s.Content.Text()
			return s
		}
		if p.at(p.after(end)) == '{' {
			return p.plugin()
		}
		return p.quotedString(start, end)
	case c == '[':
		return p.array()
	case c == '{':
		return p.hash()
	case p.missingQuote(w):
		return p.str(start, p.pos-1, p.pos, 0)
	case isName(c):
		end := p.name(start)
		if p.at(p.after(end)) == '{' {
			return p.plugin()
		}
		if end := p.bareword(start); end > start && !p.runsOn(end, w) {
			p.pos = end
			return p.str(start, end, end, 0)
		}
		if end := p.number(start); end > start && !p.runsOn(end, w) {
			p.pos = end
			return p.num(start, end)
		}
	case p.eof() || c == '}' || c == ']' || c == ',' || p.has(start, "=>"):
		p.missingValue(start)
		return nil
	}
	return p.unquoted(w)
}

// missingQuote tells whether a text starts at pos that has a closing quote, but no
// opening one. It reports the mistake and goes behind the text.
func (p *parser) missingQuote(w where) bool {
	start := p.pos
	end := p.runEnd(start)
	if end == start || !isQuote(p.at(end)) || p.has(start, "=>") {
		return false
	}
	switch w {
	case inHash:
		if p.keyAt(end) {
			return false
		}
	case inPlugin:
		if p.pairAt(end) || p.text[end-1] == '(' || p.text[end-1] == '=' || p.text[end-1] == ':' {
			return false
		}
	}
	if p.smartQuote(start) > 0 {
		return false
	}
	p.report(UnclosedQuote, start, end+1, "the quote %c has no opening one", p.text[end]).
		help("write %c%s", p.text[end], shorten(p.text[start:end+1]))
	p.pos = end + 1
	return true
}

// missingValue reports that something else stands at i. Where that is on another line,
// the mistake is at the end of the line before.
func (p *parser) missingValue(i int) {
	var r remark
	if end := len(strings.TrimRight(p.text[:i], " \t\r\n")); !p.sameLine(end, i) && end > 1 {
		r = p.report(MissingValue, end-2, end, "expected a value, found %s on a later line", p.describe(i))
	} else {
		r = p.report(MissingValue, i, i+1, "expected a value, found %s", p.describe(i))
	}
	r.help("a value is a string, a number, a list [ … ] or a hash { … }")
}

// runsOn tells whether something is glued to the word or number that ends at i.
func (p *parser) runsOn(i int, w where) bool {
	c := p.at(i)
	if i >= len(p.text) || isSpace(c) || c == '}' || c == ']' || c == ')' || c == ',' || c == '#' || c == '{' || c == '[' || c == '(' {
		return false
	}
	if isQuote(c) {
		return false
	}
	if w == inCondition {
		return !strings.ContainsRune("=!<>&|", rune(c)) && !p.booleanAt(i)
	}
	if p.has(i, "=>") || p.has(i, "//") && w != inPlugin {
		return false
	}
	return !(w == inHash && p.keyAt(i))
}

// unquoted reports a text that needs quotes, or a number in a form that the language
// does not have, and reads it as a string.
func (p *parser) unquoted(w where) Value {
	start := p.pos
	if n := p.smartQuote(start); n > 0 {
		return p.smartString(n)
	}
	if p.junkValue() {
		return nil
	}
	end := max(p.runEnd(start), start)
	if end == start {
		p.missingValue(start)
		return nil
	}
	if w == inPlugin {
		end = p.textEnd(end)
		if isQuote(p.at(end)) { // such as code
			end = start + len(strings.TrimRight(p.text[start:p.lineEnd(start)], " \t\r}"))
		}
	}
	text := p.text[start:end]
	p.pos = end
	if _, err := strconv.ParseFloat(strings.ReplaceAll(text, "_", ""), 64); err == nil && strings.ContainsAny(text, "0123456789") {
		p.report(BadNumber, start, end, "%s is not a number of this language", text).
			help("write it with digits, an optional minus and point, as 5, -5 or 5.25, or as a string \"%s\"", text)
	} else if len(text) == 1 && isWordStart(text[0]) {
		p.report(NeedsQuotes, start, end, "a word of one letter needs quotes").help("write \"%s\"", text)
	} else {
		p.report(NeedsQuotes, start, end, "the text %s needs quotes", shorten(text)).help("write %s", inQuotes(text))
	}
	return p.str(start, end, end, 0)
}

// junkValue reports a foreign comment where a value is expected.
func (p *parser) junkValue() bool {
	if p.has(p.pos, "/*") || p.has(p.pos, "// ") {
		return p.junk("a value")
	}
	return false
}

// smartQuote returns the length of the typographic quote or backtick at i, or 0.
func (p *parser) smartQuote(i int) int {
	for _, q := range []string{"“", "”", "„", "‘", "’", "‚", "«", "»", "`", "´"} {
		if p.has(i, q) {
			return len(q)
		}
	}
	return 0
}

// smartString reads a string in typographic quotes, which are n bytes long.
func (p *parser) smartString(n int) Value {
	start, i := p.pos, p.pos+n
	for i < len(p.text) && p.text[i] != '\n' {
		m := p.smartQuote(i)
		if m == 0 && (isQuote(p.text[i])) {
			m = 1
		}
		if m > 0 {
			break
		}
		i++
	}
	content := i
	if i < len(p.text) && p.text[i] != '\n' {
		i += max(p.smartQuote(i), 1)
	} else {
		content = p.textEnd(start + n)
		i = content
	}
	r, _ := utf8.DecodeRuneInString(p.text[start:])
	p.pos = i
	p.report(SmartQuote, start, i, "%c is a typographic quote", r).
		help("write \"%s\"", shorten(p.text[start+n:content]))
	return &String{At: p.src.At(start, i), Content: p.src.At(start+n, content), Quote: '"', Text: p.text[start+n : content]}
}

func (p *parser) str(start, end, pos int, q byte) *String {
	p.pos, p.lastText = pos, nil
	return &String{At: p.src.At(start, end), Content: p.src.At(start, end), Text: p.text[start:end], Quote: q}
}

func (p *parser) quotedString(start, end int) *String {
	p.pos = end
	s := &String{At: p.src.At(start, end), Content: p.src.At(start+1, end-1), Text: p.text[start+1 : end-1], Quote: p.text[start]}
	if p.opts.SupportEscapes {
		s.Text = unescape(s.Text)
	}
	p.lastText = s
	return s
}

func (p *parser) num(start, end int) *Number {
	p.lastText = nil
	text := p.text[start:end]
	n := &Number{At: p.src.At(start, end), Text: text, IsFloat: strings.Contains(text, ".")}
	var err error
	if n.IsFloat {
		if text[len(text)-1] == '.' {
			p.report(BadNumber, start, end, "the number %s ends in a point", text).help("write %s0 or %s", text, text[:len(text)-1])
		}
		n.Float, _ = strconv.ParseFloat(text, 64)
		return n
	}
	digits := strings.TrimPrefix(text, "-")
	base := 10
	if len(digits) > 1 && digits[0] == '0' {
		base = 8
		if strings.ContainsAny(digits, "89") {
			p.report(BadNumber, start, end, "the number %s starts with 0, which makes it octal, but has the digit 8 or 9", text).
				help("write it without the leading 0, or as a string \"%s\"", text)
			return n
		}
	}
	if n.Int, err = strconv.ParseInt(text, base, 64); err != nil {
		p.report(BadNumber, start, end, "the number %s does not fit into 64 bits", shorten(text)).
			help("write it as a string: \"%s\"", shorten(text))
	}
	return n
}

func unescape(s string) string {
	if !strings.Contains(s, "\\") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			if c, ok := escapes[s[i+1]]; ok {
				b.WriteByte(c)
				i++
				continue
			}
			if s[i+1] != '\n' { // the pair stays, and its second half starts nothing
				b.WriteByte(s[i])
				i++
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

var escapes = map[byte]byte{'"': '"', '\'': '\'', '\\': '\\', 'n': '\n', 'r': '\r', 't': '\t', '0': 0}
