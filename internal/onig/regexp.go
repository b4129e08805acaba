package onig

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/dlclark/regexp2/v2"
)

// ErrBudget tells that a backtracking pattern has been given up, because it took too
// long (MaxTime) or too much memory.
var ErrBudget = errors.New("the regular expression took too long or too much memory for this text")

// MaxTime is how long one match of a backtracking pattern may take. Ruby has no limit;
// here no event can stop a pipeline for longer.
const MaxTime = 10 * time.Second

// maxStack is how many numbers a backtracking match may keep, 8 bytes each.
const maxStack = 4 << 20

// Regexp is a compiled pattern. It is safe for concurrent use.
type Regexp struct {
	pattern  string
	tree     *node
	groups   int
	names    []string
	index    map[string][]int
	literal  string // the pattern is nothing but this text, if plain
	plain    bool
	needed   string // every match contains this text
	nullable bool
	context  bool // a match depends on what stands around it
	noLineUp bool // Go's engine is not to be used for texts that end with a newline
	noWide   bool // nor for texts with characters beyond ASCII
	span     *span

	fast *regexp.Regexp // nil when Go's engine cannot run the pattern
	once sync.Once
	slow *regexp2.Regexp
	err  error
}

// Compile compiles a pattern. Errors are *SyntaxError, or say what is not supported.
func Compile(pattern string) (*Regexp, error) { return CompileFlags(pattern, 0) }

