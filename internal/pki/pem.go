package pki

import (
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"regexp"
	"strings"

	"sluice/internal/diag"
)

// block is one PEM block and the place of its BEGIN line.
type block struct {
	*pem.Block
	at diag.Span
}

// isKey tells whether the block holds something secret.
func (b block) isKey() bool { return strings.Contains(b.Type, "PRIVATE KEY") }

// scanPEM finds the blocks of a PEM text (RFC 7468). Unlike encoding/pem it does not skip
// a damaged block in silence but says where it is damaged. Other text around the blocks,
// as openssl writes it, is allowed. A diagnostic never points at a line of a private key.
func scanPEM(src *diag.Source) ([]block, diag.List) {
	s := scanner{src: src, rest: src.Text}
	if strings.HasPrefix(s.rest, "\xef\xbb\xbf") { // written by some Windows editors
		s.offset, s.rest = 3, s.rest[3:]
	}
	if d, bad := notText(src, s.rest); bad {
		return nil, diag.List{d}
	}
	for s.next() {
		s.scanLine()
	}
	if len(s.blocks) == 0 && len(s.problems) == 0 {
		s.problems.Add(noBlock(src))
	}
	return s.blocks, s.problems
}

type scanner struct {
	src      *diag.Source
	rest     string // what follows the current line
	offset   int    // of rest in the text
	line     string // the current line without its end
	at       diag.Span
	number   int // of the current line, from 1
	blocks   []block
	problems diag.List
}

func (s *scanner) next() bool {
	if s.rest == "" {
		return false
	}
	line, rest, _ := strings.Cut(s.rest, "\n")
	s.line = strings.TrimRight(line, " \t\r")
	s.at = s.src.At(s.offset, s.offset+len(s.line))
	s.offset += len(s.rest) - len(rest)
	s.rest = rest
	s.number++
	return true
}

var (
	goodBegin = regexp.MustCompile(`^-----BEGIN ([A-Z0-9 ]+)-----$`)
	goodEnd   = regexp.MustCompile(`^-----END ([A-Z0-9 ]+)-----$`)
	// likeBegin also matches what word processors, missing indentation and JSON make of it.
	likeBegin = regexp.MustCompile(`^\s*[-–—]{2,}\s?(BEGIN|END) [A-Z0-9 ]*(CERTIFICATE|KEY|CRL|REQUEST|PARAMETERS)`)
)

func (s *scanner) scanLine() {
	if m := goodBegin.FindStringSubmatch(s.line); m != nil {
		s.scanBlock(m[1])
		return
	}
	if m := goodEnd.FindStringSubmatch(s.line); m != nil {
		s.problems.Add(diag.New(CodeDamaged, s.at, "the end of %s stands without its line -----BEGIN %s-----", article(m[1]), m[1]).
			WithHelp("the beginning is missing; copy the whole file again"))
		return
	}
	if likeBegin.MatchString(s.line) {
		s.problems.Add(badMarker(s.at, s.line))
		s.skipBlock()
	}
}

// base64Run matches what may be a part of a key.
var base64Run = regexp.MustCompile(`[A-Za-z0-9+/=]{12,}`)

func badMarker(at diag.Span, line string) diag.Diagnostic {
	trimmed := strings.TrimLeft(line, " \t")
	if indent := len(line) - len(trimmed); indent > 0 && (goodBegin.MatchString(trimmed) || goodEnd.MatchString(trimmed)) {
		return diag.New(CodeNotPEM, at, "the line %s is indented by %d more characters than it may be", trimmed, indent).
			WithHelp("every line of a PEM text starts in the same column; in files.yml that is 4 spaces")
	}
	if base64Run.MatchString(line) {
		at = diag.Span{} // the line may hold a key, so it is not shown
	}
	if strings.Contains(line, `\n`) {
		return diag.New(CodeNotPEM, at, "the line breaks of the PEM text were replaced by \\n").
			WithHelp("paste the text of the file itself, with its line breaks")
	}
	return diag.New(CodeNotPEM, at, "a line that should begin or end a PEM block has not the right form").
		WithHelp("it is five dashes, BEGIN or END, what follows, and five dashes, alone on its line: -----BEGIN CERTIFICATE-----")
}

// scanBlock reads from the line after BEGIN up to END.
func (s *scanner) scanBlock(kind string) {
	begin := s.at
	b := block{&pem.Block{Type: kind, Headers: map[string]string{}}, begin}
	secret := b.isKey()
	var text strings.Builder
	report := func(at diag.Span, format string, args ...any) *diag.Diagnostic {
		what := fmt.Sprintf(format, args...)
		if secret {
			at = begin
		}
		s.problems.Add(diag.New(CodeDamaged, at, "%s of %s: %s", fmt.Sprintf("line %d", s.number), article(kind), what))
		return &s.problems[len(s.problems)-1]
	}
	for s.next() {
		if m := goodEnd.FindStringSubmatch(s.line); m != nil {
			if m[1] != kind {
				report(s.at, "the block ends as %s", m[1]).Help = "a part is missing between the two lines; copy the whole file again"
				return
			}
			s.closeBlock(b, text.String())
			return
		}
		if goodBegin.MatchString(s.line) {
			report(s.at, "another block begins before the line -----END %s-----", kind).Help = "the first one is cut off; copy the whole file again"
			s.scanLine()
			return
		}
		if likeBegin.MatchString(s.line) {
			s.problems.Add(badMarker(s.at, s.line))
			return
		}
		if name, value, ok := strings.Cut(s.line, ":"); ok && text.Len() == 0 {
			b.Headers[strings.TrimSpace(name)] = strings.TrimSpace(value) // RFC 1421, of encrypted keys
			continue
		}
		line := strings.TrimSpace(s.line)
		if i := badBase64(line); i >= 0 {
			start := s.at.Start + strings.Index(s.line, line) + i
			r := []rune(line[i:])[0]
			d := report(s.src.At(start, start+len(string(r))), "the character %q, byte %d of the text, is not base64", r, start)
			d.Help = "copy the whole file again"
			if strings.HasSuffix(line, "...") || strings.HasSuffix(line, "…") {
				d.Help = "the text was shortened with dots: paste the whole content of the file"
			}
			s.skipBlock()
			return
		}
		text.WriteString(line)
	}
	s.problems.Add(diag.New(CodeDamaged, begin, "%s has no line -----END %s-----", article(kind), kind).
		WithHelp("the text is cut off; copy the whole file again"))
}

