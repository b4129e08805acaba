package vfs

import "sort"

// Keep says what of the unsynced survives a crash.
type Keep uint8

const (
	KeepNone Keep = iota // nothing: the worst cache
	KeepAll              // everything: a killed process
	KeepSome             // random blocks, sectors of blocks, sizes and names, in any order
)

// Crash returns the disk as it is found after a power cut now. The old disk gives
// ErrPower from then on. Faults, delays and locks are gone, the capacity stays.
func (s *Sim) Crash(keep Keep) *Sim {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dead = true
	return s.after(keep)
}

// Clone returns a copy of the disk as it is now, without its faults and locks.
func (s *Sim) Clone() *Sim {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.after(KeepAll)
}

func (s *Sim) after(keep Keep) *Sim {
	c := NewSim(s.rng.Uint64())
	c.capacity = s.capacity
	// A fixed order makes one seed give one result.
	paths := make([]string, 0, len(s.dirs))
	for path := range s.dirs {
		paths = append(paths, path)
	}
	sort.Strings(paths)
	copies := map[*simInode]*simInode{}
	for _, path := range paths {
		d := newSimDir()
		c.dirs[path] = d
		from := s.dirs[path]
		for _, name := range unionOfNames(from) {
			n := from.durable[name]
			if keep == KeepAll || keep == KeepSome && s.rng.IntN(2) == 0 {
				n = from.names[name]
			}
			if n == nil {
				continue
			}
			if copies[n] == nil {
				copies[n] = s.settle(n, keep)
				c.used += int64(len(copies[n].data))
			}
			copies[n].links++
			d.names[name], d.durable[name] = copies[n], copies[n]
		}
	}
	return c
}

func unionOfNames(d *simDir) []string {
	names := make([]string, 0, len(d.names))
	for name := range d.names {
		names = append(names, name)
	}
	for name := range d.durable {
		if d.names[name] == nil {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	return names
}

// settle decides what a file holds after the crash.
func (s *Sim) settle(n *simInode, keep Keep) *simInode {
	if keep == KeepAll {
		data := append([]byte(nil), n.data...)
		return &simInode{data: data, durable: append([]byte(nil), data...), dirty: map[int]bool{}}
	}
	out := &simInode{durable: append([]byte(nil), n.durable...), dirty: map[int]bool{}}
	if keep == KeepSome && len(n.dirty) > 0 {
		if s.rng.IntN(2) == 0 {
			out.fit(len(n.data))
		}
		for _, b := range n.dirtyBlocks() {
			switch s.rng.IntN(3) {
			case 0:
				s.copySectors(out.durable, n.data, b, func() bool { return true })
			case 1:
				s.copySectors(out.durable, n.data, b, func() bool { return s.rng.IntN(2) == 0 })
			}
		}
	}
	out.data = append([]byte(nil), out.durable...)
	return out
}

func (s *Sim) copySectors(dst, src []byte, block int, want func() bool) {
	for at := block * simBlock; at < (block+1)*simBlock; at += simSector {
		to := min(at+simSector, len(dst), len(src))
		if at < to && want() {
			copy(dst[at:to], src[at:to])
		}
	}
}
