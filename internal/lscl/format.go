package lscl

import (
	"slices"
	"strings"
)

// Format returns the text of the file in one style, with all its comments: two
// blanks per level, one option per line, blanks around operators. Strings are kept
// byte for byte, at most one empty line stays between two things, and what stood on
// one line and is small (lists, hashes, a plugin with one option) stays there.
// Formatting a formatted text changes nothing. A file that was parsed with mistakes
// is returned as it is.
func Format(f *File) string {
	if !f.complete {
		return f.Source.Text
	}
	p := printer{text: f.Source.Text, comments: f.Comments, first: true}
	for _, s := range f.Sections {
		p.section(s)
	}
	p.flush(len(p.text))
	if p.out.Len() > 0 {
		p.out.WriteByte('\n')
	}
	return p.out.String()
}

// Print returns the text of one node without comments, in the style of Format. It
// serves trees that a program has made, too: nodes without a place are written from
// their values.
func Print(n Node) string {
	p := printer{first: true, bare: true}
	switch n := n.(type) {
	case *File:
		for _, s := range n.Sections {
			p.section(s)
		}
	case *Section:
		p.section(n)
	case *Attribute:
		p.attribute(n, onNewLine)
	case *Entry:
		p.entry(n, onNewLine)
	case *Branch:
		p.branch(n, "if")
	case *Else:
		p.elseBlock(n)
	case Statement:
		p.statement(n)
	case Value:
		p.value(n, onNewLine)
	case Condition:
		p.condition(n, onNewLine)
	case Operand:
		p.operand(n, onNewLine)
	case *Comment:
		return n.Text
	}
	return p.out.String()
}

// separator says what stands before a token.
type separator uint8

const (
	glued separator = iota
	afterBlank
	onNewLine
)

type printer struct {
	out      strings.Builder
	text     string // the source, to see where lines ended
	comments []*Comment
	level    int
	last     int  // end of the last token in the source
	first    bool // nothing has been written
	opened   bool // the last token opened a block, so no empty line follows
	ended    bool // a comment has been written, so the line must end
	bare     bool // positions and comments do not count
}

// place is where a token stands in the source; zero for one without a place.
type place struct{ start, end int }

func (p *printer) at(n interface{ Valid() bool }, start, end int) place {
	if p.bare || !n.Valid() {
		return place{-1, -1}
	}
	return place{start, end}
}

// token writes text, which stands at pos in the source, after the comments before it.
func (p *printer) token(text string, pos place, sep separator) {
	if pos.start >= 0 {
		p.flush(pos.start)
	}
	switch {
	case p.first:
	case sep == onNewLine || p.ended:
		p.newLine(pos.start)
	case sep == afterBlank:
		p.out.WriteByte(' ')
	}
	p.out.WriteString(text)
	p.first, p.ended, p.opened = false, false, false
	if pos.end >= 0 {
		p.last = pos.end
	}
}

func (p *printer) newLine(start int) {
	p.out.WriteByte('\n')
	if start > p.last && !p.opened && strings.Count(p.text[p.last:start], "\n") > 1 {
		p.out.WriteByte('\n')
	}
	for range p.level {
		p.out.WriteString("  ")
	}
}

// flush writes the comments that stand before offset end.
func (p *printer) flush(end int) {
	for len(p.comments) > 0 && p.comments[0].At.Start < end {
		c := p.comments[0]
		p.comments = p.comments[1:]
		switch {
		case p.first:
		case !p.ended && c.At.Start >= p.last && !strings.Contains(p.text[p.last:c.At.Start], "\n"):
			p.out.WriteByte(' ')
		default:
			p.newLine(c.At.Start)
		}
		p.out.WriteString(c.Text)
		p.first, p.ended, p.opened = false, true, false
		p.last = max(p.last, c.At.End)
	}
}

// hasComment tells whether a comment that is still to be written stands before end.
func (p *printer) hasComment(end int) bool {
	return len(p.comments) > 0 && p.comments[0].At.Start < end
}

// open writes {, [ or (, and the level goes up.
func (p *printer) open(text string, pos place, sep separator) {
	p.token(text, pos, sep)
	p.opened = true
	p.level++
}

// close writes the closing half. Comments before it belong to the inner level.
func (p *printer) close(text string, pos place, sep separator) {
	if pos.start >= 0 {
		p.flush(pos.start)
	}
	p.level--
	p.opened = true // no empty line before it
	p.token(text, pos, sep)
}

