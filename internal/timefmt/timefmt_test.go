package timefmt

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

func TestPatternErrors(t *testing.T) {
	tests := []struct {
		compile        func(string) (*Layout, error)
		pattern        string
		offset, length int
		says           string
	}{
		{Joda, "yyyy-MM-ddTHH:mm", 10, 1, "write 'T' in single quotes"},
		{Joda, "yyyy uuuu", 5, 4, "write y for the year"},
		{Joda, "yyyy-MM-dd'T'HH:mm:ssX", 21, 1, "ZZ for +01:00"},
		{Joda, "b", 0, 1, "the letter b means nothing"},
		{Joda, "", 0, 0, "the pattern is empty"},
		{Java, "yyyy-MM-ddTHH", 10, 1, "the letter T means nothing"},
		{Java, "yyyy'T", 4, 2, "the quote is not closed"},
		{Java, "HHH", 0, 3, "write H at most 2 times"},
		{Java, "V", 0, 1, "write V 2 times"},
		{Java, "yyyy]", 4, 1, "no [ before"},
		{Java, "yyyy{", 4, 1, "reserves the character {"},
		{Java, "yyyyppp", 4, 3, "no pattern letter follows"},
	}
	for _, c := range tests {
		_, err := c.compile(c.pattern)
		var e *PatternError
		if !errors.As(err, &e) {
			t.Errorf("%q: %v is no PatternError", c.pattern, err)
			continue
		}
		if e.Offset != c.offset || e.Length != c.length || !strings.Contains(e.Error(), c.says) {
			t.Errorf("%q: at %d+%d: %s; want %d+%d, %q", c.pattern, e.Offset, e.Length, e, c.offset, c.length, c.says)
		}
	}
}

func TestParseErrors(t *testing.T) {
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	berlin, err := Zone("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		pattern, text string
		offset        int
		says          string
	}{
		{"yyyy-MM-dd", "2021/03/04", 4, "the text of the pattern"},
		{"yyyy-MM-dd", "2021-03-04 ", 10, "text remains"},
		{"yyyy-MM-dd", "2021-02-29", 10, "out of its range"},
		{"yyyy-MM-dd HH:mm", "2021-03-28 02:30", 16, "clocks were put forward"},
		{"MMM d", "03 4", 0, "name of a month"},
		{"yyyy Z", "2021 UTC", 5, "an offset"},
		{"yyyy zzzz", "2021 UTC", 5, "not read"},
		{"yyyy z", "2021 CET", 5, "EST"},
		{strings.Repeat("yyyy-", 16), strings.Repeat("2021-", 16), 0, "16 fields"},
	}
	for _, c := range tests {
		l, err := Joda(c.pattern)
		if err != nil {
			t.Fatal(err)
		}
		_, err = l.Parse(c.text, berlin, now, nil)
		var e *ParseError
		if !errors.As(err, &e) || e.Offset != c.offset || !strings.Contains(e.Error(), c.says) {
			t.Errorf("%q with %s: %v; want position %d, %q", c.text, c.pattern, err, c.offset+1, c.says)
		}
	}
	java, err := Java("yyyy")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := java.Parse("2021", time.UTC, now, nil); err == nil {
		t.Error("a java.time layout reads")
	}
}

func TestYearGuess(t *testing.T) {
	tests := []struct{ now, text, want string }{
		{"2026-06-01", "Mar 14 14:35:33", "2026-03-14T14:35:33.000Z"},
		{"2026-01-01", "Dec 31 23:59:59", "2025-12-31T23:59:59.000Z"},
		{"2025-12-31", "Jan  1 00:00:00", "2026-01-01T00:00:00.000Z"},
		{"2026-02-01", "Dec 31 23:59:59", "2026-12-31T23:59:59.000Z"},
		{"2024-06-01", "Feb 29 00:00:00", "2024-02-29T00:00:00.000Z"},
		{"2026-06-01", "Feb 29 00:00:00", "2026-02-28T00:00:00.000Z"},
	}
	useLocal(t, time.UTC)
	for _, c := range tests {
		pattern := "MMM dd HH:mm:ss"
		if strings.Contains(c.text, "  ") {
			pattern = "MMM  d HH:mm:ss"
		}
		l, err := Joda(pattern)
		if err != nil {
			t.Fatal(err)
		}
		got, err := l.Parse(c.text, time.UTC, at(t, c.now), nil)
		if err != nil || string(AppendTimestamp(nil, got)) != c.want {
			t.Errorf("%s at %s: %s, %v; want %s", c.text, c.now, AppendTimestamp(nil, got), err, c.want)
		}
	}
}

