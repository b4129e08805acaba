package ruby

import (
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"sluice/internal/onig"
)

// encoding of a String. Those up to encLatin1 have one byte per character, UTF-8 apart.
type encoding uint8

const (
	encUTF8 encoding = iota
	encBinary
	encASCII
	encLatin1
	encCharmaps // the first of those with a table; see charmaps
	_
	_
	_
	_
	encWindows1250
	_
	_
	_
	_
	_
	_
	_
	_
	encWindows1252
	encUTF16LE
	encUTF16BE
	encUTF32LE
	encUTF32BE
)

var encodingNames = [...]string{"UTF-8", "ASCII-8BIT", "US-ASCII", "ISO-8859-1",
	"ISO-8859-2", "ISO-8859-5", "ISO-8859-7", "ISO-8859-9", "ISO-8859-15", "Windows-1250", "Windows-1251", "Windows-1253", "Windows-1254", "Windows-1257",
	"KOI8-R", "IBM437", "CP850", "IBM866", "Windows-1252", "UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE"}

func (e encoding) width() int {
	switch e {
	case encUTF16LE, encUTF16BE:
		return 2
	case encUTF32LE, encUTF32BE:
		return 4
	}
	return 1
}

func encodingByName(s string) (encoding, bool) {
	switch strings.ToUpper(s) {
	case "BINARY":
		return encBinary, true
	case "ASCII", "ANSI_X3.4-1968":
		return encASCII, true
	case "LATIN1", "ISO8859-1":
		return encLatin1, true
	case "IBM850":
		s = "CP850"
	case "CP437", "CP866":
		s = "IBM" + s[2:]
	case "CP1250", "CP1251", "CP1253", "CP1254", "CP1257":
		s = "Windows-" + s[2:]
	case "ISO8859-2", "ISO8859-5", "ISO8859-7", "ISO8859-9", "ISO8859-15":
		s = "ISO-" + s[3:]
	case "CP1252":
		return encWindows1252, true
	case "UTF-16":
		return encUTF16BE, true
	case "UTF-32":
		return encUTF32BE, true
	case "UTF8", "CP65001", "EXTERNAL", "LOCALE":
		return encUTF8, true
	}
	for i, n := range encodingNames {
		if strings.EqualFold(n, s) {
			return encoding(i), true
		}
	}
	return 0, false
}

// Encoding is Ruby's Encoding object.
type Encoding struct{ e encoding }

func (*Encoding) class() *Class { return cEncoding }

var encodings = func() (l [len(encodingNames)]*Encoding) {
	for i := range l {
		l[i] = &Encoding{encoding(i)}
	}
	return
}()

func (th *thread) encodingArg(v Value) encoding {
	if e, ok := v.o.(*Encoding); ok {
		return e.e
	}
	name := th.strArg(v)
	e, ok := encodingByName(name)
	if !ok {
		th.raise(cArgumentError, "unknown encoding name - %s", name)
	}
	return e
}

// compatible returns the encoding of two strings put together.
func (th *thread) compatible(s, t *String) encoding {
	if s.enc == t.enc || t.s == "" || t.isASCII() && t.enc <= encWindows1252 && s.enc <= encWindows1252 && (s.enc != encASCII || t.enc == encASCII) {
		return s.enc
	}
	if s.s == "" || s.isASCII() && s.enc <= encWindows1252 && t.enc <= encWindows1252 {
		return t.enc
	}
	th.raise(cCompatibility, "incompatible character encodings: %s and %s", encodingNames[s.enc], encodingNames[t.enc])
	return 0
}

var windows1252 = []rune("€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ")

// charmaps are the encodings from encCharmaps on, in the order of their names.
var charmaps = [encWindows1252 - encCharmaps]*charmap.Charmap{
	charmap.ISO8859_2, charmap.ISO8859_5, charmap.ISO8859_7, charmap.ISO8859_9, charmap.ISO8859_15,
	charmap.Windows1250, charmap.Windows1251, charmap.Windows1253, charmap.Windows1254, charmap.Windows1257,
	charmap.KOI8R, charmap.CodePage437, charmap.CodePage850, charmap.CodePage866,
}

