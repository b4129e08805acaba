package onig

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// ErrBudget tells that a match has been given up, because it took too many steps
// (MaxSteps, or Regexp.Limit) or too much memory.
var ErrBudget = errors.New("the regular expression takes too long for this text; avoid repeats inside repeats together with back-references and atomic groups")

// MaxSteps is how many steps a search may take: a second or so. Ruby has no limit; here
// no event can stop a pipeline for longer.
const MaxSteps = 100_000_000

// Regexp is a compiled pattern. It is safe for concurrent use.
type Regexp struct {
	pattern string
	groups  int
	names   []string
	index   map[string][]int
	steps   int64
	priced  bool
	bytes   bool

	literal string // the pattern is nothing but this text, if plain
	plain   bool
	needed  string // every match contains this text
	span    *span

	program *program
	entry   entry
}

// Compile compiles a pattern. The error is a *SyntaxError.
func Compile(pattern string) (*Regexp, error) { return CompileFlags(pattern, 0) }

// CompileFlags compiles a pattern with options. The error is a *SyntaxError.
func CompileFlags(pattern string, flags Flags) (*Regexp, error) {
	src := pattern
	if flags&Bytes != 0 {
		src = widened(pattern)
	}
	p, tree, err := parse(src, flags)
	if err != nil {
		return nil, err
	}
	r := &Regexp{pattern: pattern, bytes: flags&Bytes != 0, groups: p.groups, names: p.names, index: p.index, steps: MaxSteps}
	if !r.bytes {
		r.needed, r.plain = tree.literal()
		r.plain = r.plain && r.groups == 0 && r.needed != ""
		if r.plain {
			r.literal = r.needed
		}
		r.span = newSpan(tree)
	}
	var ok bool
	if r.program, ok = compile(tree, p); !ok {
		return nil, p.fail(0, "the pattern is too large with its repeats written out; make the numbers in {…} smaller")
	}
	r.entry = newEntry(r.program)
	r.program.firsts = nil
	return r, nil
}

// MustCompile is Compile for patterns that are known to be right.
func MustCompile(pattern string) *Regexp {
	r, err := Compile(pattern)
	if err != nil {
		panic(err)
	}
	return r
}

// Limit returns the same pattern with a budget of steps as a plain backtracking engine
// would take them, at about 20 ns each: what Ruby would search too long for is given up,
// even where the memory of what has failed would find the answer. So an option like
// grok's timeout_millis has the same effect as in Logstash, at once.
func (r *Regexp) Limit(steps int64) *Regexp {
	limited := *r
	limited.steps, limited.priced = steps, true
	return &limited
}

// String returns the pattern.
func (r *Regexp) String() string { return r.pattern }

// Groups returns the number of capturing groups.
func (r *Regexp) Groups() int { return r.groups }

// Names returns the names of the named groups, in order of appearance. The caller must
// not change it.
func (r *Regexp) Names() []string { return r.names }

// Indexes returns the numbers of the groups of a name. The caller must not change it.
func (r *Regexp) Indexes(name string) []int { return r.index[name] }

// Work tells how much work a pattern may make.
type Work uint8

// OnePass patterns choose by the next byte and never go back. Linear patterns go back,
// and remember where they have failed, so that time grows with the text as a whole.
// Budgeted patterns have back-references, conditions or groups that call themselves,
// which such a memory cannot serve: a budget of steps ends them.
const (
	OnePass Work = iota
	Linear
	Budgeted
)

// Work returns how much work the pattern may make.
func (r *Regexp) Work() Work {
	switch {
	case !r.program.forgetful:
		return Budgeted
	case r.program.memos == 0:
		return OnePass
	}
	return Linear
}

// Needed returns a text that every match contains, or "".
func (r *Regexp) Needed() string { return r.needed }

// Match tells whether the pattern matches anywhere in s. The error is ErrBudget.
func (r *Regexp) Match(s string) (bool, error) {
	switch {
	case r.plain:
		return strings.Contains(s, r.literal), nil
	case r.span != nil:
		begin, _ := r.span.find(s, 0)
		return begin >= 0, nil
	case r.needed != "" && !strings.Contains(s, r.needed):
		return false, nil
	}
	m, err := r.machine(s, 0)
	if err != nil {
		return false, err
	}
	defer m.release()
	return r.search(m, 0)
}

// Find returns the first match at or behind byte from: pairs of first and next byte of
// the whole and of every group, -1 for a group that took no part; nil when there is
// none. The error is ErrBudget.
func (r *Regexp) Find(s string, from int) (loc []int, err error) {
	ok, loc, err := r.FindInto(nil, s, from)
	if !ok {
		return nil, err
	}
	return loc, nil
}

