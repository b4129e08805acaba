package ruby

// ownEncoding is what a pattern that is made of the text has to know of its encoding;
// UTF-8 where the characters tell it.
func (s *String) ownEncoding() encoding {
	if s.enc == encUTF8 || s.enc == encASCII || s.enc <= encWindows1252 && s.isASCII() {
		return encUTF8
	}
	return s.enc
}

// unionEncoding is the encoding of a pattern of several parts, which must agree: all
// that are not plain ASCII have one, and beside UTF-16 there can be no other at all.
func (th *thread) unionEncoding(parts []Value) encoding {
	fixed, plain := encASCII, false // plain: a part is ASCII, in whatever encoding
	for _, v := range parts {
		enc := encASCII
		switch x := v.o.(type) {
		case *Regexp:
			if enc = x.encoding(); x.kcode == 'n' {
				enc = encASCII
			}
		case *String:
			if !x.isASCII() || x.enc > encWindows1252 {
				enc = x.enc
			}
		}
		switch {
		case enc == encASCII:
			plain = true
		case fixed == encASCII:
			fixed = enc
		case fixed != enc:
			th.raise(cArgumentError, "incompatible encodings: %s and %s", encodingNames[fixed], encodingNames[enc])
		}
	}
	if plain && fixed > encWindows1252 {
		th.raise(cArgumentError, "ASCII incompatible encoding: %s", encodingNames[fixed])
	}
	return fixed
}
