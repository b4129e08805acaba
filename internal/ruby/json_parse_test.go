package ruby

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"sluice/internal/diag"
)

// goValue is what encoding/json makes of the same text.
func goValue(th *thread, v Value) any {
	switch x := v.o.(type) {
	case *Array:
		list := []any{}
		for _, e := range x.list(th) {
			list = append(list, goValue(th, e))
		}
		return list
	case *Hash:
		m := map[string]any{}
		for _, e := range x.entries(th) {
			m[th.toS(e.k)] = goValue(th, e.v)
		}
		return m
	case *String:
		return x.s
	case *tag:
		switch x {
		case tagInt:
			return float64(v.int())
		case tagFloat:
			return v.float()
		}
		return x == tagTrue
	case *BigInt:
		f, _ := json.Number(x.i.String()).Float64()
		return f
	}
	return nil
}

// FuzzJSON compares JSON.parse with encoding/json, which takes neither comments nor
// escapes that are none, and knows no limits.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.5,-3e4,true,false,null,"x\n\u00e9\ud83d\ude00"],"b":{"c":"d"},"a":2}`, `{"a":`, `[1,]`,
		`/* c */ {"a" : 1 } // x`, `"\ud83d"`, `123456789012345678901`, `-1`, `01`, `1.`, `"` + strings.Repeat("x", 30) + `\\"`,
		`{` + strings.Repeat(`"k":1,"kk":2,`, 12) + `"k":3}`, `"` + "\x01" + `"`, `"abcdefg` + "\x1f" + `"`, `"abcdefgh`, `"a\`, `"\u12`} {
		f.Add(s)
	}
	in := jsonInstance(f)
	th := in.newThread()
	f.Fuzz(func(t *testing.T, s string) {
		var got any
		ok := false
		if err := in.guarded(th, func() {
			v, e := th.readJSON(s, jsonOptions{depth: -1})
			if ok = e == nil; ok {
				got = goValue(th, v)
			}
		}); err != nil {
			return // a limit
		}
		th.arena.reset()
		var want any
		d := json.NewDecoder(bytes.NewReader([]byte(s)))
		wanted := json.Valid([]byte(s)) && d.Decode(&want) == nil
		switch {
		case wanted && !ok:
			t.Errorf("%q is JSON", s)
		case ok && !wanted && !strings.ContainsAny(s, `/\eE`):
			t.Errorf("%q is no JSON", s)
		case ok && wanted && utf8.ValidString(s) && !reflect.DeepEqual(got, want):
			t.Errorf("%q: %v, want %v", s, got, want)
		}
	})
}

func jsonInstance(t testing.TB) *Instance {
	t.Helper()
	script, list := Compile(diag.NewSource("test", "1"), Options{})
	if script == nil {
		t.Fatal(list)
	}
	in, err := script.NewInstance(nil)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// FuzzToJSON writes texts as JSON and reads them back.
func FuzzToJSON(f *testing.F) {
	for _, s := range []string{"", "abc", "a\"b\\c\n\r\t\b\f\x01é", "1234567\"", "12345678\"", "1234567\x1f9", "\x7f"} {
		f.Add(s)
	}
	in := jsonInstance(f)
	th := in.newThread()
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			return
		}
		text := ""
		if err := in.guarded(th, func() { text = th.toJSON(th.str(s), false, nil).o.(*String).s }); err != nil {
			t.Fatal(err)
		}
		var got string
		if err := json.Unmarshal([]byte(text), &got); err != nil || got != s {
			t.Errorf("%q: %s, %v", s, text, err)
		}
		th.arena.reset()
	})
}
