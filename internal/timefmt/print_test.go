package timefmt

import (
	"testing"
	"time"
)

func at(t *testing.T, iso string) time.Time {
	t.Helper()
	v, ok := ParseTimestamp(iso)
	if !ok {
		t.Fatalf("not a timestamp: %q", iso)
	}
	return v
}

func TestJodaPrints(t *testing.T) {
	const usual = "2021-03-04T14:35:33.946555Z"
	tests := []struct{ pattern, at, want string }{
		{"YYYY.MM.dd", usual, "2021.03.04"},
		{"yyyy-MM-dd'T'HH:mm:ss.SSSZ", usual, "2021-03-04T14:35:33.946+0000"},
		{"yyyy-MM-dd HH:mm:ss ZZ ZZZ z zzzz", usual, "2021-03-04 14:35:33 +00:00 UTC UTC Coordinated Universal Time"},
		{"H h K k hh:mm a", usual, "14 2 2 14 02:35 PM"},
		{"H h K k hh:mm a", "2021-03-04T00:05:09Z", "0 12 0 24 12:05 AM"},
		{"yyyy'T'MM|'week' ww|''yy", usual, "2021T03|week 09|'21"},
		{"M/d/y|MM/dd/yyyyy|m", usual, "3/4/2021|03/04/02021|35"},
		{"EEE EEEE MMM MMMM a G e C", usual, "Thu Thursday Mar March PM AD 4 20"},
		{"xxxx-'W'ww-e", "2021-01-03T00:00:00Z", "2020-W53-7"},
		{"xx DDD D", "2021-01-03T00:00:00Z", "20 003 3"},
		{"s|ss|S|SSSS|SSSSSSSSS", "2021-03-04T14:35:03.046555Z", "3|03|0|0460|046000000"},
		{"Y y G YY", "-0001-06-01T00:00:00Z", "2 -1 BC 01"},
		{"yyyy-MM-dd 'at", usual, "2021-03-04 at"},
		{"yyyy年MM", usual, "2021年03"},
	}
	for _, c := range tests {
		l, err := Joda(c.pattern)
		if err != nil {
			t.Errorf("%q: %v", c.pattern, err)
			continue
		}
		if got := string(l.Append(nil, at(t, c.at))); got != c.want {
			t.Errorf("%q at %s:\n got %s\nwant %s", c.pattern, c.at, got, c.want)
		}
	}
}

// The expected texts were taken from java.time itself.
func TestJavaPrints(t *testing.T) {
	const usual = "2021-03-04T14:35:33.946555Z"
	tests := []struct{ pattern, at, want string }{
		{"yyyy-MM-dd", usual, "2021-03-04"},
		{"HH:mm:ss.SSSSSS", usual, "14:35:33.946555"},
		{"YYYY-'W'ww e c W F", usual, "2021-W10 5 5 1 1"},
		{"B BBBB BBBBB", usual, "in the afternoon in the afternoon in the afternoon"},
		{"B BBBBB", "2021-01-01T00:00:59Z", "midnight mi"},
		{"G GGGG GGGGG", usual, "AD Anno Domini A"},
		{"Q QQ QQQ QQQQ QQQQQ", usual, "1 01 Q1 1st quarter 1"},
		{"L LL LLL LLLL LLLLL", usual, "3 03 Mar March M"},
		{"z zzzz VV v vvvv O OOOO X XX XXX XXXX XXXXX", usual, "Z Z Z Z Z GMT GMT Z Z Z Z Z"},
		{"x xx xxx xxxx xxxxx Z ZZZ ZZZZ ZZZZZ", usual, "+00 +0000 +00:00 +0000 +00:00 +0000 +0000 GMT Z"},
		{"A n N AAAAAAAAAAA nnn", usual, "52533946 946555000 52533946555000 00052533946 946555000"},
		{"ppppH|ppd", usual, "  14| 4"},
		{"g ggggggg", usual, "59277 0059277"},
		{"E EEEE EEEEE ccc eee eeee ee e", usual, "Thu Thursday T Thu Thu Thursday 05 5"},
		{"y yy yyyy yyyyyy u uu uuuu G", "0000-01-01T00:00:00Z", "1 01 0001 000001 0 00 0000 BC"},
		{"y yy yyyy yyyyyy u uu uuuu G", "-0001-06-01T00:00:00Z", "2 02 0002 000002 -1 01 -0001 BC"},
		{"y yy yyyy yyyyy yyyyyy", "+12021-06-01T12:00:00Z", "12021 21 +12021 12021 012021"},
		{"[yyyy]['T'][[", usual, "2021T"},
		{"''''", usual, "'"},
		{"", usual, ""},
	}
	for _, c := range tests {
		l, err := Java(c.pattern)
		if err != nil {
			t.Errorf("%q: %v", c.pattern, err)
			continue
		}
		if got := string(l.Append(nil, at(t, c.at))); got != c.want {
			t.Errorf("%q at %s:\n got %s\nwant %s", c.pattern, c.at, got, c.want)
		}
	}
}
