package queue

import "time"

// locate turns a position into a sequence number.
func (j *Journal) locate(p Position) (seq uint64, err error) {
	if p.kind == 't' {
		if seq, err = j.seek(p.at); err != nil {
			return 0, err
		}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	switch p.kind {
	case 'l':
		seq = j.end
	case 's':
		seq = min(p.seq, j.end)
	}
	if len(j.segs) > 0 {
		seq = max(seq, j.segs[0].base)
	}
	return max(seq, 1), nil
}

// seek returns the sequence number of the first record that was appended at t or later.
// It reads one segment. If the clock was turned back, it finds the first that fits.
func (j *Journal) seek(t time.Time) (uint64, error) {
	millis := t.UnixMilli()
	j.mu.Lock()
	end := j.end
	var seg *segment
	var limit int64
	for i, s := range j.segs {
		// A segment's records are older than the next segment.
		if i+1 == len(j.segs) || j.segs[i+1].created >= millis {
			seg, limit = s, s.off
			break
		}
	}
	j.mu.Unlock()
	if seg == nil {
		return end, nil
	}
	f, err := j.opt.FS.Open(seg.path)
	if err != nil {
		return 0, scanError(seg, 0, err)
	}
	defer f.Close()
	sc := recordScanner{scanner: *newScanner(f, seg.salt, segmentHeader, limit)}
	for {
		r, _, _, what, err := sc.next()
		if err != nil {
			return 0, scanError(seg, sc.pos, err)
		}
		if what == scanEnd {
			break
		}
		if what == scanFrame && r.time >= millis {
			return r.seq, nil
		}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if s := j.segmentAt(seg.end); s != nil {
		return s.base, nil
	}
	return j.end, nil
}
