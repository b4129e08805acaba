package onig

import (
	"strings"
	"unicode/utf8"
)

type opcode uint8

const (
	iChar           opcode = iota // the byte c
	iStr                          // the text str
	iSet                          // a character of set
	iLoop                         // characters of set, as often as loop says
	iAlt                          // one of several ways, by the next byte
	iSave                         // the position goes to slot
	iBeginLine                    // ^
	iEndLine                      // $
	iBeginText                    // \A
	iEndText                      // \z
	iEndTextLine                  // \Z
	iWordEdge                     // \b
	iNotWordEdge                  // \B
	iSearchStart                  // \G
	iKeep                         // \K
	iAheadSet                     // (?=[set]), (?![set])
	iBehindSet                    // (?<=[set]), (?<![set])
	iAhead                        // (?=…), (?!…)
	iBehind                       // (?<=…), (?<!…)
	iAtomic                       // (?>…)
	iBackref                      // \k<name>
	iCondition                    // (?(group)…|…)
	iAbsent                       // (?~…)
	iCall                         // a group that calls itself
	iReturn                       // the end of such a group
	iEmptyIteration               // leaves a loop whose body took nothing
	iEnd                          // of a part that is run on its own
	iMatch
	iFail
)

// inst is an instruction. Every instruction knows what comes next, so there are no jumps.
type inst struct {
	op       opcode
	negative bool
	c        byte
	next     int32
	slot     int32 // of iSave and iEmptyIteration; the group of iCondition
	body     int32 // of iAhead, iAtomic, iAbsent: where what is run on its own begins; else-part of iCondition; loop head of iEmptyIteration
	memo     int32 // number among the instructions that remember where they have been, from 1
	str      string
	set      *charset
	loop     *loop
	alt      *dispatch
	more     *rare
}

// rare is what few instructions have.
type rare struct {
	inside []int32 // slots of the loops around it whose bodies may take nothing
	behind []lookBehind
	refs   []int // of iBackref: groups, the last one that took part counts
	fold   bool  // of iBackref: letters of any case
}

// lookBehind is one alternative of a look-behind: chars long, beginning at pc.
type lookBehind struct {
	chars int
	pc    int32
}

// loop is a repetition of one set of characters.
type loop struct {
	min, max int // max < 0 has no limit
	mode     repeatMode
	// What follows cannot begin with a character of the set, or needs nothing more: the
	// loop takes all it can and never gives back.
	settled bool
	// For every byte: inSet and inFollow; inFollow tells that what follows may begin so.
	table *[256]uint8
	atEnd bool // what follows may stand at the end of the text
}

const (
	inSet uint8 = 1 << iota
	inFollow
)

// dispatch lists for every next byte the ways worth trying, in order.
type dispatch struct {
	targets []int32
	table   *[130]uint8 // ASCII, any other byte, the end of the text
	lists   [][]int32
}

const (
	otherByte = utf8.RuneSelf
	textEnd   = otherByte + 1
)

// maxProgram is how many instructions a pattern may have, repeats written out.
const maxProgram = 100_000

// program is a compiled pattern.
type program struct {
	insts  []inst
	firsts []first
	start  int32
	slots  int // of captures (two each, the whole match included) and of loops
	memos  int
	// What was captured does not decide what matches, so a memo may be used.
	forgetful bool
	large     bool
	sets      map[string]*charset
	inside    []int32       // as in inst, while the body of such a loop is emitted
	groups    *parser       // what groups are made of, and which call themselves
	calls     map[int]int32 // where such groups begin
}

// compile returns the program of a pattern, and false when it is too large.
func compile(tree *node, groups *parser) (*program, bool) {
	p := &program{slots: 2 * (groups.groups + 1), sets: map[string]*charset{}, groups: groups, calls: map[int]int32{}}
	match := p.emit(inst{op: iMatch})
	p.start = p.node(tree, match)
	if p.large {
		return nil, false
	}
	p.study()
	p.sets, p.groups, p.calls = nil, nil, nil
	p.insts = append([]inst(nil), p.insts...) // without the room to grow
	return p, true
}

