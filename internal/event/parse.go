package event

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"unsafe"
)

// MaxDepth is how deep JSON may nest; Logstash's parser has the same limit.
const MaxDepth = 1000

// SyntaxError tells why a text is no JSON.
type SyntaxError struct {
	Offset  int // byte from the start of the text
	Message string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("invalid JSON at byte %d: %s", e.Offset, e.Message)
}

// parser reads JSON (RFC 8259, as strict as Logstash's). The source must stay unchanged
// for as long as the values are used: strings and untouched sub-documents are parts of
// it. With mem the tree lives in a batch; without it, on the heap.
type parser struct {
	src []byte
	mem *memory
	// odd is set when skipped text cannot leave as it came: a number beyond float64.
	odd bool
	// exact makes numbers with a fraction or an exponent Decimals.
	exact bool
}

func (p *parser) fail(at int, format string, args ...any) error {
	return &SyntaxError{at, fmt.Sprintf(format, args...)}
}

func (p *parser) unexpected(i int, wanted string) error {
	if i >= len(p.src) {
		return p.fail(i, "the text ends where %s was expected", wanted)
	}
	return p.fail(i, "found %q where %s was expected", p.src[i], wanted)
}

func (p *parser) space(i int) int {
	for i < len(p.src) {
		if c := p.src[i]; c > ' ' || c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			break
		}
		i++
	}
	return i
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// special returns a word whose lowest set bit marks the first byte of x that is a
// quote, a backslash or a control character.
func special(x uint64) uint64 {
	quote, slash := x^('"'*ones), x^('\\'*ones)
	return ((quote-ones)&^quote | (slash-ones)&^slash | (x-' '*ones)&^x) & highs
}

// stringEnd returns where the string that starts after its opening quote at i ends:
// the place of the closing quote, and whether there are escapes in it.
func (p *parser) stringEnd(i int) (end int, escapes bool, err error) {
	src := p.src
	for {
		for i+8 <= len(src) {
			if m := special(binary.LittleEndian.Uint64(src[i:])); m != 0 {
				i += bits.TrailingZeros64(m) >> 3
				goto found
			}
			i += 8
		}
		for i < len(src) && src[i] >= ' ' && src[i] != '"' && src[i] != '\\' {
			i++
		}
		if i >= len(src) {
			return i, escapes, p.fail(i, "the text ends inside a string")
		}
	found:
		switch src[i] {
		case '"':
			return i, escapes, nil
		case '\\':
			escapes = true
			n := escapeLength(src[i:])
			if n == 0 {
				return i, escapes, p.fail(i, "not an escape sequence")
			}
			i += n
		default:
			return i, escapes, p.fail(i, "a control character inside a string must be escaped")
		}
	}
}

func escapeLength(s []byte) int {
	if len(s) < 2 {
		return 0
	}
	switch s[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if len(s) >= 6 && isHex(s[2]) && isHex(s[3]) && isHex(s[4]) && isHex(s[5]) {
			return 6
		}
	}
	return 0
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
}

// skip checks the value at i and returns where it ends.
func (p *parser) skip(i, depth int) (end int, err error) {
	if i >= len(p.src) {
		return i, p.unexpected(i, "a value")
	}
	switch c := p.src[i]; c {
	case '"':
		end, _, err = p.stringEnd(i + 1)
		return end + 1, err
	case '{', '[':
		return p.skipContainer(i, depth)
	case 't':
		return p.word(i, "true")
	case 'f':
		return p.word(i, "false")
	case 'n':
		return p.word(i, "null")
	default:
		end, kind, err := p.numberEnd(i)
		if kind == Float && end-i > 4 && overflows(p.src[i:end]) {
			p.odd = true
		}
		return end, err
	}
}

func (p *parser) word(i int, word string) (int, error) {
	if len(p.src)-i >= len(word) && string(p.src[i:i+len(word)]) == word {
		return i + len(word), nil
	}
	return i, p.unexpected(i, "a value")
}

func (p *parser) skipContainer(i, depth int) (end int, err error) {
	if depth >= MaxDepth {
		return i, p.fail(i, "nested deeper than %d", MaxDepth)
	}
	src := p.src
	object := src[i] == '{'
	closing := src[i] + 2 // '{' and '}', '[' and ']' are two apart
	i = p.space(i + 1)
	if i < len(src) && src[i] == closing {
		return i + 1, nil
	}
	for {
		if object {
			if i >= len(src) || src[i] != '"' {
				return i, p.unexpected(i, "a field name in quotes")
			}
			if i, _, err = p.stringEnd(i + 1); err != nil {
				return i, err
			}
			if i++; i >= len(src) || src[i] != ':' {
				if i = p.space(i); i >= len(src) || src[i] != ':' {
					return i, p.unexpected(i, "':'")
				}
			}
			i = p.space(i + 1)
		}
		if i < len(src) && src[i] == '"' {
			if i, _, err = p.stringEnd(i + 1); err != nil {
				return i, err
			}
			i++
		} else if i, err = p.skip(i, depth+1); err != nil {
			return i, err
		}
		if i = p.space(i); i >= len(src) {
			return i, p.unexpected(i, "',' or the end of the object or array")
		}
		switch src[i] {
		case ',':
			i = p.space(i + 1)
		case closing:
			return i + 1, nil
		default:
			return i, p.unexpected(i, "',' or '"+string(closing)+"'")
		}
	}
}

