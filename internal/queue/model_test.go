package queue

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"sort"
	"strings"
	"time"

	"sluice/internal/vfs"
)

// The model-based test runs random programs of append, read, ack, release, checkpoint,
// crash, reopen, fill, free, fault and flip against a model that knows what was promised.
//
//	SLUICE_SEEDS=20000 go test -run TestModel      more programs
//	SLUICE_SEED=1234 go test -run TestModel -v     one program, every step printed
//	SLUICE_TORTURE=1h go test -timeout 0 -run TestModel    as long as one likes

const modelDir = "/q"

// model is what the journal has promised.
type model struct {
	seed uint64
	rng  *rand.Rand
	log  func(format string, args ...any)

	disk     *vfs.Sim
	j        *Journal
	opt      Options
	now      time.Time
	wrap     func(vfs.FS) vfs.FS
	flips    int // bits flipped so far; each may cost one record
	flipping bool

	nextID   uint64
	size     map[uint64]int    // payload bytes by id
	durable  map[uint64]uint64 // id -> seq: Append has returned
	unsynced map[uint64]bool   // of durable, what SyncRelaxed may lose
	order    []uint64          // ids that may be in unsynced, oldest first
	doubtful map[uint64]bool   // of durable, what SyncRelaxed could not sync
	seen     map[uint64]uint64 // seq -> id: delivered once, the same for ever
	cursors  map[string]*modelCursor
	gone     map[string]bool // cursors that DropCursor may have removed
	dropped  uint64          // the oldest sequence number kept, at its highest
	lossy    bool            // DropOldest or retention may take what was not acked
	faulty   bool            // a fault was injected since the last reopen
}

type modelCursor struct {
	r     *Reader
	start uint64          // first sequence number that it must get
	acked map[uint64]bool // ids; value: may come again (a power cut or a fault came in between)
	firm  map[uint64]bool // ids whose ack was synced
	out   []uint64        // seqs delivered in this session and not acked
	got   map[uint64]bool // ids delivered in this session
	last  uint64
	calls [][]uint64 // ids acked by each AckNote; the note holds how many calls there were
	blind bool       // the note is of another life of the cursor
}

func (m *model) payload(id uint64) []byte {
	rng := rand.New(rand.NewPCG(id, m.seed))
	b := make([]byte, m.size[id])
	for i := range b {
		b[i] = "abcdefghij\x00\xf5SJ\xfa"[rng.IntN(15)]
	}
	binary.LittleEndian.PutUint64(b, id)
	return b
}

type modelFailure struct{ text string }

func (m *model) failf(format string, args ...any) {
	panic(modelFailure{fmt.Sprintf(format, args...)})
}

func newModel(seed uint64, adjust func(*Options), wrap func(vfs.FS) vfs.FS, log func(string, ...any)) *model {
	m := &model{
		seed: seed, rng: rand.New(rand.NewPCG(seed, 1)), log: log, wrap: wrap,
		disk: vfs.NewSim(seed), now: time.Unix(1_700_000_000, 0),
		size: map[uint64]int{}, durable: map[uint64]uint64{}, unsynced: map[uint64]bool{}, doubtful: map[uint64]bool{}, seen: map[uint64]uint64{},
		cursors: map[string]*modelCursor{}, gone: map[string]bool{},
	}
	m.opt = Options{
		Dir: modelDir, manual: true, SegmentBytes: int64(1500 + m.rng.IntN(8000)),
		GroupBytes: 4096, CacheBytes: int64(m.rng.IntN(3)-1) * 4096,
		Now: func() time.Time { return m.now },
	}
	switch m.rng.IntN(6) {
	case 0:
		m.opt.Compression = Compression(1 + m.rng.IntN(3))
	case 1:
		m.opt.Sync, m.opt.CheckpointWrites = SyncRelaxed, 1+m.rng.IntN(20)
	}
	switch m.rng.IntN(4) {
	case 0:
		m.opt.MaxBytes = int64(70_000 + m.rng.IntN(50_000))
	case 1:
		m.opt.MaxEvents = int64(1 + m.rng.IntN(20))
	}
	if m.rng.IntN(6) == 0 {
		m.opt.MaxBytes, m.opt.WhenFull, m.lossy = 70_000, DropOldest, true
	}
	if m.rng.IntN(6) == 0 {
		m.opt.Retention = Retention{Age: time.Duration(m.rng.IntN(100)) * time.Second, Bytes: int64(m.rng.IntN(20000))}
	}
	if seed%2 == 0 {
		m.opt.MinFree = -1 // to the last byte of the disk
	}
	if adjust != nil {
		adjust(&m.opt)
	}
	return m
}

