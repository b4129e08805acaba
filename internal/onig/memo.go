package onig

// memo remembers which choices were made where. A choice that comes up again at the same
// place has failed before and fails again, whatever was captured; so a pattern without
// backward references takes time in proportion to the text, however it is written. What
// is captured in between does not count, but for one thing: whether the loops around a
// choice have taken something, since an iteration that took nothing is the last one.
// It begins its work only when a match goes back often, which few do.
type memo struct {
	on    bool
	off   bool // the pattern does not allow it, or the text is too long for it
	width int
	bits  []uint64
	trail []int // bits set while a part runs on its own

	// For each bit the steps it took to fail from there, when the budget is to be used
	// up as if there were no memo.
	priced bool
	cost   []int64
	last   int // the bit that seen has set
}

const (
	// memoAfter is how many steps, for each byte of the text, are taken without.
	memoAfter = 1
	// maxMemo is how many bits it may have: 64 MB.
	maxMemo = 64 << 23
	// maxCosts is how many costs are kept, 8 bytes each; for more, a memo is free.
	maxCosts = 1 << 20
)

func (m *memo) reset(allowed, priced bool) {
	m.on, m.off, m.priced = false, !allowed, priced
	m.trail = m.trail[:0]
}

func (m *memo) release() {
	if cap(m.cost) > 1<<17 {
		m.cost = nil
	}
	if cap(m.bits) > 1<<16 {
		m.bits = nil
	}
}

func (m *memo) start(choices, width int) {
	size := choices * width
	if size > maxMemo {
		m.off = true
		return
	}
	words := size/64 + 1
	if cap(m.bits) < words {
		m.bits = make([]uint64, words)
	} else {
		m.bits = m.bits[:words]
		clear(m.bits)
	}
	m.width, m.on = width, true
	if m.priced = m.priced && size <= maxCosts; m.priced {
		if cap(m.cost) < size {
			m.cost = make([]int64, size)
		}
		m.cost = m.cost[:size]
	}
}

// seen tells whether choice was made at pos before, and notes that it is made now.
func (m *memo) seen(run *machine, in *inst, pos int) bool {
	if !m.on {
		return false
	}
	choice := int(in.memo)
	if in.more != nil {
		for i, slot := range in.more.inside {
			if run.slots[slot] == pos {
				choice += 1 << i
			}
		}
	}
	bit := choice*m.width + pos
	word, mask := &m.bits[bit>>6], uint64(1)<<(bit&63)
	if *word&mask != 0 {
		if m.priced {
			run.steps -= m.cost[bit]
		}
		return true
	}
	*word |= mask
	if m.priced {
		m.cost[bit] = 0
		m.last = bit
	}
	if run.depth > 0 {
		m.trail = append(m.trail, bit)
	}
	return false
}

// price leaves a frame that notes, when it is come back to, what the choice that seen
// has just noted has cost.
func (m *memo) price(run *machine) {
	if m.on && m.priced {
		run.stack = append(run.stack, frame{kind: costFrame, pos: int32(m.last), way: int32(run.steps >> 32), low: int32(run.steps)})
	}
}

func (m *memo) settle(run *machine, f *frame) {
	before := int64(f.way)<<32 | int64(uint32(f.low))
	m.cost[f.pos] = before - run.steps
}

// forget takes back what was noted since mark: a part that matched on its own has left
// choices that did not fail.
func (m *memo) forget(mark int) {
	for _, bit := range m.trail[mark:] {
		m.bits[bit>>6] &^= 1 << (bit & 63)
	}
	m.trail = m.trail[:mark]
}
