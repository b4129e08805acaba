package lscl

import (
	"strings"
	"unicode/utf8"
)

// The grammar has no tokens of its own: what a character means depends on where it
// stands ([x] is a field in a condition and a list in a plugin, / starts a pattern
// only after an operator). So the scanner is a set of functions that the parser asks
// for the thing that may stand here. All take an offset and return the offset behind
// the thing, or the same offset when it is not there.

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }
func isDigit(c byte) bool { return '0' <= c && c <= '9' }
func isWord(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || isDigit(c) || c == '_'
}
func isName(c byte) bool      { return isWord(c) || c == '-' }
func isWordStart(c byte) bool { return isWord(c) && !isDigit(c) }
func isQuote(c byte) bool     { return c == '"' || c == '\'' }

// at returns the byte at offset i, 0 behind the end.
func (p *parser) at(i int) byte {
	if i < len(p.text) {
		return p.text[i]
	}
	return 0
}

func (p *parser) cur() byte { return p.at(p.pos) }

func (p *parser) eof() bool { return p.pos >= len(p.text) }

func (p *parser) has(i int, s string) bool {
	return i <= len(p.text) && strings.HasPrefix(p.text[i:], s)
}

// name scans the name of a plugin, an option or a section.
func (p *parser) name(i int) int {
	for i < len(p.text) && isName(p.text[i]) {
		i++
	}
	return i
}

// bareword scans a word of at least two letters.
func (p *parser) bareword(i int) int {
	if i >= len(p.text) || !isWordStart(p.text[i]) {
		return i
	}
	end := i + 1
	for end < len(p.text) && isWord(p.text[end]) {
		end++
	}
	if end-i < 2 {
		return i
	}
	return end
}

// number scans an optional minus, digits, and an optional point with digits.
func (p *parser) number(i int) int {
	end := i
	if p.at(end) == '-' {
		end++
	}
	digits := end
	for end < len(p.text) && isDigit(p.text[end]) {
		end++
	}
	if end == digits {
		return i
	}
	if p.at(end) == '.' {
		end++
		for end < len(p.text) && isDigit(p.text[end]) {
			end++
		}
	}
	return end
}

// quoted scans from an opening quote or slash to behind the closing one. A backslash
// before the closing character keeps it inside; as in Logstash this is so even for
// the second of two backslashes. It returns i when the text ends first.
func (p *parser) quoted(i int) int {
	q := p.text[i]
	if from, ok := p.unclosedFrom[q]; ok && i >= from {
		return i
	}
	from := i + 1
	for {
		n := strings.IndexByte(p.text[from:], q)
		if n < 0 {
			if p.unclosedFrom == nil {
				p.unclosedFrom = map[byte]int{}
			}
			p.unclosedFrom[q] = i
			return i
		}
		end := from + n
		if end == i+1 || p.text[end-1] != '\\' {
			return end + 1
		}
		from = end + 1
	}
}

// selector scans one or more [field].
func (p *parser) selector(i int) int {
	for p.at(i) == '[' {
		n := strings.IndexAny(p.text[i+1:], "[],")
		if n < 1 || p.text[i+1+n] != ']' {
			break
		}
		i += n + 2
	}
	return i
}

// space scans white space and comments and keeps the comments.
func (p *parser) space() {
	for p.pos < len(p.text) {
		switch c := p.text[p.pos]; {
		case isSpace(c):
			p.pos++
		case c == '#':
			p.comment()
		default:
			return
		}
	}
}

func (p *parser) comment() {
	start, end := p.pos, len(p.text)
	if n := strings.IndexByte(p.text[start:], '\n'); n >= 0 {
		end = start + n
	}
	p.pos = min(end+1, len(p.text))
	if n := len(p.comments); n > 0 && p.comments[n-1].At.Start >= start {
		return // seen before, when looking ahead
	}
	if end == len(p.text) {
		p.report(CommentAtEnd, start, end, "the text ends in a comment that has no line end").
			help("add a line end after the comment; Logstash refuses the text without it")
	}
	text := strings.TrimRight(p.text[start:end], " \t\r")
	if n := strings.IndexByte(strings.TrimSuffix(p.text[start:end], "\r"), '\r'); n >= 0 {
		p.report(BadCharacter, start+n, start+n+1, "a comment holds a carriage return that ends no line").
			help("end lines with a line feed, or carriage return and line feed")
	}
	p.comments = append(p.comments, &Comment{At: p.src.At(start, start+len(text)), Text: text})
}

// after returns the offset of the first thing at or behind i that is neither white
// space nor a comment.
func (p *parser) after(i int) int {
	for i < len(p.text) {
		switch c := p.text[i]; {
		case isSpace(c):
			i++
		case c == '#':
			n := strings.IndexByte(p.text[i:], '\n')
			if n < 0 {
				return len(p.text)
			}
			i += n + 1
		default:
			return i
		}
	}
	return i
}

// nameOrString scans a name or a quoted string.
func (p *parser) nameOrString(i int) int {
	if isQuote(p.at(i)) {
		return p.quoted(i)
	}
	return p.name(i)
}

// pairAt tells whether name => starts at i.
func (p *parser) pairAt(i int) bool {
	end := p.nameOrString(i)
	return end > i && p.has(p.after(end), "=>")
}

// openAt tells whether name { starts at i.
func (p *parser) openAt(i int) bool {
	end := p.nameOrString(i)
	return end > i && p.at(p.after(end)) == '{'
}

// lineStart returns the offset of the first byte of the line of i.
func (p *parser) lineStart(i int) int {
	if i < p.line[0] || i > p.line[1] {
		p.line = [2]int{strings.LastIndexByte(p.text[:i], '\n') + 1, p.lineEnd(i)}
	}
	return p.line[0]
}

// lineEnd returns the offset of the line end at or behind i.
func (p *parser) lineEnd(i int) int {
	if n := strings.IndexByte(p.text[i:], '\n'); n >= 0 {
		return i + n
	}
	return len(p.text)
}

// indent returns the width of the blanks at the start of the line of i. A tab counts
// as one, which is right as long as a text does not mix.
func (p *parser) indent(i int) int {
	start := p.lineStart(i)
	end := start
	for end < len(p.text) && (p.text[end] == ' ' || p.text[end] == '\t') {
		end++
	}
	return end - start
}

// firstOnLine tells whether only blanks stand before i on its line.
func (p *parser) firstOnLine(i int) bool {
	for i > 0 && (p.text[i-1] == ' ' || p.text[i-1] == '\t') {
		i--
	}
	return i == 0 || p.text[i-1] == '\n'
}

func (p *parser) sameLine(a, b int) bool {
	a, b = min(a, b, len(p.text)), min(max(a, b), len(p.text))
	return strings.IndexByte(p.text[a:b], '\n') < 0
}

// runEnd scans what a person would have meant as one unquoted text: everything up to
// white space, a comma, a bracket, a brace, a quote or an arrow.
func (p *parser) runEnd(i int) int {
	for i < len(p.text) && !isSpace(p.text[i]) && !p.has(i, "=>") {
		switch p.text[i] {
		case ',', '[', ']', '{', '}', '(', ')', '"', '\'', '#':
			if p.has(i, "{") && i > 0 && (p.text[i-1] == '$' || p.text[i-1] == '%') {
				if n := strings.IndexAny(p.text[i:], "}\n \t"); n > 0 && p.text[i+n] == '}' {
					i += n + 1
					continue
				}
			}
			return i
		}
		_, n := utf8.DecodeRuneInString(p.text[i:])
		i += n
	}
	return i
}
