package diag

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Severity says whether a diagnostic stops what was asked for.
type Severity uint8

// The severities, worst first.
const (
	Error Severity = iota
	Warning
	Hint
)

func (s Severity) String() string { return [...]string{"error", "warning", "hint"}[s] }

// MarshalText makes the severity a word in JSON.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Code is a registered kind of mistake. Its ID never changes its meaning.
type Code struct {
	ID       string // such as "SL1001"
	Severity Severity
	Title    string // one line, what is wrong
	Help     string // for the reference page: why it is so and what to do
}

var codes = map[string]*Code{}

// Define registers a code; it is meant for package-level variables and panics when
// the ID is taken. Ranges: SL1xxx configuration language, SL2xxx plugins and their
// options, SL3xxx settings and YAML texts, SL4xxx TLS and certificates, SL5xxx queues,
// SL6xxx Ruby, SL7xxx sensor and Instruments, SL8xxx patterns and formats, SL9xxx commands.
func Define(id string, severity Severity, title, help string) *Code {
	if codes[id] != nil {
		panic("diag: code " + id + " is defined twice")
	}
	c := &Code{id, severity, title, help}
	codes[id] = c
	return c
}

// Codes returns all registered codes, sorted by ID.
func Codes() []*Code {
	all := make([]*Code, 0, len(codes))
	for _, c := range codes {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b *Code) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

// Diagnostic is one mistake at one place.
type Diagnostic struct {
	Code    *Code
	At      Span   // the zero Span when it belongs to no text
	Message string // what was found, a lower-case sentence without a full stop
	Help    string // what was expected or what to do next; may be empty
	Related []Related
}

// Related is a second place that explains the first, such as the opening brace.
type Related struct {
	At      Span
	Message string
}

// New returns a diagnostic. Help is added with its field.
func New(code *Code, at Span, format string, args ...any) Diagnostic {
	return Diagnostic{Code: code, At: at, Message: fmt.Sprintf(format, args...)}
}

// WithHelp returns the diagnostic with its advice.
func (d Diagnostic) WithHelp(format string, args ...any) Diagnostic {
	d.Help = fmt.Sprintf(format, args...)
	return d
}

// WithRelated returns the diagnostic with a second place.
func (d Diagnostic) WithRelated(at Span, format string, args ...any) Diagnostic {
	d.Related = append(d.Related, Related{at, fmt.Sprintf(format, args...)})
	return d
}

// Error returns the diagnostic as text, with its excerpt.
func (d Diagnostic) Error() string {
	var b strings.Builder
	d.write(&b, Plain)
	return strings.TrimSuffix(b.String(), "\n")
}

// List is what one run found. A List with an error in it is an error.
type List []Diagnostic

// Add appends diagnostics.
func (l *List) Add(d ...Diagnostic) { *l = append(*l, d...) }

// AddError appends err: the diagnostics in it, or, when it has none, a diagnostic
// with the given code and place.
func (l *List) AddError(code *Code, at Span, err error) {
	if err == nil {
		return
	}
	var list List
	var one Diagnostic
	switch {
	case errors.As(err, &list):
		l.Add(list...)
	case errors.As(err, &one):
		l.Add(one)
	default:
		l.Add(New(code, at, "%v", err))
	}
}

// Err returns the list as an error when it holds one, otherwise nil.
func (l List) Err() error {
	if slices.ContainsFunc(l, func(d Diagnostic) bool { return d.Code.Severity == Error }) {
		return l
	}
	return nil
}

func (l List) Error() string {
	return strings.TrimSuffix(l.Text(Plain), "\n")
}

// Sort orders the list by place and drops exact repetitions.
func (l List) Sort() List {
	// A column is found by counting characters; within one text offsets tell as much.
	slices.SortStableFunc(l, func(a, b Diagnostic) int {
		if o, u := a.At.Outer(), b.At.Outer(); o.Source == u.Source {
			return cmp.Compare(o.Start, u.Start)
		}
		p, q := a.At.Position(), b.At.Position()
		return cmp.Or(cmp.Compare(p.File, q.File), cmp.Compare(p.Line, q.Line), cmp.Compare(p.Column, q.Column))
	})
	return slices.CompactFunc(l, func(a, b Diagnostic) bool {
		return a.Code == b.Code && a.At == b.At && a.Message == b.Message
	})
}

// Style says how a diagnostic is printed.
type Style uint8

// Plain has no escape sequences; Color is for terminals.
const (
	Plain Style = iota
	Color
)

// Text prints every diagnostic, with source lines and carets.
func (l List) Text(style Style) string {
	var b strings.Builder
	for i, d := range l {
		if i > 0 {
			b.WriteByte('\n')
		}
		d.write(&b, style)
	}
	return b.String()
}

func (s Style) paint(code, text string) string {
	if s == Plain || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (d Diagnostic) write(b *strings.Builder, style Style) {
	color := map[Severity]string{Error: "1;31", Warning: "1;33", Hint: "1;36"}[d.Code.Severity]
	if d.At.Valid() {
		p := d.At.Position()
		fmt.Fprintf(b, "%s: ", style.paint("1", fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)))
	}
	fmt.Fprintf(b, "%s: %s\n", style.paint(color, fmt.Sprintf("%s %s", d.Code.Severity, d.Code.ID)), d.Message)
	writeExcerpt(b, d.At, style, color)
	if d.Help != "" {
		for i, line := range strings.Split(d.Help, "\n") {
			lead := "  help: "
			if i > 0 {
				lead = "        "
			}
			fmt.Fprintf(b, "%s%s\n", style.paint("36", lead), line)
		}
	}
	for _, r := range d.Related {
		p := r.At.Position()
		fmt.Fprintf(b, "  note: %s:%d:%d: %s\n", p.File, p.Line, p.Column, r.Message)
		writeExcerpt(b, r.At, style, "36")
	}
}

const excerptWidth = 160 // characters; longer lines are cut around the caret

// writeExcerpt prints the line of the span and a caret line under it. Control
// characters of the text are made visible, so that a hostile file cannot steer a terminal.
func writeExcerpt(b *strings.Builder, at Span, style Style, color string) {
	if !at.Valid() {
		return
	}
	o := at.Outer()
	start := min(max(o.Start, 0), len(o.Source.Text))
	n := o.Source.lineOf(start)
	line := o.Source.line(n)
	from := min(start-o.Source.lines[n], len(line))
	to := min(max(from+o.End-start, from), len(line))
	before, marked, after := visible(line[:from]), visible(line[from:to]), visible(line[to:])
	if w := utf8.RuneCountInString(before); w > excerptWidth/2 {
		before = "…" + string([]rune(before)[w-excerptWidth/2:])
	}
	if r := []rune(marked); len(r) > excerptWidth {
		marked, after = string(r[:excerptWidth])+"…", ""
	}
	if r := []rune(after); len(r) > excerptWidth/2 {
		after = string(r[:excerptWidth/2]) + "…"
	}
	margin := fmt.Sprintf("%5d | ", n+1)
	fmt.Fprintf(b, "%s%s\n", style.paint("2", margin), before+marked+after)
	carets := max(utf8.RuneCountInString(marked), 1)
	pad := strings.Repeat(" ", utf8.RuneCountInString(before))
	fmt.Fprintf(b, "%s%s%s\n", style.paint("2", "      | "), pad, style.paint(color, strings.Repeat("^", carets)))
}

func visible(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case r < 0x20:
			return '␀' + r
		case r == 0x7f:
			return '␡'
		}
		return r
	}, s)
}

// MarshalJSON gives one object with file, line, column, code, severity, message, help.
func (d Diagnostic) MarshalJSON() ([]byte, error) {
	p := d.At.Position()
	return json.Marshal(struct {
		File     string   `json:"file,omitempty"`
		Line     int      `json:"line,omitempty"`
		Column   int      `json:"column,omitempty"`
		Code     string   `json:"code"`
		Severity Severity `json:"severity"`
		Message  string   `json:"message"`
		Help     string   `json:"help,omitempty"`
		Excerpt  string   `json:"excerpt,omitempty"`
	}{p.File, p.Line, p.Column, d.Code.ID, d.Code.Severity, d.Message, d.Help, d.At.Text()})
}
