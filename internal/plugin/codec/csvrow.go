package codec

import (
	"bytes"
	"errors"
	"strings"

	"sluice/internal/event"
)

// rowFormat is how rows of values are written: RFC 4180, read as strictly as Ruby's CSV
// does. A quote of 0 is none.
type rowFormat struct {
	separator string
	quote     byte
}

// csvCell is a value; one without text and without quotes is not set, which is null.
type csvCell struct {
	text []byte
	set  bool
}

var (
	errQuoteInside = errors.New("a quote stands inside of a value without quotes")
	errAfterQuote  = errors.New("text follows a value in quotes")
	errQuoteOpen   = errors.New("a quote is not closed")
	errReturn      = errors.New("a carriage return stands inside of a row")
)

// read reads the first row of data and returns how many bytes it takes, its line end
// included. With an error the row reaches to the next line end, or with an open quote to
// the end of data. Values share the memory of data, or live in the batch.
func (f *rowFormat) read(cells []csvCell, data []byte, into *event.Batch) (_ []csvCell, n int, err error) {
	i := 0
	fail := func(err error) ([]csvCell, int, error) {
		if end := bytes.IndexByte(data[i:], '\n'); end >= 0 && err != errQuoteOpen {
			return cells, i + end + 1, err
		}
		return cells, len(data), err
	}
	if n := lineEnd(data); n > 0 {
		return cells, n, nil // a row without values
	}
	for {
		var cell csvCell
		if f.quote != 0 && i < len(data) && data[i] == f.quote {
			text, end := f.quoted(data[i+1:], into)
			if end < 0 {
				return fail(errQuoteOpen)
			}
			cell = csvCell{text, true}
			i += 1 + end
		} else {
			start := i
			for i < len(data) && data[i] != '\n' && data[i] != '\r' && !f.separatorAt(data[i:]) {
				if data[i] == f.quote && f.quote != 0 {
					return fail(errQuoteInside)
				}
				i++
			}
			cell = csvCell{data[start:i:i], i > start}
		}
		cells = append(cells, cell)
		if i == len(data) {
			return cells, i, nil
		}
		if n := lineEnd(data[i:]); n > 0 {
			return cells, i + n, nil
		}
		switch {
		case f.separatorAt(data[i:]):
			i += len(f.separator)
		case data[i] == '\r':
			return fail(errReturn)
		default:
			return fail(errAfterQuote)
		}
	}
}

// separatorAt tells whether data begins with the separator.
func (f *rowFormat) separatorAt(data []byte) bool {
	return data[0] == f.separator[0] && strings.HasPrefix(text(data), f.separator)
}

// lineEnd returns the length of the line end that data begins with.
func lineEnd(data []byte) int {
	switch {
	case len(data) > 0 && data[0] == '\n':
		return 1
	case len(data) > 1 && data[0] == '\r' && data[1] == '\n':
		return 2
	case len(data) == 1 && data[0] == '\r':
		return 1
	}
	return 0
}

// quoted reads a value behind its opening quote and returns the place behind the closing
// one, or -1. Two quotes inside stand for one.
func (f *rowFormat) quoted(data []byte, into *event.Batch) (value []byte, end int) {
	doubled := 0
	for i := 0; i < len(data); i++ {
		if data[i] != f.quote {
			continue
		}
		if i+1 < len(data) && data[i+1] == f.quote {
			doubled++
			i++
			continue
		}
		if doubled == 0 {
			return data[:i:i], i + 1
		}
		value = into.Buffer(i - doubled)[:0]
		for j := 0; j < i; j++ {
			value = append(value, data[j])
			if data[j] == f.quote {
				j++
			}
		}
		return value, i + 1
	}
	return nil, -1
}

// appendCell appends the value of column i, with quotes where they are needed. One that
// is not set is nothing, an empty text two quotes, as Ruby's CSV.generate_line does.
func (f *rowFormat) appendCell(dst []byte, i int, value string, set bool) []byte {
	if i > 0 {
		dst = append(dst, f.separator...)
	}
	if !set || f.quote == 0 {
		return append(dst, value...)
	}
	if value != "" && !strings.ContainsAny(value, "\r\n") && strings.IndexByte(value, f.quote) < 0 && !strings.Contains(value, f.separator) {
		return append(dst, value...)
	}
	dst = append(dst, f.quote)
	for j := 0; j < len(value); j++ {
		if value[j] == f.quote {
			dst = append(dst, f.quote)
		}
		dst = append(dst, value[j])
	}
	return append(dst, f.quote)
}
