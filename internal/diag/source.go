package diag

import (
	"sort"
	"unicode/utf8"
)

// Source is a text that a person wrote: a file, or a part of one. A Source is
// immutable after it has been made and safe for concurrent use.
type Source struct {
	// Name is what the user calls the text: a path as he gave it, or a name
	// such as "config.string".
	Name string
	Text string

	lines  []int // offset of the first byte of each line
	parent *Source
	starts []int // for an embedded text: where each of its lines starts in parent
}

// NewSource returns the source for a whole text.
func NewSource(name, text string) *Source {
	return &Source{Name: name, Text: text, lines: lineStarts(text)}
}

// Embed returns a source for text that is a part of parent. starts holds, for each
// line of text, the offset in parent where that line starts; lines beyond the end of
// starts are taken to follow the last known one.
func Embed(parent *Source, text string, starts []int) *Source {
	return &Source{Name: parent.Name, Text: text, lines: lineStarts(text), parent: parent, starts: starts}
}

// EmbedAt returns a source for text that stands unchanged in parent at offset.
func EmbedAt(parent *Source, text string, offset int) *Source {
	lines := lineStarts(text)
	starts := make([]int, len(lines))
	for i, l := range lines {
		starts[i] = offset + l
	}
	return &Source{Name: parent.Name, Text: text, lines: lines, parent: parent, starts: starts}
}

func lineStarts(text string) []int {
	starts := []int{0}
	for i := 0; i < len(text); i++ {
		if text[i] == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

// Span is a range of bytes in a source. The zero Span is no place at all.
type Span struct {
	Source     *Source
	Start, End int // byte offsets; End is exclusive
}

// At returns the span [start, end) of s.
func (s *Source) At(start, end int) Span { return Span{s, start, end} }

// Valid tells whether the span is a place in a text.
func (s Span) Valid() bool { return s.Source != nil }

// Text returns the bytes of the span.
func (s Span) Text() string {
	if s.Source == nil {
		return ""
	}
	start := min(max(s.Start, 0), len(s.Source.Text))
	return s.Source.Text[start:min(max(s.End, start), len(s.Source.Text))]
}

// Outer returns the same place in the outermost text.
func (s Span) Outer() Span {
	for s.Source != nil && s.Source.parent != nil {
		s = Span{s.Source.parent, s.Source.outerOffset(s.Start), s.Source.outerOffset(s.End)}
	}
	return s
}

func (s *Source) outerOffset(offset int) int {
	line := s.lineOf(offset)
	column := offset - s.lines[line]
	if line >= len(s.starts) {
		if len(s.starts) == 0 {
			return 0
		}
		line = len(s.starts) - 1
	}
	return min(s.starts[line]+column, len(s.parent.Text))
}

func (s *Source) lineOf(offset int) int {
	return max(sort.SearchInts(s.lines, offset+1)-1, 0)
}

// Position is a place as editors count it.
type Position struct {
	File   string
	Line   int // from 1
	Column int // from 1, in characters
}

// Position returns where the span starts in the outermost text.
func (s Span) Position() Position {
	o := s.Outer()
	if o.Source == nil {
		return Position{}
	}
	start := min(max(o.Start, 0), len(o.Source.Text))
	line := o.Source.lineOf(start)
	column := utf8.RuneCountInString(o.Source.Text[o.Source.lines[line]:start])
	return Position{o.Source.Name, line + 1, column + 1}
}

// line returns the text of the line (from 0) without its end.
func (s *Source) line(n int) string {
	start, end := s.lines[n], len(s.Text)
	if n+1 < len(s.lines) {
		end = s.lines[n+1] - 1
	}
	if end > start && s.Text[end-1] == '\r' {
		end--
	}
	return s.Text[start:end]
}