func TestTimestampWithoutZoneIsLocal(t *testing.T) {
	berlin, err := Zone("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	useLocal(t, berlin)
	tests := []struct{ text, want string }{
		{"2021-03-04T14:35:33", "2021-03-04T13:35:33.000Z"},
		{"2021-07-04", "2021-07-03T22:00:00.000Z"},
		{"2021-03-28T02:30:00", "2021-03-28T01:30:00.000Z"}, // in a gap: an hour later
		{"2021-10-31T02:30:00", "2021-10-31T00:30:00.000Z"}, // twice: the earlier
	}
	for _, c := range tests {
		got, ok := ParseTimestamp(c.text)
		if !ok || string(AppendTimestamp(nil, got)) != c.want {
			t.Errorf("%s: %s, %v; want %s", c.text, AppendTimestamp(nil, got), ok, c.want)
		}
	}
}

func TestEpochs(t *testing.T) {
	tests := []struct {
		parse      func(string) (time.Time, error)
		text, want string // empty: an error
	}{
		{ParseUnix, "1614868533", "2021-03-04T14:35:33.000Z"},
		{ParseUnix, "1614868533.946999", "2021-03-04T14:35:33.946Z"},
		{ParseUnix, "1614868533.9", "2021-03-04T14:35:33.900Z"},
		{ParseUnix, "-1.5", "1969-12-31T23:59:59.500Z"},
		{ParseUnix, "2147483647", "2038-01-19T03:14:07.000Z"},
		{ParseUnix, "2147483648", ""},
		{ParseUnix, "1614868533.", ""},
		{ParseUnix, ".5", ""},
		{ParseUnix, " 1", ""},
		{ParseUnix, "1e9", ""},
		{ParseUnix, "-9223372036854775808", ""},
		{ParseUnixMillis, "1614868533946", "2021-03-04T14:35:33.946Z"},
		{ParseUnixMillis, "-5", "1969-12-31T23:59:59.995Z"},
		{ParseUnixMillis, "1614868533946.7", ""},
		{ParseTAI64N, "@4000000052f88ea32489532c", "2014-02-10T08:32:25.612Z"},
		{ParseTAI64N, "4000000052f88ea32489532c", "2014-02-10T08:32:25.612Z"},
		{ParseTAI64N, "@40000000zzf88ea32489532c", ""},
		{ParseTAI64N, "@4000", ""},
		{ParseTAI64N, "", ""},
	}
	for _, c := range tests {
		got, err := c.parse(c.text)
		if (err != nil) != (c.want == "") {
			t.Errorf("%q: %v, want %q", c.text, err, c.want)
			continue
		}
		if text := string(AppendTimestamp(nil, got)); err == nil && text != c.want {
			t.Errorf("%q: %s, want %s", c.text, text, c.want)
		}
	}
	if _, err := ParseUnixInt(1 << 31); err == nil {
		t.Error("2147483648 seconds are accepted")
	}
	if got, err := ParseUnixFloat(1614868533.946999); err != nil || got.Nanosecond() != 946e6 {
		t.Errorf("%v, %v", got, err)
	}
}

func TestZones(t *testing.T) {
	for _, id := range []string{"UTC", "Z", "GMT", "UT", "Europe/Berlin", "EST", "+05:30", "+0530", "+05", "UTC+01", "GMT-02:30", "-00:00"} {
		if _, err := Zone(id); err != nil {
			t.Error(err)
		}
	}
	for _, id := range []string{"", "utc", "+5", "UTC+1", "PST", "Mars/Olympus", "+24:00", "Local", "../etc/passwd"} {
		if _, err := Zone(id); err == nil {
			t.Errorf("%q is accepted", id)
		}
	}
	if _, err := Zone("europe/berlin"); err == nil || !strings.Contains(err.Error(), "write Europe/Berlin") {
		t.Errorf("no hint: %v", err)
	}
}

func TestLocales(t *testing.T) {
	for _, c := range []struct {
		tag, text string
		known     bool
	}{
		{"de", "März", true}, {"de_AT", "Jänner", true}, {"DE-de", "Dez.", true}, {"fr-XX", "juil.", true},
		{"es_ES", "mayo", true}, {"xx-YY", "May", false}, {"", "May", false}, {"tr", "NİSAN", true},
	} {
		locale, known := LookupLocale(c.tag)
		if _, n := locale.months.prefix(c.text); known != c.known || n != len(c.text) {
			t.Errorf("%s: known %v, want %v; %q matches %d bytes", c.tag, known, c.known, c.text, n)
		}
	}
}

// TestRoundTrip prints random times and reads them back.
func TestRoundTrip(t *testing.T) {
	const seed = 20210304
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, seed))
	var layouts []*Layout
	for _, pattern := range []string{
		"yyyy-MM-dd'T'HH:mm:ss.SSSZZ", "EEE, dd MMM yyyy HH:mm:ss.SSS Z", "yyyyMMddHHmmssSSSZ", "xxxx-'W'ww-e k:m:s.SSS ZZ",
		"yyyy DDD hh:mm:ss.SSS a ZZ", "YYYY G MMMM d EEEE K a m s SSS Z",
	} {
		l, err := Joda(pattern)
		if err != nil {
			t.Fatal(err)
		}
		layouts = append(layouts, l)
	}
	first, last := dayNumber(1, 1, 1)*secondsPerDay, dayNumber(10000, 1, 1)*secondsPerDay
	for range 20000 {
		unix := first + secondsPerDay + random.Int64N(last-first-2*secondsPerDay)
		exact := time.Unix(unix, random.Int64N(1e9)).UTC()
		text := string(AppendTimestamp(nil, exact))
		if back, ok := ParseTimestamp(text); !ok || !back.Equal(exact) {
			t.Fatalf("%s becomes %v, %v", text, back, ok)
		}
		cut := time.Unix(unix, random.Int64N(1000)*1e6).UTC()
		if back, err := ParseISO8601(string(AppendTimestamp(nil, cut)), time.UTC); err != nil || !back.Equal(cut) {
			t.Fatalf("%v becomes %v, %v", cut, back, err)
		}
		l := layouts[random.IntN(len(layouts))]
		zone := time.FixedZone("", (random.IntN(24*60)-12*60)*60)
		text = string(l.Append(nil, cut.In(zone)))
		if back, err := l.Parse(text, time.UTC, cut, nil); err != nil || !back.Equal(cut) {
			t.Fatalf("%s with %s becomes %v, %v; want %v", text, l, back, err, cut)
		}
	}
}