func (p *printer) section(s *Section) {
	p.token(s.Kind.String(), p.at(s.NameAt, s.NameAt.Start, s.NameAt.End), onNewLine)
	p.block(&s.Block)
}

func (p *printer) block(b *Block) {
	p.open("{", p.at(b.Open, b.Open.Start, b.Open.End), afterBlank)
	for _, st := range b.Body {
		p.statement(st)
	}
	end := p.at(b.Close, b.Close.Start, b.Close.End)
	sep := onNewLine
	if len(b.Body) == 0 && !p.hasComment(end.start) && !p.ended {
		sep = afterBlank
	}
	p.close("}", end, sep)
}

func (p *printer) statement(st Statement) {
	switch n := st.(type) {
	case *Plugin:
		p.plugin(n, onNewLine)
	case *If:
		for i, b := range n.Branches {
			word := "else if"
			if i == 0 {
				word = "if"
			}
			p.branch(b, word)
		}
		if n.Else != nil {
			p.elseBlock(n.Else)
		}
	}
}

func (p *printer) branch(b *Branch, word string) {
	sep := onNewLine
	if word != "if" {
		sep = afterBlank
	}
	p.token(word, p.at(b.At, b.At.Start, b.At.Start+len("if")), sep)
	p.level++
	p.condition(b.Condition, afterBlank)
	p.level--
	p.block(&b.Block)
}

func (p *printer) elseBlock(e *Else) {
	p.token("else", p.at(e.At, e.At.Start, e.At.Start+len("else")), afterBlank)
	p.block(&e.Block)
}

func (p *printer) plugin(n *Plugin, sep separator) {
	p.token(n.Name, p.at(n.NameAt, n.NameAt.Start, n.NameAt.End), sep)
	p.open("{", p.at(n.Open, n.Open.Start, n.Open.End), afterBlank)
	end := p.at(n.Close, n.Close.Start, n.Close.End)
	inner := onNewLine
	if p.onOneLine(n) {
		inner = afterBlank
	}
	for _, a := range n.Attributes {
		p.attribute(a, inner)
	}
	if len(n.Attributes) == 0 && !p.hasComment(end.start) && !p.ended {
		inner = afterBlank
	}
	p.close("}", end, inner)
}

// onOneLine tells whether v stays on one line: it is on one in the source, without a
// comment, and no plugin in it has more than one option.
func (p *printer) onOneLine(v Value) bool {
	at := v.Span()
	return small(v) && (p.bare || !p.hasComment(at.End) && !strings.Contains(p.text[at.Start:at.End], "\n"))
}

func small(v Value) bool {
	switch v := v.(type) {
	case *Plugin:
		return len(v.Attributes) == 0 || len(v.Attributes) == 1 && small(v.Attributes[0].Value)
	case *Array:
		return !slices.ContainsFunc(v.Values, func(x Value) bool { return !small(x) })
	case *Hash:
		return !slices.ContainsFunc(v.Entries, func(e *Entry) bool { return !small(e.Value) })
	}
	return true
}

func (p *printer) attribute(a *Attribute, sep separator) {
	name := a.Name
	if a.NameAt.Valid() {
		name = a.NameAt.Text()
	}
	p.token(name, p.at(a.NameAt, a.NameAt.Start, a.NameAt.End), sep)
	p.token("=>", place{-1, -1}, afterBlank)
	p.value(a.Value, afterBlank)
}

func (p *printer) entry(e *Entry, sep separator) {
	p.value(e.Key, sep)
	p.token("=>", place{-1, -1}, afterBlank)
	p.value(e.Value, afterBlank)
}

func (p *printer) value(v Value, sep separator) {
	switch v := v.(type) {
	case *Plugin:
		p.plugin(v, sep)
	case *Array:
		p.array(v, sep)
	case *Hash:
		p.hash(v, sep)
	case *String:
		p.operand(v, sep)
	case *Number:
		p.operand(v, sep)
	}
}

