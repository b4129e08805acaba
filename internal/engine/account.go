package engine

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"sluice/internal/pipeline"
	"sluice/internal/queue"
)

// journalAccount is the lasting account of a persisted queue. It lies in the note of the
// queue's cursor, stored together with the acks, so that neither is ever newer than the
// other: what is delivered again after a crash had not been counted.
//
// What came in is counted twice, which is what makes the account a check: as what the
// journal has appended, and as what has been dealt with and what waits.
type journalAccount struct {
	mu      sync.Mutex // taken inside the journal's lock
	a       pipeline.Account
	handled int64 // events that have been acked
	in      int64 // at open of the journal
	gone    int64 // records that the disk has lost, at open and at the last look
	reasons int   // bytes that Dropped takes in a note
}

const (
	noteVersion = 1
	noteFixed   = 1 + 9*8
	// otherReasons counts what there is no room for in a note. Reasons are few: one a
	// filter that drops.
	otherReasons = "other reasons"
)

var errNote = errors.New("the account in the queue's cursor cannot be read")

// openAccount goes on with the account in a note, or begins one with what waits in the
// queue. An error tells why it had to begin anew.
func openAccount(s queue.Standing, now time.Time) (*journalAccount, error) {
	acc := &journalAccount{}
	err := errNote
	if len(s.Note) > 0 {
		err = acc.decode(s.Note)
	}
	queued := int64(s.Events)
	if err != nil {
		*acc = journalAccount{in: queued - int64(s.Appended)}
		acc.a.Since = now
		if len(s.Note) == 0 {
			err = nil
		}
		return acc, err
	}
	// What was appended after the last ack is in the queue and not in the note. What is in
	// the note and not in the queue, the disk has lost.
	there := acc.handled + queued + acc.gone
	in := max(acc.in, there)
	acc.gone += in - there
	acc.in = in - int64(s.Appended)
	return acc, nil
}

// change returns what the note becomes when events have been handled.
func (acc *journalAccount) change(handled int, t *pipeline.Tally) func(note []byte, appended uint64) []byte {
	return func(note []byte, appended uint64) []byte {
		acc.mu.Lock()
		defer acc.mu.Unlock()
		acc.handled += int64(handled)
		acc.add(t)
		return acc.encode(note[:0], acc.in+int64(appended))
	}
}

// add counts a tally. acc.mu is held.
func (acc *journalAccount) add(t *pipeline.Tally) {
	if t == nil {
		return
	}
	few := *t
	few.Dropped = nil
	acc.a.Add(&few)
	if len(t.Dropped) > 0 && acc.a.Dropped == nil {
		acc.a.Dropped = map[string]int64{}
	}
	for reason, n := range t.Dropped {
		reason = reason[:min(len(reason), 255)]
		if _, known := acc.a.Dropped[reason]; !known {
			if need := 1 + len(reason) + 8; noteFixed+acc.reasons+need <= queue.MaxNote-(1+len(otherReasons)+8) {
				acc.reasons += need
			} else {
				reason = otherReasons
			}
		}
		acc.a.Dropped[reason] += n
	}
}

// look returns the account of the moment of s. What is missing is lost if the journal has
// found damage; otherwise the account does not add up.
func (acc *journalAccount) look(s queue.Standing, intact bool) pipeline.Account {
	var then journalAccount // of the note in s: acks may have come since
	if then.decode(s.Note) != nil {
		then = journalAccount{} // nothing has been acked since the account was begun
	}
	acc.mu.Lock()
	defer acc.mu.Unlock()
	a := then.a
	a.Since, a.In, a.Queued = acc.a.Since, acc.in+int64(s.Appended), int64(s.Events)
	if missing := a.In - then.handled - a.Queued; missing > acc.gone && !intact {
		acc.gone = missing // stored with the next ack
	}
	a.Lost += acc.gone
	if a.Dropped == nil {
		a.Dropped = map[string]int64{}
	}
	return a
}

// encode makes the note: a version, nine numbers, and the reasons with theirs.
func (acc *journalAccount) encode(b []byte, in int64) []byte {
	b = append(b, noteVersion)
	for _, n := range []int64{acc.a.Since.UnixMilli(), in, acc.handled, acc.gone, acc.a.Made, acc.a.Out, acc.a.DeadLettered, acc.a.Lost, acc.a.Spilled} {
		b = binary.LittleEndian.AppendUint64(b, uint64(n))
	}
	for reason, n := range acc.a.Dropped {
		b = append(append(b, byte(len(reason))), reason...)
		b = binary.LittleEndian.AppendUint64(b, uint64(n))
	}
	return b
}

func (acc *journalAccount) decode(b []byte) error {
	if len(b) < noteFixed {
		return errNote
	}
	if b[0] != noteVersion {
		return fmt.Errorf("%w: it is of version %d, this program knows %d", errNote, b[0], noteVersion)
	}
	next := func() int64 {
		n := int64(binary.LittleEndian.Uint64(b))
		b = b[8:]
		return n
	}
	b = b[1:]
	since := next()
	acc.in, acc.handled, acc.gone = next(), next(), next()
	acc.a = pipeline.Account{Since: time.UnixMilli(since), Made: next(), Out: next(), DeadLettered: next(), Lost: next(), Spilled: next(), Dropped: map[string]int64{}}
	acc.reasons = 0
	for len(b) > 0 {
		n := int(b[0])
		if len(b) < 1+n+8 {
			return errNote
		}
		reason := string(b[1 : 1+n])
		b = b[1+n:]
		acc.a.Dropped[reason] = next()
		acc.reasons += 1 + n + 8
	}
	return nil
}