// TestCalendar compares the day arithmetic with the standard library.
func TestCalendar(t *testing.T) {
	for day := dayNumber(-401, 1, 1); day < dayNumber(10001, 1, 1); day += 13 {
		y, m, d := civil(day)
		want := time.Unix(day*secondsPerDay, 0).UTC()
		if wy, wm, wd := want.Date(); y != wy || m != int(wm) || d != wd {
			t.Fatalf("day %d is %d-%d-%d, want %v", day, y, m, d, want)
		}
		if dayNumber(y, m, d) != day {
			t.Fatalf("%d-%d-%d is day %d, want %d", y, m, d, dayNumber(y, m, d), day)
		}
		if weekdayOf(day) != want.Weekday() {
			t.Fatalf("%v: weekday %v", want, weekdayOf(day))
		}
		wy, ww := want.ISOWeek()
		if y, w := isoWeek(day); y != wy || w != ww {
			t.Fatalf("%v: week %d of %d, want %d of %d", want, w, y, ww, wy)
		}
	}
}

func TestAppendTimestampYears(t *testing.T) {
	for _, c := range []struct {
		year int
		want string
	}{
		{0, "0000-01-01T00:00:00.000Z"}, {-1, "-0001-01-01T00:00:00.000Z"}, {12021, "+12021-01-01T00:00:00.000Z"},
		{9999, "9999-01-01T00:00:00.000Z"}, {10000, "+10000-01-01T00:00:00.000Z"}, {-12345, "-12345-01-01T00:00:00.000Z"},
	} {
		at := time.Date(c.year, 1, 1, 0, 0, 0, 0, time.UTC)
		if got := string(AppendTimestamp(nil, at)); got != c.want {
			t.Errorf("%d: %s, want %s", c.year, got, c.want)
		}
		if back, ok := ParseTimestamp(c.want); !ok || !back.Equal(at) {
			t.Errorf("%s is read as %v, %v", c.want, back, ok)
		}
	}
}