// numberEnd checks the number at i and tells whether it is an Int (which may turn out
// to be a BigInt) or a Float.
func (p *parser) numberEnd(i int) (end int, kind Kind, err error) {
	src, start := p.src, i
	if src[i] == '-' {
		i++
	}
	digits := i
	for i < len(src) && src[i]-'0' <= 9 {
		i++
	}
	switch {
	case i == digits && digits == start:
		return i, Int, p.unexpected(i, "a value")
	case i == digits:
		return i, Int, p.unexpected(i, "a digit")
	case src[digits] == '0' && i > digits+1:
		return digits, Int, p.fail(digits, "a number must not start with 0")
	}
	kind = Int
	if i < len(src) && src[i] == '.' {
		kind = Float
		i++
		fraction := i
		for i < len(src) && src[i]-'0' <= 9 {
			i++
		}
		if i == fraction {
			return i, kind, p.unexpected(i, "a digit")
		}
	}
	if i < len(src) && src[i]|0x20 == 'e' {
		kind = Float
		i++
		if i < len(src) && (src[i] == '+' || src[i] == '-') {
			i++
		}
		exponent := i
		for i < len(src) && src[i]-'0' <= 9 {
			i++
		}
		if i == exponent {
			return i, kind, p.unexpected(i, "a digit")
		}
	}
	return i, kind, nil
}

// overflows tells whether a float's text stands for a number beyond float64. Only
// those with an exponent of three digits, or very long ones, are looked at closely.
func overflows(text []byte) bool {
	for i := len(text) - 1; i > 0; i-- {
		if text[i]|0x20 == 'e' {
			if len(text)-i <= 3 && len(text) < 300 {
				return false
			}
			break
		}
		if i == 1 && len(text) < 300 {
			return false
		}
	}
	f, _ := strconv.ParseFloat(unsafe.String(&text[0], len(text)), 64)
	return math.IsInf(f, 0)
}

// number returns the value of a checked number's text.
func number(text []byte) (Value, bool) {
	p := parser{src: text}
	if len(text) == 0 {
		return Value{}, false
	}
	end, kind, err := p.numberEnd(0)
	if err != nil || end != len(text) {
		return Value{}, false
	}
	return numberValue(text, kind), true
}

func numberValue(text []byte, kind Kind) Value {
	if kind == Float {
		if overflows(text) {
			f, _ := strconv.ParseFloat(unsafe.String(&text[0], len(text)), 64)
			return FloatValue(f)
		}
	} else if len(text) > 18 {
		if i, err := strconv.ParseInt(unsafe.String(&text[0], len(text)), 10, 64); err == nil {
			return IntValue(i)
		}
		kind = BigInt
	} else if len(text) == 2 && text[0] == '-' && text[1] == '0' {
		return IntValue(0)
	}
	return Value{mark: mark{kind, lazy}, p: unsafe.Pointer(&text[0]), aux: uint32(len(text))}
}

// value parses the value at i. An object or array inside is checked and stays text.
func (p *parser) value(i, depth int) (v Value, end int, err error) {
	if i >= len(p.src) {
		return v, i, p.unexpected(i, "a value")
	}
	switch p.src[i] {
	case '"':
		end, escapes, err := p.stringEnd(i + 1)
		if err != nil {
			return v, end, err
		}
		return stringText(p.src[i+1:end], escapes), end + 1, nil
	case '{', '[':
		kind := Object
		if p.src[i] == '[' {
			kind = Array
		}
		wasOdd := p.odd
		p.odd = false
		if end, err = p.skipContainer(i, depth); err != nil {
			return v, end, err
		}
		v = lazyContainer(kind, p.src[i:end:end])
		if p.exact {
			v.flag |= exact
		}
		if p.odd {
			v = openDeep(v)
		}
		p.odd = wasOdd
		return v, end, nil
	case 't':
		end, err = p.word(i, "true")
		return BoolValue(true), end, err
	case 'f':
		end, err = p.word(i, "false")
		return BoolValue(false), end, err
	case 'n':
		end, err = p.word(i, "null")
		return NullValue, end, err
	}
	end, kind, err := p.numberEnd(i)
	if err != nil {
		return v, end, err
	}
	if p.exact && kind == Float {
		return exactNumber(p.src[i:end]), end, nil
	}
	return numberValue(p.src[i:end], kind), end, nil
}

// exactNumber returns the Decimal of a checked number's text; there is no -0.
func exactNumber(text []byte) Value {
	if text[0] == '-' && !bytes.ContainsAny(text, "123456789") {
		text = text[1:]
	}
	return numberText(Decimal, unsafe.String(&text[0], len(text)))
}