func (p *printer) array(a *Array, sep separator) {
	oneLine := p.onOneLine(a)
	p.open("[", p.at(a.At, a.At.Start, a.At.Start+1), sep)
	before := a.At.Start
	for i, v := range a.Values {
		inner := afterBlank
		if oneLine && i == 0 {
			inner = glued
		}
		if at := v.Span(); !oneLine && (i == 0 || p.bare || strings.Contains(p.text[before:at.Start], "\n")) {
			inner = onNewLine
		}
		before = v.Span().End
		p.value(v, inner)
		if i < len(a.Values)-1 {
			p.out.WriteByte(',')
		}
	}
	inner := onNewLine
	if oneLine {
		inner = glued
	}
	p.close("]", p.at(a.At, a.At.End-1, a.At.End), inner)
}

func (p *printer) hash(h *Hash, sep separator) {
	oneLine := p.onOneLine(h)
	p.open("{", p.at(h.At, h.At.Start, h.At.Start+1), sep)
	inner := onNewLine
	if oneLine {
		inner = afterBlank
	}
	for _, e := range h.Entries {
		p.entry(e, inner)
	}
	if len(h.Entries) == 0 && !p.hasComment(h.At.End) && !p.ended {
		inner = afterBlank
	}
	p.close("}", p.at(h.At, h.At.End-1, h.At.End), inner)
}

func (p *printer) condition(c Condition, sep separator) {
	switch c := c.(type) {
	case *Binary:
		p.condition(c.Left, sep)
		p.token(c.Op.String(), p.at(c.OpAt, c.OpAt.Start, c.OpAt.End), afterBlank)
		p.condition(c.Right, afterBlank)
	case *Not:
		p.token("!", p.at(c.At, c.At.Start, c.At.Start+1), sep)
		p.condition(c.X, glued)
	case *Group:
		p.open("(", p.at(c.At, c.At.Start, c.At.Start+1), sep)
		p.condition(c.X, glued)
		p.close(")", p.at(c.At, c.At.End-1, c.At.End), glued)
	case *Compare:
		p.operand(c.Left, sep)
		p.token(c.Op.String(), p.at(c.OpAt, c.OpAt.Start, c.OpAt.End), afterBlank)
		p.operand(c.Right, afterBlank)
	case *Match:
		p.operand(c.Left, sep)
		p.token(either(c.Negated, "!~", "=~"), p.at(c.OpAt, c.OpAt.Start, c.OpAt.End), afterBlank)
		p.operand(c.Pattern, afterBlank)
	case *In:
		p.operand(c.Left, sep)
		if c.Negated {
			p.token("not", p.at(c.OpAt, c.OpAt.Start, c.OpAt.Start+len("not")), afterBlank)
			p.token("in", p.at(c.OpAt, c.OpAt.End-len("in"), c.OpAt.End), afterBlank)
		} else {
			p.token("in", p.at(c.OpAt, c.OpAt.Start, c.OpAt.End), afterBlank)
		}
		p.operand(c.Right, afterBlank)
	case *Test:
		p.operand(c.X, sep)
	}
}

func either(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}

func (p *printer) operand(o Operand, sep separator) {
	at := o.Span()
	pos := p.at(at, at.Start, at.End)
	text := at.Text()
	switch o := o.(type) {
	case *Array:
		p.array(o, sep)
		return
	case *Call:
		p.token(o.Name, p.at(o.NameAt, o.NameAt.Start, o.NameAt.End), sep)
		p.token("(", place{-1, -1}, glued)
		p.level++
		for i, a := range o.Args {
			p.operand(a, separator(min(i, 1)))
			if i < len(o.Args)-1 {
				p.token(",", place{-1, -1}, glued)
			}
		}
		p.close(")", p.at(at, at.End-1, at.End), glued)
		return
	case *String:
		if text == "" {
			text = quoteText(o)
		}
	case *Number:
		if text == "" {
			text = o.Text
		}
	case *Selector:
		if text == "" {
			text = "[" + strings.Join(o.Path, "][") + "]"
		}
	case *Regex:
		if text == "" {
			text = "/" + o.Pattern + "/"
		}
	}
	p.token(text, pos, sep)
}

// quoteText writes a string that has no place in a text. One with both kinds of quotes
// in it can be read back only with support for escapes.
func quoteText(s *String) string {
	switch {
	case s.Quote == 0 && s.Text != "":
		return s.Text
	case !strings.Contains(s.Text, "\""):
		return "\"" + s.Text + "\""
	case !strings.Contains(s.Text, "'"):
		return "'" + s.Text + "'"
	}
	return "\"" + strings.ReplaceAll(s.Text, "\"", "\\\"") + "\""
}
