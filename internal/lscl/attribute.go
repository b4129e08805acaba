package lscl

import (
	"strings"
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