func (p *program) emit(in inst) int32 {
	if len(p.insts) >= maxProgram {
		p.large = true
		return 0
	}
	if in.op == iAlt || in.op == iLoop || in.op == iAbsent {
		if len(p.inside) > 0 {
			in.more = &rare{inside: p.inside}
		}
	}
	p.insts = append(p.insts, in)
	return int32(len(p.insts) - 1)
}

func (p *program) charset(s set) *charset {
	key := key(s)
	c := p.sets[key]
	if c == nil {
		c = newCharset(s)
		p.sets[key] = c
	}
	return c
}

// key returns a text that only equal numbers give.
func key(numbers []int32) string {
	b := make([]byte, 0, 3*len(numbers))
	for _, n := range numbers {
		b = append(b, byte(n>>16), byte(n>>8), byte(n))
	}
	return string(b)
}

var assertions = map[op]opcode{
	opBeginLine: iBeginLine, opEndLine: iEndLine, opBeginText: iBeginText, opEndText: iEndText,
	opEndTextLine: iEndTextLine, opWordEdge: iWordEdge, opNotWordEdge: iNotWordEdge,
	opSearchStart: iSearchStart, opKeep: iKeep,
}

// node emits what n stands for, going on at next, and returns where it begins.
func (p *program) node(n *node, next int32) int32 {
	if p.large {
		return 0
	}
	switch n.op {
	case opEmpty:
		return next
	case opRune:
		return p.text(string(n.r), next)
	case opSet:
		switch {
		case len(n.set) == 0:
			return p.emit(inst{op: iFail})
		case len(n.set) == 2 && n.set[0] == n.set[1]:
			return p.text(string(n.set[0]), next)
		}
		return p.emit(inst{op: iSet, set: p.charset(n.set), next: next})
	case opCat:
		return p.sequence(n.subs, next)
	case opAlt:
		ways := n.subs
		if !n.guarded {
			ways = guarded(ways)
		}
		if len(ways) == 1 {
			return p.node(ways[0], next)
		}
		targets := make([]int32, len(ways))
		for i, w := range ways {
			targets[i] = p.node(w, next)
		}
		return p.alternatives(targets)
	case opRepeat:
		return p.repeat(n, next)
	case opCall:
		return p.call(n.index, next)
	case opCapture:
		if p.groups.self[n.index] {
			return p.call(n.index, next)
		}
		next = p.emit(inst{op: iSave, slot: int32(2*n.index + 1), next: next})
		return p.emit(inst{op: iSave, slot: int32(2 * n.index), next: p.node(n.subs[0], next)})
	case opAtomic:
		return p.emit(inst{op: iAtomic, body: p.alone(n.subs[0]), next: next})
	case opAbsent:
		return p.emit(inst{op: iAbsent, body: p.alone(n.subs[0]), next: next, loop: &loop{max: -1}, set: p.charset(anyRune)})
	case opLook:
		return p.look(n, next)
	case opBackref:
		return p.emit(inst{op: iBackref, more: &rare{refs: n.refs, fold: n.fold}, next: next})
	case opCondition:
		other := next
		if len(n.subs) > 1 {
			other = p.node(n.subs[1], next)
		}
		return p.emit(inst{op: iCondition, slot: int32(n.index), body: other, next: p.node(n.subs[0], next)})
	}
	return p.emit(inst{op: assertions[n.op], next: next})
}

// call emits the call of a group that calls itself. The group is emitted once.
func (p *program) call(index int, next int32) int32 {
	entry, ok := p.calls[index]
	if !ok {
		// The entry is known before what it leads to.
		entry = p.emit(inst{op: iAhead, body: p.emit(inst{op: iEnd})})
		p.calls[index] = entry
		body := p.node(p.groups.bodies[index].subs[0], p.emit(inst{op: iReturn, slot: int32(2 * index)}))
		if p.large {
			return 0
		}
		p.insts[entry].next = body
	}
	return p.emit(inst{op: iCall, body: entry, next: next})
}

