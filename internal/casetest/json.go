package casetest

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"sluice/internal/diag"
)

var (
	badJSON = diag.Define("SL9030", diag.Error, "a test case is not valid JSON",
		"A test case file that ends with .json is one JSON object, and an event in a .case file is one, too. JSON has no comments and no comma behind the last element.")
)

// jsonReader reads JSON with the place of every value.
type jsonReader struct {
	src   *diag.Source
	text  string
	at    int
	depth int

	lenient bool // a key may stand twice; the last one counts
	wrong   *diag.Diagnostic
}

// maxDepth is how deep values may be nested.
const maxDepth = 200

// readJSON reads one JSON value and what follows it up to the next that is no space.
// rest is where it ends.
func readJSON(src *diag.Source, from int) (v value, rest int, wrong *diag.Diagnostic) {
	r := &jsonReader{src: src, text: src.Text, at: from}
	r.space()
	v = r.value()
	if r.wrong == nil {
		r.space()
	}
	return v, r.at, r.wrong
}

// readJSONFile reads a text that is one JSON value.
func readJSONFile(src *diag.Source) (value, diag.List) {
	v, rest, wrong := readJSON(src, 0)
	if wrong == nil && rest < len(src.Text) {
		d := diag.New(badJSON, src.At(rest, rest+1), "there is more behind the end of the JSON value")
		wrong = &d
	}
	if wrong != nil {
		return value{}, diag.List{*wrong}
	}
	return v, nil
}

// parseEvent reads the JSON that this program has written.
func parseEvent(text []byte) value {
	v, _, _ := readJSON(diag.NewSource("", string(text)), 0)
	v.forgetPlaces()
	return v
}

func (v *value) forgetPlaces() {
	v.at = diag.Span{}
	for i := range v.items {
		v.items[i].forgetPlaces()
	}
	for i := range v.fields {
		v.fields[i].keyAt = diag.Span{}
		v.fields[i].value.forgetPlaces()
	}
}

func (r *jsonReader) fail(at int, format string, args ...any) {
	if r.wrong == nil {
		d := diag.New(badJSON, r.src.At(at, min(at+1, len(r.text))), format, args...)
		r.wrong = &d
	}
}

func (r *jsonReader) space() {
	for r.at < len(r.text) && strings.IndexByte(" \t\r\n", r.text[r.at]) >= 0 {
		r.at++
	}
}

// next returns the byte at the place, 0 at the end.
func (r *jsonReader) next() byte {
	if r.at < len(r.text) {
		return r.text[r.at]
	}
	return 0
}

func (r *jsonReader) unexpected(wanted string) {
	if r.at >= len(r.text) {
		r.fail(len(r.text), "the text ends where %s was expected", wanted)
		return
	}
	c, _ := utf8.DecodeRuneInString(r.text[r.at:])
	r.fail(r.at, "found %q where %s was expected", c, wanted)
}

func (r *jsonReader) value() (v value) {
	start := r.at
	if r.depth++; r.depth > maxDepth {
		r.fail(r.at, "values are nested more than %d deep", maxDepth)
		return v
	}
	defer func() {
		r.depth--
		v.at = r.src.At(start, r.at)
	}()
	switch c := r.next(); {
	case c == '{':
		r.object(&v)
	case c == '[':
		r.list(&v)
	case c == '"':
		v.kind, v.text = text, r.string()
	case c == '-' || '0' <= c && c <= '9':
		v.kind, v.text = number, r.number()
	default:
		for word, k := range map[string]kind{"true": boolean, "false": boolean, "null": null} {
			if strings.HasPrefix(r.text[r.at:], word) {
				r.at += len(word)
				return value{kind: k, text: word}
			}
		}
		r.unexpected("a value")
	}
	return v
}

