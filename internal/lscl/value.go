package lscl

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// attribute reads name => value. ends tells that the plugin pl ends here, because its
// brace is missing. pl is nil where there is no plugin around.
func (p *parser) attribute(pl *Plugin) (a *Attribute, ends bool) {
	start := p.pos
	end := p.nameOrString(start)
	if end == start {
		if p.swallowed() {
			return nil, false
		}
		if isQuote(p.cur()) {
			p.openQuote(start)
			return nil, false
		}
		p.notAnOption()
		return nil, false
	}
	word := p.text[start:end]
	next := p.after(end)
	if !p.has(next, "=>") {
		if s := p.lastText; s != nil && s.At.End == start && p.swallowed() {
			return nil, false
		}
		if pl != nil && p.endsPlugin(pl, start, end, next) {
			return nil, true
		}
		if p.leaving {
			return nil, true
		}
		if p.isIf(start) || word == "else" && p.at(next) == '{' {
			p.report(OptionExpected, start, end, "a conditional cannot stand inside a plugin").
				help("put it around the plugin: if … { %s { … } }", pluginName(pl))
			p.quietly(func() {
				if word == "else" {
					p.pos = next
					p.block(start, "else", branchBlock)
				} else {
					p.conditional()
				}
			})
			return nil, false
		}
	}
	a = &Attribute{Name: strings.Trim(word, word[:1]), NameAt: p.src.At(start, end)}
	if !isQuote(word[0]) {
		a.Name = word
	}
	p.pos = end
	var last *String
	if pl != nil && len(pl.Attributes) > 0 {
		last, _ = pl.Attributes[len(pl.Attributes)-1].Value.(*String)
	}
	if !p.arrow(word, last) {
		a.At = p.src.At(start, end)
		return a, false
	}
	a.Value = p.value(inPlugin)
	if a.Value != nil {
		a.Value = p.missingOpen(a.Value)
	}
	a.At = p.span(start)
	if a.Value == nil {
		a.At = p.src.At(start, max(start, min(p.pos, len(p.text))))
	}
	return a, false
}

// missingOpen handles a value behind which something follows that can only be the rest
// of a hash or a list, whose first half is missing.
func (p *parser) missingOpen(v Value) Value {
	end, at := p.pos, v.Span()
	next := p.after(end)
	second := p.after(next + 1)
	isHash := p.has(next, "=>")
	isList := p.at(next) == ']' || p.at(next) == ',' && !p.pairAt(second) && (isQuote(p.at(second)) || isWord(p.at(second)) || p.at(second) == '-')
	switch v.(type) {
	case *String, *Number:
	default:
		isHash, isList = false, false
	}
	if s, ok := v.(*String); ok && s.Quote == 0 && p.text[at.Start] != p.text[end-1] && isQuote(p.text[at.Start]) {
		return v // an open quote, which has been reported
	}
	switch {
	case isHash:
		p.report(MissingBrace, at.Start, at.End, "expected a value, found a key with its value").help("a hash has braces: { %s => … }", shorten(at.Text()))
		p.pos = at.Start
		return p.hash()
	case isList:
		p.report(WrongBrackets, at.Start, at.End, "expected one value, found the elements of a list").help("a list has brackets: [ %s, … ]", shorten(at.Text()))
		p.pos = at.Start
		return p.array()
	}
	return v
}

func pluginName(pl *Plugin) string {
	if pl == nil {
		return "plugin"
	}
	return pl.Name
}

// endsPlugin tells whether what stands at start cannot belong to the plugin: it looks
// like a statement and is not indented deeper than the plugin. It reports the brace.
func (p *parser) endsPlugin(pl *Plugin, start, end, next int) bool {
	if len(p.open) == 0 {
		return false
	}
	isOpen := p.at(next) == '{'
	word := p.text[start:end]
	if sectionKind(word) != UnknownSection && isOpen && p.openAt(p.after(next+1)) {
		p.leaveAll()
		return true
	}
	if !p.firstOnLine(start) {
		return false
	}
	if p.indent(start) > p.indent(pl.NameAt.Start) && !(isOpen && p.misaligned(p.top()) && p.pairAt(p.after(next+1))) {
		return false
	}
	if !isOpen && !p.isIf(start) && !(word == "else") {
		return false
	}
	if p.lineStart(start) == p.lineStart(pl.NameAt.Start) {
		return false
	}
	p.unclosed()
	return true
}