// decode reads a text of an encoding; bad is called for each byte that is no character.
func decode(s string, e encoding, out func(r rune), bad func(text string)) {
	switch e {
	case encUTF8:
		for i := 0; i < len(s); {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				// A sequence that was cut counts as one.
				n = badLength(s[i:])
				bad(s[i : i+n])
			} else {
				out(r)
			}
			i += n
		}
	case encUTF16LE, encUTF16BE:
		at := func(i int) rune {
			if e == encUTF16LE {
				return rune(s[i]) | rune(s[i+1])<<8
			}
			return rune(s[i])<<8 | rune(s[i+1])
		}
		for i := 0; i < len(s); i += 2 {
			if i+1 >= len(s) {
				bad(s[i:])
				return
			}
			r := at(i)
			if utf16.IsSurrogate(r) {
				if i+3 < len(s) {
					if x := utf16.DecodeRune(r, at(i+2)); x != utf8.RuneError {
						out(x)
						i += 2
						continue
					}
				}
				bad(s[i : i+2])
				continue
			}
			out(r)
		}
	case encUTF32LE, encUTF32BE:
		for i := 0; i < len(s); i += 4 {
			if i+3 >= len(s) {
				bad(s[i:])
				return
			}
			r := rune(s[i])<<24 | rune(s[i+1])<<16 | rune(s[i+2])<<8 | rune(s[i+3])
			if e == encUTF32LE {
				r = rune(s[i+3])<<24 | rune(s[i+2])<<16 | rune(s[i+1])<<8 | rune(s[i])
			}
			if !utf8.ValidRune(r) {
				bad(s[i : i+4])
				continue
			}
			out(r)
		}
	default:
		for i := range len(s) {
			c := s[i]
			switch {
			case c < 0x80 || e == encLatin1:
				out(rune(c))
			case encCharmaps <= e && e < encWindows1250 && c < 0xa0:
				out(rune(c)) // ISO's have control characters here
			case encCharmaps <= e && e < encWindows1252:
				if r := charmaps[e-encCharmaps].DecodeByte(c); r != utf8.RuneError {
					out(r)
				} else {
					bad(s[i : i+1])
				}
			case e == encWindows1252 && c < 0xa0:
				out(windows1252[c-0x80])
			case e == encWindows1252:
				out(rune(c))
			default:
				bad(s[i : i+1])
			}
		}
	}
}

// badLength is how many bytes at the start of s are one broken UTF-8 sequence.
func badLength(s string) int {
	want := 1
	switch c := s[0]; {
	case c >= 0xc2 && c < 0xe0:
		want = 2
	case c >= 0xe0 && c < 0xf0:
		want = 3
	case c >= 0xf0 && c < 0xf5:
		want = 4
	}
	n := 1
	for n < want && n < len(s) && s[n]&0xc0 == 0x80 {
		if n == 1 && (s[0] == 0xe0 && s[1] < 0xa0 || s[0] == 0xed && s[1] >= 0xa0 || s[0] == 0xf0 && s[1] < 0x90 || s[0] == 0xf4 && s[1] >= 0x90) {
			break
		}
		n++
	}
	return n
}

// encodeRune appends a character; false when the encoding does not have it.
func encodeRune(b []byte, r rune, e encoding) ([]byte, bool) {
	switch e {
	case encUTF8:
		return utf8.AppendRune(b, r), true
	case encUTF16LE, encUTF16BE:
		put := func(u uint16) {
			if e == encUTF16LE {
				b = append(b, byte(u), byte(u>>8))
			} else {
				b = append(b, byte(u>>8), byte(u))
			}
		}
		if r > 0xffff {
			hi, lo := utf16.EncodeRune(r)
			put(uint16(hi))
			put(uint16(lo))
		} else {
			put(uint16(r))
		}
		return b, true
	case encUTF32LE:
		return append(b, byte(r), byte(r>>8), byte(r>>16), 0), true
	case encUTF32BE:
		return append(b, 0, byte(r>>16), byte(r>>8), byte(r)), true
	}
	if r < 0x80 || r < 0x100 && e == encLatin1 || r >= 0xa0 && r < 0x100 && e == encWindows1252 {
		return append(b, byte(r)), true
	}
	if encCharmaps <= e && e < encWindows1250 && r < 0xa0 {
		return append(b, byte(r)), true
	}
	if encCharmaps <= e && e < encWindows1252 {
		if c, ok := charmaps[e-encCharmaps].EncodeRune(r); ok {
			return append(b, c), true
		}
	}
	if e == encWindows1252 {
		for i, c := range windows1252 {
			if c == r {
				return append(b, byte(0x80+i)), true
			}
		}
	}
	return b, false
}

func (s *String) valid() bool {
	switch s.enc {
	case encUTF8:
		return utf8.ValidString(s.s)
	case encASCII:
		return s.isASCII()
	case encUTF16LE, encUTF16BE, encUTF32LE, encUTF32BE:
		ok := true
		decode(s.s, s.enc, func(rune) {}, func(string) { ok = false })
		return ok
	}
	return true
}

