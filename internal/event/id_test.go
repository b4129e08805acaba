package event

import (
	"slices"
	"testing"
)

func idOf(e *Event) string { return string(e.AppendID(nil)) }

func TestIDs(t *testing.T) {
	b := NewBatch()
	defer b.Release()
	ref := MustRef("[@metadata][_id]")
	e := b.New()
	if idOf(e) != "" || e.Has(ref) {
		t.Error("an event of no queue has an id")
	}
	b.SetOrigin(0x1234567890abcdef)
	var ids []string
	for _, seq := range []uint64{1, 2, 31, 32, 1 << 40, 1<<64 - 1} {
		e.Seq = seq
		ids = append(ids, idOf(e))
		if id := e.Get(ref); id.Str() != idOf(e) || !isID(id.Str()) {
			t.Errorf("%d: %s and %s", seq, id.Str(), idOf(e))
		}
	}
	if len(ids[0]) != idLength || !slices.IsSorted(ids) || len(slices.Compact(ids)) != 6 {
		t.Error(ids)
	}
	e.Seq = 7
	first := idOf(e)
	one, two := e.Clone(), e.Clone()
	three := one.Clone()
	if idOf(one) != first+"-1" || idOf(two) != first+"-2" || idOf(three) != first+"-3" || idOf(e) != first {
		t.Error(first, idOf(one), idOf(two), idOf(three))
	}
	if n := e.NewEvent(); idOf(n) != "" {
		t.Error("an event that was made out of nothing has the id", idOf(n))
	}
	if meta := e.Metadata().Len(); meta != 0 {
		t.Errorf("reading the id has made %d fields", meta)
	}

	// What somebody has set is what is read, and no id of the event.
	if err := e.Set(ref, StringValue("mine")); err != nil {
		t.Fatal(err)
	}
	if e.Get(ref).Str() != "mine" || idOf(e) != first {
		t.Error(e.Get(ref).Str(), idOf(e))
	}
	if c := e.Clone(); c.Get(ref).Str() != "mine" || idOf(c) != first+"-4" {
		t.Error(c.Get(ref).Str(), idOf(c))
	}

	// A kept id goes through another queue; copies of it still differ.
	for _, kept := range []*Event{e, two} {
		before := kept.Metadata().Len()
		want := idOf(kept)
		undo := kept.KeepID()
		record := kept.AppendRecord(nil)
		if idOf(kept) != want {
			t.Error("a kept id has changed:", idOf(kept), want)
		}
		undo()
		if kept.Metadata().Len() != before || idOf(kept) != want {
			t.Error("undo left something:", idOf(kept))
		}
		other := NewBatch()
		other.SetOrigin(99)
		again, err := other.DecodeRecord(record)
		if err != nil {
			t.Fatal(err)
		}
		again.Seq = 1
		if idOf(again) != want || idOf(again.Clone()) != want+"-1" {
			t.Error(idOf(again), want)
		}
		copied := again.Clone()
		undo = copied.KeepID() // once more, into a third queue
		if idOf(copied) != want+"-2" {
			t.Error(idOf(copied), want)
		}
		if undo(); idOf(copied) != want+"-2" || idOf(again) != want {
			t.Error(idOf(copied), idOf(again))
		}
		other.Release()
	}
	for _, no := range []string{"", "sl", ids[0][1:], "x" + ids[0][1:], ids[0] + "x", "sl" + "u000000000000" + "0000000000000"} {
		if isID(no) {
			t.Errorf("%q was taken for an id", no)
		}
	}
}
