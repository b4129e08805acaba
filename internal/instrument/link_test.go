package instrument

import (
	"bytes"
	"testing"
	"time"
)

func TestBatchRoundTrip(t *testing.T) {
	e := Event{Type: "a.b", Message: "m", Context: NewUUID(), ID: NewUUID(), Time: time.UnixMicro(1614868533946555), Data: []byte(`{"x":1}`)}
	text := []byte{0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 2}
	text = appendEvent(appendEvent(text, &e), &e)
	n, events, err := readBatch(text, nil)
	if err != nil || n != 7 || len(events) != 2 || events[1].ID != e.ID || events[1].Context != e.Context ||
		events[1].Type != e.Type || events[1].Message != e.Message || !events[1].Time.Equal(e.Time) || string(events[1].Data) != `{"x":1}` {
		t.Errorf("%d %+v %v", n, events, err)
	}
	for cut := range len(text) {
		if _, _, err := readBatch(text[:cut], nil); err == nil {
			t.Errorf("a batch cut at %d is read", cut)
		}
	}
}

func TestUUID(t *testing.T) {
	u := UUID{0xe4, 0x1d, 0x4f, 0xbf, 0x48, 0x2f, 0x4f, 0x74, 0xa4, 0xe2, 0x60, 0x71, 0x7b, 0x03, 0xf6, 0x23}
	if u.String() != "e41d4fbf-482f-4f74-a4e2-60717b03f623" {
		t.Error(u)
	}
	if n := NewUUID(); n[6]>>4 != 4 || n[8]>>6 != 2 || n == NewUUID() {
		t.Error(n)
	}
}

func FuzzReadBatch(f *testing.F) {
	f.Add(appendEvent([]byte{0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 1}, &Event{Type: "a", Data: []byte("{}")}))
	f.Fuzz(func(t *testing.T, text []byte) {
		number, events, err := readBatch(text, nil)
		if err != nil {
			return
		}
		again := append([]byte(nil), text[:12]...)
		for i := range events {
			again = appendEvent(again, &events[i])
		}
		if !bytes.Equal(text, again) || len(text) < 12 {
			t.Fatalf("batch %d: %q became %q", number, text, again)
		}
	})
}
