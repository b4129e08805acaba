package lscl

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"sluice/internal/diag"
)

var sectionNames = []string{"input", "filter", "output"}

func sectionKind(name string) SectionKind {
	switch name {
	case "input":
		return Input
	case "filter":
		return Filter
	case "output":
		return Output
	}
	return UnknownSection
}

func (p *parser) file(f *File) {
	for {
		p.space()
		if p.eof() {
			return
		}
		p.leaving = false
		p.section(f)
	}
}

// section reads a section, or what stands in its place.
func (p *parser) section(f *File) {
	start := p.pos
	end := p.name(start)
	word := p.text[start:end]
	kind := sectionKind(word)
	next := p.after(end)
	switch {
	case kind != UnknownSection:
		p.pos = end
		p.space()
		if p.cur() != '{' {
			p.report(MissingBrace, p.pos, p.pos+1, "expected { after %s, found %s", word, p.describe(p.pos)).
				help("a section is written %s { … }", word)
			if op := p.operatorAt(p.pos); op != "" {
				p.pos += len(op)
				p.space()
				if p.cur() != '{' { // such as YAML
					p.skipUntil(func(i int) bool { return p.firstOnLine(i) && p.indent(i) == 0 && p.name(i) > i })
				}
			}
		}
	case end > start && p.at(next) == '{' && p.unknownSection(start, end, next):
		kind = sectionKind(nearestSection(word))
		p.pos = end
		p.space()
	case p.cur() == '}':
		r := p.report(StrayClose, start, start+1, "this } closes nothing").help("remove it")
		for _, s := range p.suspects {
			if p.indent(s.close) > p.indent(s.start) {
				r.related(p.src.At(s.close, s.close+1), "or is it this one, which closes %s?", s.what)
				break
			}
		}
		p.pos++
		return
	default:
		p.outside(f)
		return
	}
	s := &Section{Kind: kind, NameAt: p.src.At(start, end)}
	f.Sections = append(f.Sections, s)
	p.suspects = p.suspects[:0]
	if p.cur() == '{' {
		s.Block = p.block(start, "the "+word+" section", sectionBlock)
	} else {
		s.Open = p.src.At(p.pos, p.pos)
		p.bare(&s.Block)
	}
	s.At = p.src.At(start, p.pos)
}

// bare reads the contents of a section whose opening brace is missing: up to the next
// section, or a brace that closes it.
func (p *parser) bare(b *Block) {
	for {
		p.space()
		switch {
		case p.eof(), sectionKind(p.text[p.pos:p.name(p.pos)]) != UnknownSection:
			return
		case p.cur() == '}':
			b.Close = p.src.At(p.pos, p.pos+1)
			p.pos++
			return
		}
		before := p.pos
		if !p.openAt(p.pos) && !p.isIf(p.pos) {
			return // what stands here has been reported together with the missing brace
		}
		if st := p.statement(b); st != nil {
			b.Body = append(b.Body, st)
		}
		if p.pos == before {
			return
		}
	}
}

func nearestSection(word string) string {
	if near := diag.Nearest(word, sectionNames); near != "" {
		return near
	}
	return map[string]string{"in": "input", "out": "output", "source": "input", "sink": "output"}[strings.ToLower(word)]
}

// unknownSection tells whether name { is meant to be a section, and reports it.
func (p *parser) unknownSection(start, end, brace int) bool {
	word := p.text[start:end]
	near := nearestSection(word)
	inside := p.after(brace + 1)
	if near == "" || p.pairAt(inside) {
		return false
	}
	p.report(NotASection, start, end, "%s is no section", quote(word)).help("did you mean %s?", near)
	return true
}

// outside handles what stands outside of the sections. When a section came before, its
// brace closed too early, and what follows is read as if it belonged to it.
func (p *parser) outside(f *File) {
	start := p.pos
	isStatement := p.openAt(start) || p.isIf(start)
	var r remark
	switch {
	case isStatement:
		r = p.report(OutsideSection, start, max(p.name(start), start+1), "%s stands outside of the sections", p.describe(start)).
			help("plugins and conditionals stand inside input { }, filter { } or output { }")
	case p.junk("a section"):
		return
	default:
		r = p.report(OutsideSection, start, max(p.name(start), start+1), "expected a section, found %s", p.describe(start)).
			help("a pipeline consists of input { … }, filter { … } and output { … }")
	}
	b := &Block{}
	if n := len(f.Sections); n > 0 {
		s := f.Sections[n-1]
		if s.Close.Valid() {
			r.related(s.Close, "the %s section ends here", s.Kind)
		}
		b = &s.Block
	}
	if !isStatement {
		p.pos = max(p.pos, p.name(p.pos))
		p.skipUntil(p.sectionStart)
		if p.cur() == '}' && p.pos > start {
			p.pos++
		} else if p.pos == start {
			p.pos++
		}
		return
	}
	p.bare(b)
}

