package queue

import (
	"errors"
	"fmt"
	"time"

	"sluice/internal/vfs"
)

// commitPending commits the group that has gathered, after waiting a little for more if
// so configured. The caller holds committing.
func (j *Journal) commitPending() {
	j.mu.Lock()
	if d := j.opt.GroupDelay; d > 0 && !j.closed && len(j.pending.buf) < j.opt.GroupBytes {
		j.mu.Unlock()
		t := time.NewTimer(d)
		select {
		case <-t.C:
		case <-j.stop:
		}
		t.Stop()
		j.mu.Lock()
	}
	g := j.pending
	j.pending, j.writing = nil, g
	j.wakeAppenders()
	j.mu.Unlock()
	j.commit(g)
}

// commit writes the group, lets readers see it and its appenders go. The caller holds
// committing and gives it on.
func (j *Journal) commit(g *group) {
	err := j.write(g)
	j.mu.Lock()
	if err == nil {
		j.stats.Commits++
		j.stats.Appended += uint64(g.count)
		j.stats.AppendedBytes += uint64(len(g.buf) - g.count*frameHeader)
		j.end = g.end()
		j.endBefore += uint64(g.count)
		j.lastTime = peekFrame(g.buf).time
		j.cache.add(g)
		j.wakeReaders()
	} else {
		g.err = err
		j.lastError = err
		// Nobody has seen the numbers of this group: the next one takes them, so that
		// a gap in a segment can only mean damage.
		j.next = g.first
		if p := j.pending; p != nil {
			p.renumber(j.next)
			j.next = p.end()
		}
		if errors.Is(err, vfs.ErrNoSpace) {
			j.diskFull, j.diskNeed = true, int64(len(g.buf))
			j.setFull(FullDisk)
		}
		j.poke()
	}
	j.passOn()
	j.mu.Unlock()
	close(g.done)
}

// write makes the group durable. If the disk fails, the group is written once more to a
// new segment: after a failed fsync the kernel may call pages clean that never reached
// the disk, so no byte of the old file is trusted that was not synced before.
func (j *Journal) write(g *group) error {
	data := g.buf
	if j.opt.Compression != CompressNone {
		if j.comp == nil {
			var err error
			if j.comp, err = newCompressor(j.opt.Compression); err != nil {
				return err
			}
		}
		data = j.comp.compress(g.buf)
	}
	err := j.writeOnce(g, data)
	if err != nil && !errors.Is(err, vfs.ErrNoSpace) {
		err = j.writeOnce(g, data)
	}
	return err
}

