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
}

const (
	// memoAfter is how many steps, for each byte of the text, are taken without.
	memoAfter = 16
	// maxMemo is how many bits it may have: 64 MB.
	maxMemo = 64 << 23
)

func (m *memo) reset() {
	m.on, m.off = false, false
	m.trail = m.trail[:0]
}

func (m *memo) release() {
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
}

// seen tells whether choice was made at pos before, and notes that it is made now.
func (m *memo) seen(run *machine, in *inst, pos int) bool {
	if !m.on {
		return false
	}
	choice := int(in.memo)
	for i, slot := range in.inside {
		if run.slots[slot] == pos {
			choice += 1 << i
		}
	}
	bit := choice*m.width + pos
	word, mask := &m.bits[bit>>6], uint64(1)<<(bit&63)
	if *word&mask != 0 {
		return true
	}
	*word |= mask
	if run.depth > 0 {
		m.trail = append(m.trail, bit)
	}
	return false
}

// forget takes back what was noted since mark: a part that matched on its own has left
// choices that did not fail.
func (m *memo) forget(mark int) {
	for _, bit := range m.trail[mark:] {
		m.bits[bit>>6] &^= 1 << (bit & 63)
	}
	m.trail = m.trail[:mark]
}