// notAnOption reports something that starts no option.
func (p *parser) notAnOption() {
	start := p.pos
	switch c := p.cur(); {
	case c == ',':
		p.pos++
		p.report(CommaInHash, start, start+1, "no comma stands between options").help("remove it")
		return
	case p.junk("an option"):
		return
	case p.smartQuote(start) > 0:
		p.report(SmartQuote, start, start+p.smartQuote(start), "expected an option, found a typographic quote").
			help("write option names without quotes")
	case c == '[':
		p.report(OptionExpected, start, start+1, "expected an option, found [").
			help("a field reference as a key needs quotes and stands in a hash: rename => { \"[a]\" => \"b\" }")
	default:
		p.report(OptionExpected, start, start+1, "expected an option, found %s", p.describe(start)).
			help("options are written name => value")
	}
	p.pos++
	p.skipUntil(p.optionStart)
}

// optionStart tells whether name => or, first on its line, name { starts at i.
func (p *parser) optionStart(i int) bool {
	if i > 0 && isName(p.text[i-1]) {
		return false
	}
	return p.pairAt(i)
}

// operatorAt returns what somebody may have written instead of =>.
func (p *parser) operatorAt(i int) string {
	for _, op := range []string{"==>", "=>", "->", "==", ":=", ">=", "<=", "=", ":", ">"} {
		if p.has(i, op) {
			return op
		}
	}
	return ""
}

// arrow reads the => behind the name or key word. It returns false when there is no
// value to read behind it; everything wrong has been reported. before is the value
// before it, when that is a string: without quotes it may be the first word of a text.
func (p *parser) arrow(word string, before *String) bool {
	nameEnd := p.pos
	p.space()
	op := p.operatorAt(p.pos)
	switch {
	case op == "=>":
		p.pos += 2
		if next := p.after(p.pos); p.has(next, "=>") {
			p.report(MissingArrow, next, next+2, "=> stands twice after %s", quote(word)).help("remove one")
			p.space()
			p.pos += 2
		}
		p.space()
		return true
	case op != "":
		p.report(MissingArrow, p.pos, p.pos+len(op), "expected => after %s, found %s", quote(word), op).
			help("write %s => %s", word, p.example(p.after(p.pos+len(op))))
		p.pos += len(op)
		p.space()
		return true
	}
	if p.swallowed() {
		return false
	}
	if s := before; s != nil && s.Bareword() && p.sameLine(s.At.End, nameEnd) {
		end := p.textEnd(nameEnd)
		p.report(NeedsQuotes, s.At.Start, end, "a text with blanks needs quotes").
			help("write %s", inQuotes(p.text[s.At.Start:end]))
		p.pos = end
		s.At.End, s.Content.End = end, end
		s.Text = s.Content.Text()
		return false
	}
	switch {
	case p.eof() || p.cur() == '}' || p.cur() == ']' || p.cur() == ',' || p.pairAt(p.pos) && !p.sameLine(nameEnd, p.pos):
		p.report(MissingValue, nameEnd-len(word), nameEnd, "expected => and a value after %s, found %s", quote(word), p.describe(p.pos)).
			help("write %s => …", word)
		return false
	}
	p.report(MissingArrow, p.pos, max(p.runEnd(p.pos), p.pos+1), "expected => after %s, found %s", quote(word), p.describe(p.pos)).
		help("write %s => %s", word, p.example(p.pos))
	return p.sameLine(nameEnd, p.pos) || p.cur() == '{' || p.cur() == '['
}

// example returns the value at i for a help text, if it is short.
func (p *parser) example(i int) string {
	end := p.nameOrString(i)
	if end == i {
		end = p.runEnd(i)
	}
	if end > i && end-i < 40 && p.sameLine(i, end) {
		return p.text[i:end]
	}
	return "…"
}

// inQuotes returns the text in quotes that it does not hold itself.
func inQuotes(text string) string {
	switch {
	case !strings.Contains(text, "\""):
		return "\"" + shorten(text) + "\""
	case !strings.Contains(text, "'"):
		return "'" + shorten(text) + "'"
	}
	return "it in quotes"
}

// textEnd returns the end of an unquoted text with blanks that goes on at i: of its
// line, or before a closing brace, a comment or the next option.
func (p *parser) textEnd(i int) int {
	end, last := i, i
	for end < len(p.text) && p.text[end] != '\n' && !strings.ContainsRune("{}[]#\"'", rune(p.text[end])) {
		if isSpace(p.text[end]) {
			end++
			continue
		}
		if p.pairAt(end) {
			break
		}
		run := max(p.runEnd(end), end+1)
		end, last = run, run
	}
	return min(last, len(p.text))
}

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
			return p.str(start, p.pos, p.pos, 0)
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
	r := remark{}
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