// FindInto is Find with the memory of dst, whose content is overwritten.
func (r *Regexp) FindInto(dst []int, s string, from int) (ok bool, loc []int, err error) {
	steps := r.steps
	return r.FindWithin(dst, s, from, &steps)
}

// FindWithin is FindInto with a budget that several searches share: steps are taken off
// it, and below zero nothing is searched any more.
func (r *Regexp) FindWithin(dst []int, s string, from int, steps *int64) (ok bool, loc []int, err error) {
	dst = dst[:0]
	switch {
	case from > len(s), r.needed != "" && !strings.Contains(s[from:], r.needed):
		return false, dst, nil
	case r.plain:
		begin := from + strings.Index(s[from:], r.literal)
		return true, append(dst, begin, begin+len(r.literal)), nil
	case r.span != nil:
		begin, end := r.span.find(s, from)
		return begin >= 0, append(dst, begin, end), nil
	case *steps < 0:
		return false, dst, ErrBudget
	}
	m, err := r.machine(s, from)
	if err != nil {
		return false, dst, err
	}
	m.allow(*steps)
	ok, err = r.search(m, m.from)
	*steps = m.steps
	if !ok {
		m.release()
		return false, dst, err
	}
	defer m.release()
	return true, r.appendPlaces(dst, m), nil
}

// FindAt is FindWithin for a match that begins exactly at byte at.
func (r *Regexp) FindAt(dst []int, s string, at int, steps *int64) (ok bool, loc []int, err error) {
	dst = dst[:0]
	if at > len(s) {
		return false, dst, nil
	}
	m, err := r.machine(s, at)
	if err != nil {
		return false, dst, err
	}
	defer m.release()
	m.allow(*steps)
	ok = m.at(m.from)
	*steps = m.steps
	if m.over() {
		return false, dst, ErrBudget
	}
	if !ok {
		return false, dst, nil
	}
	return true, r.appendPlaces(dst, m), nil
}

// Each calls yield with all matches that do not overlap, from left to right, as Ruby's
// scan and gsub find them, until yield returns false. loc is as of Find and valid
// during the call. The error is ErrBudget.
func (r *Regexp) Each(s string, yield func(loc []int) bool) error {
	if r.needed != "" && !strings.Contains(s, r.needed) {
		return nil
	}
	switch {
	case r.plain:
		var loc [2]int
		for at := 0; ; at = loc[1] {
			i := strings.Index(s[at:], r.literal)
			if i < 0 {
				return nil
			}
			loc[0], loc[1] = at+i, at+i+len(r.literal)
			if !yield(loc[:]) {
				return nil
			}
		}
	case r.span != nil:
		var loc [2]int
		for at := 0; ; at = loc[1] {
			if loc[0], loc[1] = r.span.find(s, at); loc[0] < 0 || !yield(loc[:]) {
				return nil
			}
		}
	}
	m, err := r.machine(s, 0)
	if err != nil {
		return err
	}
	defer m.release()
	steps, s := m.steps, m.s
	var loc []int
	for at := 0; at <= len(s); {
		ok, err := r.search(m, at)
		if !ok {
			return err
		}
		end := m.slots[1]
		if at = end; end == m.slots[0] {
			// An empty match: the next one may begin behind the next character.
			_, n := utf8.DecodeRuneInString(s[end:])
			at += max(n, 1)
		}
		if loc = r.appendPlaces(loc[:0], m); !yield(loc) {
			return nil
		}
		m.reset(r.program, s, at, steps, r.priced)
	}
	return nil
}

func (r *Regexp) machine(s string, from int) (*machine, error) {
	if len(s) > maxText/2 {
		return nil, ErrBudget
	}
	m := machines.Get().(*machine)
	from = r.wide(s, from)
	if r.bytes {
		s = widened(s)
	}
	m.reset(r.program, s, from, r.steps, r.priced)
	return m, nil
}

// search finds the first match at or behind from; its places are in the machine's slots.
func (r *Regexp) search(m *machine, from int) (bool, error) {
	for pos := r.entry.next(m.s, from, from); pos >= 0; {
		ok := m.at(pos)
		if m.over() {
			return false, ErrBudget
		}
		if ok {
			return true, nil
		}
		if pos >= len(m.s) {
			return false, nil
		}
		m.steps--
		_, n := utf8.DecodeRuneInString(m.s[pos:])
		pos = r.entry.next(m.s, pos+n, from)
	}
	return false, nil
}