// sectionStart tells whether a section starts at i, at the start of a line.
func (p *parser) sectionStart(i int) bool {
	if !isWordStart(p.at(i)) || (i > 0 && isName(p.text[i-1])) {
		return false
	}
	end := p.name(i)
	return sectionKind(p.text[i:end]) != UnknownSection && p.at(p.after(end)) == '{'
}

// block reads from { to }. start is where the thing begins that the block belongs to.
// When the brace is missing, which has been reported, it reads as if it were there.
func (p *parser) block(start int, what string, kind blockKind) Block {
	b := Block{Open: p.src.At(p.pos, p.pos+1)}
	p.enter(opening{p.pos, start, what, kind})
	if p.cur() == '{' {
		p.pos++
	}
	for {
		p.space()
		if p.eof() {
			p.leaveAll()
			break
		}
		if p.cur() == '}' {
			b.Close = p.src.At(p.pos, p.pos+1)
			p.closed(p.pos)
			p.pos++
			break
		}
		if p.endsHere(kind) {
			break
		}
		before := p.pos
		if st := p.statement(&b); st != nil {
			b.Body = append(b.Body, st)
		}
		if p.leaving {
			break
		}
		if p.pos == before {
			p.step() // nothing could be made of it, and it has been reported
		}
	}
	p.leave()
	return b
}

// endsHere tells whether the block has to end at pos although its brace is missing:
// a section starts here, or an else that belongs to an outer if.
func (p *parser) endsHere(kind blockKind) bool {
	end := p.name(p.pos)
	word := p.text[p.pos:end]
	next := p.after(end)
	switch {
	case sectionKind(word) != UnknownSection && p.at(next) == '{':
		inside := p.after(next + 1)
		if p.pairAt(inside) {
			return false // a plugin of that name, see statement
		}
		if !p.firstOnLine(p.pos) || p.indent(p.pos) > p.indent(p.open[0].start) {
			if p.bracesAddUp() {
				return false // it is meant to be inside
			}
		}
		p.leaveAll()
		return true
	case word == "else" && kind == branchBlock && strings.Trim(p.text[p.lineStart(p.pos):p.pos], " \t}") == "":
		o := p.top()
		if p.indent(p.pos) <= p.indent(o.start) {
			p.unclosed()
			return true
		}
	}
	return false
}

// statement reads a plugin or a conditional. It returns nil when there is none, which
// has been reported.
func (p *parser) statement(b *Block) Statement {
	start := p.pos
	if p.isIf(start) {
		return p.conditional()
	}
	end := p.nameOrString(start)
	if end == start {
		p.notAStatement()
		return nil
	}
	word := p.text[start:end]
	next := p.after(end)
	switch {
	case word == "if" || word == "else" || word == "elseif" || word == "elsif" || word == "elif":
		p.strayElse(b, word)
		return nil
	case p.strayWord(word):
		return nil
	case p.at(next) == '{':
		if sectionKind(word) != UnknownSection {
			p.report(PluginExpected, start, end, "expected a plugin, found %s, which is the name of a section", quote(word)).
				help("sections do not stand inside of each other")
			if !p.pairAt(p.after(next + 1)) {
				p.pos = next
				inner := p.block(start, word, branchBlock)
				b.Body = append(b.Body, inner.Body...)
				return nil
			}
		}
		return p.plugin()
	case p.has(next, "=>"):
		if open := p.after(next + 2); p.at(open) == '{' {
			p.report(MissingBrace, next, next+2, "no => stands between a plugin and its {").
				help("write %s { … }", word)
			return p.pluginAt(start, end, open)
		}
		p.report(PluginExpected, start, end, "the option %s stands outside of a plugin", quote(word)).
			help("options stand inside the braces of a plugin: name { %s => … }", word)
		p.attribute(nil)
		return nil
	case isQuote(word[0]) && p.swallowed():
		return nil
	}
	p.pos = next
	p.report(MissingBrace, start, end, "the plugin %s has no braces", quote(word)).
		help("write %s { … }, also when it needs no options: %s { }", word, word)
	pl := &Plugin{Name: word, NameAt: p.src.At(start, end)}
	if p.pairAt(p.pos) {
		p.openPlugin(pl, start)
		return pl
	}
	if p.cur() == ':' || p.cur() == '=' || p.cur() == '(' || p.cur() == ';' || p.cur() == ',' {
		p.skipUntil(p.statementStart)
	} else if p.cur() != '}' && !p.statementStart(p.pos) && p.sameLine(end, p.pos) {
		p.skipUntil(p.statementStart)
	}
	pl.At = p.src.At(start, max(end, start))
	return pl
}

// openPlugin reads the options of a plugin whose { is missing, and its } if there is
// one that is indented like the plugin, or another one behind it on the same line.
func (p *parser) openPlugin(pl *Plugin, start int) {
	for p.pairAt(p.pos) {
		if a, _ := p.attribute(nil); a != nil {
			pl.Attributes = append(pl.Attributes, a)
		}
		if p.leaving {
			break
		}
		p.space()
	}
	if p.cur() == '}' && (p.firstOnLine(p.pos) && p.indent(p.pos) == p.indent(start) && !p.sameLine(start, p.pos) ||
		!p.firstOnLine(p.pos) && p.at(p.after(p.pos+1)) == '}') {
		p.pos++
	}
	pl.At = p.src.At(start, p.pos)
}

