package onig

import (
	"errors"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// ErrBudget tells that a match took more steps than allowed.
var ErrBudget = errors.New("the regular expression needs too many steps for this text")

// back is a place to go back to. pc -1 restores a capture slot, -2 a loop slot; a
// greedy one-character loop can give back characters from pos down to low.
type back struct {
	pc, pos int
	low     int // -1 when there is nothing to give back
	slot    int
	call    *callFrame
}

type callFrame struct {
	ret   int
	up    *callFrame
	depth int
}

type matcher struct {
	re     *Regexp
	s      string
	bytes  bool
	loc    []int
	empty  []int
	stack  []back
	steps  int
	limit  int
	check  int      // when the limits are looked at next
	visit  []uint64 // failed states, once a match takes long
	memo   bool
	ret    *callFrame
	start  int
	search int // where \G is
}

var pool = sync.Pool{New: func() any { return new(matcher) }}

// slow is the number of steps, per byte of text, after which failed states are
// remembered.
const slow = 32

// Match looks for the first match at or after start and returns the byte offsets of
// the match and its groups, -1 for groups that took no part; nil when there is none.
// It takes at most budget steps. dst is used for the result when it is long enough.
func (re *Regexp) Match(dst []int, s string, start, budget int) ([]int, error) {
	return re.match(dst, s, start, budget, false)
}

// MatchAt is Match for a match that begins exactly at start.
func (re *Regexp) MatchAt(dst []int, s string, start, budget int) ([]int, error) {
	return re.match(dst, s, start, budget, true)
}

func (re *Regexp) match(dst []int, s string, start, budget int, here bool) ([]int, error) {
	m := pool.Get().(*matcher)
	n := 2 * (re.groups + 1)
	if cap(m.loc) < n {
		m.loc = make([]int, n)
	}
	m.loc = m.loc[:n]
	if cap(m.empty) < re.slots {
		m.empty = make([]int, re.slots)
	}
	m.empty = m.empty[:re.slots]
	m.re, m.s, m.search, m.steps, m.check, m.limit, m.memo = re, s, start, 0, 0, budget, false
	m.bytes = re.flags&Bytes != 0
	m.ret = nil
	ok, err := m.find(start, here)
	var res []int
	if ok {
		if cap(dst) < n {
			dst = make([]int, n)
		}
		res = dst[:n]
		copy(res, m.loc)
	}
	m.s, m.re = "", nil
	if cap(m.stack) > 1<<16 {
		m.stack = nil
	}
	if cap(m.visit) > 1<<16 {
		m.visit = nil
	}
	pool.Put(m)
	return res, err
}

func (m *matcher) find(start int, here bool) (bool, error) {
	re, s := m.re, m.s
	for at := start; at <= len(s); {
		if !here {
			switch {
			case re.prefix != "":
				i := strings.Index(s[at:], re.prefix)
				if i < 0 {
					return false, nil
				}
				at += i
			case re.first != nil:
				for at < len(s) && !re.first[s[at]] {
					at++
				}
				if at == len(s) {
					return false, nil
				}
				// Not into the middle of a character.
			case re.anchorA && at > 0:
				return false, nil
			}
			if !m.bytes && at > start && at < len(s) && !utf8.RuneStart(s[at]) && m.inside(at) {
				at++
				continue
			}
		}
		for i := range m.loc {
			m.loc[i] = -1
		}
		m.start = at
		m.loc[0] = at
		end, err := m.run(0, at)
		if err != nil {
			return false, err
		}
		if end >= 0 {
			m.loc[1] = end
			return true, nil
		}
		if here {
			return false, nil
		}
		if at < len(s) {
			at += m.size(at)
		} else {
			at++
		}
	}
	return false, nil
}

// inside tells whether a byte is in the middle of a valid character.
func (m *matcher) inside(at int) bool {
	for i := at - 1; i >= 0 && i >= at-3; i-- {
		if utf8.RuneStart(m.s[i]) {
			_, n := utf8.DecodeRuneInString(m.s[i:])
			return i+n > at
		}
	}
	return false
}

func (m *matcher) size(at int) int {
	if m.bytes || m.s[at] < utf8.RuneSelf {
		return 1
	}
	_, n := utf8.DecodeRuneInString(m.s[at:])
	return n
}

// char decodes the character at a position; a byte that is no UTF-8 is its own value
// with size 1, above all characters.
func (m *matcher) char(at int) (rune, int) {
	c := m.s[at]
	if c < utf8.RuneSelf || m.bytes {
		return rune(c), 1
	}
	r, n := utf8.DecodeRuneInString(m.s[at:])
	if r == utf8.RuneError && n == 1 {
		return rune(c), 1
	}
	return r, n
}

// one matches a one-character instruction; it returns the size, or 0.
func (m *matcher) one(in *inst, at int) int {
	if at >= len(m.s) {
		return 0
	}
	switch in.op {
	case opStr:
		if strings.HasPrefix(m.s[at:], in.s) {
			return len(in.s)
		}
		return 0
	case opSet:
		c := m.s[at]
		if c < utf8.RuneSelf {
			if in.set.ascii[c>>6]&(1<<(c&63)) != 0 {
				return 1
			}
			return 0
		}
		r, n := m.char(at)
		if in.set.has(r) {
			return n
		}
		return 0
	case opAny:
		if m.s[at] == '\n' {
			return 0
		}
		return m.size(at)
	case opAnyNL:
		return m.size(at)
	case opFold:
		r, n := m.char(at)
		if equalFold(r, in.r) {
			return n
		}
	}
	return 0
}

func simpleFold(r rune) rune { return unicode.SimpleFold(r) }

func equalFold(a, b rune) bool {
	if a == b {
		return true
	}
	for f := unicode.SimpleFold(a); f != a; f = unicode.SimpleFold(f) {
		if f == b {
			return true
		}
	}
	return false
}

// seen marks a state and tells whether it has been tried before.
func (m *matcher) seen(pc, pos int) bool {
	bit := pc*(len(m.s)+1) + pos
	w, b := bit>>6, uint64(1)<<(bit&63)
	if m.visit[w]&b != 0 {
		return true
	}
	m.visit[w] |= b
	return false
}

// remember switches to remembering failed states. The search goes on from where it is:
// all that has been tried so far has failed, but has not been noted.
func (m *matcher) remember() {
	words := (m.re.states*(len(m.s)+1) + 63) / 64
	if words > 1<<20 {
		return // 8 MB; the step limit is what remains
	}
	if cap(m.visit) < words {
		m.visit = make([]uint64, words)
	}
	m.visit = m.visit[:words]
	clear(m.visit)
	m.memo = true
}

// run matches from pc at pos; it returns the end, or -1.
func (m *matcher) run(pc, pos int) (int, error) {
	base := len(m.stack)
	defer func() { m.stack = m.stack[:base] }()
	prog, s := m.re.prog, m.s
	for {
		if m.steps++; m.steps >= m.check {
			m.check = m.steps + 1024
			if m.steps > m.limit {
				return -1, ErrBudget
			}
			if m.re.linear && !m.memo && m.steps > slow*(len(s)+64) {
				m.remember()
			}
		}
		in := &prog[pc]
		ok := false
		switch in.op {
		case opMatch:
			return pos, nil
		case opStr:
			if len(s)-pos >= len(in.s) && s[pos:pos+len(in.s)] == in.s {
				pos += len(in.s)
				pc++
				ok = true
			}
		case opSet, opFold, opAny, opAnyNL:
			if n := m.one(in, pos); n > 0 {
				pos += n
				pc++
				ok = true
			}
		case opSplit:
			if m.memo && m.seen(pc, pos) {
				break
			}
			m.stack = append(m.stack, back{pc: in.y, pos: pos, low: -1, call: m.ret})
			pc = in.x
			ok = true
		case opJmp:
			pc = in.x
			ok = true
		case opSave:
			m.stack = append(m.stack, back{pc: -1, slot: in.n, pos: m.loc[in.n]})
			m.loc[in.n] = pos
			pc++
			ok = true
		case opAnchor:
			if m.anchor(in.mode, pos) {
				pc++
				ok = true
			}
		case opLoop:
			if m.memo && m.seen(pc, pos) {
				break
			}
			pc, pos, ok = m.loop(in, pc, pos)
		case opLook:
			end, err := m.look(in, pos)
			if err != nil {
				return -1, err
			}
			if end {
				pc = in.y
				ok = true
			}
		case opAtomic:
			end, err := m.sub(in.x, pos)
			if err != nil {
				return -1, err
			}
			if end >= 0 {
				pos, pc = end, in.y
				ok = true
			}
		case opBackref:
			if n := m.backref(in, pos); n >= 0 {
				pos += n
				pc++
				ok = true
			}
		case opCall:
			depth := 1
			if m.ret != nil {
				depth = m.ret.depth + 1
			}
			if depth > 5000 {
				return -1, ErrBudget
			}
			m.ret = &callFrame{pc + 1, m.ret, depth}
			pc = in.x
			ok = true
		case opRet:
			pc, m.ret = m.ret.ret, m.ret.up
			ok = true
		case opKeep:
			m.stack = append(m.stack, back{pc: -1, slot: 0, pos: m.loc[0]})
			m.loc[0] = pos
			pc++
			ok = true
		case opEmpty:
			m.stack = append(m.stack, back{pc: -2, slot: in.n, pos: m.empty[in.n]})
			m.empty[in.n] = pos
			pc++
			ok = true
		case opEmptyEnd:
			if m.empty[in.n] == pos {
				pc = in.x
			} else {
				pc++
			}
			ok = true
		case opCond:
			pc = in.y
			for _, g := range in.names {
				if m.loc[2*g+1] >= 0 {
					pc = in.x
				}
			}
			ok = true
		case opAbsent:
			// (?~x): the longest text that has no x in it; shorter ones by backtracking.
			end, err := m.absent(in, pos)
			if err != nil {
				return -1, err
			}
			m.stack = append(m.stack, back{pc: in.y, pos: end, low: pos, call: m.ret})
			pc, pos = in.y, end
			ok = true
		case opLinebreak:
			n := 0
			if strings.HasPrefix(s[pos:], "\r\n") {
				n = 2
			} else if pos < len(s) {
				r, size := m.char(pos)
				if r >= '\n' && r <= '\r' || !m.bytes && (r == 0x85 || r == 0x2028 || r == 0x2029) {
					n = size
				}
			}
			if n > 0 {
				pos += n
				pc++
				ok = true
			}
		case opGrapheme:
			if pos < len(s) {
				pos += GraphemeSize(s[pos:])
				pc++
				ok = true
			}
		}
		if ok {
			continue
		}
		// Go back.
		for {
			if len(m.stack) == base {
				return -1, nil
			}
			b := &m.stack[len(m.stack)-1]
			if b.pc == -1 {
				m.loc[b.slot] = b.pos
				m.stack = m.stack[:len(m.stack)-1]
				continue
			}
			if b.pc == -2 {
				m.empty[b.slot] = b.pos
				m.stack = m.stack[:len(m.stack)-1]
				continue
			}
			m.ret = b.call
			if b.slot < 0 {
				// A lazy loop takes one more character.
				loop := &prog[-b.slot-1]
				m.steps++
				n := m.one(&prog[loop.x], b.pos)
				if n == 0 || b.low == 0 {
					m.stack = m.stack[:len(m.stack)-1]
					continue
				}
				b.pos += n
				if b.low > 0 {
					b.low--
				}
				pc, pos = b.pc, b.pos
				break
			}
			if b.low < 0 {
				pc, pos = b.pc, b.pos
				m.stack = m.stack[:len(m.stack)-1]
				break
			}
			if b.pos <= b.low {
				m.stack = m.stack[:len(m.stack)-1]
				continue
			}
			m.steps++
			b.pos--
			if !m.bytes && s[b.pos] >= utf8.RuneSelf {
				_, n := utf8.DecodeLastRuneInString(s[:b.pos+1])
				b.pos -= n - 1
			}
			// What must follow the loop is looked at before going there.
			if next := &prog[b.pc]; next.op == opStr && (b.pos >= len(s) || s[b.pos] != next.s[0]) {
				continue
			}
			if m.memo && m.seen(b.pc, b.pos) {
				continue
			}
			pc, pos = b.pc, b.pos
			if m.memo && (prog[pc].op == opSplit || prog[pc].op == opLoop) {
				// It would find itself seen.
				bit := pc*(len(s)+1) + pos
				m.visit[bit>>6] &^= 1 << (bit & 63)
			}
			break
		}
	}
}

// loop runs a one-character loop.
func (m *matcher) loop(in *inst, pc, pos int) (int, int, bool) {
	one := &m.re.prog[in.x]
	n := 0
	for n < in.min {
		k := m.one(one, pos)
		if k == 0 {
			return pc, pos, false
		}
		pos += k
		n++
	}
	m.steps += n >> 3
	if in.mode == 'l' {
		left := -1
		if in.max >= 0 {
			left = in.max - n
		}
		if left != 0 {
			m.stack = append(m.stack, back{pc: in.y, pos: pos, low: left, slot: -pc - 1, call: m.ret})
		}
		return in.y, pos, true
	}
	low := pos
	switch {
	case one.op == opAnyNL && in.max < 0:
		pos = len(m.s)
	case one.op == opAny && in.max < 0:
		if i := strings.IndexByte(m.s[pos:], '\n'); i >= 0 {
			pos += i
		} else {
			pos = len(m.s)
		}
	default:
		for in.max < 0 || n < in.max {
			k := m.one(one, pos)
			if k == 0 {
				break
			}
			pos += k
			n++
		}
	}
	m.steps += (pos - low) >> 3
	if in.mode == 'g' && pos > low {
		if one.op == opStr && len(one.s) > 1 {
			// The loop repeats a character of several bytes; giving back decodes it.
			if m.bytes {
				return in.y, pos, true
			}
		}
		m.stack = append(m.stack, back{pc: in.y, pos: pos, low: low, call: m.ret})
	}
	return in.y, pos, true
}

// sub runs a part of the program that stands for itself: captures it makes stay, and
// are taken back when the match goes back over it.
func (m *matcher) sub(pc, pos int) (int, error) {
	before := append([]int(nil), m.loc...)
	ret := m.ret
	end, err := m.run(pc, pos)
	m.ret = ret
	if err != nil || end < 0 {
		return end, err
	}
	for i, v := range before {
		if m.loc[i] != v {
			m.stack = append(m.stack, back{pc: -1, slot: i, pos: v})
		}
	}
	return end, nil
}

func (m *matcher) look(in *inst, pos int) (bool, error) {
	if in.neg {
		before := append([]int(nil), m.loc...)
		end, err := m.lookAt(in, pos)
		copy(m.loc, before)
		return end < 0, err
	}
	end, err := m.lookAt(in, pos)
	return end >= 0, err
}

func (m *matcher) lookAt(in *inst, pos int) (int, error) {
	if in.mode != 'b' {
		return m.sub(in.x, pos)
	}
	// Behind: try every length that is possible.
	at := pos
	for n := 0; n <= in.max; n++ {
		if n >= in.min {
			end, err := m.behind(in, at, pos)
			if err != nil || end == pos {
				return end, err
			}
		}
		if at == 0 {
			break
		}
		if m.bytes {
			at--
		} else {
			_, size := utf8.DecodeLastRuneInString(m.s[:at])
			at -= size
		}
	}
	return -1, nil
}

// behind matches a look-behind's body against exactly the text from at to pos.
func (m *matcher) behind(in *inst, at, pos int) (int, error) {
	whole := m.s
	m.s = whole[:pos]
	end, err := m.sub(in.x, at)
	m.s = whole
	if end != pos {
		return -1, err
	}
	return end, err
}

func (m *matcher) absent(in *inst, pos int) (int, error) {
	limit := len(m.s)
	for at := pos; at <= len(m.s); at++ {
		// The earliest end of an occurrence bounds the text.
		whole := m.s
		for stop := at; stop <= limit; stop++ {
			m.s = whole[:stop]
			m.steps++
			end, err := m.sub(in.x, at)
			m.s = whole
			if err != nil {
				return 0, err
			}
			if end == stop {
				if end == at {
					return pos, nil
				}
				limit = min(limit, end-1)
				break
			}
		}
		if at >= limit {
			break
		}
	}
	return max(limit, pos), nil
}

func (m *matcher) backref(in *inst, pos int) int {
	for i := len(in.names) - 1; i >= 0; i-- {
		g := in.names[i]
		lo, hi := m.loc[2*g], m.loc[2*g+1]
		if lo < 0 || hi < lo {
			continue
		}
		t := m.s[lo:hi]
		m.steps += len(t) >> 3
		if strings.HasPrefix(m.s[pos:], t) {
			return len(t)
		}
		if in.fold && pos+len(t) <= len(m.s) && strings.EqualFold(m.s[pos:pos+len(t)], t) {
			return len(t)
		}
		return -1
	}
	return -1
}

func (m *matcher) anchor(mode byte, pos int) bool {
	s := m.s
	switch mode {
	case '^':
		return pos == 0 || s[pos-1] == '\n' && pos < len(s)
	case '$':
		return pos == len(s) || s[pos] == '\n'
	case 'A':
		return pos == 0
	case 'z':
		return pos == len(s)
	case 'Z':
		return pos == len(s) || pos == len(s)-1 && s[pos] == '\n'
	case 'G':
		return pos == m.search
	}
	before, after := false, false
	if pos > 0 {
		r, _ := utf8.DecodeLastRuneInString(s[:pos])
		if m.bytes {
			r = rune(s[pos-1])
		}
		before = m.isWord(r)
	}
	if pos < len(s) {
		r, _ := m.char(pos)
		after = m.isWord(r)
	}
	return (before != after) == (mode == 'b')
}

func (m *matcher) isWord(r rune) bool {
	if r < 128 {
		return setWord.has(r)
	}
	return !m.bytes && posix("word").has(r)
}

// GraphemeSize returns the length of the first grapheme cluster of a text, by the rules
// that matter outside of Indic scripts: line ends, marks, joiners, flags, skin tones.
func GraphemeSize(s string) int {
	if strings.HasPrefix(s, "\r\n") {
		return 2
	}
	r, n := utf8.DecodeRuneInString(s)
	if r == '\n' || r == '\r' || unicode.Is(unicode.Cc, r) {
		return n
	}
	flag := r >= 0x1f1e6 && r <= 0x1f1ff
	flags := 1
	joined := false
	for n < len(s) {
		c, k := utf8.DecodeRuneInString(s[n:])
		switch {
		case unicode.In(c, unicode.Mn, unicode.Me, unicode.Mc) || c >= 0x1f3fb && c <= 0x1f3ff || c == 0xfe0f:
			joined = false
		case c == 0x200d:
			joined = true
		case joined && c > 0x2000:
			joined = false
		case flag && flags == 1 && c >= 0x1f1e6 && c <= 0x1f1ff:
			flags++
		default:
			return n
		}
		n += k
	}
	return n
}
