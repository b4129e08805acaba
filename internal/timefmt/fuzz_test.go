package timefmt

import (
	"errors"
	"testing"
	"time"
)

// FuzzParse reads any text with any pattern: no panic, no error without a place
// inside the text, and what was read prints.
func FuzzParse(f *testing.F) {
	f.Add("yyyy-MM-dd HH:mm:ss,SSS", "2021-03-04 14:35:33,946", "Europe/Berlin", "de")
	f.Add("EEE MMM d HH:mm:ss z yy G", "Thu Mar 4 14:35:33 EST 21 AD", "America/New_York", "en")
	f.Add("xxxx-'W'ww-e ZZZ", "2021-W09-4 Asia/Tokyo", "+01:00", "fr")
	f.Add("Ckhm'", "+20/12", "UTC", "xx")
	now := time.Date(2026, 2, 18, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, pattern, text, zone, tag string) {
		locale, _ := LookupLocale(tag)
		loc, err := Zone(zone)
		if err != nil {
			loc = time.UTC
		}
		if java, err := Java(pattern); err == nil && len(pattern) < 100 {
			java.Append(nil, now.In(loc))
		} else if err != nil {
			checkPatternError(t, pattern, err)
		}
		l, err := Joda(pattern)
		if err != nil {
			checkPatternError(t, pattern, err)
			return
		}
		at, err := l.Parse(text, loc, now, locale)
		var e *ParseError
		switch {
		case err == nil:
			l.Append(nil, at.In(loc))
			if at.Nanosecond()%1e6 != 0 {
				t.Errorf("%q with %q has nanoseconds: %v", text, pattern, at)
			}
		case !errors.As(err, &e) || e.Offset < 0 || e.Offset > len(text):
			t.Errorf("%q with %q: %#v", text, pattern, err)
		}
		ParseISO8601(text, loc)
		ParseUnix(text)
		ParseUnixMillis(text)
		ParseTAI64N(text)
	})
}

func checkPatternError(t *testing.T, pattern string, err error) {
	t.Helper()
	var e *PatternError
	if !errors.As(err, &e) || e.Offset < 0 || e.Length < 0 || e.Offset+e.Length > len(pattern) || e.Error() == "" {
		t.Errorf("%q: %#v", pattern, err)
	}
}

// FuzzParseTimestamp checks that the fast path is a part of the whole, and that
// what was read comes back from its printed form.
func FuzzParseTimestamp(f *testing.F) {
	for _, s := range []string{"2021-03-04T14:35:33.946Z", "2021-03-04T14:35:33.946555+0000", "2021-02-29", "+12021-01-01t24:00z", "2021-03-04Europe/Berlin+0500", "-0001-12-31T23:59:59.-01:02:03"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, ok := ParseTimestamp(text)
		slow, slowOK := parseUnusual(text)
		if ok != slowOK || !at.Equal(slow) {
			t.Fatalf("%q: %v, %v; without the fast path %v, %v", text, at, ok, slow, slowOK)
		}
		if y := at.Year(); !ok || y < -9999 || y > 99999 {
			return
		}
		printed := string(AppendTimestamp(nil, at))
		if back, ok := ParseTimestamp(printed); !ok || !back.Equal(at) {
			t.Fatalf("%q is %s, which is read as %v, %v", text, printed, back, ok)
		}
	})
}
