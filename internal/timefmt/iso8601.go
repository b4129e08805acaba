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
	b := bucket{fields: make([]saved, 0, 16)}
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
	year, reason := b.readNumber(kindYear, text, 9, true)
	if reason != "" {
		return 0, reason
	}
	rest := text[year:]
	if len(rest) < 2 || rest[0] != '-' {
		return year, ""
	}
	if rest[1]|0x20 == 'w' {
		n, reason := b.readNumber(kindWeek, rest[2:], 2, false)
		if reason != "" {
			return year, ""
		}
		b.fields[len(b.fields)-2].kind = kindWeekYear
		pos := year + 2 + n
		if len(text) > pos+1 && text[pos] == '-' {
			if n, reason := b.readNumber(kindWeekday, text[pos+1:], 1, false); reason == "" {
				pos += 1 + n
			}
		}
		return pos, ""
	}
	digits := countDigits(rest[1:], 3)
	if digits == 0 {
		return year, ""
	}
	if digits == 3 {
		n, _ := b.readNumber(kindDayOfYear, rest[1:], 3, false)
		return year + 1 + n, ""
	}
	n, _ := b.readNumber(kindMonth, rest[1:], 2, false)
	pos := year + 1 + n
	if len(text) > pos+1 && text[pos] == '-' {
		if n, reason := b.readNumber(kindDay, text[pos+1:], 2, false); reason == "" {
			pos += 1 + n
		}
	}
	return pos, ""
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
