package onig

import (
	"strings"
	"unicode/utf8"
)

// loop takes characters of a set at pos and returns where what follows is to be tried
// first; a frame is left when there are other places to try.
func (m *machine) loop(in *inst, pc int32, pos int) (int, bool) {
	l := in.loop
	if l.mode == lazy && l.max != l.min {
		return m.lazy(in, pc, pos)
	}
	low, end := pos, pos
	if l.max < 0 && l.min <= 1 && in.set.high != someHigh {
		// Characters need not be counted.
		end = m.span(in.set, pos)
		if l.min == 1 {
			if end == pos {
				return 0, false
			}
			if m.s[pos] < utf8.RuneSelf || l.settled {
				low++
			} else {
				low += in.set.width(m.s, pos)
			}
		}
	} else {
		count := 0
		for count != l.max && end < len(m.s) {
			if b := m.s[end]; b < utf8.RuneSelf {
				if !in.set.ascii[b] {
					break
				}
				end++
			} else if n := in.set.width(m.s, end); n > 0 {
				end += n
			} else {
				break
			}
			if count++; count == l.min {
				low = end
			}
		}
		if count < l.min {
			return 0, false
		}
	}
	m.steps -= int64(end-pos) / 32
	if l.settled {
		return end, true
	}
	return m.descend(in, pc, end, low)
}

// span returns the end of the characters of a set from pos on.
func (m *machine) span(set *charset, pos int) int {
	s := m.s
	if set.except >= 0 {
		if i := strings.IndexByte(s[pos:], byte(set.except)); i >= 0 {
			return pos + i
		}
		return len(s)
	}
	for pos < len(s) && set.ascii[s[pos]] {
		pos++
	}
	return pos
}

// descend goes from end down to low to the first place where what follows may begin.
func (m *machine) descend(in *inst, pc int32, end, low int) (int, bool) {
	s, l := m.s, in.loop
	pos := end
	for pos >= low {
		if (pos < len(s) && l.table[s[pos]]&inFollow != 0 || pos == len(s) && l.atEnd) && !m.memo.seen(m, in, pos) {
			if pos > low {
				m.stack = append(m.stack, frame{kind: backFrame, pc: pc, pos: int32(pos), low: int32(low)})
			}
			m.memo.price(m)
			m.steps -= int64(end-pos) / 8
			return pos, true
		}
		if pos == 0 {
			break
		}
		pos = m.previous(pos)
	}
	m.steps -= int64(end-low) / 8
	return 0, false
}

func (m *machine) previous(pos int) int {
	if m.s[pos-1] < utf8.RuneSelf {
		return pos - 1
	}
	_, n := utf8.DecodeLastRuneInString(m.s[:pos])
	return pos - n
}

// giveBack goes on with a greedy loop, whose frame is the topmost one.
func (m *machine) giveBack(in *inst, f *frame) (int, bool) {
	pc, pos, low := f.pc, int(f.pos), int(f.low)
	m.stack = m.stack[:len(m.stack)-1]
	return m.descend(in, pc, m.previous(pos), low)
}

// lazy takes as few characters as must be, and leaves a frame for more.
func (m *machine) lazy(in *inst, pc int32, pos int) (int, bool) {
	l := in.loop
	for range l.min {
		n := in.set.width(m.s, pos)
		if n == 0 {
			return 0, false
		}
		pos += n
	}
	return m.ascend(in, pc, pos, l.max-l.min)
}

// ascend goes up from pos to the first place where what follows may begin. left is how
// many characters may be taken; below zero all.
func (m *machine) ascend(in *inst, pc int32, pos, left int) (int, bool) {
	s, l := m.s, in.loop
	start := pos
	defer func() { m.steps -= int64(pos-start) / 8 }()
	for {
		if pos == len(s) {
			return pos, l.atEnd && !m.memo.seen(m, in, pos)
		}
		t := l.table[s[pos]]
		if t&inFollow != 0 && !m.memo.seen(m, in, pos) {
			if t&inSet != 0 && left != 0 && !l.settled {
				m.stack = append(m.stack, frame{kind: moreFrame, pc: pc, pos: int32(pos), low: int32(left)})
			}
			m.memo.price(m)
			return pos, true
		}
		if left == 0 || t&inSet == 0 {
			return 0, false
		}
		n := in.set.width(s, pos)
		if n == 0 {
			return 0, false
		}
		pos += n
		left--
	}
}

// takeMore goes on with a lazy loop, whose frame is the topmost one.
func (m *machine) takeMore(in *inst, f *frame) (int, bool) {
	pc, pos, left := f.pc, int(f.pos), int(f.low)
	m.stack = m.stack[:len(m.stack)-1]
	n := in.set.width(m.s, pos)
	if n == 0 {
		return 0, false
	}
	return m.ascend(in, pc, pos+n, left-1)
}

// absent takes as much as it can without taking a text that the part matches.
func (m *machine) absent(in *inst, pc int32, pos int) (int, bool) {
	limit := len(m.s)
	for i := pos; i <= limit && !m.over(); {
		if end, ok := m.shortest(in.body, i); ok && end <= limit {
			if end == i {
				limit = i - 1
				break
			}
			limit = m.previous(end)
		}
		if i == len(m.s) {
			break
		}
		_, n := utf8.DecodeRuneInString(m.s[i:])
		i += n
	}
	if limit < pos || m.over() {
		return 0, false
	}
	return m.descend(in, pc, limit, pos)
}

// shortest returns the first place where a part that begins at pos can end.
func (m *machine) shortest(pc int32, pos int) (end int, ok bool) {
	base, mark := len(m.stack), len(m.memo.trail)
	m.depth++
	at, found := m.run(base, pc, pos)
	for found {
		if !ok || at < end {
			end, ok = at, true
		}
		if pc, at, found = m.back(base); found {
			at, found = m.run(base, pc, at)
		}
	}
	m.depth--
	m.unwind(base)
	m.memo.forget(mark)
	return end, ok
}
