package timefmt

import (
	"strconv"
	"strings"
	"time"
)

// secondsPerDay is the length of every day of the time scale used here.
const secondsPerDay = 86400

// maxYear is the largest year, in both directions, that java.time knows.
const maxYear = 999_999_999

// ParseTimestamp reads text as LogStash::Timestamp does for @timestamp: an ISO
// 8601 date, optionally followed by T and a time of at least hours and minutes,
// optionally followed by a zone (Z, +01, +0100, +01:00, with seconds too, or a name
// such as Europe/Berlin or UTC+01:00). Letters may be lower-case; a fraction has a
// point and up to nine digits; 24:00 is the next day's midnight; a day that its
// month does not have (up to 31) becomes the month's last. Without a zone the time
// is one of the machine's own (time.Local).
//
// The result is in UTC. The second result is false if text is anything else.
// The usual shapes take one pass and no allocation.
func ParseTimestamp(text string) (time.Time, bool) {
	if t, ok := parseUsual(text); ok {
		return t, true
	}
	return parseUnusual(text)
}

// two returns the value of two digits, or a number above 99.
func two(s string, i int) int {
	a, b := uint(s[i])-'0', uint(s[i+1])-'0'
	if a > 9 || b > 9 {
		return 100
	}
	return int(a*10 + b)
}

// parseUsual reads YYYY-MM-DDThh:mm:ss with an optional fraction and an offset,
// all in range. It answers false for everything it does not know at once.
func parseUsual(s string) (time.Time, bool) {
	if len(s) < 20 || s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' {
		return time.Time{}, false
	}
	century, ofCentury := two(s, 0), two(s, 2)
	month, day := two(s, 5), two(s, 8)
	hour, minute, second := two(s, 11), two(s, 14), two(s, 17)
	if century > 99 || ofCentury > 99 || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	year := century*100 + ofCentury
	if day > 28 && day > daysIn(year, month) {
		return time.Time{}, false
	}
	i, nano := 19, 0
	if s[i] == '.' {
		i++
		scale := 100_000_000
		for ; i < len(s) && s[i]-'0' <= 9; i++ {
			nano += int(s[i]-'0') * scale
			scale /= 10
		}
		if i > 29 {
			return time.Time{}, false
		}
	}
	unix := dayNumber(year, month, day)*secondsPerDay + int64(hour*3600+minute*60+second)
	switch rest := s[i:]; {
	case rest == "Z":
	case len(rest) >= 5 && (rest[0] == '+' || rest[0] == '-'):
		h, m := two(rest, 1), 100
		switch {
		case len(rest) == 5:
			m = two(rest, 3)
		case len(rest) == 6 && rest[3] == ':':
			m = two(rest, 4)
		}
		if h > 17 || m > 59 {
			return time.Time{}, false
		}
		offset := int64(h*3600 + m*60)
		if rest[0] == '-' {
			offset = -offset
		}
		unix -= offset
	default:
		return time.Time{}, false
	}
	return time.Unix(unix, int64(nano)).UTC(), true
}

// parseUnusual reads all that LogStash::Timestamp takes.
func parseUnusual(s string) (time.Time, bool) {
	year, s, ok := cutISOYear(s)
	if !ok || len(s) < 6 || s[0] != '-' || s[3] != '-' {
		return time.Time{}, false
	}
	month, day := two(s, 1), two(s, 4)
	if month < 1 || month > 12 || day < 1 || day > 31 {
		return time.Time{}, false
	}
	day = min(day, daysIn(year, month))
	s = s[6:]
	clock, nano, s, ok := cutISOClock(s)
	if !ok {
		return time.Time{}, false
	}
	local := dayNumber(year, month, day)*secondsPerDay + clock

	loc := time.Local
	if zone, rest, ok := cutZoneOrOffset(s); ok {
		loc, s = zone, rest
	}
	if s != "" {
		// A second offset may follow the zone, and is the one that counts.
		offset, rest, ok := cutCompactOffset(s)
		if !ok || rest != "" {
			return time.Time{}, false
		}
		return time.Unix(local-offset, nano).UTC(), true
	}
	unix, _ := resolveLocal(local, loc)
	return time.Unix(unix, nano).UTC(), true
}

// cutISOYear takes a year of four digits, or of more with a sign, or a negative
// one of at least four.
func cutISOYear(s string) (year int, rest string, ok bool) {
	signed := s != "" && (s[0] == '+' || s[0] == '-')
	negative := signed && s[0] == '-'
	if signed {
		s = s[1:]
	}
	n := 0
	for n < len(s) && n < 10 && s[n]-'0' <= 9 {
		year = year*10 + int(s[n]-'0')
		n++
	}
	switch {
	case n < 4, year > maxYear:
		return 0, "", false
	case n > 4 && !signed, n == 4 && signed && !negative:
		return 0, "", false
	case negative && year == 0:
		return 0, "", false
	case negative:
		year = -year
	}
	return year, s[n:], true
}

