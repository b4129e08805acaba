package grok

import (
	"fmt"
	"slices"
	"sort"
	"strings"
)

// Error is a mistake in an expression or in a pattern that it uses.
type Error struct {
	Expr    string
	Offset  int      // byte in Expr: the mistake, or the %{…} that leads to it
	Length  int      // bytes
	Path    []string // the patterns that lead to the mistake, the last one has it
	At      int      // byte in the text of the last pattern of Path
	Message string
	Fix     string // what to do
	Missing string // the pattern that is not there, if that is the mistake
}

func (e *Error) Error() string {
	where := fmt.Sprintf("at character %d of the expression", runes(e.Expr, e.Offset)+1)
	if len(e.Path) > 0 {
		where = fmt.Sprintf("at character %d of the pattern %s", e.At+1, strings.Join(e.Path, " > "))
	}
	if e.Fix == "" {
		return e.Message + ", " + where
	}
	return e.Message + ", " + where + "; " + e.Fix
}

func runes(s string, bytes int) int { return len([]rune(s[:min(bytes, len(s))])) }

// use is one %{SYNTAX:SEMANTIC:TYPE} or %{SYNTAX:SEMANTIC=definition}.
type use struct {
	start, end int    // in the text it stands in
	name       string // SYNTAX
	full       string // SYNTAX:SEMANTIC:TYPE; SYNTAX alone when there is no more
	definition string
	defines    bool
}

// nextUse finds the first %{…} at or behind from. What does not have the form stays
// text, as in Logstash. Source: PATTERN_RE of jls-grok.
func nextUse(text string, from int) (use, bool) {
	for {
		i := strings.Index(text[from:], "%{")
		if i < 0 {
			return use{}, false
		}
		start := from + i
		if u, ok := parseUse(text, start); ok {
			return u, true
		}
		from = start + 2
	}
}

func parseUse(text string, start int) (use, bool) {
	u := use{start: start}
	i := start + 2
	begin := i
	for i < len(text) && nameByte(text[i]) {
		i++
	}
	if i == begin {
		return u, false
	}
	u.name = text[begin:i]
	u.full = u.name
	if i < len(text) && text[i] == ':' {
		end := i + 1
		for end < len(text) && (nameByte(text[end]) || strings.IndexByte("@:.-", text[end]) >= 0) {
			end++
		}
		if end > i+1 {
			u.full = text[begin:end]
			i = end
		}
	}
	if i < len(text) && text[i] == '=' {
		if end := definitionEnd(text, i+1); end > i+1 {
			u.definition, u.defines = text[i+1:end], true
			i = end
		}
	}
	// Anything else up to the brace does not count.
	end := strings.IndexByte(text[i:], '}')
	if end < 0 {
		return u, false
	}
	u.end = i + end + 1
	return u, true
}

// nameByte tells whether a byte may stand in a name: jls-grok says [A-z0-9], which has
// some signs between Z and a.
func nameByte(b byte) bool {
	return 'A' <= b && b <= 'z' || '0' <= b && b <= '9'
}

// definitionEnd returns the end of a definition: the brace that closes the use.
func definitionEnd(text string, i int) int {
	depth := 0
	for ; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '{':
			depth++
		case '}':
			if depth == 0 {
				return i
			}
			depth--
		}
	}
	return -1
}

// maxExpanded is how long an expression may be with its patterns filled in, in bytes.
const maxExpanded = 1 << 20

// expander fills in patterns, and knows afterwards where every byte has come from.
type expander struct {
	lib    *Library
	own    map[string]string // definitions inside the expression
	all    bool              // unnamed uses capture too
	out    strings.Builder
	origin []origin
	uses   []string
	path   []string
	expr   string
	top    use // of the expression, that is being filled in
}

// origin says where the expanded text from a place on has come from.
type origin struct {
	at   int // in the expanded text
	path []string
	from int // in the text of the last pattern of path, or of the expression
	top  use
}

func (x *expander) mark(from int) {
	x.origin = append(x.origin, origin{x.out.Len(), slices.Clone(x.path), from, x.top})
}

