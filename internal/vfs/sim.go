package vfs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"time"
)

// Sim is a disk in memory that behaves as badly as a disk may: what was not synced is
// lost in a crash, wholly or in pieces; a failed Sync drops what it was to write, as
// Linux does; names are durable only after SyncDir. One seed gives one behaviour.
//
// It is stricter than most file systems on purpose. Only MkdirAll is durable by itself.
type Sim struct {
	mu       sync.Mutex
	rng      *rand.Rand
	dirs     map[string]*simDir
	locked   map[string]bool
	capacity int64
	used     int64
	calls    int
	fault    func(Call) error
	delay    func(Call) time.Duration
	dead     bool
}

// Op is a kind of call.
type Op string

const (
	OpOpen     Op = "open"
	OpCreate   Op = "create"
	OpRename   Op = "rename"
	OpRemove   Op = "remove"
	OpMkdir    Op = "mkdir"
	OpList     Op = "list"
	OpSyncDir  Op = "syncdir"
	OpRead     Op = "read"
	OpWrite    Op = "write"
	OpTruncate Op = "truncate"
	OpAllocate Op = "allocate"
	OpSync     Op = "sync"
)

// Call is one call of the file system. Close, Size, Free and Lock are not counted.
type Call struct {
	N    int // counts from 0
	Op   Op
	Name string
	Size int   // bytes, of a read or write
	Off  int64 // of a read or write
}

// ErrPower is what every call gives after the power has gone.
var ErrPower = errors.New("simulated power cut")

// ErrIO is a simulated fault of the medium.
var ErrIO = errors.New("simulated input/output error")

type simDir struct {
	names, durable map[string]*simInode
}

const (
	simBlock  = 4096 // what the kernel writes at once
	simSector = 512  // what the disk writes at once
)

type simInode struct {
	data    []byte
	durable []byte
	dirty   map[int]bool // blocks to be written by the next Sync
	open    int
	links   int
}

type simFile struct {
	s        *Sim
	node     *simInode
	name     string
	readOnly bool
	closed   bool
}

// NewSim returns an empty disk without limits.
func NewSim(seed uint64) *Sim {
	return &Sim{
		rng:  rand.New(rand.NewPCG(seed, 0x5eed)),
		dirs: map[string]*simDir{"/": newSimDir(), ".": newSimDir()}, locked: map[string]bool{},
	}
}

func newSimDir() *simDir {
	return &simDir{names: map[string]*simInode{}, durable: map[string]*simInode{}}
}

// SetFault makes f decide about every call from now on: nil lets it pass. A failed write
// has written a part; after ErrPower every call fails with it. nil ends all faults.
func (s *Sim) SetFault(f func(Call) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}

// FailCall makes the call with number k (see Calls) fail with err.
func (s *Sim) FailCall(k int, err error) {
	s.SetFault(func(c Call) error {
		if c.N == k {
			return err
		}
		return nil
	})
}

// SetCapacity sets the size of the disk in bytes; 0 = no limit. Metadata costs nothing.
func (s *Sim) SetCapacity(bytes int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.capacity = bytes
}

// SetDelay makes calls take time.
func (s *Sim) SetDelay(f func(Call) time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delay = f
}

// Calls is the number of calls so far.
func (s *Sim) Calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

// Used is the bytes in all files.
func (s *Sim) Used() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.used
}

// FlipBit turns one bit of a file, as a medium does that forgets.
func (s *Sim) FlipBit(name string, bit int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, base := s.lookup(name)
	if d == nil || d.names[base] == nil || bit/8 >= int64(len(d.names[base].data)) {
		return fmt.Errorf("flip bit %d of %s: %w", bit, name, fs.ErrNotExist)
	}
	n := d.names[base]
	n.data[bit/8] ^= 1 << (bit % 8)
	if bit/8 < int64(len(n.durable)) {
		n.durable[bit/8] = n.data[bit/8]
	}
	return nil
}

// Files returns the sizes of all files below dir.
func (s *Sim) Files(dir string) map[string]int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	files := map[string]int64{}
	for path, d := range s.dirs {
		if path != dir && !strings.HasPrefix(path, dir+"/") {
			continue
		}
		for name, n := range d.names {
			files[filepath.Join(path, name)] = int64(len(n.data))
		}
	}
	return files
}

// begin counts a call and asks whether it fails. s.mu is held.
func (s *Sim) begin(op Op, name string, size int, off ...int64) error {
	c := Call{N: s.calls, Op: op, Name: name, Size: size}
	if len(off) > 0 {
		c.Off = off[0]
	}
	if s.dead {
		return &fs.PathError{Op: string(op), Path: name, Err: ErrPower}
	}
	s.calls++
	if s.delay != nil {
		if d := s.delay(c); d > 0 {
			s.mu.Unlock()
			time.Sleep(d)
			s.mu.Lock()
		}
	}
	if s.fault != nil {
		if err := s.fault(c); err != nil {
			s.dead = s.dead || errors.Is(err, ErrPower)
			return &fs.PathError{Op: string(op), Path: name, Err: err}
		}
	}
	return nil
}

