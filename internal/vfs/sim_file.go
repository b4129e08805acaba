package vfs

import (
	"fmt"
	"io"
	"io/fs"
	"sort"
)

// resize sets the size and keeps account of the disk's space. s.mu is held.
func (s *Sim) resize(n *simInode, size int64) error {
	old := int64(len(n.data))
	if s.capacity > 0 && size > old && s.used+size-old > s.capacity {
		return ErrNoSpace
	}
	s.used += size - old
	// Blocks that change their size are written by the next Sync.
	for b := min(old, size) / simBlock; b <= (max(old, size)-1)/simBlock; b++ {
		n.dirty[int(b)] = true
	}
	if size <= old {
		clear(n.data[size:])
		n.data = n.data[:size]
		return nil
	}
	n.data = append(n.data, make([]byte, size-old)...)
	return nil
}

func (f *simFile) begin(op Op, size int, off int64) error {
	if f.closed {
		return &fs.PathError{Op: string(op), Path: f.name, Err: fs.ErrClosed}
	}
	if f.readOnly && op != OpRead {
		return &fs.PathError{Op: string(op), Path: f.name, Err: fs.ErrPermission}
	}
	return f.s.begin(op, f.name, size, off)
}

func (f *simFile) ReadAt(b []byte, off int64) (int, error) {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	if err := f.begin(OpRead, len(b), off); err != nil {
		return 0, err
	}
	if off >= int64(len(f.node.data)) {
		return 0, io.EOF
	}
	n := copy(b, f.node.data[off:])
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

func (f *simFile) WriteAt(b []byte, off int64) (int, error) {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	failed := f.begin(OpWrite, len(b), off)
	if f.closed || f.readOnly {
		return 0, failed
	}
	if failed != nil && len(b) > 0 {
		b = b[:f.s.rng.IntN(len(b)+1)] // so far it came
	}
	var err error
	if end := off + int64(len(b)); end > int64(len(f.node.data)) {
		if err = f.s.resize(f.node, end); err != nil {
			fit := max(int64(len(f.node.data)), off) - off // what lies in the file fits
			if fit > int64(len(b)) {
				fit = int64(len(b))
			}
			if off+fit > int64(len(f.node.data)) {
				fit = 0
			}
			b = b[:fit]
			err = &fs.PathError{Op: "write", Path: f.name, Err: err}
		}
	}
	copy(f.node.data[min(off, int64(len(f.node.data))):], b)
	if len(b) > 0 {
		for block := off / simBlock; block <= (off+int64(len(b))-1)/simBlock; block++ {
			f.node.dirty[int(block)] = true
		}
	}
	if failed != nil {
		err = failed
	}
	return len(b), err
}

func (f *simFile) Truncate(size int64) error {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	if err := f.begin(OpTruncate, 0, size); err != nil {
		return err
	}
	if err := f.s.resize(f.node, size); err != nil {
		return &fs.PathError{Op: "truncate", Path: f.name, Err: err}
	}
	return nil
}

func (f *simFile) Allocate(end int64) error {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	if err := f.begin(OpAllocate, 0, end); err != nil {
		return err
	}
	if end <= int64(len(f.node.data)) {
		return nil
	}
	if err := f.s.resize(f.node, end); err != nil {
		return &fs.PathError{Op: "allocate", Path: f.name, Err: err}
	}
	return nil
}

// Sync makes dirty blocks durable. If it fails, they stay readable, count as clean and
// are never written: what Linux does after a writeback error.
func (f *simFile) Sync() error {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	n := f.node
	err := f.begin(OpSync, 0, 0)
	if f.closed || f.readOnly {
		return err
	}
	if err != nil {
		if !f.s.dead {
			for _, b := range n.dirtyBlocks() {
				if f.s.rng.IntN(2) == 0 { // some may have made it
					n.persist(b)
				}
			}
			clear(n.dirty)
		}
		return err
	}
	n.fit(len(n.data))
	for b := range n.dirty {
		n.persist(b)
	}
	clear(n.dirty)
	return nil
}

// dirtyBlocks is in order, so that one seed gives one result.
func (n *simInode) dirtyBlocks() []int {
	blocks := make([]int, 0, len(n.dirty))
	for b := range n.dirty {
		blocks = append(blocks, b)
	}
	sort.Ints(blocks)
	return blocks
}

// fit sets the size of the durable content.
func (n *simInode) fit(size int) {
	if size <= len(n.durable) {
		n.durable = n.durable[:size]
		return
	}
	n.durable = append(n.durable, make([]byte, size-len(n.durable))...)
}

// persist copies one block as far as both contents have it.
func (n *simInode) persist(block int) {
	from := block * simBlock
	to := min(from+simBlock, len(n.data), len(n.durable))
	if from < to {
		copy(n.durable[from:to], n.data[from:to])
	}
}

func (f *simFile) Size() (int64, error) {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	if f.closed {
		return 0, fmt.Errorf("size of %s: %w", f.name, fs.ErrClosed)
	}
	return int64(len(f.node.data)), nil
}

func (f *simFile) Close() error {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	if f.closed {
		return fs.ErrClosed
	}
	f.closed = true
	if f.node.open--; f.node.open == 0 && f.node.links == 0 {
		f.s.used -= int64(len(f.node.data))
	}
	return nil
}