// skipBlock goes on behind the end of a damaged block, to report each block once.
func (s *scanner) skipBlock() {
	for s.next() {
		if goodEnd.MatchString(s.line) {
			return
		}
		if goodBegin.MatchString(s.line) {
			s.scanLine()
			return
		}
	}
}

func (s *scanner) closeBlock(b block, text string) {
	der, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(der) == 0 {
		s.problems.Add(diag.New(CodeDamaged, b.at, "%s is incomplete: its %d characters of base64 are no whole number of bytes", article(b.Type), len(text)).
			WithHelp("a part is missing; copy the whole file again"))
		return
	}
	b.Bytes = der
	s.blocks = append(s.blocks, b)
}

func badBase64(line string) int {
	return strings.IndexFunc(line, func(r rune) bool {
		return !(r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '+' || r == '/' || r == '=')
	})
}

// notText recognizes the binary forms, so that the advice is the command that converts them.
func notText(src *diag.Source, text string) (diag.Diagnostic, bool) {
	at := diag.Span{}
	if strings.HasPrefix(text, "\xff\xfe") || strings.HasPrefix(text, "\xfe\xff") {
		return diag.New(CodeNotPEM, at, "%s is UTF-16 text, starting with the byte 0x%x", src.Name, text[0]).
			WithHelp("save it as UTF-8 or ASCII"), true
	}
	if len(text) > 4 && text[0] == 0x30 && text[1] >= 0x80 { // SEQUENCE with a long length: DER
		d := diag.New(CodeNotPEM, at, "%s is binary (DER), not PEM text: byte 0 is 0x30", src.Name)
		switch kind := kindOfDER([]byte(text)); kind {
		case "":
			return d.WithHelp("convert it: openssl x509 -inform der -in %[1]s -out NEW.crt (a certificate), openssl pkey -inform der -in %[1]s -out NEW.key (a key)", src.Name), true
		case "PKCS12":
			return d.WithHelp("it looks like PKCS#12; take it apart: openssl pkcs12 -in %[1]s -nodes -nocerts -out NEW.key, and openssl pkcs12 -in %[1]s -nokeys -out NEW.crt", src.Name), true
		case "CERTIFICATE":
			return d.WithHelp("it is a certificate; convert it: openssl x509 -inform der -in %s -out NEW.crt", src.Name), true
		default:
			return d.WithHelp("it is a private key; convert it: openssl pkey -inform der -in %s -out NEW.key", src.Name), true
		}
	}
	for i := 0; i < len(text); i++ {
		if c := text[i]; c == 0 || c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f' {
			return diag.New(CodeNotPEM, at, "%s is not text: byte %d is 0x%02x", src.Name, i, c).
				WithHelp("give the PEM form of the file"), true
		}
	}
	return diag.Diagnostic{}, false
}

func noBlock(src *diag.Source) diag.Diagnostic {
	text := strings.TrimSpace(src.Text)
	switch {
	case text == "":
		return diag.New(CodeNotPEM, diag.Span{}, "%s is empty", src.Name).WithHelp("paste the whole content of the file")
	case base64Run.MatchString(text):
		// This may be a bare key; so no place, because that would show its line.
		return diag.New(CodeNotPEM, diag.Span{}, "%s has base64 text but no line -----BEGIN …-----", src.Name).
			WithHelp("paste the whole content of the file, with its first and last line")
	}
	first, _, _ := strings.Cut(src.Text, "\n")
	return diag.New(CodeNotPEM, src.At(0, len(first)), "%s is not PEM: nowhere is a line -----BEGIN …-----; this is where it starts (byte 0)", src.Name).
		WithHelp("give the certificate or key file itself, as text")
}

// article gives a PEM block type in words.
func article(kind string) string {
	switch kind {
	case "CERTIFICATE", "X509 CERTIFICATE":
		return "a certificate"
	case "TRUSTED CERTIFICATE":
		return "a certificate in openssl's own TRUSTED form"
	case "CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST":
		return "a certificate request"
	case "X509 CRL":
		return "a revocation list"
	case "PUBLIC KEY", "RSA PUBLIC KEY":
		return "a public key"
	case "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY":
		return "a private key"
	case "ENCRYPTED PRIVATE KEY":
		return "an encrypted private key"
	case "OPENSSH PRIVATE KEY":
		return "an OpenSSH private key"
	case "EC PARAMETERS":
		return "a curve's parameters"
	}
	if len(kind) > 40 {
		kind = kind[:40] + "…"
	}
	return "a PEM block " + kind
}