// run runs the whole program; "" if the journal kept its promises.
func (m *model) run(steps int) (failure string) {
	defer func() {
		switch x := recover().(type) {
		case nil:
		case modelFailure:
			failure = x.text
		default:
			panic(x)
		}
	}()
	m.open()
	for range steps {
		m.step()
		m.noteDoubtful()
		if m.opt.MaxBytes > 0 {
			var sum int64
			for _, n := range m.disk.Files(modelDir) {
				sum += n
			}
			// Making a cursor is never refused: a full queue needs its reader.
			if sum > m.opt.MaxBytes+2*2*cursorSlot {
				m.failf("files hold %d bytes, the limit is %d", sum, m.opt.MaxBytes)
			}
		}
	}
	m.calm()
	m.reopen()
	m.drainAndCheck()
	return ""
}

func (m *model) open() {
	fsys := vfs.FS(m.disk)
	if m.wrap != nil {
		fsys = m.wrap(fsys)
	}
	m.opt.FS = fsys
	j, rep, err := Open(context.Background(), m.opt)
	if err != nil {
		m.disk.SetFault(nil)
		if j, rep, err = Open(context.Background(), m.opt); err != nil {
			m.failf("does not open: %v", err)
		}
	}
	m.log("open: %d segments, %d events, torn %d, problems %v", rep.Segments, rep.Events, rep.Torn, rep.Problems)
	for name, c := range j.cursors {
		m.log("  cursor %s: low %d, acked %v", name, c.low, c.acked)
	}
	for _, g := range j.segs {
		m.log("  segment %d: [%d, %d) %d of %d bytes", g.number, g.base, g.end, g.off, g.size)
	}
	m.j = j
	m.checkNotes()
	for _, c := range m.cursors {
		c.r, c.out, c.got, c.last = nil, nil, map[uint64]bool{}, 0
	}
}

// checkNotes: what is acked and the note are of the same moment, whatever came in between.
func (m *model) checkNotes() {
	if m.lost() {
		return
	}
	first, _ := m.j.Bounds()
	for name, c := range m.cursors {
		jc := m.j.cursors[name]
		if jc == nil || c.blind {
			continue
		}
		k := 0
		if len(jc.note) >= 8 {
			k = int(binary.LittleEndian.Uint64(jc.note))
		}
		if k > len(c.calls) {
			m.failf("cursor %s: the note tells of %d acks, there were %d", name, k, len(c.calls))
		}
		before := map[uint64]bool{}
		for i, ids := range c.calls {
			for _, id := range ids {
				seq, ok := m.durable[id]
				isAcked := seq < jc.low || jc.acked.has(seq)
				switch {
				case !ok || seq < first:
				case i < k && !isAcked:
					m.failf("cursor %s: ack %d of %d in the note is not there: id %d, seq %d", name, i, k, id, seq)
				case i >= k && isAcked && !before[id] && !m.lossy:
					m.failf("cursor %s: ack %d is there, the note has %d: id %d, seq %d", name, i, k, id, seq)
				}
				before[id] = before[id] || i < k
			}
		}
		c.calls = c.calls[:k]
	}
}

func (m *model) reopen() {
	err := m.j.Close()
	m.log("close: %v", err)
	m.noteDoubtful()
	for _, c := range m.cursors {
		if err != nil {
			m.doubt(c)
			continue
		}
		c.makeFirm()
	}
	if err == nil {
		clear(m.unsynced)
	}
	m.open()
}

// makeFirm: from now on a power cut does not bring back what is acked.
func (c *modelCursor) makeFirm() {
	for id, doubtful := range c.acked {
		if !doubtful {
			c.firm[id] = true
		}
	}
}

func (m *model) doubt(c *modelCursor) {
	for id := range c.acked {
		if !c.firm[id] {
			c.acked[id] = true
		}
	}
}

