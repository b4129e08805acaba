package filter

import (
	"fmt"
	"testing"
	"time"

	"sluice/internal/diag"
	"sluice/internal/event"
	"sluice/internal/ruby"
)

// TestRubyFailuresByPlace counts exceptions by the line they were raised at, and logs
// each line once in a while.
func TestRubyFailuresByPlace(t *testing.T) {
	code := "n = event.get('n')\nraise ArgumentError, \"no #{n}\" if n < 2\nnil.upcase if n == 2\nloop { n += 1 }"
	s, list := ruby.Compile(diag.NewSource("a.conf", code), ruby.Options{Limits: ruby.Limits{Steps: 2000}})
	if s == nil {
		t.Fatal(list)
	}
	in, err := s.NewInstance(nil)
	if err != nil {
		t.Fatal(err)
	}
	var f rubyFailures
	logged := ""
	now := time.Unix(1e9, 0)
	for i, n := range []int{0, 1, 2, 3, 1} {
		b := event.NewBatch()
		ev, _, err := b.Decode(fmt.Appendf(nil, `{"n":%d}`, n))
		if err != nil {
			t.Fatal(err)
		}
		if place, log := f.note(in.Run(ev, nil), now.Add(time.Duration(i)*10*time.Second)); log {
			logged += place + " "
		}
		b.Release()
	}
	if want := "a.conf:2 a.conf:3 a.conf:4 a.conf:2 "; logged != want {
		t.Errorf("logged at %q, want %q", logged, want)
	}
	got := ""
	for _, x := range f.Failures() {
		got += fmt.Sprintf("%s %s %d; ", x.Place, x.Class, x.Count)
	}
	if want := "a.conf:2 ArgumentError 3; a.conf:3 NoMethodError 1; a.conf:4 limit 1; "; got != want {
		t.Errorf("counted %q, want %q", got, want)
	}
	if m := f.Failures()[0].Message; m != "no 1" {
		t.Errorf("the last message is %q", m)
	}
}