// scrub replaces what is not valid.
func (th *thread) scrub(s *String, repl func(bad string) string) string {
	if s.valid() {
		return s.s
	}
	var b []byte
	decode(s.s, s.enc, func(r rune) { b, _ = encodeRune(b, r, s.enc) }, func(bad string) { b = append(b, repl(bad)...) })
	th.charge(len(b))
	return string(b)
}

// transcode is String#encode.
// encodingTo is encodingArg for the target of encode.
func (th *thread) encodingTo(v Value, from encoding) encoding {
	if name, ok := v.o.(*String); ok {
		if _, known := encodingByName(name.s); !known {
			th.raise(cConverterNotFound, "code converter not found (%s to %s)", encodingNames[from], name.s)
		}
	}
	return th.encodingArg(v)
}

func (th *thread) transcode(s *String, a []Value) Value {
	a, o := th.options(a)
	to, from := encUTF8, s.enc
	if len(a) > 0 {
		to = th.encodingTo(a[0], from)
	}
	if len(a) > 1 {
		from = th.encodingArg(a[1])
	}
	replaceOpt := func(name string) bool {
		v := o.opt(th, name)
		return !v.isUndef() && !v.isNil()
	}
	invalid, undef := replaceOpt("invalid"), replaceOpt("undef")
	repl := "?"
	if to == encUTF8 || to >= encUTF16LE {
		repl = "\ufffd"
	}
	if v := o.opt(th, "replace"); !v.isUndef() && !v.isNil() {
		repl = th.strArg(v)
	}
	var fallback Value
	if v := o.opt(th, "fallback"); !v.isUndef() {
		fallback = v
	}
	xml := ""
	if replaceOpt("xml") {
		if xml = th.nameArg(o.opt(th, "xml")); xml != "text" && xml != "attr" {
			th.raise(cArgumentError, "unexpected value for xml option: %s", xml)
		}
	}
	if xml == "" && !invalid && !undef && (from == to || len(a) == 0 && from == encUTF8) {
		return th.strEnc(newlines(th, o, s.s), to)
	}
	var b []byte
	put := func(text string) {
		decode(text, encUTF8, func(r rune) { b, _ = encodeRune(b, r, to) }, func(string) {})
	}
	th.charge(len(s.s) * 2)
	if xml == "attr" {
		put("\"")
	}
	decode(s.s, from, func(r rune) {
		if entity := xmlEntities[r]; xml != "" && entity != "" && (r != '"' || xml == "attr") {
			put(entity)
			return
		}
		var ok bool
		if b, ok = encodeRune(b, r, to); ok {
			return
		}
		switch {
		case xml != "":
			put(fmt.Sprintf("&#x%X;", r))
		case undef:
			put(repl)
		case !fallback.isNil() && th.fallback(fallback, r, to, put):
		default:
			th.raise(cUndefinedConversion, "U+%04X from %s to %s", r, encodingNames[from], encodingNames[to])
		}
	}, func(bad string) {
		switch {
		case from == encBinary || from == encASCII && bad[0] >= 0x80:
			if !undef && !(invalid && from == encASCII) {
				th.raise(cUndefinedConversion, "%s from %s to %s", inspectString(&String{s: bad, enc: encBinary}), encodingNames[from], encodingNames[to])
			}
		case !invalid:
			th.raise(cInvalidByteSequence, "%s on %s", inspectString(&String{s: bad, enc: encBinary}), encodingNames[from])
		}
		put(repl)
	})
	if xml == "attr" {
		put("\"")
	}
	return th.strEnc(newlines(th, o, string(b)), to)
}

var xmlEntities = map[rune]string{'&': "&amp;", '<': "&lt;", '>': "&gt;", '"': "&quot;"}

