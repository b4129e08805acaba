package onig

import (
	"math"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// frame is something to come back to when the way taken fails.
type frame struct {
	kind frameKind
	list uint8 // of wayFrame: which list of the dispatch
	way  int32 // of wayFrame: the next of the list; of slotFrame: the slot
	pc   int32
	pos  int32
	low  int32 // of backFrame: it gives back down to here; of slotFrame: what was in the slot; of moreFrame: characters left to take
}

type frameKind uint8

const (
	wayFrame  frameKind = iota // another alternative
	backFrame                  // a greedy loop gives back a character
	moreFrame                  // a lazy loop takes one more
	slotFrame                  // a slot gets back what it had; below zero, the call does
	costFrame                  // what a choice has cost is known
)

// call is where a group that calls itself was called from.
type call struct {
	next  int32 // where to go on
	up    int32 // the call that was under way; noCall at the top
	start int   // of the group
}

const noCall = -1

// maxFrames is how many frames a match may keep, 20 bytes each.
const maxFrames = 4 << 20

// machine runs a program on a text.
type machine struct {
	p      *program
	s      string
	from   int // where the search began, for \G
	slots  []int
	places []int // of a match that only has to be there
	dirty  bool
	stack  []frame
	steps  int64 // how many are left
	depth  int   // of parts that are run on their own
	calls  []call
	call   int32 // the one that is under way

	memo      memo
	memoBelow int64 // the memo begins its work when fewer steps are left
}

var machines = sync.Pool{New: func() any { return new(machine) }}

func (m *machine) reset(p *program, s string, from int, steps int64, priced bool) {
	m.p, m.s, m.from, m.depth = p, s, from, 0
	m.stack = m.stack[:0]
	if cap(m.slots) < p.slots {
		m.slots = make([]int, p.slots)
	}
	m.slots = m.slots[:p.slots]
	m.dirty = true
	m.memo.reset(p.forgetful, priced)
	m.allow(steps)
}

// allow sets how many steps may be taken.
func (m *machine) allow(steps int64) {
	m.steps = steps
	m.memoBelow = steps - memoAfter*int64(len(m.s)+64)
}

// unload lets go of the text, and of memory that an unusual search has needed.
func (m *machine) unload() {
	m.p, m.s = nil, ""
	if cap(m.stack) > 1<<14 {
		m.stack = nil
	}
	if cap(m.calls) > 1<<12 {
		m.calls = nil
	}
	m.memo.release()
}

func (m *machine) release() {
	m.unload()
	machines.Put(m)
}

// at tries a match that begins at pos.
func (m *machine) at(pos int) bool {
	if m.dirty {
		for i := range m.slots {
			m.slots[i] = -1
		}
		m.dirty = false
	}
	m.slots[0] = pos
	m.calls, m.call = m.calls[:0], noCall
	end, ok := m.run(0, m.p.start, pos)
	m.slots[1] = end
	return ok
}

// over tells that the budget is used up.
func (m *machine) over() bool { return m.steps < 0 }

// next returns the byte at pos as dispatch and first know it.
func (m *machine) class(pos int) int {
	if pos >= len(m.s) {
		return textEnd
	}
	return min(int(m.s[pos]), otherByte)
}

// run goes from pc at pos to an iEnd or iMatch, and returns where it got there. It goes
// back to frames above base only.
func (m *machine) run(base int, pc int32, pos int) (end int, ok bool) {
	s, insts := m.s, m.p.insts
	for {
		in := &insts[pc]
		switch in.op {
		case iChar:
			if pos < len(s) && s[pos] == in.c {
				pos++
				pc = in.next
				continue
			}
		case iStr:
			if end := pos + len(in.str); end <= len(s) && s[pos:end] == in.str {
				pos = end
				pc = in.next
				continue
			}
		case iSet:
			if pos < len(s) && s[pos] < utf8.RuneSelf {
				if in.set.ascii[s[pos]] {
					pos++
					pc = in.next
					continue
				}
			} else if n := in.set.width(s, pos); n > 0 {
				pos += n
				pc = in.next
				continue
			}
		case iLoop:
			if pos, ok = m.loop(in, pc, pos); ok {
				pc = in.next
				continue
			}
		case iAlt:
			list := in.alt.table[m.class(pos)]
			ways := in.alt.lists[list]
			m.steps--
			switch {
			case len(ways) == 0:
			case len(ways) == 1:
				if m.steps >= 0 {
					pc = ways[0]
					continue
				}
			case m.memo.seen(m, in, pos):
			default:
				m.memo.price(m)
				m.stack = append(m.stack, frame{kind: wayFrame, list: list, way: 1, pc: pc, pos: int32(pos)})
				pc = ways[0]
				continue
			}
		case iSave:
			m.save(in.slot, pos)
			pc = in.next
			continue
		case iKeep:
			m.save(0, pos)
			pc = in.next
			continue
		case iEmptyIteration:
			if m.slots[in.slot] == pos {
				pc = in.next
			} else {
				pc = in.body
			}
			continue
		case iAheadSet:
			if (in.set.width(s, pos) > 0) != in.negative {
				pc = in.next
				continue
			}
		case iBehindSet:
			if in.set.before(s, pos) != in.negative {
				pc = in.next
				continue
			}
		case iAhead:
			if m.look(in.body, pos, -1, in.negative) != in.negative {
				pc = in.next
				continue
			}
		case iBehind:
			if m.behind(in, pos) != in.negative {
				pc = in.next
				continue
			}
		case iAtomic:
			if end, ok := m.alone(in.body, pos); ok {
				pos = end
				pc = in.next
				continue
			}
		case iCall:
			if m.steps--; m.steps >= 0 && len(m.calls) < maxFrames {
				m.calls = append(m.calls, call{in.next, m.call, pos})
				m.enter(int32(len(m.calls) - 1))
				pc = in.body
				continue
			}
			m.steps = -1
		case iReturn:
			c := m.calls[m.call]
			if in.slot > 0 { // not of the whole pattern
				m.save(in.slot, c.start)
				m.save(in.slot+1, pos)
			}
			m.enter(c.up)
			pc = c.next
			continue
		case iAbsent:
			if pos, ok = m.absent(in, pc, pos); ok {
				pc = in.next
				continue
			}
		case iBackref:
			if end, ok := m.backref(in, pos); ok {
				pos = end
				pc = in.next
				continue
			}
		case iCondition:
			if m.slots[2*in.slot+1] >= 0 {
				pc = in.next
			} else {
				pc = in.body
			}
			continue
		case iEnd, iMatch:
			return pos, true
		case iFail:
		default:
			if m.assertion(in.op, pos) {
				pc = in.next
				continue
			}
		}
		if pc, pos, ok = m.back(base); !ok {
			return 0, false
		}
	}
}

// save puts pos into a slot, to be undone when the way taken fails.
func (m *machine) save(slot int32, pos int) {
	if len(m.stack) > 0 || m.depth > 0 {
		m.stack = append(m.stack, frame{kind: slotFrame, way: slot, low: int32(m.slots[slot])})
	}
	m.slots[slot] = pos
	m.dirty = true
}

// enter makes another call the one that is under way, to be undone like save.
func (m *machine) enter(c int32) {
	if len(m.stack) > 0 || m.depth > 0 {
		m.stack = append(m.stack, frame{kind: slotFrame, way: -1, low: m.call})
	}
	m.call = c
}

// undo takes back what save or enter has done.
func (m *machine) undo(f *frame) {
	if f.way < 0 {
		m.call = f.low
	} else {
		m.slots[f.way] = int(f.low)
	}
}

// back undoes the way taken up to the last choice, and takes the next one there.
func (m *machine) back(base int) (pc int32, pos int, ok bool) {
	for len(m.stack) > base {
		if m.steps--; m.steps < 0 || len(m.stack) > maxFrames {
			m.steps = -1
			m.unwind(base)
			return 0, 0, false
		}
		if m.steps < m.memoBelow && !m.memo.on && !m.memo.off {
			m.memo.start(m.p.memos, len(m.s)+1)
		}
		top := len(m.stack) - 1
		f := &m.stack[top]
		switch f.kind {
		case slotFrame:
			m.undo(f)
			m.stack = m.stack[:top]
		case costFrame:
			m.memo.settle(m, f)
			m.stack = m.stack[:top]
		case wayFrame:
			ways := m.p.insts[f.pc].alt.lists[f.list]
			pc, pos = ways[f.way], int(f.pos)
			if f.way++; int(f.way) == len(ways) {
				m.stack = m.stack[:top]
			}
			return pc, pos, true
		case backFrame:
			in := &m.p.insts[f.pc]
			if pos, ok = m.giveBack(in, f); ok {
				return in.next, pos, true
			}
		case moreFrame:
			in := &m.p.insts[f.pc]
			if pos, ok = m.takeMore(in, f); ok {
				return in.next, pos, true
			}
		}
	}
	return 0, 0, false
}

// unwind undoes everything above base.
func (m *machine) unwind(base int) {
	for top := len(m.stack) - 1; top >= base; top-- {
		if f := &m.stack[top]; f.kind == slotFrame {
			m.undo(f)
		}
	}
	m.stack = m.stack[:base]
}

// alone runs a part on its own: once it has matched, no other way through it is tried.
func (m *machine) alone(pc int32, pos int) (end int, ok bool) {
	base, mark := len(m.stack), len(m.memo.trail)
	m.depth++
	end, ok = m.run(base, pc, pos)
	m.depth--
	if !ok {
		if m.depth == 0 { // what failed there fails for good
			m.memo.trail = m.memo.trail[:0]
		}
		return 0, false
	}
	// Only what undoes captures has to stay.
	kept := base
	for i := base; i < len(m.stack); i++ {
		if m.stack[i].kind == slotFrame {
			m.stack[kept] = m.stack[i]
			kept++
		}
	}
	m.stack = m.stack[:kept]
	m.memo.forget(mark)
	return end, true
}

// look tells whether a part matches at pos, up to end if that is not -1. What it
// captured stays unless undo is set.
func (m *machine) look(pc int32, pos, end int, undo bool) bool {
	base := len(m.stack)
	at, ok := m.alone(pc, pos)
	ok = ok && (end < 0 || at == end)
	if !ok || undo {
		m.unwind(base)
	}
	return ok
}

func (m *machine) behind(in *inst, pos int) bool {
	for _, b := range in.more.behind {
		start, ok := pos, true
		for range b.chars {
			if start == 0 {
				ok = false
				break
			}
			_, n := utf8.DecodeLastRuneInString(m.s[:start])
			start -= n
		}
		if ok && m.look(b.pc, start, pos, in.negative) {
			return true
		}
	}
	return false
}

// backref matches what the last group that took part has captured.
func (m *machine) backref(in *inst, pos int) (end int, ok bool) {
	for i := len(in.more.refs) - 1; i >= 0; i-- {
		from, to := m.slots[2*in.more.refs[i]], m.slots[2*in.more.refs[i]+1]
		if from < 0 || to < from {
			continue
		}
		text := m.s[from:to]
		m.steps -= int64(len(text) / 16)
		if strings.HasPrefix(m.s[pos:], text) {
			return pos + len(text), true
		}
		if in.more.fold {
			if n, ok := foldPrefix(m.s[pos:], text); ok {
				return pos + n, true
			}
		}
		return 0, false
	}
	return 0, false
}

// foldPrefix tells whether s begins with prefix, letters of any case, and how long that is.
func foldPrefix(s, prefix string) (int, bool) {
	at := 0
	for _, r := range prefix {
		c, n := utf8.DecodeRuneInString(s[at:])
		if n == 0 || c != r && !strings.EqualFold(string(c), string(r)) {
			return 0, false
		}
		at += n
	}
	return at, true
}

func (m *machine) assertion(op opcode, pos int) bool {
	s := m.s
	switch op {
	case iBeginLine: // not behind a newline that ends the text
		return pos == 0 || s[pos-1] == '\n' && pos < len(s)
	case iEndLine:
		return pos == len(s) || s[pos] == '\n'
	case iBeginText:
		return pos == 0
	case iEndText:
		return pos == len(s)
	case iEndTextLine:
		return pos == len(s) || pos == len(s)-1 && s[pos] == '\n'
	case iWordEdge:
		return wordEdge(s, pos)
	case iNotWordEdge:
		return !wordEdge(s, pos)
	case iSearchStart:
		return pos == m.from
	}
	return false
}

// wordBytes is \w of ASCII; what lies beyond is asked of unicode.
var wordBytes = func() (t [256]bool) {
	for b := range t {
		t[b] = words.has(rune(b))
	}
	return t
}()

func wordEdge(s string, pos int) bool {
	before, after := false, false
	if pos > 0 {
		if b := s[pos-1]; b < utf8.RuneSelf {
			before = wordBytes[b]
		} else {
			r, _ := utf8.DecodeLastRuneInString(s[:pos])
			before = wordRune(r)
		}
	}
	if pos < len(s) {
		if b := s[pos]; b < utf8.RuneSelf {
			after = wordBytes[b]
		} else {
			r, _ := utf8.DecodeRuneInString(s[pos:])
			after = wordRune(r)
		}
	}
	return before != after
}

func wordRune(r rune) bool {
	return unicode.In(r, unicode.L, unicode.M, unicode.Nd, unicode.Pc)
}

// maxText is the longest text that can be searched: positions are kept in 32 bits.
const maxText = math.MaxInt32 - 1
