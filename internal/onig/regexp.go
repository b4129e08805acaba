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
	check   string // needed, when looking for it first is worth it
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
	if !r.entry.tells(r.needed) && !(r.entry.once() && r.Work() == OnePass) {
		r.check = r.needed
	}
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
	}
	pos := r.begin(s, 0)
	if pos < 0 {
		return false, nil
	}
	m := machines.Get().(*machine)
	steps := r.steps
	var ok bool
	var err error
	ok, m.places, err = m.find(r, m.places[:0], s, pos, 0, &steps)
	m.release()
	return ok, err
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

// Each calls yield with all matches that do not overlap, from left to right, as Ruby's
// scan and gsub find them, until yield returns false. loc is as of Find and valid
// during the call. The error is ErrBudget.
func (r *Regexp) Each(s string, yield func(loc []int) bool) error {
	if r.check != "" && !strings.Contains(s, r.check) {
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
	m := machines.Get().(*machine)
	defer m.release()
	if err := m.load(r, s, 0); err != nil {
		return err
	}
	steps, s := m.steps, m.s
	var loc []int
	for at := 0; at <= len(s); {
		ok, err := m.search(r, r.entry.next(s, at, at), at)
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
