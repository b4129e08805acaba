package onig

type op uint8

const (
	opEmpty op = iota
	opRune
	opSet
	opCat
	opAlt
	opRepeat
	opCapture
	opAtomic
	opLook
	opBackref
	opBeginLine   // ^
	opEndLine     // $
	opBeginText   // \A
	opEndText     // \z
	opEndTextLine // \Z
	opWordEdge    // \b
	opNotWordEdge // \B
	opSearchStart // \G
	opKeep        // \K
	opAbsent      // (?~absent)
	opCondition   // (?(1)yes|no)
	opCall        // \g<name>, replaced by what it calls
)

// node is a part of a pattern. Case folding is done by the parser: what is left is
// sets of characters.
type node struct {
	op       op
	r        rune // of opRune; of an opSet that is one letter of any case, the first of them
	set      set
	subs     []*node
	min, max int // of opRepeat; max < 0 has no limit
	mode     repeatMode
	index    int    // of opCapture and opCondition
	name     string // of opBackref, opCall and opCondition, until it is resolved
	refs     []int  // of opBackref: the groups it may mean
	fold     bool   // of opBackref: letters of any case
	behind   bool   // of opLook
	negative bool   // of opLook
	guarded  bool   // of opAlt: there is a guard in front
	at       int    // where the part stands in the pattern, for errors found late
}

type repeatMode uint8

const (
	greedy repeatMode = iota
	lazy
	possessive
)

// walk calls f for n and all below it.
func (n *node) walk(f func(*node)) {
	f(n)
	for _, s := range n.subs {
		s.walk(f)
	}
}

// nullable tells whether the part may match the empty text.
func (n *node) nullable() bool {
	switch n.op {
	case opRune, opSet:
		return false
	case opCat:
		for _, s := range n.subs {
			if !s.nullable() {
				return false
			}
		}
		return true
	case opAlt:
		for _, s := range n.subs {
			if s.nullable() {
				return true
			}
		}
		return false
	case opRepeat:
		return n.min == 0 || n.subs[0].nullable()
	case opCapture, opAtomic:
		return n.subs[0].nullable()
	}
	return true
}

// single returns the set of characters that the part is, if it is nothing else.
func (n *node) single() (set, bool) {
	switch n.op {
	case opRune:
		return set{n.r, n.r}, true
	case opSet:
		return n.set, true
	}
	return nil, false
}

// ways returns the alternatives that the part is made of.
func (n *node) ways() []*node {
	if n.op == opAlt {
		return n.subs
	}
	return []*node{n}
}

// width returns how many characters the part matches, if that is always the same.
func (n *node) width() (chars int, fixed bool) {
	switch n.op {
	case opRune, opSet:
		return 1, true
	case opCat:
		for _, s := range n.subs {
			w, ok := s.width()
			if !ok {
				return 0, false
			}
			chars += w
		}
		return chars, true
	case opAlt:
		for i, s := range n.subs {
			w, ok := s.width()
			if !ok || i > 0 && w != chars {
				return 0, false
			}
			chars = w
		}
		return chars, true
	case opRepeat:
		w, ok := n.subs[0].width()
		return w * n.min, ok && n.min == n.max
	case opCapture, opAtomic:
		return n.subs[0].width()
	case opBackref, opCondition, opAbsent:
		return 0, false
	}
	return 0, true
}

// alternatives returns the choice between parts. Parts that are one character each
// become one set: which of them is taken makes no difference.
func alternatives(subs []*node) *node {
	var out []*node
	for _, s := range subs {
		if c, ok := s.single(); ok && len(out) > 0 {
			if last, ok := out[len(out)-1].single(); ok {
				out[len(out)-1] = &node{op: opSet, set: append(append(set{}, last...), c...).normal()}
				continue
			}
		}
		out = append(out, s)
	}
	if len(out) == 1 {
		return out[0]
	}
	return &node{op: opAlt, subs: out}
}

// literal returns the longest text that every match contains, and whether the pattern
// is nothing but that text.
func (n *node) literal() (text string, whole bool) {
	switch n.op {
	case opRune:
		return string(n.r), true
	case opEmpty:
		return "", true
	case opCapture, opAtomic:
		text, _ = n.subs[0].literal()
		return text, false
	case opRepeat:
		if n.min > 0 {
			text, _ = n.subs[0].literal()
		}
		return text, false
	case opCat:
		whole = true
		run := ""
		for _, s := range n.subs {
			t, w := s.literal()
			if w {
				run += t
			} else {
				whole = false
				run = ""
			}
			if len(t) > len(text) {
				text = t
			}
			if len(run) > len(text) {
				text = run
			}
		}
		return text, whole
	}
	return "", false
}