// strayWord handles a word of a conditional that is written with capitals.
func (p *parser) strayWord(word string) bool {
	switch strings.ToLower(word) {
	case "if", "else", "elseif", "elsif", "elif":
	default:
		return false
	}
	p.report(PluginExpected, p.pos, p.pos+len(word), "%s is written in small letters", quote(word)).
		help("write %s", strings.ToLower(word))
	start := p.pos
	p.pos += len(word)
	if p.space(); p.cur() != '{' {
		p.skipCondition()
	}
	if p.cur() == '{' {
		p.block(start, "the conditional", branchBlock)
	}
	return true
}

// statementStart tells whether a plugin or conditional starts at i, as the first thing
// on its line.
func (p *parser) statementStart(i int) bool {
	return p.firstOnLine(i) && (p.openAt(i) || p.isIf(i))
}

// notAStatement reports something that starts neither a plugin nor a conditional.
func (p *parser) notAStatement() {
	start := p.pos
	if p.swallowed() {
		return
	}
	if isQuote(p.cur()) { // nameOrString found no end
		p.openQuote(start)
		return
	}
	if p.junk("a plugin") {
		return
	}
	p.report(PluginExpected, start, start+1, "expected a plugin, found %s", p.describe(start)).
		help("here stand plugins, name { option => value }, and conditionals")
	p.pos++
	p.skipUntil(p.statementStart)
}

// junk reports characters that have no place anywhere: foreign comments, separators,
// strange blanks. It returns false when there are none.
func (p *parser) junk(expected string) bool {
	start := p.pos
	switch {
	case p.has(start, "//"), p.has(start, "--"):
		p.pos = p.lineEnd(start)
		p.report(BadCharacter, start, start+2, "%s starts no comment", p.text[start:start+2]).help("comments start with #")
	case p.has(start, "/*"):
		p.pos = len(p.text)
		if n := strings.Index(p.text[start:], "*/"); n >= 0 {
			p.pos = start + n + 2
		}
		p.report(BadCharacter, start, start+2, "/* starts no comment").help("comments start with # and go to the end of the line")
	case p.cur() == ';' || p.cur() == ',':
		p.pos++
		p.report(BadCharacter, start, start+1, "expected %s, found %c", expected, p.text[start]).
			help("remove it; plugins and options follow each other without %c", p.text[start])
	default:
		r, n := utf8.DecodeRuneInString(p.text[start:])
		if r == utf8.RuneError && n == 1 {
			p.pos++ // reported as a mistake of the whole text
			return true
		}
		if n > 1 && (unicode.IsSpace(r) || unicode.Is(unicode.Cf, r)) || r == '\f' || r == '\v' {
			p.pos += n
			p.report(BadCharacter, start, start+n, "a blank that is not a plain one (U+%04X)", r).
				help("replace it by a plain blank")
			return true
		}
		return false
	}
	return true
}

// plugin reads a plugin whose name and { are there.
func (p *parser) plugin() *Plugin {
	end := p.nameOrString(p.pos)
	return p.pluginAt(p.pos, end, p.after(end))
}

func (p *parser) pluginAt(start, end, open int) *Plugin {
	pl := &Plugin{Name: p.text[start:end], NameAt: p.src.At(start, end), Open: p.src.At(open, open+1)}
	p.pos = end
	for p.space(); p.pos < open; p.space() {
		p.pos++
	}
	p.enter(opening{open, start, "the plugin " + shorten(pl.Name), pluginBlock})
	p.pos = open + 1
	p.attributes(pl)
	p.leave()
	pl.At = p.span(start)
	return pl
}

// attributes reads the options of a plugin and its closing brace.
func (p *parser) attributes(pl *Plugin) {
	clean := true // the option before was without mistakes
	for {
		valueEnd := p.pos
		p.space()
		switch {
		case p.eof():
			p.leaveAll()
			return
		case p.cur() == '}':
			pl.Close = p.src.At(p.pos, p.pos+1)
			p.closed(p.pos)
			p.pos++
			return
		}
		if len(pl.Attributes) > 0 && clean && !isSpace(p.at(valueEnd)) && p.pairAt(p.pos) {
			p.report(MissingBlank, valueEnd, valueEnd+1, "expected a blank or line end after the option %s, found %s",
				quote(pl.Attributes[len(pl.Attributes)-1].Name), p.describe(valueEnd)).
				help("put a blank before it")
		}
		before, mistakes := p.pos, len(p.list)
		a, ends := p.attribute(pl)
		clean = mistakes == len(p.list)
		if a != nil {
			pl.Attributes = append(pl.Attributes, a)
		}
		if ends || p.leaving {
			return
		}
		if p.pos == before {
			p.step()
		}
	}
}