func (r *jsonReader) object(v *value) {
	v.kind = object
	seen := map[string]diag.Span{}
	r.at++
	for r.space(); r.next() != '}' || len(v.fields) > 0; r.space() {
		if len(v.fields) > 0 {
			if r.next() == '}' {
				break
			}
			if r.next() != ',' {
				r.unexpected(", or }")
				return
			}
			r.at++
			r.space()
		}
		start := r.at
		if r.next() != '"' {
			r.unexpected("a key in quotes")
			return
		}
		key := r.string()
		at := r.src.At(start, r.at)
		if first, twice := seen[key]; twice && !r.lenient && r.wrong == nil {
			d := diag.New(badJSON, at, "the key %s stands twice", key).WithRelated(first, "it stands here, too")
			r.wrong = &d
		}
		seen[key] = at
		if r.space(); r.next() != ':' {
			r.unexpected(":")
			return
		}
		r.at++
		r.space()
		if inner := r.value(); r.lenient {
			v.set(key, inner)
		} else {
			v.fields = append(v.fields, field{key, at, inner})
		}
		if r.wrong != nil {
			return
		}
	}
	r.at++
}

func (r *jsonReader) list(v *value) {
	v.kind = list
	r.at++
	for r.space(); r.next() != ']' || len(v.items) > 0; r.space() {
		if len(v.items) > 0 {
			if r.next() == ']' {
				break
			}
			if r.next() != ',' {
				r.unexpected(", or ]")
				return
			}
			r.at++
			r.space()
		}
		v.items = append(v.items, r.value())
		if r.wrong != nil {
			return
		}
	}
	r.at++
}

func (r *jsonReader) number() string {
	start := r.at
	if r.next() == '-' {
		r.at++
	}
	digits := func() bool {
		from := r.at
		for c := r.next(); '0' <= c && c <= '9'; c = r.next() {
			r.at++
		}
		return r.at > from
	}
	whole := r.at
	ok := digits() && (r.text[whole] != '0' || r.at == whole+1)
	if ok && r.next() == '.' {
		r.at++
		ok = digits()
	}
	if c := r.next(); ok && (c == 'e' || c == 'E') {
		r.at++
		if c := r.next(); c == '+' || c == '-' {
			r.at++
		}
		ok = digits()
	}
	if !ok {
		r.fail(start, "%s is no number", r.text[start:r.at])
	}
	return r.text[start:r.at]
}

func (r *jsonReader) string() string {
	start := r.at
	r.at++
	var b strings.Builder
	for {
		switch c := r.next(); {
		case r.at >= len(r.text):
			r.fail(start, "the quote is not closed")
			return ""
		case c == '"':
			r.at++
			return b.String()
		case c == '\\':
			r.escape(&b)
		case c < 0x20:
			r.fail(r.at, "a text cannot hold a line end or another control character; write it as \\n, \\t or \\u%04x", c)
			return ""
		default:
			b.WriteByte(c)
			r.at++
		}
		if r.wrong != nil {
			return ""
		}
	}
}

func (r *jsonReader) escape(b *strings.Builder) {
	at := r.at
	r.at += 2
	if r.at > len(r.text) {
		r.fail(at, "the text ends behind a backslash")
		return
	}
	switch c := r.text[at+1]; c {
	case '"', '\\', '/':
		b.WriteByte(c)
	case 'b', 'f', 'n', 'r', 't':
		b.WriteByte("\b\f\n\r\t"[strings.IndexByte("bfnrt", c)])
	case 'u':
		first := r.hex(at)
		if utf16.IsSurrogate(first) && strings.HasPrefix(r.text[r.at:], `\u`) {
			r.at += 2
			b.WriteRune(utf16.DecodeRune(first, r.hex(at)))
			return
		}
		b.WriteRune(first)
	default:
		r.fail(at, `\%c is no escape sequence; write \\%c for a backslash`, c, c)
	}
}

func (r *jsonReader) hex(at int) rune {
	if r.at+4 > len(r.text) {
		r.fail(at, `\u needs four hexadecimal digits`)
		return 0
	}
	n, err := strconv.ParseUint(r.text[r.at:r.at+4], 16, 16)
	if err != nil {
		r.fail(at, `\u needs four hexadecimal digits`)
	}
	r.at += 4
	return rune(n)
}