// cutISOClock takes T, hours, minutes, and optionally seconds and a fraction. A
// text that starts otherwise is left alone and means midnight.
func cutISOClock(s string) (seconds, nano int64, rest string, ok bool) {
	if len(s) < 6 || s[0]|0x20 != 't' || s[3] != ':' {
		return 0, 0, s, true
	}
	hour, minute, second := two(s, 1), two(s, 4), 0
	if hour > 99 || minute > 99 {
		return 0, 0, s, true
	}
	s = s[6:]
	if len(s) >= 3 && s[0] == ':' && two(s, 1) < 100 {
		second = two(s, 1)
		s = s[3:]
		if s != "" && s[0] == '.' {
			s = s[1:]
			scale := int64(100_000_000)
			for n := 0; n < 9 && s != "" && s[0]-'0' <= 9; n++ {
				nano += int64(s[0]-'0') * scale
				scale /= 10
				s = s[1:]
			}
		}
	}
	if minute > 59 || second > 59 || hour > 24 || hour == 24 && (minute > 0 || second > 0 || nano > 0) {
		return 0, 0, "", false
	}
	return int64(hour*3600 + minute*60 + second), nano, s, true
}

// cutZoneOrOffset takes Z, an offset with colons, or the name of a zone.
func cutZoneOrOffset(s string) (*time.Location, string, bool) {
	switch {
	case s == "":
		return nil, s, false
	case len(s) == 1 && s[0]|0x20 == 'z':
		return time.UTC, "", true
	}
	if s[0] == '+' || s[0] == '-' {
		offset, rest, ok := cutColonOffset(s)
		if !ok {
			return nil, s, false
		}
		return fixedZone(offset), rest, true
	}
	if len(s) >= 4 && strings.EqualFold(s[:4], "GMT0") {
		return time.UTC, s[4:], true
	}
	for _, prefix := range [...]string{"UTC", "GMT", "UT"} {
		if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
			continue
		}
		rest := s[len(prefix):]
		if offset, after, ok := cutColonOffset(rest); ok {
			return fixedZone(offset), after, true
		}
		return time.UTC, rest, true
	}
	// The longest name counts: a name ends where a sign and digits begin, or with
	// the text; names with a sign of their own, such as Etc/GMT+5, come first.
	for end := min(len(s), longestZoneName); end > 0; end-- {
		if end < len(s) && s[end] != '+' && s[end] != '-' && s[end]|0x20 != 'z' {
			continue
		}
		if loc, ok := foldedZone(s[:end]); ok {
			return loc, s[end:], true
		}
	}
	if s[0]|0x20 == 'z' {
		return time.UTC, s[1:], true
	}
	return nil, s, false
}

// maxOffset is java.time's limit for the distance to UTC, in seconds.
const maxOffset = 18 * 3600

// cutColonOffset takes ±hh:mm or ±hh:mm:ss.
func cutColonOffset(s string) (seconds int64, rest string, ok bool) {
	if len(s) < 6 || s[3] != ':' {
		return 0, s, false
	}
	seconds, rest, ok = cutOffset(s, true)
	return seconds, rest, ok && len(s)-len(rest) >= 6
}

// cutCompactOffset takes Z, ±hh, ±hhmm or ±hhmmss.
func cutCompactOffset(s string) (seconds int64, rest string, ok bool) {
	if s != "" && s[0]|0x20 == 'z' {
		return 0, s[1:], true
	}
	return cutOffset(s, false)
}

func cutOffset(s string, colons bool) (seconds int64, rest string, ok bool) {
	if len(s) < 3 || s[0] != '+' && s[0] != '-' || two(s, 1) > 99 {
		return 0, s, false
	}
	sign := s[0]
	seconds = int64(two(s, 1)) * 3600
	s = s[3:]
	for unit := int64(60); unit > 0; unit /= 60 {
		next := s
		if colons {
			if s == "" || s[0] != ':' {
				break
			}
			next = s[1:]
		}
		if len(next) < 2 || two(next, 0) > 59 {
			break
		}
		seconds += int64(two(next, 0)) * unit
		s = next[2:]
	}
	if seconds > maxOffset {
		return 0, s, false
	}
	if sign == '-' {
		seconds = -seconds
	}
	return seconds, s, true
}

// AppendTimestamp appends t as Logstash prints a timestamp: ISO 8601 in UTC with
// three fraction digits, or six or nine if needed. A year after 9999 gets a plus
// sign, one before 0 a minus sign. It does not allocate beyond dst's growth.
func AppendTimestamp(dst []byte, t time.Time) []byte {
	t = t.UTC()
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	switch {
	case 0 <= year && year <= 9999:
		dst = appendTwoDigits(appendTwoDigits(dst, year/100), year%100)
	case year > 9999:
		dst = append(dst, '+')
		dst = strconv.AppendInt(dst, int64(year), 10)
	default:
		dst = appendInt(dst, int64(year), 4)
	}
	dst = append(dst,
		'-', byte('0'+month/10), byte('0'+month%10),
		'-', byte('0'+day/10), byte('0'+day%10),
		'T', byte('0'+hour/10), byte('0'+hour%10),
		':', byte('0'+minute/10), byte('0'+minute%10),
		':', byte('0'+second/10), byte('0'+second%10), '.')
	nano := t.Nanosecond()
	dst = appendThreeDigits(dst, nano/1_000_000)
	if nano%1_000_000 != 0 {
		dst = appendThreeDigits(dst, nano/1000%1000)
		if nano%1000 != 0 {
			dst = appendThreeDigits(dst, nano%1000)
		}
	}
	return append(dst, 'Z')
}

func appendTwoDigits(dst []byte, v int) []byte {
	return append(dst, byte('0'+v/10), byte('0'+v%10))
}

func appendThreeDigits(dst []byte, v int) []byte {
	return append(dst, byte('0'+v/100), byte('0'+v/10%10), byte('0'+v%10))
}
