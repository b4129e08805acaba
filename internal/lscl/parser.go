package lscl

import (
	"strings"
	"unicode/utf8"

	"sluice/internal/diag"
)

// Limits of what Parse reads.
const (
	MaxDepth    = 1000 // levels of nested braces, brackets and parentheses
	MaxMistakes = 100  // mistakes in one text
)

// Options say how values are read.
type Options struct {
	// SupportEscapes is config.support_escapes: in quoted strings \" \' \\ \n \r \t
	// and \0 stand for a character. Otherwise backslashes stay as written.
	SupportEscapes bool
}

// Parse reads one text. It returns what could be understood, never nil, and all
// mistakes, sorted by place. A tree that comes with mistakes (list.Err() != nil) may
// lack parts; fields that may be nil then say so. The tree refers to src and shares
// its memory. Time and memory are linear in the length of the text.
func Parse(src *diag.Source, opts Options) (*File, diag.List) {
	p := &parser{src: src, text: src.Text, opts: opts, line: [2]int{0, -1}}
	f := &File{Source: src}
	p.read(f)
	f.Comments = p.comments
	f.complete = len(p.list) == 0
	c := checker{add: p.list.Add}
	c.file(f)
	return f, p.list.Sort()
}

// ParseAll reads the files of one pipeline. As in Logstash each is parsed on its own,
// so that nothing may begin in one file and end in another, and the sections of the
// pipeline are those of the files in order.
func ParseAll(srcs []*diag.Source, opts Options) (*Config, diag.List) {
	c := &Config{}
	var all diag.List
	for _, src := range srcs {
		f, list := Parse(src, opts)
		c.Files = append(c.Files, f)
		all.Add(list...)
	}
	return c, all
}

// read fills the tree, as far as it gets.
func (p *parser) read(f *File) {
	defer func() {
		if e := recover(); e != nil && e != stopped {
			panic(e)
		}
	}()
	p.checkEncoding()
	p.file(f)
}

// stopped is what stop panics with: a limit has been reached, somewhere deep inside.
var stopped = new(byte)

func stop() { panic(stopped) }

type parser struct {
	src      *diag.Source
	text     string
	pos      int
	opts     Options
	comments []*Comment
	list     diag.List
	open     []opening // what is open at pos, outermost first
	suspects []suspect // braces that closed something that was indented differently
	leaving  bool      // everything up to the section ends at pos, although it is not closed

	line         [2]int       // the line that lineStart was last asked for, as a range of offsets
	unclosedFrom map[byte]int // per quote: behind this offset none is closed

	lastText *String // the last quoted string, which may have swallowed too much
}

// remark lets the one who reports a mistake add to it.
type remark struct{ d *diag.Diagnostic }

func (r remark) help(format string, args ...any) remark {
	if r.d != nil {
		*r.d = r.d.WithHelp(format, args...)
	}
	return r
}

func (r remark) related(at diag.Span, format string, args ...any) remark {
	if r.d != nil {
		*r.d = r.d.WithRelated(at, format, args...)
	}
	return r
}

// report adds a mistake at [start, end).
func (p *parser) report(code *diag.Code, start, end int, format string, args ...any) remark {
	if len(p.list) >= MaxMistakes {
		p.list.Add(diag.New(TooMany, p.src.At(start, end), "more than %d mistakes; the rest is not read", MaxMistakes))
		stop()
	}
	p.list.Add(diag.New(code, p.src.At(start, max(end, start)), format, args...))
	return remark{&p.list[len(p.list)-1]}
}

// step goes over something of which nothing could be made.
func (p *parser) step() { p.pos = min(p.pos+1, len(p.text)) }

func (p *parser) span(start int) diag.Span { return p.src.At(start, p.pos) }

func (p *parser) checkEncoding() {
	switch {
	case p.has(0, "\ufeff"):
		p.report(ByteOrderMark, 0, 3, "the text starts with a byte order mark, which cannot be seen").
			help("save the file as UTF-8 without a byte order mark (BOM)")
		p.pos = 3
	case p.has(0, "\xff\xfe"), p.has(0, "\xfe\xff"):
		p.report(NotUTF8, 0, 2, "the text is UTF-16, not UTF-8").help("save the file as UTF-8")
		stop()
	case !utf8.ValidString(p.text):
		bad := strings.IndexFunc(p.text, func(r rune) bool { return r == utf8.RuneError })
		for bad >= 0 {
			if _, n := utf8.DecodeRuneInString(p.text[bad:]); n == 1 {
				break
			}
			n := strings.IndexFunc(p.text[bad+3:], func(r rune) bool { return r == utf8.RuneError })
			bad += 3 + n
		}
		p.report(NotUTF8, bad, bad+1, "the byte 0x%02X is no part of UTF-8", p.text[bad]).
			help("save the file as UTF-8; it looks like Latin-1 or Windows-1252")
	}
}

// enter counts a level of nesting. It stops the parse at the limit.
func (p *parser) enter(o opening) {
	if len(p.open) >= MaxDepth {
		p.report(TooDeep, o.at, o.at+1, "more than %d levels are nested here; the rest is not read", MaxDepth)
		stop()
	}
	p.open = append(p.open, o)
}

// top returns the innermost opening. Outside of everything, where things are read that
// stand in the wrong place, it is one that nothing belongs to.
func (p *parser) top() opening {
	if len(p.open) == 0 {
		return opening{kind: otherBlock}
	}
	return p.open[len(p.open)-1]
}

func (p *parser) leave() { p.open = p.open[:len(p.open)-1] }

// describe says in words what stands at i.
func (p *parser) describe(i int) string {
	if i >= len(p.text) {
		return "the end of the text"
	}
	if end := p.name(i); end > i {
		return quote(p.text[i:end])
	}
	for _, op := range []string{"=>", "==", "=~", "!=", "!~", "<=", ">=", "&&", "||", "->", "//", "/*"} {
		if p.has(i, op) {
			return op
		}
	}
	if isQuote(p.text[i]) {
		if end := p.quoted(i); end > i {
			return "the string " + shorten(p.text[i:end])
		}
		return "an open quote"
	}
	r, _ := utf8.DecodeRuneInString(p.text[i:])
	switch r {
	case '\u00a0', '\u2007', '\u202f', '\u200b', '\ufeff', '\f', '\v':
		return "a blank that is not a plain one"
	}
	return string(r)
}

// quote puts a word of the text in quotes for a message, unless it has some.
func quote(s string) string {
	if s != "" && isQuote(s[0]) {
		return shorten(s)
	}
	return "\"" + shorten(s) + "\""
}

func shorten(s string) string {
	if n := strings.IndexByte(s, '\n'); n >= 0 {
		s = strings.TrimRight(s[:n], "\r") + "…"
	}
	if utf8.RuneCountInString(s) > 40 {
		s = string([]rune(s)[:40]) + "…"
	}
	return s
}