// newlines applies the options for ends of lines.
func newlines(th *thread, o *Hash, text string) string {
	if v := o.opt(th, "universal_newline"); !v.isUndef() && v.truthy() {
		text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	}
	if v := o.opt(th, "crlf_newline"); !v.isUndef() && v.truthy() {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	return text
}

// fallback asks encode's option for what stands for a character; false is for nothing.
func (th *thread) fallback(f Value, r rune, to encoding, put func(string)) bool {
	c := th.str(string(r))
	var v Value
	switch x := f.o.(type) {
	case *Hash:
		v = x.index(th, c)
	case *Proc, *MethodObj:
		v = th.send(f, "call", c)
	default:
		if !th.respondTo(f, "[]") {
			return false
		}
		v = th.send(f, "[]", c)
	}
	if v.isNil() {
		return false
	}
	s := th.stringArg(v)
	decode(s.s, s.enc, func(r rune) {
		if _, ok := encodeRune(nil, r, to); !ok {
			th.raise(cArgumentError, "too big fallback string")
		}
	}, func(string) {})
	put(s.s)
	return true
}

func init() {
	for i, name := range encodingNames {
		v := Value{o: encodings[i]}
		cEncoding.setConst(strings.ToUpper(strings.ReplaceAll(name, "-", "_")), v)
	}
	cEncoding.setConst("BINARY", Value{o: encodings[encBinary]})
	cEncoding.setConst("ASCII", Value{o: encodings[encASCII]})
	cEncoding.setConst("UTF_16", Value{o: encodings[encUTF16BE]})
	cEncoding.setConst("UTF_32", Value{o: encodings[encUTF32BE]})
	for _, name := range strings.Fields("IBM850 CP437 CP866 CP1250 CP1251 CP1253 CP1254 CP1257 ISO8859_1 ISO8859_2 ISO8859_5 ISO8859_7 ISO8859_9 ISO8859_15") {
		e, _ := encodingByName(strings.ReplaceAll(name, "_", "-"))
		cEncoding.setConst(name, Value{o: encodings[e]})
	}
	for e := encCharmaps; e <= encWindows1252; e++ {
		cEncoding.setConst(strings.ReplaceAll(encodingNames[e], "-", "_"), Value{o: encodings[e]})
	}
	cEncoding.setConst("CP1252", Value{o: encodings[encWindows1252]})
	cEncoding.setConst("WINDOWS_1252", Value{o: encodings[encWindows1252]})
	cEncoding.noNew = true
	cEncoding.def("to_s name", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.str(encodingNames[self.o.(*Encoding).e])
	})
	cEncoding.def("inspect", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.str("#<Encoding:" + encodingNames[self.o.(*Encoding).e] + ">")
	})
	cEncoding.sdef("default_external default_internal", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Value{o: encodings[encUTF8]}
	})
	cEncoding.sdef("default_external= default_internal=", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return a[0] })
	cEncoding.sdef("find", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Value{o: encodings[th.encodingArg(a[0])]}
	})
	def := cString.def
	def("encoding", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Value{o: encodings[strOf(self).enc]} })
	def("force_encoding", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s := strOf(self)
		if s.frozen {
			th.raiseFrozen(self)
		}
		s.enc, s.ascii = th.encodingArg(a[0]), 0
		return self
	})
	def("b", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.strEnc(strOf(self).s, encBinary) })
	def("valid_encoding?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(strOf(self).valid()) })
	def("ascii_only?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(strOf(self).isASCII()) })
	def("encode", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.transcode(strOf(self), a) })
	def("encode!", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		r := strOf(th.transcode(strOf(self), a))
		th.change(strOf(self), r.s)
		strOf(self).enc = r.enc
		return self
	})
	scrub := func(th *thread, s *String, a []Value, blk *Proc) string {
		repl := "\ufffd"
		if s.enc != encUTF8 {
			repl = "?"
		}
		if len(a) > 0 && !a[0].isNil() {
			repl = th.strArg(a[0])
		}
		return th.scrub(s, func(bad string) string {
			if blk != nil {
				return th.toS(th.yield1(blk, th.like(s, bad)))
			}
			return repl
		})
	}
	def("scrub", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.like(strOf(self), scrub(th, strOf(self), a, blk))
	})
	def("scrub!", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.change(strOf(self), scrub(th, strOf(self), a, blk))
		return self
	})
	def("unicode_normalize", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if s := strOf(self); s.enc == encBinary && !s.isASCII() {
			th.raise(cCompatibility, "Unicode Normalization not appropriate for ASCII-8BIT")
		}
		form := "nfc"
		if len(a) > 0 {
			form = th.nameArg(a[0])
		}
		return th.str(normalize(strOf(self).s, form))
	})
	def("unicode_normalize!", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		form := "nfc"
		if len(a) > 0 {
			form = th.nameArg(a[0])
		}
		th.change(strOf(self), normalize(strOf(self).s, form))
		return self
	})
	def("unicode_normalized?", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Bool(normalize(strOf(self).s, "nfc") == strOf(self).s)
	})
}

type regexpKey struct {
	src   string
	flags onig.Flags
}