// keyAt tells whether key => starts at i.
func (p *parser) keyAt(i int) bool {
	end := p.key(i)
	return end > i && p.has(p.after(end), "=>")
}

// key scans a key of a hash.
func (p *parser) key(i int) int {
	if isQuote(p.at(i)) {
		return p.quoted(i)
	}
	if end := p.number(i); end > i {
		return end
	}
	return p.bareword(i)
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

// array reads [ … ].
func (p *parser) array() *Array {
	start := p.pos
	a := &Array{}
	p.enter(opening{start, start, "the list", otherBlock})
	defer func() {
		p.leave()
		a.At = p.span(start)
	}()
	if p.cur() == '[' { // or missing, which has been reported
		p.pos++
	}
	comma := -1 // of the last comma, when no element has followed it
	for {
		p.space()
		switch {
		case p.eof():
			p.leaveAll()
			return a
		case p.cur() == ']':
			if comma >= 0 {
				p.report(TrailingComma, comma, comma+1, "no element follows this comma").help("remove it")
			}
			p.pos++
			return a
		case p.cur() == ',':
			if comma >= 0 || len(a.Values) == 0 {
				p.report(TrailingComma, p.pos, p.pos+1, "expected an element before this comma").help("remove it")
			}
			comma = p.pos
			p.pos++
			continue
		case p.cur() == '}':
			switch {
			case p.swallowed():
				continue
			case p.bracesAddUp():
				p.report(WrongBrackets, p.pos, p.pos+1, "expected ] at the end of the list, found }").
					related(p.src.At(start, start+1), "the list starts here").help("write ]")
				p.pos++
			default:
				p.unclosed()
			}
			return a
		}
		if comma < 0 && len(a.Values) > 0 && p.swallowed() {
			continue
		}
		if comma < 0 && len(a.Values) > 0 {
			if p.arrayBreaks(a) {
				if p.leaving || p.cur() != ']' {
					return a
				}
				continue
			}
		}
		comma = -1
		before := p.pos
		v := p.value(inArray)
		if v != nil {
			a.Values = append(a.Values, v)
		}
		if p.leaving {
			return a
		}
		if p.pos == before {
			p.step()
		}
	}
}

// arrayBreaks handles something other than a comma behind an element. It returns true
// when the array is over.
func (p *parser) arrayBreaks(a *Array) bool {
	last := a.Values[len(a.Values)-1].Span()
	switch {
	case p.has(p.pos, "=>"):
		o := p.top()
		if !p.sameLine(last.Start, p.pos) || p.firstOnLine(last.Start) && !p.sameLine(o.at, last.Start) && p.indent(last.Start) <= p.indent(o.at) {
			p.pos = last.Start
			a.Values = a.Values[:len(a.Values)-1]
			p.unclosed()
			return true
		}
		p.report(WrongBrackets, o.at, o.at+1, "[ ] holds a list, but here are keys and values").help("write a hash: { %s => … }", shorten(last.Text()))
		p.skipUntil(func(i int) bool { return p.text[i] == ']' })
		return true
	case p.pairAt(p.pos), p.cur() == '{', p.statementStart(p.pos):
		p.unclosed()
		return true
	case p.missingCommas() > 1: // it is something else altogether
		p.skipUntil(func(i int) bool { return p.text[i] == ']' || p.text[i] == '\n' })
		if p.cur() == ']' {
			p.pos++
		}
		return true
	}
	p.report(MissingComma, last.End, last.End+1, "expected a comma between the elements, found %s", p.describe(p.pos)).
		help("write %s, …", shorten(last.Text()))
	return false
}

// missingCommas returns how many commas have been reported as missing in a row.
func (p *parser) missingCommas() int {
	n := 0
	for i := len(p.list) - 1; i >= 0 && p.list[i].Code == MissingComma && p.list[i].At.Start > p.top().at; i-- {
		n++
	}
	return n
}

// hash reads { … } behind =>.
func (p *parser) hash() *Hash {
	start := p.pos
	h := &Hash{}
	p.enter(opening{start, start, "the hash", hashBlock})
	defer func() {
		p.leave()
		h.At = p.span(start)
	}()
	if p.cur() == '{' { // or missing, which has been reported
		p.pos++
	}
	for {
		p.space()
		switch {
		case p.eof():
			p.leaveAll()
			return h
		case p.cur() == '}':
			p.closed(p.pos)
			p.pos++
			return h
		}
		before := p.pos
		e, ends := p.entry(h)
		if e != nil {
			h.Entries = append(h.Entries, e)
		}
		if ends || p.leaving {
			return h
		}
		if p.pos == before {
			p.step()
		}
	}
}

// entry reads key => value. ends tells that the hash ends here, because its brace is
// missing.
func (p *parser) entry(h *Hash) (e *Entry, ends bool) {
	start := p.pos
	if p.cur() == ',' {
		p.pos++
		if !p.swallowed() {
			p.report(CommaInHash, start, start+1, "no comma stands between the pairs of a hash").help("remove it")
		}
		return nil, false
	}
	end := p.key(start)
	if end == start || !isQuote(p.text[start]) && (p.runEnd(start) > end && p.operatorAt(end) == "" || isQuote(p.at(end)) && !p.keyAt(end)) {
		if end, ends = p.badKey(); end <= p.pos {
			return nil, ends
		}
	}
	key := p.text[start:end]
	next := p.after(end)
	if p.at(next) == '{' && p.hashEndsHere(start) {
		return nil, true
	}
	e = &Entry{}
	k := p.src.At(start, end)
	switch {
	case isQuote(key[0]) && end-start > 1 && key[end-start-1] == key[0]:
		s := &String{At: k, Content: p.src.At(start+1, end-1), Text: key[1 : len(key)-1], Quote: key[0]}
		if p.opts.SupportEscapes {
			s.Text = unescape(s.Text)
		}
		e.Key, p.lastText = s, s
	case p.number(start) == end:
		e.Key = p.num(start, end)
	default:
		e.Key = p.str(start, end, end, 0)
	}
	p.pos = end
	var last *String
	if n := len(h.Entries); n > 0 {
		last, _ = h.Entries[n-1].Value.(*String)
	}
	if !p.arrow(key, last) {
		e.At = p.src.At(start, end)
		return e, false
	}
	e.Value = p.value(inHash)
	e.At = p.span(start)
	return e, false
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

// hashEndsHere tells whether name { at start cannot belong to the hash, because it is
// not indented deeper than the line on which the hash begins.
func (p *parser) hashEndsHere(start int) bool {
	o := p.top()
	if !p.firstOnLine(start) || p.lineStart(start) == p.lineStart(o.at) || p.indent(start) > p.indent(o.at) {
		return false
	}
	p.unclosed()
	return true
}

// badKey reports something that is no key. It returns the end of what is taken for the
// key, or pos when there is none.
func (p *parser) badKey() (end int, ends bool) {
	start := p.pos
	if p.swallowed() {
		return p.pos, false
	}
	if isQuote(p.cur()) {
		p.openQuote(start)
		return p.pos, false
	}
	if n := p.name(start); n > start && (p.isIf(start) || p.at(p.after(n)) == '{') && p.hashEndsHere(start) {
		return start, true
	}
	if n := p.smartQuote(start); n > 0 {
		p.smartString(n)
		end = p.pos
		p.pos = start
		return end, false
	}
	if end = max(p.selector(start), p.runEnd(start)); end > start && isQuote(p.at(end)) && p.has(p.after(end+1), "=>") {
		p.report(UnclosedQuote, start, end+1, "the quote %c has no opening one", p.text[end]).
			help("write %c%s", p.text[end], shorten(p.text[start:end+1]))
		return end + 1, false
	}
	if end = p.selector(start); end > start {
		p.report(BadKey, start, end, "the key %s needs quotes", shorten(p.text[start:end])).
			help("write \"%s\"", shorten(p.text[start:end]))
		return end, false
	}
	if p.junk("a key") {
		return p.pos, false
	}
	if end = p.runEnd(start); end > start {
		if text := p.text[start:end]; len(text) == 1 {
			p.report(BadKey, start, end, "a key of one letter needs quotes").help("write \"%s\"", text)
		} else {
			p.report(BadKey, start, end, "the key %s needs quotes", shorten(text)).help("write \"%s\"", shorten(text))
		}
		return end, false
	}
	p.report(BadKey, start, start+1, "expected a key, found %s", p.describe(start)).
		help("a hash is written { key => value }")
	p.pos++
	p.skipUntil(func(i int) bool { return p.keyAt(i) && (i == 0 || !isName(p.text[i-1])) })
	return p.pos, false
}