// noteDropped: DropOldest has given up what is below, also if the file comes back.
func (m *model) noteDropped() {
	first, _ := m.j.Bounds()
	m.dropped = max(m.dropped, first)
}

// noteDoubtful: with SyncRelaxed a failed sync takes what Append had returned for; the
// journal has to say so.
func (m *model) noteDoubtful() {
	m.noteDropped()
	if m.j.Stats().Doubtful > 0 {
		for id := range m.unsynced {
			m.doubtful[id] = true
		}
	}
}

func (m *model) crash(keep vfs.Keep) {
	m.noteDropped()
	m.disk = m.disk.Crash(keep)
	m.log("crash, keep %d", keep)
	if keep != vfs.KeepAll {
		m.noteDoubtful()
		for id := range m.unsynced {
			delete(m.durable, id)
		}
		for id := range m.doubtful {
			delete(m.durable, id)
		}
	}
	if keep != vfs.KeepAll || m.faulty {
		for _, c := range m.cursors {
			m.doubt(c)
		}
	}
	clear(m.unsynced)
	m.faulty = false
	m.open()
}

// calm ends faults and gives space.
func (m *model) calm() {
	m.disk.SetFault(nil)
	m.disk.SetCapacity(0)
	m.j.maintain()
}

func (m *model) step() {
	if m.flipping && m.rng.IntN(20) == 0 {
		m.flip()
	}
	switch n := m.rng.IntN(100); {
	case n < 35:
		m.append()
	case n < 60:
		m.read()
	case n < 75:
		m.ack()
	case n < 78:
		m.release()
	case n < 84:
		m.maintain()
	case n < 86:
		m.reopen()
	case n < 90:
		m.crash(vfs.Keep(m.rng.IntN(3)))
	case n < 92:
		m.drop()
	case n < 96:
		m.fault()
	case n < 98:
		m.disk.SetCapacity(m.disk.Used() + int64(m.rng.IntN(5000)))
		m.faulty = true
		m.log("the disk is nearly full")
	default:
		m.disk.SetCapacity(0)
		m.disk.SetFault(nil)
		m.log("the disk is well")
	}
}

func (m *model) append() {
	ps := make([][]byte, 1+m.rng.IntN(5))
	first := m.nextID + 1
	for i := range ps {
		m.nextID++
		m.size[m.nextID] = 8 + m.rng.IntN(10)*m.rng.IntN(100)
		ps[i] = m.payload(m.nextID)
	}
	seq, err := m.j.TryAppend(ps)
	m.log("append ids %d to %d: seq %d, %v", first, m.nextID, seq, err)
	if err != nil {
		return
	}
	for i := range ps {
		m.durable[first+uint64(i)] = seq + uint64(i)
		if m.opt.Sync == SyncRelaxed {
			m.unsynced[first+uint64(i)] = true
			m.order = append(m.order, first+uint64(i))
		}
	}
	// CheckpointWrites bounds what power loss may take.
	for m.opt.Sync == SyncRelaxed && !m.faulty && len(m.order) >= m.opt.CheckpointWrites {
		delete(m.unsynced, m.order[0])
		m.order = m.order[1:]
	}
}

func (m *model) cursor() (string, *modelCursor) {
	name := []string{"a", "b", "C/ü"}[m.rng.IntN(3)*m.rng.IntN(2)]
	c := m.cursors[name]
	if c == nil {
		c = &modelCursor{acked: map[uint64]bool{}, firm: map[uint64]bool{}, got: map[uint64]bool{}}
	}
	if c.r == nil {
		from := Earliest
		_, isNew := m.j.cursors[name]
		isNew = !isNew
		if isNew && m.cursors[name] != nil && !m.lost() {
			m.failf("cursor %s is gone", name)
		}
		if isNew {
			c = &modelCursor{acked: map[uint64]bool{}, firm: map[uint64]bool{}, got: map[uint64]bool{}}
			c.start, _ = m.j.Bounds()
			if m.rng.IntN(2) == 0 {
				from = Latest
				_, c.start = m.j.Bounds()
			}
			for id, seq := range m.durable { // removed before, between what a crash has brought back
				if s := m.j.segmentAt(seq); s != nil && seq < s.base {
					c.acked[id] = true
				}
			}
		}
		r, err := m.j.Reader(name, from)
		m.log("reader %s (new %v, start %d): %v", name, isNew, c.start, err)
		if err != nil {
			return name, nil
		}
		c.r = r
		if m.cursors[name] == nil && !isNew {
			// It was made, or dropped, by a call that reported an error.
			first, _ := m.j.Bounds()
			c.start = max(first, m.j.cursors[name].low)
			c.blind = true
			for id, seq := range m.durable {
				if m.j.cursors[name].acked.has(seq) {
					c.acked[id] = true
				}
			}
		}
		m.cursors[name] = c
	}
	return name, c
}

