package timefmt

import (
	"strings"
	"time"
)

// isoFallbacks are what the date filter tries when a text is no ISO 8601.
var isoFallbacks = [...]*Layout{
	mustJoda("yyyy-MM-dd HH:mm:ss.SSSZ"),
	mustJoda("yyyy-MM-dd HH:mm:ss.SSS"),
	mustJoda("yyyy-MM-dd HH:mm:ss,SSSZ"),
	mustJoda("yyyy-MM-dd HH:mm:ss,SSS"),
}

func mustJoda(pattern string) *Layout {
	l, err := Joda(pattern)
	if err != nil {
		panic(err)
	}
	return l
}

// ParseISO8601 reads what the date filter's format ISO8601 takes: the date as
// year, year-month, year-month-day, year-Wweek, year-Wweek-day or year-day, then
// optionally T, a time whose last part may have a fraction (point or comma, up to
// nine digits), and an offset; or T with a time alone; or a date and time of 23
// characters with a space in between. Without an offset the time is one of loc.
//
// The result is in UTC and cut to milliseconds; errors are of type *ParseError.
// It is stricter and laxer than ParseTimestamp: no 24:00, but single digits,
// weeks, and a comma.
func ParseISO8601(text string, loc *time.Location) (time.Time, error) {
	var b bucket
	pos, reason := b.readISO(text)
	if reason == "" && pos < len(text) {
		reason = textRemains
	}
	if reason == "" {
		t, wrong := b.time(loc)
		if wrong == "" {
			return t, nil
		}
		reason = wrong
	} else if strings.IndexByte(text, ' ') > 0 {
		for _, l := range isoFallbacks {
			if t, _, reason := l.parse(text, loc, time.Time{}, English); reason == "" {
				return t, nil
			}
		}
	}
	return time.Time{}, &ParseError{Text: text, Format: "ISO8601", Offset: pos, Reason: reason}
}

// readISO returns how far text is ISO 8601, or why it is not at all.
func (b *bucket) readISO(text string) (int, string) {
	pos := 0
	if text == "" || text[0]|0x20 != 't' {
		n, reason := b.readISODate(text)
		if reason != "" {
			return n, reason
		}
		pos = n
		if pos == len(text) || text[pos]|0x20 != 't' {
			return pos, ""
		}
		n, _ = b.readISOTime(text[pos+1:])
		pos += 1 + n
	} else {
		n, reason := b.readISOTime(text[1:])
		if reason != "" {
			return 1, reason
		}
		pos = 1 + n
	}
	if pos < len(text) {
		if n, reason := b.readOffset(text[pos:]); reason == "" {
			pos += n
		}
	}
	return pos, ""
}

// readISODate takes a date. Of the forms that fit, the one that takes most of the
// text counts, and a calendar date before a week or a day of the year.
func (b *bucket) readISODate(text string) (int, string) {
	year, pos, reason := scanNumber(text, 9, true)
	if reason != "" {
		return 0, reason
	}
	// part takes a part of the date that starts with a separator, if it is there.
	part := func(k kind, separator string, digits int) bool {
		rest, ok := cutFolded(text[pos:], separator)
		if !ok {
			return false
		}
		n, reason := b.readNumber(k, rest, digits, false)
		if reason != "" {
			return false
		}
		pos += len(separator) + n
		return true
	}
	switch {
	case part(kindWeek, "-W", 2):
		b.save(kindWeekYear, year)
		part(kindWeekday, "-", 1)
		return pos, ""
	case pos < len(text) && countDigits(text[pos+1:], 3) == 3:
		part(kindDayOfYear, "-", 3)
	case part(kindMonth, "-", 2):
		part(kindDay, "-", 2)
	}
	b.save(kindYear, year)
	return pos, ""
}

// cutFolded is strings.CutPrefix for a prefix of ASCII characters in any case.
func cutFolded(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

// readISOTime takes hours, then minutes, then seconds; the last of them may have a
// fraction.
func (b *bucket) readISOTime(text string) (int, string) {
	pos, reason := b.readNumber(kindHour, text, 2, false)
	if reason != "" {
		return 0, reason
	}
	unit := int64(msHour)
	for _, k := range [...]kind{kindMinute, kindSecond} {
		if pos >= len(text) || text[pos] != ':' {
			break
		}
		n, reason := b.readNumber(k, text[pos+1:], 2, false)
		if reason != "" {
			return pos, ""
		}
		pos += 1 + n
		unit /= 60
	}
	if pos < len(text) && (text[pos] == '.' || text[pos] == ',') {
		if n, reason := b.readFraction(text[pos+1:], 9, unit); reason == "" {
			pos += 1 + n
		}
	}
	return pos, ""
}
