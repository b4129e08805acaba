package queue

import (
	"context"
	"testing"
	"time"
)

// What one user of this process puts in, the other reads; the directory is free when both
// have closed it, in any order.
func TestDeadLettersAreSharedInAProcess(t *testing.T) {
	dir := t.TempDir()
	opt := DeadLetterOptions{Dir: dir}
	for round := range 2 {
		var open [2]*DeadLetters
		for i := range open {
			d, _, err := OpenDeadLetters(context.Background(), opt)
			if err != nil {
				t.Fatal(err)
			}
			open[i] = d
		}
		if _, err := open[0].Put(DeadLetter{Reason: "r", Event: []byte("e")}); err != nil {
			t.Fatal(err)
		}
		if n := open[1].Len(); n != uint64(round+1) {
			t.Errorf("round %d: %d entries", round, n)
		}
		if err := open[round].Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := open[1-round].Put(DeadLetter{Reason: "r", Event: []byte("e")}); err != nil {
			t.Errorf("the queue was closed for both: %v", err)
		}
		if list, _, err := open[1-round].List(1, 10); err != nil || open[1-round].Drop(Range{list[0].Seq, list[0].Seq}) != nil {
			t.Error(err)
		}
		if err := open[1-round].Close(); err != nil {
			t.Fatal(err)
		}
		j, _, err := Open(context.Background(), Options{Dir: dir})
		if err != nil {
			t.Fatalf("the directory is still locked: %v", err)
		}
		j.Close()
	}
}

// Limits change while another user has the queue open, for both.
func TestDeadLetterLimitsChange(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	for _, second := range []bool{false, true} {
		opt := DeadLetterOptions{Dir: t.TempDir(), MaxBytes: 100_000, manual: true, Now: func() time.Time { return now }}
		d, _, err := OpenDeadLetters(context.Background(), opt)
		if err != nil {
			t.Fatal(err)
		}
		setter := d
		if second {
			if setter, _, err = OpenDeadLetters(context.Background(), opt); err != nil {
				t.Fatal(err)
			}
			defer setter.Close()
		}
		entry := DeadLetter{Reason: "r", Event: make([]byte, 10_000)}
		fill := func(n int) (dropped int) {
			for range n {
				now = now.Add(time.Second)
				x, err := d.Put(entry)
				if err != nil {
					t.Fatal(err)
				}
				dropped += x
				d.j.maintain()
			}
			return dropped
		}
		if fill(20) < 10 {
			t.Error("the first limit does not hold")
		}
		opt.MaxBytes = 400_000
		setter.SetLimits(opt)
		if n := fill(10); n > 0 {
			t.Errorf("%d entries were left out though the limit is higher now", n)
		}
		opt.DropOlder, opt.MaxBytes = true, 200_000
		setter.SetLimits(opt)
		if n := fill(10); n > 0 || d.j.Stats().Bytes > 200_000 {
			t.Errorf("%d entries were left out though older ones may go; %d bytes", n, d.j.Stats().Bytes)
		}
		opt.RetainAge = time.Second
		setter.SetLimits(opt)
		if fill(10); d.Len() > 10 {
			t.Errorf("%d entries are left that are older than a second", d.Len())
		}
		d.Close()
	}
}

// PeekDeadLetters sees what is there while another uses the queue, but not what was dropped.
func TestPeekDeadLetters(t *testing.T) {
	dir := t.TempDir()
	d, _, err := OpenDeadLetters(context.Background(), DeadLetterOptions{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for _, reason := range []string{"a", "b", "c"} {
		if _, err := d.Put(DeadLetter{Reason: reason, Event: []byte("e")}); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Drop(Range{2, 2}); err != nil {
		t.Fatal(err)
	}
	var got string
	if err := PeekDeadLetters(context.Background(), nil, dir, func(e DeadLetter) error { got += e.Reason; return nil }); err != nil || got != "ac" {
		t.Errorf("%q, %v", got, err)
	}
}