func (m *model) read() {
	name, c := m.cursor()
	if c == nil {
		return
	}
	var b Batch
	b.reset(1+m.rng.IntN(20), 1+m.rng.IntN(10000))
	_, err := c.r.read(&b)
	b.finish()
	m.log("read %s: %v, %v", name, b.Ranges(), err)
	if err != nil && !m.faulty {
		m.failf("read: %v", err)
	}
	for _, rec := range b.Records {
		m.delivered(name, c, rec)
	}
}

func (m *model) delivered(name string, c *modelCursor, rec Record) {
	if len(rec.Payload) < 8 {
		m.failf("cursor %s: record %d has %d bytes", name, rec.Seq, len(rec.Payload))
	}
	id := binary.LittleEndian.Uint64(rec.Payload)
	if _, known := m.size[id]; !known || string(m.payload(id)) != string(rec.Payload) {
		m.failf("cursor %s: record %d is not what was appended", name, rec.Seq)
	}
	if old, ok := m.seen[rec.Seq]; ok && old != id {
		m.failf("cursor %s: sequence number %d was id %d and is id %d", name, rec.Seq, old, id)
	}
	m.seen[rec.Seq] = id
	if seq, ok := m.durable[id]; ok && seq != rec.Seq {
		m.failf("cursor %s: id %d was appended as %d and comes as %d", name, id, seq, rec.Seq)
	}
	if doubtful, ok := c.acked[id]; ok && !doubtful && !m.lost() {
		m.failf("cursor %s: id %d, seq %d was acked and comes again", name, id, rec.Seq)
	}
	delete(c.acked, id)
	if c.got[id] && !contains(c.out, rec.Seq) {
		return
	}
	if c.got[id] {
		m.failf("cursor %s: id %d comes twice without a release", name, id)
	}
	if rec.Seq < c.last {
		m.failf("cursor %s: record %d comes after %d", name, rec.Seq, c.last)
	}
	c.last = rec.Seq
	c.got[id] = true
	c.out = append(c.out, rec.Seq)
}

// lost tells whether a damaged cursor may have gone back.
func (m *model) lost() bool { return m.flips > 0 }

func contains(list []uint64, x uint64) bool {
	for _, y := range list {
		if x == y {
			return true
		}
	}
	return false
}

func (m *model) ack() {
	name, c := m.cursor()
	if c == nil || len(c.out) == 0 {
		return
	}
	m.rng.Shuffle(len(c.out), func(i, k int) { c.out[i], c.out[k] = c.out[k], c.out[i] })
	n := 1 + m.rng.IntN(len(c.out))
	if m.rng.IntN(2) == 0 {
		n = len(c.out)
	}
	var rs []Range
	for _, seq := range c.out[:n] {
		rs = append(rs, Range{seq, seq})
	}
	var ids []uint64
	for _, seq := range c.out[:n] {
		ids = append(ids, m.seen[seq])
	}
	padding := m.rng.IntN(MaxNote - 8)
	err := c.r.AckNote(func(note []byte, _ uint64) []byte {
		return append(binary.LittleEndian.AppendUint64(note[:0], uint64(len(c.calls)+1)), make([]byte, padding)...)
	}, rs...)
	if !errors.Is(err, ErrClosed) {
		c.calls = append(c.calls, ids)
	}
	m.log("ack %s %v: %v", name, c.out[:n], err)
	for _, seq := range c.out[:n] {
		id := m.seen[seq]
		c.acked[id] = err != nil || m.faulty
	}
	c.out = append([]uint64(nil), c.out[n:]...)
}