// writeOnce writes to the active segment, which it gives up when the disk fails.
func (j *Journal) writeOnce(g *group, data []byte) error {
	if err := j.reserve(g, int64(len(data))); err != nil {
		if !errors.Is(err, vfs.ErrNoSpace) {
			j.abandon()
		}
		return err
	}
	seg := j.active()
	off := seg.off
	stamp(data, seg.salt, off)
	if _, err := j.activeFile.WriteAt(data, off); err != nil {
		err = fmt.Errorf("write %s: %w", seg.path, err)
		j.fail(&j.stats.WriteErrors, err)
		// Half a group may be there. With a full disk, and only then, the same place may
		// be written again; what is longer than the next group must not stay behind it.
		if !errors.Is(err, vfs.ErrNoSpace) || j.activeFile.Truncate(off) != nil {
			j.abandon()
		} else {
			j.mu.Lock()
			seg.size = off
			j.mu.Unlock()
		}
		return err
	}
	j.unsyncedWrites += g.count
	if j.opt.Sync == SyncAlways || j.unsyncedWrites >= j.opt.CheckpointWrites {
		if err := j.syncActive(); err != nil {
			return err
		}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	seg.addMark(g.first, off)
	seg.off += int64(len(data))
	seg.size = max(seg.size, seg.off)
	seg.end = g.end()
	if j.unsyncedWrites == 0 {
		j.synced = synced{seg.number, seg.off, g.end()}
	}
	return nil
}

// syncActive syncs what was written, or gives the active segment up. The caller holds committing.
func (j *Journal) syncActive() error {
	if j.activeFile == nil || j.unsyncedWrites == 0 {
		return nil
	}
	if err := j.activeFile.Sync(); err != nil {
		err = fmt.Errorf("sync %s: %w", j.active().path, err)
		j.fail(&j.stats.SyncErrors, err)
		j.abandon() // whatever the error: what this sync dropped, the next one does not know
		return err
	}
	j.unsyncedWrites = 0
	j.mu.Lock()
	j.stats.Syncs++
	j.mu.Unlock()
	return nil
}

// fail counts an error of the disk and keeps it for Stats.
func (j *Journal) fail(n *uint64, err error) {
	j.mu.Lock()
	*n++
	j.lastError = err
	j.mu.Unlock()
}

// active is the segment that activeFile belongs to. The caller holds committing.
func (j *Journal) active() *segment {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.segs[len(j.segs)-1]
}

// reserve sees to it that the active segment has room for n bytes of group g.
func (j *Journal) reserve(g *group, n int64) error {
	if j.activeFile != nil {
		if seg := j.active(); seg.off+n > j.opt.SegmentBytes && seg.off > segmentHeader {
			if err := j.syncActive(); err != nil {
				return err
			}
			j.seal(false)
		}
	}
	if j.activeFile == nil {
		if err := j.newSegment(); err != nil {
			return err
		}
	}
	seg := j.active()
	if seg.off+n <= seg.size {
		return nil
	}
	j.mu.Lock()
	// Small queues stay small: the step doubles with the segment.
	end := max(seg.off+n, min(j.opt.SegmentBytes, seg.off+min(max(seg.off, 1<<20), 16<<20)))
	if m := j.opt.MaxBytes; m > 0 {
		end = max(seg.off+n, min(end, seg.off+m-j.used()-reserveBytes))
	}
	size := seg.size
	j.mu.Unlock()
	if j.opt.MinFree > 0 {
		free, err := j.opt.FS.Free(j.opt.Dir)
		if err == nil && free-(end-size) < j.opt.MinFree {
			end = seg.off + n // all that is needed, nothing ahead
			if free-(end-size) < j.opt.MinFree {
				return fmt.Errorf("%w: %d bytes are free, queue.min_free leaves %d to others", vfs.ErrNoSpace, free, j.opt.MinFree)
			}
		}
	}
	if err := j.activeFile.Allocate(end); err != nil {
		if errors.Is(err, vfs.ErrNoSpace) && end > seg.off+n {
			end = seg.off + n
			err = j.activeFile.Allocate(end)
		}
		if err != nil {
			return fmt.Errorf("allocate %s: %w", seg.path, err)
		}
	}
	if size, err := j.activeFile.Size(); err == nil {
		j.mu.Lock()
		seg.size = max(size, seg.off)
		j.mu.Unlock()
	}
	return nil
}

// newSegment starts the next segment file. The caller holds committing.
func (j *Journal) newSegment() error {
	j.mu.Lock()
	base, prevEnd := j.end, uint64(0) // 0: the one before cannot be read here; whoever can has to look
	if n := len(j.segs); n > 0 && j.segs[n-1].number == j.lastNumber {
		prevEnd = j.segs[n-1].end
	}
	h := segmentHead{
		version: formatVersion, id: j.id, number: j.lastNumber + 1,
		base: base, prevEnd: prevEnd, created: j.millis(),
	}
	if j.opt.Sync == SyncRelaxed {
		h.flags = flagRelaxed
	}
	before := j.endBefore
	j.mu.Unlock()
	seg, f, err := createSegment(j.opt.FS, j.opt.Dir, h)
	if err != nil {
		j.fail(&j.stats.WriteErrors, err)
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	seg.before = before
	j.lastNumber = h.number
	j.segs = append(j.segs, seg)
	j.activeFile = f
	j.unsyncedWrites = 0
	return nil
}

// seal ends the active segment; all of it is synced. An error is of no consequence for
// the records: zeros behind the last one mean the end as well. The caller holds committing.
func (j *Journal) seal(closing bool) error {
	f := j.activeFile
	if f == nil {
		return nil
	}
	seg := j.active()
	size := seg.off
	var err error
	if closing && j.opt.Sync == SyncRelaxed {
		// Tells the next open that no sequence number was given out and lost.
		b := appendFrame(nil, frameClosed, seg.end, j.millis(), nil)
		stamp(b, seg.salt, seg.off)
		if _, err = f.WriteAt(b, seg.off); err == nil {
			size += frameHeader
		}
	}
	if e := f.Truncate(size); e != nil {
		err = e
	}
	if size > seg.off || size < seg.size {
		// Space that comes back with a power cut would break the limit.
		if e := f.Sync(); e != nil {
			err = e
		}
	}
	if e := f.Close(); e != nil {
		err = e
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.activeFile = nil
	if err != nil {
		j.lastError = err
	} else {
		seg.size = size
	}
	return err
}

// abandon ends the active segment after a failed write or sync. What was written and
// not synced is cut off if the disk allows it; if not, the next segment's header says
// where this one ends. The caller holds committing.
func (j *Journal) abandon() {
	f := j.activeFile
	if f == nil {
		return
	}
	seg := j.active()
	size := seg.off
	if f.Truncate(seg.off) != nil {
		size = seg.size
	}
	f.Close()
	j.mu.Lock()
	defer j.mu.Unlock()
	j.activeFile = nil
	seg.size = size
	if j.opt.Sync == SyncRelaxed {
		j.stats.Doubtful += uint64(j.unsyncedWrites)
	}
	j.unsyncedWrites = 0
}