// alone emits a part that is run on its own.
func (p *program) alone(n *node) int32 { return p.node(n, p.emit(inst{op: iEnd})) }

func (p *program) text(s string, next int32) int32 {
	if len(s) == 1 {
		return p.emit(inst{op: iChar, c: s[0], next: next})
	}
	return p.emit(inst{op: iStr, str: s, next: next})
}

// sequence emits parts from the last to the first; characters in a row become one text.
func (p *program) sequence(subs []*node, next int32) int32 {
	for i := len(subs) - 1; i >= 0; i-- {
		end := i + 1
		for i >= 0 && subs[i].op == opRune {
			i--
		}
		if i+1 < end {
			var text strings.Builder
			for _, s := range subs[i+1 : end] {
				text.WriteRune(s.r)
			}
			next = p.text(text.String(), next)
		}
		if i >= 0 {
			next = p.node(subs[i], next)
		}
	}
	return next
}

func (p *program) alternatives(targets []int32) int32 {
	return p.emit(inst{op: iAlt, alt: &dispatch{targets: targets}})
}

func (p *program) repeat(n *node, next int32) int32 {
	sub := n.subs[0]
	if sub.op == opRune || sub.op == opSet && len(sub.set) > 0 {
		s := sub.set
		if sub.op == opRune {
			s = set{sub.r, sub.r}
		}
		if n.min == 1 && n.max == 1 {
			return p.node(sub, next)
		}
		return p.emit(inst{op: iLoop, set: p.charset(s), loop: &loop{min: n.min, max: n.max, mode: n.mode}, next: next})
	}
	if n.mode == possessive {
		greedy := *n
		greedy.mode = 0
		return p.emit(inst{op: iAtomic, body: p.alone(&greedy), next: next})
	}
	way := func(in, out int32) []int32 {
		if n.mode == lazy {
			return []int32{out, in}
		}
		return []int32{in, out}
	}
	after := next
	if n.max < 0 {
		// head: body, then head again; or what follows.
		head := p.alternatives(nil)
		back, slot := head, int32(0)
		nullable := sub.nullable()
		if nullable {
			slot = int32(p.slots)
			p.slots++
			back = p.emit(inst{op: iEmptyIteration, slot: slot, body: head, next: after})
			p.inside = append(p.inside[:len(p.inside):len(p.inside)], slot)
		}
		body := p.node(sub, back)
		if nullable {
			p.inside = p.inside[:len(p.inside)-1]
			body = p.emit(inst{op: iSave, slot: slot, next: body})
		}
		if p.large {
			return 0
		}
		p.insts[head].alt.targets = way(body, after)
		next = head
	} else {
		for range n.max - n.min {
			if next = p.alternatives(way(p.node(sub, next), after)); p.large {
				return 0
			}
		}
	}
	for range n.min {
		before := len(p.insts)
		if next = p.node(sub, next); p.large || len(p.insts) == before {
			break // too much already, or a part that stands for nothing
		}
	}
	return next
}

func (p *program) look(n *node, next int32) int32 {
	sub := n.subs[0]
	s, single := sub.single()
	switch {
	case single && n.behind:
		return p.emit(inst{op: iBehindSet, set: p.charset(s), negative: n.negative, next: next})
	case single:
		return p.emit(inst{op: iAheadSet, set: p.charset(s), negative: n.negative, next: next})
	case !n.behind:
		return p.emit(inst{op: iAhead, body: p.alone(sub), negative: n.negative, next: next})
	}
	in := inst{op: iBehind, negative: n.negative, next: next, more: &rare{}}
	for _, way := range sub.ways() {
		chars, _ := way.width()
		in.more.behind = append(in.more.behind, lookBehind{chars, p.alone(way)})
	}
	return p.emit(in)
}
