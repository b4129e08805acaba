package queue

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"sluice/internal/vfs"
)

func letter(i int) DeadLetter {
	return DeadLetter{
		Time: time.UnixMilli(int64(1_700_000_000_000 + i)), Reason: "mapper_parsing_exception", PluginType: "elasticsearch",
		PluginID: "siem", Status: 400, Answer: []byte(`{"error":1}`), Attempts: 1 + i, Event: []byte(fmt.Sprintf(`{"n":%d}`, i)),
	}
}

func openDead(t testing.TB, opt DeadLetterOptions) *DeadLetters {
	t.Helper()
	d, _, err := OpenDeadLetters(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDeadLetterEncoding(t *testing.T) {
	e := letter(7)
	got, err := DecodeDeadLetter(e.Append(nil))
	if err != nil || !reflect.DeepEqual(got, e) {
		t.Errorf("%+v, %v", got, err)
	}
	future := append(e.Append(nil), 200, 3, 'n', 'e', 'w')
	if got, err := DecodeDeadLetter(future); err != nil || !reflect.DeepEqual(got, e) {
		t.Errorf("with an unknown field: %+v, %v", got, err)
	}
	e.Answer = bytes.Repeat([]byte("x"), 2*MaxAnswer)
	if got, _ := DecodeDeadLetter(e.Append(nil)); len(got.Answer) != MaxAnswer {
		t.Error("the answer was not cut:", len(got.Answer))
	}
	for _, bad := range []string{"", "\x02", "\x01\x01", "\x01\x08\x05abc", "\x01\x01\x01\x80", "\x01\x05\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"} {
		if _, err := DecodeDeadLetter([]byte(bad)); !errors.Is(err, errDeadLetter) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestDeadLettersPutListDropReopen(t *testing.T) {
	opt := DeadLetterOptions{FS: vfs.NewSim(1), Dir: "/dlq", manual: true}
	d := openDead(t, opt)
	for i := range 10 {
		if dropped, err := d.Put(letter(i)); dropped != 0 || err != nil {
			t.Fatal(dropped, err)
		}
	}
	list, next, err := d.List(0, 4)
	if err != nil || len(list) != 4 || next != 5 || list[3].Seq != 4 || string(list[3].Event) != `{"n":3}` {
		t.Fatal(list, next, err)
	}
	if err := d.Drop(Range{2, 3}, Range{9, 100}); err != nil {
		t.Fatal(err)
	}
	r, err := d.Reader("replay", Earliest)
	if err != nil {
		t.Fatal(err)
	}
	var b Batch
	if err := r.Next(t.Context(), &b, 100, 0); err != nil || fmt.Sprint(b.Ranges()) != "[{1 1} {4 8}]" {
		t.Error("a reader gets", b.Ranges(), err)
	}
	r.Ack(b.Ranges()...)
	d.j.maintain()
	d.Close()

	d = openDead(t, opt)
	defer d.Close()
	list, next, err = d.List(0, 100)
	var seqs []uint64
	for _, e := range list {
		seqs = append(seqs, e.Seq)
	}
	if fmt.Sprint(seqs) != "[1 4 5 6 7 8]" || next != 0 || err != nil {
		t.Error("what a reader has acked stays, what was dropped does not:", seqs, next, err)
	}
	if n := d.Len(); n != 6 {
		t.Error("Len", n)
	}
	if e, ok, err := d.Get(5); !ok || err != nil || e.Attempts != 5 {
		t.Error(e, ok, err)
	}
	if _, ok, _ := d.Get(2); ok {
		t.Error("got a dropped entry")
	}
}

func TestManyScatteredDropsSurvive(t *testing.T) {
	opt := DeadLetterOptions{FS: vfs.NewSim(1), Dir: "/dlq", manual: true}
	d := openDead(t, opt)
	const n = 2000
	for i := range n {
		d.Put(letter(i))
	}
	var drop []Range
	for i := uint64(2); i <= n; i += 2 {
		drop = append(drop, Range{i, i})
	}
	if err := d.Drop(drop...); err != nil {
		t.Fatal(err)
	}
	opt.FS = opt.FS.(*vfs.Sim).Crash(vfs.KeepNone)
	d = openDead(t, opt)
	defer d.Close()
	if got := d.Len(); got != n/2 {
		t.Errorf("%d entries, want %d", got, n/2)
	}
}

func TestDeadLetterPolicies(t *testing.T) {
	big := letter(1)
	big.Event = bytes.Repeat([]byte("e"), 10_000)
	for _, older := range []bool{false, true} {
		t.Run(fmt.Sprintf("older=%v", older), func(t *testing.T) {
			disk := vfs.NewSim(1)
			d := openDead(t, DeadLetterOptions{FS: disk, Dir: "/dlq", MaxBytes: 500_000, DropOlder: older, manual: true})
			defer d.Close()
			dropped := 0
			for i := range 100 {
				big.Attempts = i
				n, err := d.Put(big)
				if err != nil {
					t.Fatal(err)
				}
				dropped += n
			}
			list, _, _ := d.List(0, 1000)
			newer, old := d.Dropped()
			if int(newer) != dropped || len(list)+int(newer+old) != 100 {
				t.Errorf("%d entries, %d newer and %d older dropped, Put said %d", len(list), newer, old, dropped)
			}
			if older != (old > 0) || older == (newer > 0) {
				t.Errorf("dropped %d newer, %d older", newer, old)
			}
			if len(list) < 25 {
				t.Error("only", len(list), "entries fit")
			}
			if disk.Used() > 500_000 {
				t.Error("uses", disk.Used())
			}
		})
	}
}

func TestDeadLetterAge(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	d := openDead(t, DeadLetterOptions{FS: vfs.NewSim(1), Dir: "/dlq", RetainAge: 24 * time.Hour, manual: true, Now: func() time.Time { return now }})
	defer d.Close()
	for range 48 { // one an hour for two days
		d.Put(letter(1))
		now = now.Add(time.Hour)
		d.j.maintain()
	}
	if n := d.Len(); n < 24 || n > 32 {
		t.Error(n, "entries of the last 24 hours")
	}
}

func TestFullDiskIsNoReasonToDrop(t *testing.T) {
	disk := vfs.NewSim(1)
	d := openDead(t, DeadLetterOptions{FS: disk, Dir: "/dlq", manual: true})
	defer d.Close()
	disk.SetCapacity(disk.Used() + 100)
	dropped, err := d.Put(letter(1))
	if dropped != 0 || !errors.Is(err, ErrFull) {
		t.Error(dropped, err)
	}
	disk.SetCapacity(0)
	d.j.maintain()
	if dropped, err := d.Put(letter(1)); dropped != 0 || err != nil {
		t.Error(dropped, err)
	}
}

func FuzzDeadLetter(f *testing.F) {
	f.Add(letter(3).Append(nil))
	f.Add([]byte(strings.Repeat("\x01", 20)))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := DecodeDeadLetter(b)
		if err != nil {
			return
		}
		again, err := DecodeDeadLetter(e.Append(nil))
		if err != nil {
			t.Fatal(err)
		}
		e.Answer = e.Answer[:min(len(e.Answer), MaxAnswer)]
		if !again.Time.Equal(e.Time) && e.Time.UnixMilli() > 0 || again.Reason != e.Reason || !bytes.Equal(again.Event, e.Event) || !bytes.Equal(again.Answer, e.Answer) {
			t.Errorf("%+v\n%+v", e, again)
		}
	})
}