func (x *expander) expand(text string) error {
	at := 0
	for {
		u, ok := nextUse(text, at)
		if !ok {
			break
		}
		x.mark(at)
		x.out.WriteString(text[at:u.start])
		if len(x.path) == 0 {
			x.top = u
		}
		if err := x.use(u); err != nil {
			return err
		}
		at = u.end
	}
	x.mark(at)
	x.out.WriteString(text[at:])
	return nil
}

func (x *expander) use(u use) error {
	if u.defines {
		x.own[u.name] = u.definition
	}
	text, ok := x.own[u.name]
	if !ok {
		text, ok = x.lib.Lookup(u.name)
	}
	if !ok {
		mistake := x.fail(u, fmt.Sprintf("there is no pattern %s", u.name), x.nearest(u.name))
		mistake.Missing = u.name
		return mistake
	}
	if slices.Contains(x.path, u.name) {
		return x.fail(u, fmt.Sprintf("the pattern %s uses itself", u.name), "a pattern can only be made of others")
	}
	if !slices.Contains(x.uses, u.name) {
		x.uses = append(x.uses, u.name)
	}
	x.mark(u.start)
	if u.full == u.name && !x.all {
		x.out.WriteString("(?:")
	} else {
		x.out.WriteString("(?<" + u.full + ">")
	}
	x.path = append(x.path, u.name)
	if x.out.Len() > maxExpanded {
		return x.fail(u, fmt.Sprintf("the expression is longer than %d bytes with its patterns filled in", maxExpanded), "use fewer patterns")
	}
	if err := x.expand(text); err != nil {
		return err
	}
	x.path = x.path[:len(x.path)-1]
	x.mark(u.end)
	x.out.WriteByte(')')
	return nil
}

func (x *expander) fail(u use, message, fix string) *Error {
	top := x.top
	if len(x.path) == 0 {
		top = u
	}
	return &Error{Expr: x.expr, Offset: top.start, Length: top.end - top.start, Path: slices.Clone(x.path), At: u.start, Message: message, Fix: fix}
}

// nearest proposes a pattern with a similar name.
func (x *expander) nearest(name string) string {
	best, least := "", len(name)/3+1
	for known := range x.lib.patterns {
		d := distance(strings.ToUpper(name), known, least)
		if d < least || d == least && best != "" && known < best {
			best, least = known, d
		}
	}
	if best == "" {
		return "define it with pattern_definitions or in a file of patterns_dir"
	}
	return "did you mean " + best + "?"
}

// distance is the number of letters to change, put in or take out, up to most.
func distance(a, b string, most int) int {
	if len(a)-len(b) > most || len(b)-len(a) > most {
		return most + 1
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j := range b {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}

// locate returns what a mistake at a byte of the expanded text is in the expression.
func (x *expander) locate(at int, message, fix string) *Error {
	i := sort.Search(len(x.origin), func(i int) bool { return x.origin[i].at > at }) - 1
	o := x.origin[max(i, 0)]
	e := &Error{Expr: x.expr, Message: message, Fix: fix, Path: o.path, At: o.from + at - o.at}
	if len(o.path) > 0 {
		e.Offset, e.Length = o.top.start, o.top.end-o.top.start
	} else {
		e.Offset, e.Length = min(e.At, max(len(x.expr)-1, 0)), min(1, len(x.expr))
	}
	return e
}

// TypeUse is a type that an expression names: int in %{NUMBER:n:int}.
type TypeUse struct {
	Name   string
	Offset int // byte in the expression
}

// Types returns the types that an expression names, known or not.
func Types(expr string) []TypeUse {
	var list []TypeUse
	for at := 0; ; {
		u, ok := nextUse(expr, at)
		if !ok {
			return list
		}
		at = u.end
		parts := strings.SplitN(u.full, ":", 4)
		if len(parts) > 2 && parts[2] != "" {
			list = append(list, TypeUse{parts[2], u.start + 2 + len(parts[0]) + len(parts[1]) + 2})
		}
	}
}
