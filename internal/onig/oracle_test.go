package onig

import (
	"fmt"
	"strings"
	"unicode"
)

// linear tells whether Go's engine can run the pattern.
func (n *node) linear() bool {
	ok := true
	n.walk(func(n *node) {
		switch n.op {
		case opAtomic, opLook, opBackref, opCondition, opSearchStart, opKeep, opAbsent:
			ok = false
		case opRepeat:
			if n.mode == possessive {
				ok = false
			}
		}
	})
	return ok
}

// writer writes a tree as a pattern of Go's regexp, or of regexp2.
type writer struct {
	strings.Builder
	linear bool
	seen   map[int]bool
}

func (w *writer) group(n *node) {
	w.WriteString("(?:")
	w.node(n)
	w.WriteByte(')')
}

func (w *writer) node(n *node) {
	switch n.op {
	case opRune:
		w.rune(n.r)
	case opSet:
		w.set(n.set)
	case opCat:
		for _, s := range n.subs {
			if s.op == opAlt {
				w.group(s)
			} else {
				w.node(s)
			}
		}
	case opAlt:
		for i, s := range n.subs {
			if i > 0 {
				w.WriteByte('|')
			}
			w.node(s)
		}
	case opRepeat:
		w.repeat(n)
	case opCapture:
		if w.seen[n.index] && w.linear {
			w.WriteString("(?:")
		} else if w.seen[n.index] {
			fmt.Fprintf(w, "(?<%d>", n.index)
		} else {
			w.WriteByte('(')
			w.seen[n.index] = true
		}
		w.node(n.subs[0])
		w.WriteByte(')')
	case opAtomic:
		w.WriteString("(?>")
		w.node(n.subs[0])
		w.WriteByte(')')
	case opLook:
		w.WriteString("(?")
		if n.behind {
			w.WriteByte('<')
		}
		if n.negative {
			w.WriteByte('!')
		} else {
			w.WriteByte('=')
		}
		w.node(n.subs[0])
		w.WriteByte(')')
	case opBackref:
		w.WriteString("(?:")
		for i := len(n.refs) - 1; i >= 0; i-- {
			fmt.Fprintf(w, `\%d`, n.refs[i])
			if i > 0 {
				w.WriteByte('|')
			}
		}
		w.WriteByte(')')
	case opCondition:
		fmt.Fprintf(w, "(?(%d)", n.index)
		for i, s := range n.subs {
			if i > 0 {
				w.WriteByte('|')
			}
			w.group(s)
		}
		w.WriteByte(')')
	case opBeginText:
		w.WriteString(`\A`)
	case opEndText:
		w.WriteString(`\z`)
	case opWordEdge:
		w.WriteString(`\b`)
	case opNotWordEdge:
		w.WriteString(`\B`)
	case opEndLine:
		w.WriteString(`(?m:$)`)
	case opBeginLine:
		if w.linear {
			w.WriteString(`(?m:^)`)
		} else { // not behind a newline that ends the text
			w.WriteString(`(?m:^)(?!(?<=\n)\z)`)
		}
	case opEndTextLine:
		if w.linear {
			w.WriteString(`\z`)
		} else {
			w.WriteString(`(?=\n?\z)`)
		}
	}
}

func (w *writer) repeat(n *node) {
	if n.mode == possessive {
		w.WriteString("(?>")
	}
	switch sub := n.subs[0]; sub.op {
	case opRune, opSet, opCapture, opAtomic:
		w.node(sub)
	default:
		w.group(sub)
	}
	switch {
	case n.min == 0 && n.max < 0:
		w.WriteByte('*')
	case n.min == 1 && n.max < 0:
		w.WriteByte('+')
	case n.min == 0 && n.max == 1:
		w.WriteByte('?')
	case n.max < 0:
		fmt.Fprintf(w, "{%d,}", n.min)
	case n.min == n.max:
		fmt.Fprintf(w, "{%d}", n.min)
	default:
		fmt.Fprintf(w, "{%d,%d}", n.min, n.max)
	}
	switch n.mode {
	case lazy:
		w.WriteByte('?')
	case possessive:
		w.WriteByte(')')
	}
}

func (w *writer) rune(r rune) {
	switch {
	case r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r)), r == ' ', r == '_', r >= 0x10000:
		w.WriteRune(r)
	case r < 0x80 && r > ' ' && r != 0x7f:
		w.WriteByte('\\')
		w.WriteRune(r)
	case w.linear:
		fmt.Fprintf(w, `\x{%X}`, r)
	default:
		fmt.Fprintf(w, `\u%04X`, r)
	}
}

func (w *writer) set(s set) {
	if len(s) == 0 { // nothing matches it
		if w.linear {
			w.WriteString(`[^\x00-\x{10FFFF}]`)
		} else {
			w.WriteString(`(?!)`)
		}
		return
	}
	if len(s) == 2 && s[0] == s[1] {
		w.rune(s[0])
		return
	}
	if len(s) == 2 && s[0] == 0 && s[1] == unicode.MaxRune {
		w.WriteString(`(?s:.)`)
		return
	}
	w.WriteByte('[')
	if other := s.not(); len(other) < len(s) || s[len(s)-1] == unicode.MaxRune && len(other) <= len(s) {
		w.WriteByte('^')
		s = other
	}
	for i := 0; i < len(s); i += 2 {
		w.rune(s[i])
		if s[i+1] > s[i] {
			if s[i+1] > s[i]+1 {
				w.WriteByte('-')
			}
			w.rune(s[i+1])
		}
	}
	w.WriteByte(']')
}

// text returns the pattern of a tree.
func text(n *node, linear bool) string {
	w := &writer{linear: linear, seen: map[int]bool{}}
	w.node(n)
	return w.String()
}
