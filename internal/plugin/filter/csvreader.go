package filter

import (
	"errors"
	"strings"
)

// csvReader reads rows as Ruby's CSV does, strictly: quotes only around a whole cell,
// a line end inside of a cell only in quotes.
type csvReader struct {
	separator string
	quote     byte // 0 for none
	rowEnd    string
}

// csvCell is a cell; one without text and without quotes is not set: null.
type csvCell struct {
	text string
	set  bool
}

var (
	errIllegalQuote  = errors.New("illegal quoting: a quote stands inside of a cell without quotes")
	errAfterQuote    = errors.New("text follows a cell in quotes")
	errUnclosedQuote = errors.New("a quote is not closed")
	errLineEnd       = errors.New("a line end stands in a cell without quotes")
	errNoSeparator   = errors.New("the separator is empty")
)

// csvRowEnd is the line end that a text has first: a newline where it has none.
func csvRowEnd(text string) string {
	i := strings.IndexAny(text, "\r\n")
	switch {
	case i < 0 || text[i] == '\n':
		return "\n"
	case strings.HasPrefix(text[i:], "\r\n"):
		return "\r\n"
	}
	return "\r"
}

// row reads the first row of text, and returns what follows it. The row of an empty
// line has no cells. Cells share the memory of text but for those with quotes inside.
func (r *csvReader) row(text string) (cells []csvCell, rest string, err error) {
	if r.separator == "" {
		return nil, "", errNoSeparator
	}
	if text == "" {
		return nil, "", nil
	}
	if rest, empty := strings.CutPrefix(text, r.rowEnd); empty {
		return []csvCell{}, rest, nil
	}
	for {
		var cell csvCell
		if r.quote != 0 && text != "" && text[0] == r.quote && !strings.HasPrefix(text, r.separator) {
			if cell.text, text, err = r.quoted(text[1:]); err != nil {
				return nil, "", err
			}
			cell.set = true
		} else {
			end := r.plainEnd(text)
			cell.text, text = text[:end], text[end:]
			cell.set = cell.text != ""
		}
		cells = append(cells, cell)
		switch {
		case text == "":
			return cells, "", nil
		case strings.HasPrefix(text, r.separator):
			text = text[len(r.separator):]
		case strings.HasPrefix(text, r.rowEnd):
			return cells, text[len(r.rowEnd):], nil
		case cell.set && r.quote != 0 && text[0] == r.quote:
			return nil, "", errIllegalQuote
		case text[0] == '\r' || text[0] == '\n':
			return nil, "", errLineEnd
		default:
			return nil, "", errAfterQuote
		}
	}
}

// plainEnd returns where a cell without quotes ends.
func (r *csvReader) plainEnd(text string) int {
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == r.separator[0] && strings.HasPrefix(text[i:], r.separator) || c == '\r' || c == '\n' || c == r.quote && r.quote != 0 {
			return i
		}
	}
	return len(text)
}

// quoted reads a cell behind its opening quote.
func (r *csvReader) quoted(text string) (cell, rest string, err error) {
	var b strings.Builder
	start := 0
	for i := 0; i < len(text); i++ {
		if text[i] != r.quote {
			continue
		}
		if i+1 < len(text) && text[i+1] == r.quote {
			b.WriteString(text[start : i+1])
			i++
			start = i + 1
			continue
		}
		if b.Len() == 0 {
			return text[:i], text[i+1:], nil
		}
		b.WriteString(text[start:i])
		return b.String(), text[i+1:], nil
	}
	return "", "", errUnclosedQuote
}