func stringText(text []byte, escapes bool) Value {
	v := Value{mark: mark{String, verbatim}, n: int64(len(text))}
	if len(text) > 0 {
		v.p = unsafe.Pointer(&text[0])
	}
	if escapes {
		v.flag |= escaped
	}
	return v
}

// openDeep turns a lazy container and all in it into a tree.
func openDeep(v Value) Value {
	switch v.kind {
	case Object:
		o := v.Object()
		for i := range o.fields {
			o.fields[i].Value = openDeep(o.fields[i].Value)
		}
		return ObjectValue(o)
	case Array:
		a := v.Array()
		for i := range a.Items {
			a.Items[i] = openDeep(a.Items[i])
		}
		return ArrayValue(a)
	}
	return v
}

// fields parses the object at i, one level deep, and returns the bits of its names, too. The slice is the parser's scratch
// space or, without a batch, new memory. A name that comes twice keeps its last value.
func (p *parser) fields(i, depth int) (fields []Field, seen uint64, end int, err error) {
	if p.mem != nil {
		fields = p.mem.scratch[:0]
	} else {
		fields = make([]Field, 0, 16)
	}
	if depth >= MaxDepth {
		return nil, 0, i, p.fail(i, "nested deeper than %d", MaxDepth)
	}
	src := p.src
	var large map[string]int
	i = p.space(i + 1)
	if i < len(src) && src[i] == '}' {
		return fields, seen, i + 1, nil
	}
	for {
		if i >= len(src) || src[i] != '"' {
			return nil, 0, i, p.unexpected(i, "a field name in quotes")
		}
		end, escapes, err := p.stringEnd(i + 1)
		if err != nil {
			return nil, 0, end, err
		}
		raw := src[i+1 : end]
		key := unsafe.String(unsafe.SliceData(raw), len(raw))
		if escapes {
			key = p.unescape(key)
		}
		if i = end + 1; i >= len(src) || src[i] != ':' {
			if i = p.space(i); i >= len(src) || src[i] != ':' {
				return nil, 0, i, p.unexpected(i, "':'")
			}
		}
		var v Value
		if v, i, err = p.value(p.space(i+1), depth+1); err != nil {
			return nil, 0, i, err
		}
		bit := nameBit(key)
		old := -1
		if seen&bit != 0 {
			if large == nil && len(fields) > indexAbove {
				large = make(map[string]int, 2*len(fields))
				for j := range fields {
					large[fields[j].Key] = j
				}
			}
			old = position(fields, large, key)
		}
		seen |= bit
		if old >= 0 {
			fields[old].Value = v
		} else {
			if large != nil {
				large[key] = len(fields)
			}
			fields = append(fields, Field{key, v})
		}
		if i = p.space(i); i >= len(src) {
			return nil, 0, i, p.unexpected(i, "',' or '}'")
		}
		switch src[i] {
		case ',':
			i = p.space(i + 1)
		case '}':
			if p.mem != nil {
				p.mem.scratch = fields
			}
			return fields, seen, i + 1, nil
		default:
			return nil, 0, i, p.unexpected(i, "',' or '}'")
		}
	}
}

func position(fields []Field, large map[string]int, key string) int {
	if large != nil {
		if i, ok := large[key]; ok {
			return i
		}
		return -1
	}
	for i := range fields {
		if fields[i].Key == key {
			return i
		}
	}
	return -1
}

func (p *parser) unescape(text string) string {
	if p.mem == nil {
		return string(appendUnescaped(nil, text))
	}
	out := appendUnescaped(p.mem.alloc(len(text))[:0], text) // never longer than the escapes
	return unsafe.String(unsafe.SliceData(out), len(out))
}

// openObject makes a tree, one level deep, of text that has been checked. Only records
// that a checksum wrongly takes for whole can hold other text; it gives an empty object.
func (p *parser) openObject() *ObjectData {
	fields, names, _, err := p.fields(0, 0)
	if err != nil {
		fields, names = nil, 0
	}
	if p.mem == nil {
		return &ObjectData{fields: fields, names: names}
	}
	o := p.mem.object()
	o.names = names
	o.fields = append(p.mem.fieldSlots(len(fields)+2), fields...)
	return o
}

// openArray makes an array, one level deep, of text that has been checked, as openObject
// does an object.
func (p *parser) openArray() *ArrayData {
	var items []Value
	if p.mem != nil {
		items = p.mem.items[:0]
	}
	i := p.space(1)
	for i < len(p.src) && p.src[i] != ']' {
		v, end, err := p.value(i, 0)
		if err != nil {
			break
		}
		items = append(items, v)
		if i = p.space(end); i < len(p.src) && p.src[i] == ',' {
			i = p.space(i + 1)
		}
	}
	if p.mem == nil {
		return &ArrayData{Items: items}
	}
	p.mem.items = items
	a := p.mem.array()
	a.Items = append(p.mem.values.take(len(items), 64)[:0], items...)
	return a
}
