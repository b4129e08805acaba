package ruby

import (
	"fmt"
	"math"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// yamlWidth is where libyaml breaks long lines.
const yamlWidth = 80

// yamlWriter writes a value as Psych does.
type yamlWriter struct {
	th   *thread
	b    strings.Builder
	line int // where the current line begins
}

func (th *thread) dumpYAML(v Value) Value {
	w := &yamlWriter{th: th}
	w.write("---")
	switch x := v.o.(type) {
	case *Hash:
		if x.size(th) > 0 {
			w.write("\n")
			w.hash(x, 0, false)
			return th.str(w.b.String())
		}
	case *Array:
		if len(x.list(th)) > 0 {
			w.write("\n")
			w.array(x, 0, false)
			return th.str(w.b.String())
		}
	}
	w.scalar(v, 0)
	return th.str(w.b.String())
}

func (w *yamlWriter) write(s string) {
	w.th.charge(2 * len(s))
	w.b.WriteString(s)
	if i := strings.LastIndexByte(s, '\n'); i >= 0 {
		w.line = w.b.Len() - len(s) + i + 1
	}
}

func (w *yamlWriter) newLine(indent int) { w.write("\n" + strings.Repeat(" ", indent)) }

// column is how many characters the line has.
func (w *yamlWriter) column() int { return utf8.RuneCountInString(w.b.String()[w.line:]) }

// hash writes the pairs at an indentation; inline tells that the first one stands on a
// line that has begun.
func (w *yamlWriter) hash(h *Hash, indent int, inline bool) {
	w.enter(h)
	defer w.leave()
	for _, e := range h.entries(w.th) {
		if !e.live {
			continue
		}
		if !inline {
			w.write(strings.Repeat(" ", indent))
		}
		inline = false
		switch e.k.o.(type) {
		case *Hash, *Array:
			w.th.raise(cNotImplemented, "YAML with a list or a map as a key cannot be written")
		}
		if e.k.isNil() {
			w.write("! ''")
		} else {
			w.text(e.k, indent, true)
		}
		w.write(":")
		switch x := e.v.o.(type) {
		case *Hash:
			if x.size(w.th) > 0 {
				w.write("\n")
				w.hash(x, indent+2, false)
				continue
			}
		case *Array:
			if len(x.list(w.th)) > 0 {
				w.write("\n")
				w.array(x, indent, false)
				continue
			}
		}
		w.scalar(e.v, indent)
	}
}

func (w *yamlWriter) array(a *Array, indent int, inline bool) {
	w.enter(a)
	defer w.leave()
	for _, v := range a.list(w.th) {
		if !inline {
			w.write(strings.Repeat(" ", indent))
		}
		inline = false
		w.write("-")
		switch x := v.o.(type) {
		case *Hash:
			if x.size(w.th) > 0 {
				w.write(" ")
				w.hash(x, indent+2, true)
				continue
			}
		case *Array:
			if len(x.list(w.th)) > 0 {
				w.write(" ")
				w.array(x, indent+2, true)
				continue
			}
		}
		w.scalar(v, indent)
	}
}

func (w *yamlWriter) enter(o any) {
	w.th.deeper()
	w.th.step()
	if !w.th.enterNested(o) {
		w.th.raise(cArgumentError, "a structure that contains itself cannot be written as YAML")
	}
}

func (w *yamlWriter) leave() {
	w.th.leaveNested()
	w.th.depth--
}

// scalar writes what is no collection, behind a key, a dash or the document's head.
func (w *yamlWriter) scalar(v Value, indent int) {
	if !v.isNil() {
		w.write(" ")
		w.text(v, indent, false)
	}
	w.write("\n")
}

func (w *yamlWriter) text(v Value, indent int, key bool) {
	switch x := v.o.(type) {
	case *String:
		w.string(x, indent, key)
	case *Symbol:
		if s := ":" + x.name; plainYAML(s) {
			w.write(s)
		} else {
			w.doubleQuoted(s, indent)
		}
	case *Hash:
		w.write("{}")
	case *Array:
		w.write("[]")
	case *Time:
		layout := "2006-01-02 15:04:05.000000000 -07:00"
		if w.th.send(v, "utc?").truthy() {
			layout = "2006-01-02 15:04:05.000000000 Z"
		}
		w.write(yamlTime(w.th, v, layout))
	default:
		s := w.th.toS(v)
		if v.isFloat() {
			switch f := v.float(); {
			case math.IsInf(f, 1):
				s = ".inf"
			case math.IsInf(f, -1):
				s = "-.inf"
			case math.IsNaN(f):
				s = ".nan"
			}
		}
		w.write(s)
	}
}

func yamlTime(th *thread, v Value, layout string) string {
	sec, nsec := th.intArg(th.send(v, "to_i")), th.intArg(th.send(v, "nsec"))
	zone := time.FixedZone("", th.intArg(th.send(v, "utc_offset")))
	return time.Unix(int64(sec), int64(nsec)).In(zone).Format(layout)
}

// string chooses among the styles as Psych and libyaml do.
func (w *yamlWriter) string(x *String, indent int, key bool) {
	s := x.s
	w.th.work(4 * len(s))
	switch {
	case !x.valid() || x.enc == encBinary && !x.isASCII():
		w.write("!binary |-\n" + strings.Repeat(" ", indent+2))
		w.write(strings.ReplaceAll(strings.TrimSuffix(w.th.toS(w.th.send(Value{o: mBase64}, "encode64", Value{o: x})), "\n"), "\n", "\n"+strings.Repeat(" ", indent+2)))
	case !key && newLineInside(s) && !specialYAML(s):
		w.literal(s, indent)
	case s == "<<":
		w.write("!!str '<<'")
	case s == "y" || s == "Y" || s == "n" || s == "N" || beginsOddly(s) || specialYAML(s) || newLineInside(s):
		w.doubleQuoted(s, indent)
	case strings.Contains(s, "\n") || !plainYAML(s) || !w.th.isYAMLString(s):
		w.singleQuoted(s, indent)
	default:
		w.folded(s, indent)
	}
}

// newLineInside tells whether there is a line behind the first one.
func newLineInside(s string) bool {
	s = strings.TrimSuffix(s, "\n")
	i := strings.IndexByte(s, '\n')
	return i >= 0 && i < len(s)-1
}

// beginsOddly tells whether a line begins with what is no letter, digit or _ and has no
// double quote.
func beginsOddly(s string) bool {
	for line := range strings.SplitAfterSeq(s, "\n") {
		r, n := utf8.DecodeRuneInString(line)
		if line != "" && r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.Contains(line[n:], `"`) {
			return true
		}
	}
	return false
}

func printableYAML(r rune) bool {
	return r == '\n' || r >= ' ' && r <= '~' || r >= 0xa0 && r < 0xd800 && r != 0x2028 && r != 0x2029 || r >= 0xe000 && r < 0xfffe && r != 0xfeff
}

func specialYAML(s string) bool {
	for _, r := range s {
		if !printableYAML(r) {
			return true
		}
	}
	return strings.Contains(s, " \n")
}

// plainYAML tells whether a text means itself without quotes.
func plainYAML(s string) bool {
	if s == "" || strings.IndexByte("#,[]{}&*!|>'\"%@` ", s[0]) >= 0 || s[len(s)-1] == ' ' || strings.HasPrefix(s, "---") || strings.HasPrefix(s, "...") {
		return false
	}
	if strings.IndexByte("-?:", s[0]) >= 0 && (len(s) == 1 || s[1] == ' ') {
		return false
	}
	return !strings.Contains(s, ": ") && s[len(s)-1] != ':' && !strings.Contains(s, " #") && !strings.Contains(s, "\n")
}

func (w *yamlWriter) literal(s string, indent int) {
	head := "|"
	if s[0] == ' ' || s[0] == '\n' {
		head += "2"
	}
	switch {
	case !strings.HasSuffix(s, "\n"):
		head += "-"
	case strings.HasSuffix(s, "\n\n"):
		head += "+"
	}
	w.write(head)
	for line := range strings.SplitSeq(strings.TrimSuffix(s, "\n"), "\n") {
		w.write("\n")
		if line != "" {
			w.write(strings.Repeat(" ", indent+2) + line)
		}
	}
}

// folded writes a text that is broken at blanks where lines get too long.
func (w *yamlWriter) folded(s string, indent int) {
	for i := 0; i < len(s); {
		if s[i] == ' ' && i > 0 && s[i-1] != ' ' && i+1 < len(s) && s[i+1] != ' ' && w.column() > yamlWidth {
			w.newLine(indent + 2)
			i++
			continue
		}
		end := strings.IndexByte(s[i+1:], ' ')
		if end < 0 {
			end = len(s) - i - 1
		}
		w.write(s[i : i+1+end])
		i += 1 + end
	}
}

func (w *yamlWriter) singleQuoted(s string, indent int) {
	w.write("'")
	body := strings.TrimRight(s, "\n")
	w.folded(strings.ReplaceAll(body, "'", "''"), indent)
	if n := len(s) - len(body); n > 0 {
		w.write(strings.Repeat("\n", n))
		w.newLine(indent + 2)
	}
	w.write("'")
}

var yamlEscapes = map[rune]string{0: `\0`, '\a': `\a`, '\b': `\b`, '\t': `\t`, '\n': `\n`, '\v': `\v`, '\f': `\f`, '\r': `\r`, 27: `\e`, '"': `\"`, '\\': `\\`,
	0x85: `\N`, 0xa0: `\_`, 0x2028: `\L`, 0x2029: `\P`}

func (w *yamlWriter) doubleQuoted(s string, indent int) {
	w.write(`"`)
	for i, r := range s {
		switch esc, ok := yamlEscapes[r]; {
		case ok && r != 0xa0:
			w.write(esc)
		case r == ' ' && i > 0 && i+1 < len(s) && w.column() > yamlWidth:
			if w.newLine(indent + 2); s[i+1] == ' ' {
				w.write(`\`)
			}
		case printableYAML(r):
			w.write(string(r))
		case r < 0x100:
			w.write(fmt.Sprintf(`\x%02X`, r))
		case r < 0x10000:
			w.write(fmt.Sprintf(`\u%04X`, r))
		default:
			w.write(fmt.Sprintf(`\U%08X`, r))
		}
	}
	w.write(`"`)
}

// isYAMLString tells whether a text without quotes is read as a String.
func (th *thread) isYAMLString(s string) bool {
	v, class := th.yamlPlain(s)
	_, ok := v.o.(*String)
	return ok && class == nil && !octalLike(s)
}

// octalLike is what some readers take for a number.
func octalLike(s string) bool {
	whole, part, ok := strings.Cut(s, ".")
	if !ok && len(s) > 1 && s[0] == '0' && strings.Trim(s, "0123456789") == "" {
		return true
	}
	return ok && strings.HasPrefix(whole, "0") && strings.Trim(whole, "01234567") == "" && part != "" && isDigit(part[0])
}