func (s *Sim) lookup(name string) (*simDir, string) {
	name = filepath.Clean(name)
	return s.dirs[filepath.Dir(name)], filepath.Base(name)
}

func (s *Sim) openFile(name string, readOnly bool) (File, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.begin(OpOpen, name, 0); err != nil {
		return nil, err
	}
	d, base := s.lookup(name)
	if d == nil || d.names[base] == nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	d.names[base].open++
	return &simFile{s: s, node: d.names[base], name: name, readOnly: readOnly}, nil
}

func (s *Sim) Open(name string) (File, error)   { return s.openFile(name, true) }
func (s *Sim) OpenRW(name string) (File, error) { return s.openFile(name, false) }

func (s *Sim) Create(name string) (File, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.begin(OpCreate, name, 0); err != nil {
		return nil, err
	}
	d, base := s.lookup(name)
	if d == nil {
		return nil, &fs.PathError{Op: "create", Path: name, Err: fs.ErrNotExist}
	}
	n := d.names[base]
	if n == nil {
		n = &simInode{dirty: map[int]bool{}, links: 1}
		d.names[base] = n
	} else {
		s.resize(n, 0)
	}
	n.open++
	return &simFile{s: s, node: n, name: name}, nil
}

func (s *Sim) unlink(n *simInode) {
	if n == nil {
		return
	}
	if n.links--; n.links == 0 && n.open == 0 {
		s.used -= int64(len(n.data))
	}
}

func (s *Sim) Rename(oldName, newName string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.begin(OpRename, newName, 0); err != nil {
		return err
	}
	from, oldBase := s.lookup(oldName)
	to, newBase := s.lookup(newName)
	if from == nil || to == nil || from.names[oldBase] == nil {
		return &fs.PathError{Op: "rename", Path: oldName, Err: fs.ErrNotExist}
	}
	s.unlink(to.names[newBase])
	to.names[newBase] = from.names[oldBase]
	delete(from.names, oldBase)
	return nil
}

func (s *Sim) Remove(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.begin(OpRemove, name, 0); err != nil {
		return err
	}
	d, base := s.lookup(name)
	if d == nil || d.names[base] == nil {
		return &fs.PathError{Op: "remove", Path: name, Err: fs.ErrNotExist}
	}
	s.unlink(d.names[base])
	delete(d.names, base)
	return nil
}

func (s *Sim) MkdirAll(dir string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.begin(OpMkdir, dir, 0); err != nil {
		return err
	}
	for dir = filepath.Clean(dir); s.dirs[dir] == nil; dir = filepath.Dir(dir) {
		s.dirs[dir] = newSimDir()
	}
	return nil
}

func (s *Sim) List(dir string) ([]Entry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.begin(OpList, dir, 0); err != nil {
		return nil, err
	}
	dir = filepath.Clean(dir)
	d := s.dirs[dir]
	if d == nil {
		return nil, &fs.PathError{Op: "list", Path: dir, Err: fs.ErrNotExist}
	}
	var list []Entry
	for name, n := range d.names {
		list = append(list, Entry{Name: name, Size: int64(len(n.data))})
	}
	for sub := range s.dirs {
		if sub != dir && filepath.Dir(sub) == dir {
			list = append(list, Entry{Name: filepath.Base(sub), Dir: true})
		}
	}
	sort.Slice(list, func(i, k int) bool { return list[i].Name < list[k].Name })
	return list, nil
}

func (s *Sim) SyncDir(dir string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.begin(OpSyncDir, dir, 0); err != nil {
		return err
	}
	d := s.dirs[filepath.Clean(dir)]
	if d == nil {
		return &fs.PathError{Op: "syncdir", Path: dir, Err: fs.ErrNotExist}
	}
	clear(d.durable)
	for name, n := range d.names {
		d.durable[name] = n
	}
	return nil
}

func (s *Sim) Free(dir string) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.capacity == 0 {
		return 1 << 60, nil
	}
	return max(s.capacity-s.used, 0), nil
}

type simLock struct {
	s    *Sim
	name string
}

func (l simLock) Close() error {
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	delete(l.s.locked, l.name)
	return nil
}

func (s *Sim) Lock(name string) (io.Closer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead {
		return nil, ErrPower
	}
	if s.locked[name] {
		return nil, &LockedError{Name: name}
	}
	s.locked[name] = true
	return simLock{s, name}, nil
}
