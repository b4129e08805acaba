package onig

import (
	"strings"
	"unicode"
)

// entry knows where in a text a match can begin.
type entry struct {
	kind  entryKind
	text  string // of startsWith
	table [256]bool
	end   bool // a match may begin at the end of the text
}

type entryKind uint8

const (
	anywhere     entryKind = iota // at a byte of table
	startsWith                    // at text
	atBegin                       // at the begin of the text
	atSearch                      // where the search begins
	atLine                        // behind a newline, too
	atSearchLine                  // where the search begins, or behind a newline
)

func newEntry(p *program) entry {
	f := p.firsts[p.start]
	e := entry{end: f.end}
	for b := range e.table {
		e.table[b] = f.has(byte(b))
	}
	pc := p.start
	for p.insts[pc].op == iSave {
		pc = p.insts[pc].next
	}
	switch in := &p.insts[pc]; in.op {
	case iStr:
		e.kind, e.text = startsWith, in.str
	case iChar:
		e.kind, e.text = startsWith, string(in.c)
	case iBeginText:
		e.kind = atBegin
	case iSearchStart:
		e.kind = atSearch
	case iBeginLine:
		e.kind = atLine
	case iLoop:
		// .* takes all of a text, or of a line: what does not match from its begin on
		// does not match from a later place either. What is captured may decide only
		// where there are backward references; \G and possessive loops are out, too.
		l := in.loop
		if l.max < 0 && l.mode != possessive && p.forgetful && !p.has(iSearchStart) {
			switch s := in.set.set; {
			case len(s) == 2 && s[0] == 0 && s[1] == unicode.MaxRune:
				e.kind = atSearch
			case in.set.except == '\n':
				e.kind = atSearchLine
			}
		}
	}
	return e
}

// tells reports whether next finds a text that every match contains, as it begins with it.
func (e *entry) tells(text string) bool {
	return text == "" || e.kind == startsWith && strings.Contains(e.text, text)
}

// once tells whether there is one place where a match can begin.
func (e *entry) once() bool { return e.kind == atBegin || e.kind == atSearch }

func (p *program) has(o opcode) bool {
	for i := range p.insts {
		if p.insts[i].op == o {
			return true
		}
	}
	return false
}

// next returns the first place at or behind pos where a match may begin, or -1. from is
// where the search began.
func (e *entry) next(s string, pos, from int) int {
	switch e.kind {
	case startsWith:
		if pos > len(s) {
			return -1
		}
		if i := strings.Index(s[pos:], e.text); i >= 0 {
			return pos + i
		}
		return -1
	case atBegin:
		if pos > 0 {
			return -1
		}
	case atSearch:
		if pos > from {
			return -1
		}
	case atLine, atSearchLine:
		if pos == 0 || e.kind == atSearchLine && pos == from || pos <= len(s) && s[pos-1] == '\n' {
			break
		}
		i := -1
		if pos < len(s) {
			i = strings.IndexByte(s[pos:], '\n')
		}
		if i < 0 {
			return -1
		}
		pos += i + 1
	default:
		for pos < len(s) && !e.table[s[pos]] {
			pos++
		}
		if pos >= len(s) && (pos > len(s) || !e.end) {
			return -1
		}
	}
	return pos
}
