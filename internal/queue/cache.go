package queue

import (
	"encoding/binary"
	"sort"
)

// group is the payloads that one commit makes durable together, as frames.
type group struct {
	buf   []byte
	first uint64
	count int
	done  chan struct{} // closed when committed or failed
	err   error         // valid after done
	pins  int           // readers that copy from buf; guarded by Journal.mu
}

func (g *group) end() uint64 { return g.first + uint64(g.count) }

// renumber gives the records other sequence numbers.
func (g *group) renumber(first uint64) {
	g.first = first
	for b, seq := g.buf, first; len(b) > 0; seq++ {
		binary.LittleEndian.PutUint64(b[8:], seq)
		b = b[frameHeader+peekFrame(b).len:]
	}
}

// cache keeps the newest committed groups, so that a reader that keeps up reads memory
// and not the disk. Guarded by Journal.mu.
type cache struct {
	groups []*group // in order
	bytes  int64
	limit  int64
	free   [][]byte // buffers for new groups
}

// add takes over the group's buffer.
func (c *cache) add(g *group) {
	c.groups = append(c.groups, g)
	c.bytes += int64(cap(g.buf))
	n := 0
	for ; c.bytes > c.limit && n < len(c.groups); n++ {
		c.bytes -= int64(cap(c.groups[n].buf))
		c.recycle(c.groups[n])
	}
	c.groups = append(c.groups[:0], c.groups[n:]...)
	clear(c.groups[len(c.groups):cap(c.groups)])
}

// recycle keeps a buffer for the next group, unless a reader still copies from it.
func (c *cache) recycle(g *group) {
	const keep, largest = 3, 8 << 20
	if g.pins == 0 && len(c.free) < keep && cap(g.buf) <= largest {
		c.free = append(c.free, g.buf[:0])
	}
}

// buffer returns an empty buffer, used before if there is one.
func (c *cache) buffer() []byte {
	n := len(c.free)
	if n == 0 {
		return nil
	}
	b := c.free[n-1]
	c.free = c.free[:n-1]
	return b
}

// find returns the group that holds seq, or nil.
func (c *cache) find(seq uint64) *group {
	i := sort.Search(len(c.groups), func(i int) bool { return c.groups[i].end() > seq })
	if i < len(c.groups) && c.groups[i].first <= seq {
		return c.groups[i]
	}
	return nil
}
