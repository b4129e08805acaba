package lscl

import "strings"

// opening is a brace, bracket or parenthesis that is open.
type opening struct {
	at    int    // of the brace
	start int    // of what it belongs to: the section, plugin, option
	what  string // "the filter section", for messages
	kind  blockKind
}

type blockKind uint8

const (
	sectionBlock blockKind = iota
	branchBlock
	pluginBlock
	hashBlock
	otherBlock // arrays, parentheses
)

// suspect is a closing brace whose line is indented differently from the line of its
// opening brace: when the braces of a text do not add up, it is the likely place.
type suspect struct {
	opening
	close int
}

// closed notes how the innermost opening was closed at offset i.
func (p *parser) closed(i int) {
	o := p.top()
	if p.firstOnLine(i) && p.lineStart(o.at) != p.lineStart(i) && p.indent(i) != p.indent(o.start) {
		p.suspects = append(p.suspects, suspect{o, i})
	}
	if o.kind == sectionBlock && p.indent(i) == p.indent(o.start) {
		p.suspects = p.suspects[:0]
	}
}

// unclosed reports that the innermost opening is not closed at pos. Of the braces that
// are open or were closed by a brace that is indented less, the outermost of the chain
// is found at the end of the text, but the first one is the one that was forgotten.
func (p *parser) unclosed() {
	if len(p.open) == 0 {
		return
	}
	o := p.top()
	if c := p.text[o.at]; c != '{' && c != '[' && c != '(' {
		return // it has never been there, which has been reported
	}
	for _, s := range p.suspects {
		if s.at > o.at && p.indent(s.close) < p.indent(s.start) {
			p.reportUnclosed(s.opening).
				related(p.src.At(s.close, s.close+1), "this } closes it, but is indented as if it closed something else")
			p.suspects = nil
			return
		}
	}
	r := p.reportUnclosed(o)
	if !p.eof() {
		r.related(p.src.At(p.pos, max(p.name(p.pos), p.pos+1)), "it should be closed before this")
	}
}

func (p *parser) reportUnclosed(o opening) remark {
	c := p.text[o.at : o.at+1]
	pair := map[string]string{"{": "}", "[": "]", "(": ")"}[c]
	return p.report(UnclosedBrace, o.at, o.at+1, "the %s of %s is not closed", c, o.what).
		help("add %s where %s ends", pair, o.what)
}

// quietly reads something that stands in the wrong place as a whole, so that what is
// inside is not worth a mistake of its own.
func (p *parser) quietly(read func()) {
	n := len(p.list)
	read()
	if !p.leaving {
		p.list = p.list[:n]
	}
}

// leaveAll reports that the innermost opening is not closed at pos, and lets
// everything end up to the section: one mistake for all levels.
func (p *parser) leaveAll() {
	if !p.leaving {
		p.unclosed()
	}
	p.leaving = true
}

// skipBalanced goes behind the closing brace that fits the opening one at i, or to the
// end of the text.
func (p *parser) skipBalanced(i int) int {
	end, _ := p.balanced(i)
	return end
}

// balanced returns the offset behind the closing brace that fits the opening one at i,
// whatever its kind. ok is false when there is none.
func (p *parser) balanced(i int) (end int, ok bool) {
	depth := 0
	for i < len(p.text) {
		switch c := p.text[i]; c {
		case '{', '[', '(':
			depth++
		case '}', ']', ')':
			depth--
			if depth == 0 {
				return i + 1, true
			}
		case '"', '\'':
			if end := p.quoted(i); end > i && p.sameLine(i, end) {
				i = end - 1
			}
		case '#':
			i = p.lineEnd(i)
		}
		i++
	}
	return len(p.text), false
}

// skipUntil goes forward to the first place where stop says so, over strings, comments
// and everything in brackets, or to a brace that closes what is open.
func (p *parser) skipUntil(stop func(i int) bool) {
	for i := p.pos; ; {
		p.pos = i
		if i >= len(p.text) || stop(i) {
			return
		}
		switch c := p.text[i]; {
		case c == '}':
			return
		case c == '{' || c == '[' || c == '(':
			i = p.skipBalanced(i)
		case isQuote(c):
			end := p.quoted(i)
			if end == i || !p.sameLine(i, end) {
				end = i + 1
			}
			i = end
		case c == '#':
			p.comment()
			i = p.pos
		case isName(c):
			i = p.name(i)
		default:
			i++
		}
	}
}

