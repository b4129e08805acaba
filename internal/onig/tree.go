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
	opLineBreak   // \R
	opGrapheme    // \X
	opCondition   // (?(1)yes|no)
	opCall        // \g<name>, replaced by what it calls
)

// node is a part of a pattern. Case folding is done by the parser: what is left is
// sets of characters.
type node struct {
	op       op
	r        rune
	set      set
	subs     []*node
	min, max int // of opRepeat; max < 0 has no limit
	mode     repeatMode
	index    int    // of opCapture and opCondition
	name     string // of opBackref, opCall and opCondition, until it is resolved
	refs     []int  // of opBackref: the groups it may mean
	behind   bool   // of opLook
	negative bool   // of opLook
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
	case opRune, opSet, opLineBreak, opGrapheme:
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