// CompileFlags compiles a pattern with options.
func CompileFlags(pattern string, flags Flags) (*Regexp, error) {
	p, tree, err := parse(pattern, flags)
	if err != nil {
		return nil, err
	}
	r := &Regexp{pattern: pattern, tree: tree, groups: p.groups, names: p.names, index: p.index, nullable: tree.nullable()}
	r.needed, r.plain = tree.literal()
	r.plain = r.plain && r.groups == 0 && r.needed != ""
	if r.plain {
		r.literal = r.needed
	}
	r.study()
	r.span = newSpan(tree)
	if tree.linear() {
		r.fast, _ = regexp.Compile(text(tree, true)) // too large for Go's engine: the other one takes it
	}
	if r.fast == nil {
		if err := r.backtracking(); err != nil {
			return nil, err
		}
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

// study notes where Go's engine means something else than Ruby: ^ after a newline at
// the very end of the text, \Z before one, and \b at letters beyond ASCII.
func (r *Regexp) study() {
	var leading *node // a ^ in front of something that takes a character is harmless
	if t := r.tree; t.op == opCat && t.subs[0].op == opBeginLine && !r.nullable {
		leading = t.subs[0]
	}
	r.tree.walk(func(n *node) {
		switch n.op {
		case opBeginLine:
			r.context = true
			r.noLineUp = r.noLineUp || n != leading
		case opEndTextLine:
			r.context, r.noLineUp = true, true
		case opWordEdge, opNotWordEdge:
			r.context, r.noWide = true, true
		case opBeginText, opLook:
			r.context = true
		}
	})
}

func (r *Regexp) backtracking() error {
	r.once.Do(func() {
		r.slow, r.err = regexp2.Compile(text(r.tree, false), regexp2.OptionMaxBacktrackingStackSize(maxStack))
		if r.err != nil {
			r.err = fmt.Errorf("/%s/ is not supported: %w", r.pattern, r.err)
			return
		}
		r.slow.MatchTimeout = MaxTime
	})
	return r.err
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

// Linear tells whether the pattern runs in time linear to the text (on nearly all texts).
func (r *Regexp) Linear() bool { return r.fast != nil }

// quick tells whether Go's engine may be used for a text.
func (r *Regexp) quick(s string) bool {
	return r.fast != nil && !(r.noLineUp && strings.HasSuffix(s, "\n")) && !(r.noWide && !ascii(s))
}

func ascii(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

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
	case r.quick(s):
		return r.fast.MatchString(s), nil
	}
	found := false
	err := r.each(s, 0, func([]int) bool { found = true; return false })
	return found, err
}

// Find returns the first match at or behind byte from: pairs of first and next byte of
// the whole and of every group, -1 for a group that took no part; nil when there is
// none. The error is ErrBudget.
func (r *Regexp) Find(s string, from int) (loc []int, err error) {
	if r.needed != "" && !strings.Contains(s[from:], r.needed) {
		return nil, nil
	}
	if r.span != nil {
		begin, end := r.span.find(s, from)
		if begin < 0 {
			return nil, nil
		}
		return []int{begin, end}, nil
	}
	if (from == 0 || !r.context) && r.quick(s) {
		loc = r.fast.FindStringSubmatchIndex(s[from:])
		shift(loc, from)
		return loc, nil
	}
	err = r.each(s, from, func(l []int) bool { loc = slices.Clone(l); return false })
	return loc, err
}

func shift(loc []int, by int) {
	if by == 0 {
		return
	}
	for i := range loc {
		if loc[i] >= 0 {
			loc[i] += by
		}
	}
}

// Each calls yield with all matches that do not overlap, from left to right, as Ruby's
// scan and gsub find them, until yield returns false. loc is as of Find and valid
// during the call. The error is ErrBudget.
func (r *Regexp) Each(s string, yield func(loc []int) bool) error {
	if r.needed != "" && !strings.Contains(s, r.needed) {
		return nil
	}
	switch {
	case r.span != nil && !r.plain:
		var loc [2]int
		for at := 0; ; at = loc[1] {
			if loc[0], loc[1] = r.span.find(s, at); loc[0] < 0 || !yield(loc[:]) {
				return nil
			}
		}
	case r.plain:
		var loc [2]int
		for at := 0; ; {
			i := strings.Index(s[at:], r.literal)
			if i < 0 {
				return nil
			}
			loc[0] = at + i
			loc[1] = loc[0] + len(r.literal)
			if at = loc[1]; !yield(loc[:]) {
				return nil
			}
		}
	case r.nullable || !r.quick(s):
		// Go leaves out an empty match right behind another match.
		if err := r.backtracking(); err == nil {
			return r.each(s, 0, yield)
		}
		fallthrough
	case r.context:
		for _, loc := range r.fast.FindAllStringSubmatchIndex(s, -1) {
			if !yield(loc) {
				return nil
			}
		}
	default:
		for at := 0; at < len(s); {
			loc := r.fast.FindStringSubmatchIndex(s[at:])
			if loc == nil {
				return nil
			}
			shift(loc, at)
			if at = loc[1]; !yield(loc) {
				return nil
			}
		}
	}
	return nil
}

var runes = sync.Pool{New: func() any { return new([]rune) }}

// each finds matches with the backtracking engine.
func (r *Regexp) each(s string, from int, yield func([]int) bool) error {
	if err := r.backtracking(); err != nil {
		return ErrBudget // a pattern that only Go's engine can take, on a text it cannot
	}
	buf := runes.Get().(*[]rune)
	defer func() {
		if cap(*buf) <= 1<<16 {
			runes.Put(buf)
		}
	}()
	text, start := (*buf)[:0], 0
	for i, c := range s {
		if i < from {
			start++
		}
		text = append(text, c)
	}
	*buf = text
	if from >= len(s) {
		start = len(text)
	}
	wide := len(text) != len(s)
	loc := make([]int, 2*(r.groups+1))
	char, at := 0, 0 // the byte offset at is that of character char
	offset := func(index int) int {
		if !wide {
			return index
		}
		for char > index {
			_, n := utf8.DecodeLastRuneInString(s[:at])
			char, at = char-1, at-n
		}
		for char < index {
			_, n := utf8.DecodeRuneInString(s[at:])
			char, at = char+1, at+n
		}
		return at
	}
	err := r.slow.FindRunesMatches(text, start, func(m regexp2.MatchView) bool {
		for g := 0; g <= r.groups; g++ {
			index, length, ok := m.GroupRange(g)
			if !ok {
				loc[2*g], loc[2*g+1] = -1, -1
				continue
			}
			loc[2*g] = offset(index)
			loc[2*g+1] = offset(index + length)
		}
		return yield(loc)
	})
	if err != nil {
		return ErrBudget
	}
	return nil
}