func (m *model) release() {
	name, c := m.cursor()
	if c == nil || len(c.out) == 0 {
		return
	}
	i := m.rng.IntN(len(c.out))
	seq := c.out[i]
	c.r.Release(Range{seq, seq})
	m.log("release %s %d", name, seq)
	c.out = append(c.out[:i:i], c.out[i+1:]...)
	delete(c.got, m.seen[seq])
	c.last = 0
}

func (m *model) maintain() {
	m.now = m.now.Add(time.Duration(1+m.rng.IntN(20)) * time.Second)
	if m.rng.IntN(30) == 0 { // somebody sets the clock
		m.now = m.now.Add(time.Duration(m.rng.IntN(3)-1) * 365 * 24 * time.Hour)
		m.log("the clock jumps to %v", m.now)
	}
	before := m.j.Stats()
	m.j.maintain()
	m.noteDoubtful()
	after := m.j.Stats()
	m.log("maintain: %d segments, full %q", after.Segments, after.Full.Reason)
	if m.faulty || after.CursorErrors > before.CursorErrors || m.now.UnixMilli() != m.j.lastCheckpoint {
		return
	}
	clear(m.unsynced)
	for _, c := range m.cursors {
		c.makeFirm()
	}
}

func (m *model) flip() {
	var names []string
	files := m.disk.Files(modelDir)
	for name, size := range files {
		if size > 0 {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	if len(names) == 0 {
		return
	}
	name := names[m.rng.IntN(len(names))]
	bit := m.rng.Int64N(files[name] * 8)
	m.disk.FlipBit(name, bit)
	m.flips++
	m.log("bit %d of byte %d of %s flips", bit%8, bit/8, name)
}

func (m *model) drop() {
	if m.rng.IntN(2) == 0 {
		return
	}
	name, c := m.cursor()
	if c == nil {
		return
	}
	err := m.j.DropCursor(name)
	m.log("drop %s: %v", name, err)
	delete(m.cursors, name)
	m.gone[name] = true
}

func (m *model) fault() {
	err := []error{vfs.ErrIO, vfs.ErrNoSpace, vfs.ErrPower}[m.rng.IntN(3)]
	k := m.disk.Calls() + m.rng.IntN(12)
	m.disk.FailCall(k, err)
	m.faulty = true
	m.log("call %d fails with %v", k, err)
	for range m.rng.IntN(4) {
		switch m.rng.IntN(3) {
		case 0:
			m.append()
		case 1:
			m.read()
		case 2:
			m.ack()
		}
	}
	if err == vfs.ErrPower {
		m.crash(vfs.Keep(m.rng.IntN(3)))
		return
	}
	for _, c := range m.cursors {
		m.doubt(c)
	}
}

// drainAndCheck reads everything and compares it with what was promised.
func (m *model) drainAndCheck() {
	m.faulty = false
	for _, name := range []string{"a", "b", "C/ü"} {
		c := m.cursors[name]
		if c == nil {
			continue
		}
		if m.j.cursors[name] == nil {
			if m.lost() {
				continue
			}
			m.failf("cursor %s is gone", name)
		}
		r, err := m.j.Reader(name, Earliest)
		if err != nil {
			m.failf("reader: %v", err)
		}
		c.r = r
		for {
			var b Batch
			b.reset(50, 1<<20)
			wait, err := r.read(&b)
			b.finish()
			if err != nil {
				m.failf("drain: %v", err)
			}
			for _, rec := range b.Records {
				m.delivered(name, c, rec)
			}
			if len(b.Records) == 0 && wait != nil {
				break
			}
		}
		first := uint64(0)
		if m.lossy {
			m.noteDropped()
			first = m.dropped
		}
		var missing []string
		for id, seq := range m.durable {
			if _, acked := c.acked[id]; seq >= max(c.start, first) && !acked && !c.got[id] {
				missing = append(missing, fmt.Sprintf("id %d (seq %d)", id, seq))
			}
		}
		sort.Strings(missing)
		if len(missing) > m.flips {
			m.failf("cursor %s lost %s", name, strings.Join(missing, ", "))
		}
		if lag := r.Lag(); lag.Unread != 0 {
			m.failf("cursor %s has read everything and lags %+v", name, lag)
		}
	}
	if err := m.j.Close(); err != nil {
		m.failf("close: %v", err)
	}
}