// swallowed tells whether the last string is likely to have swallowed too much: it
// goes over a line end, and what follows it on its last line made no sense. If so it
// reports the open quote and goes on reading behind the line on which it stands.
func (p *parser) swallowed() bool {
	s := p.lastText
	p.lastText = nil
	if s == nil || s.At.End > p.pos {
		return false
	}
	if c := p.cur(); s.At.End == p.pos && p.sameLine(s.At.Start, s.At.End) && !p.eof() && !isSpace(c) && strings.IndexByte("{}](),#=", c) < 0 {
		end := p.lineEnd(p.pos)
		p.report(UnclosedQuote, s.At.Start, p.runEnd(p.pos), "a quote is missing or too many: the string %s ends directly before %s",
			shorten(s.At.Text()), p.describe(p.pos)).
			help("close each string with the quote that opens it; inside of \"…\" use ' for quotes, and the other way round")
		p.pos = s.At.Start + len(withoutClosers(p.text[s.At.Start:end]))
		p.pos = max(p.pos, s.At.End)
		return true
	}
	if p.sameLine(s.At.Start, s.At.End) || !p.sameLine(s.At.End, p.pos) {
		return false
	}
	start, end := s.At.Start, s.At.End
	if close := p.loneQuote(start); close > end && p.endsLine(start+1) && !isSpace(p.at(end)) {
		p.report(UnclosedQuote, end-1, end, "this quote ends the string before it").
			help("use the other kind of quotes inside of the string, or around it").
			related(p.src.At(start, start+1), "the string starts here")
		p.pos = close
	} else if last := p.lineStart(end - 1); p.endsLine(start+1) && last > start { // a text of several lines, up to before this one
		p.report(UnclosedQuote, start, start+1, "the quote %c is not closed before the next one", p.text[start]).
			help("close it where the text ends").
			related(p.src.At(end-1, end), "this quote closes it, but seems to open another string")
		p.pos = last
	} else {
		p.openQuote(start)
	}
	s.At.End = p.pos
	s.Content.End = p.pos
	s.Text = s.Content.Text()
	return true
}

// loneQuote returns the offset behind the first quote like the one at i that stands on
// a line of its own, 0 when there is none: it is meant to end a text of several lines.
func (p *parser) loneQuote(i int) int {
	for line := p.lineEnd(i) + 1; line < len(p.text); line = p.lineEnd(line) + 1 {
		if q := line + p.indent(line); p.at(q) == p.text[i] && p.endsLine(q+1) {
			return q + 1
		}
	}
	return 0
}

// bracesAddUp tells whether the braces and brackets of the section around pos add up
// in number, whatever their kind.
func (p *parser) bracesAddUp() bool {
	if len(p.open) == 0 || p.text[p.open[0].at] != '{' {
		return false
	}
	stop, ok := p.balanced(p.open[0].at)
	after := p.after(stop)
	return ok && p.text[stop-1] == '}' && (after == len(p.text) || p.sectionStart(after))
}

// endsLine tells whether only blanks stand between i and the end of its line.
func (p *parser) endsLine(i int) bool { return strings.Trim(p.text[i:p.lineEnd(i)], " \t\r") == "" }

// withoutClosers returns a line without the brackets, braces and commas at its end that
// close what has been opened before it.
func withoutClosers(line string) string {
	for {
		line = strings.TrimRight(line, " \t\r,")
		switch {
		case strings.HasSuffix(line, "}") && strings.Count(line, "{") < strings.Count(line, "}"),
			strings.HasSuffix(line, "]") && strings.Count(line, "[") < strings.Count(line, "]"):
			line = line[:len(line)-1]
		default:
			return line
		}
	}
}

// openQuote reports the quote at i as not closed, and goes to where the string should
// have ended: the end of the line, or the closing braces there.
func (p *parser) openQuote(i int) {
	end := p.lineEnd(i)
	line := strings.TrimRight(p.text[i:end], " \t\r")
	r := p.report(UnclosedQuote, i, i+len(line), "the quote %c is not closed", p.text[i])
	text := withoutClosers(line)
	if other := map[byte]byte{'"': '\'', '\'': '"'}[p.text[i]]; len(text) > 1 && text[len(text)-1] == other {
		r.help("a string ends with the quote that it starts with: write %s%c", text[:len(text)-1], p.text[i])
	} else if strings.Contains(line, "\\"+p.text[i:i+1]) {
		r.help("a backslash before the quote keeps the string open; write / for \\ at the end, or use the other kind of quotes")
	} else {
		r.help("close it with %c", p.text[i])
	}
	if p.endsLine(i+1) && p.quoted(i) == i { // a text of several lines; nobody knows where it ends
		p.pos, p.leaving = len(p.text), true
		return
	}
	p.pos = i + max(len(text), 1)
	before := strings.TrimLeft(p.text[p.lineStart(i):i], " \t}")
	if strings.HasPrefix(before, "if") || strings.HasPrefix(before, "else") {
		if n := strings.LastIndexByte(text, '{'); n > 0 { // the block of the conditional
			p.pos = i + n
		}
	}
}
