package timefmt

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// A ParseError says why a text is no time of a layout.
type ParseError struct {
	Text   string
	Format string // the pattern, or the name of the format
	Offset int    // byte offset in Text where reading ended
	Reason string
}

// Error gives the whole sentence, with the position counted from 1.
func (e *ParseError) Error() string {
	text := e.Text
	if len(text) > 100 {
		text = text[:100] + "…"
	}
	return fmt.Sprintf("%q does not fit the time format %s at position %d: %s", text, e.Format, e.Offset+1, e.Reason)
}

const (
	outOfRange  = "a value is out of its range, such as a day that the month does not have"
	inGap       = "the time does not exist in this time zone: clocks were put forward over it"
	textRemains = "text remains"
)

// Parse reads text with a Joda layout as the date filter does. The whole text must
// fit. Where it names no zone, it is a time of loc. Without a year in the pattern
// the year is now's, or the one before or after around New Year; a two-digit year
// is one of the hundred that end 19 years after now's. The locale gives the names
// of months and weekdays, nil means English.
//
// The result is in UTC and has milliseconds; further digits are cut. A local time
// that occurs twice is the earlier one; one that never occurs is an error. Errors
// are of type *ParseError. A layout made by Java cannot read.
func (l *Layout) Parse(text string, loc *time.Location, now time.Time, locale *Locale) (time.Time, error) {
	t, pos, reason := l.parse(text, loc, now, locale)
	if reason != "" {
		return time.Time{}, &ParseError{Text: text, Format: l.pattern, Offset: pos, Reason: reason}
	}
	return t, nil
}

// parse is Parse with the parts of its error.
func (l *Layout) parse(text string, loc *time.Location, now time.Time, locale *Locale) (t time.Time, pos int, reason string) {
	if l.java {
		return t, 0, "java.time patterns are for printing; use a Joda-Time pattern to read"
	}
	if l.values > maxFields {
		return t, 0, fmt.Sprintf("the pattern has %d fields, %d can be read; remove the ones that are not needed", l.values, maxFields)
	}
	if locale == nil {
		locale = English
	}
	var b bucket
	for i := range l.fields {
		n, reason := b.read(&l.fields[i], text[pos:], now, locale)
		if reason != "" {
			return t, pos, reason
		}
		pos += n
	}
	if pos < len(text) {
		return t, pos, textRemains
	}
	if l.hasYear {
		t, reason = b.time(loc)
	} else {
		t, reason = l.guessYear(&b, loc, now)
	}
	return t, pos, reason
}

// time computes the instant of a bucket in which the year is known.
func (b *bucket) time(loc *time.Location) (time.Time, string) {
	local, ok := b.local()
	if !ok {
		return time.Time{}, outOfRange
	}
	ms, ok := b.instant(local, loc)
	if !ok {
		return time.Time{}, inGap
	}
	return fromMillis(ms), ""
}

// guessYear finishes the reading of a text without a year. As in the date filter
// the text is first taken for one of the year 2000 (1970, if it has a time only),
// which must exist there, and then moved: Feb 29 becomes Feb 28 if need be.
func (l *Layout) guessYear(b *bucket, loc *time.Location, now time.Time) (time.Time, string) {
	local, ok := b.local()
	if !ok {
		return time.Time{}, outOfRange
	}
	if !l.hasZone {
		// Without the letter Z in the pattern a zone in the text is not used, but
		// the time must exist in it.
		if _, ok := b.instant(local, time.UTC); !ok {
			return time.Time{}, inGap
		}
		b = &bucket{}
	}
	ms, ok := b.instant(local, loc)
	if !ok {
		return time.Time{}, inGap
	}
	original := offsetAt(ms, loc)
	shown := ms + original*1000
	m := moment{day: floorDiv(shown, msDay)}
	m.ms = shown - m.day*msDay
	_, month, _ := m.date()
	year := now.Year()
	switch {
	case month == 12 && now.Month() == time.January:
		year--
	case month == 1 && now.Month() == time.December:
		year++
	}
	m.setYear(year)
	local = m.day*msDay + m.ms
	// The offset stays what it was, if it is in force there.
	if same := local - original*1000; offsetAt(same, loc) == original {
		return fromMillis(same), ""
	}
	s := floorDiv(local, 1000)
	unix, _ := resolveLocal(s, loc)
	return fromMillis(unix*1000 + local - s*1000), ""
}

// offsetAt is the offset of loc, in seconds, at an instant in milliseconds.
func offsetAt(ms int64, loc *time.Location) int64 {
	_, offset := time.Unix(floorDiv(ms, 1000), 0).In(loc).Zone()
	return int64(offset)
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func fromMillis(ms int64) time.Time {
	s := floorDiv(ms, 1000)
	return time.Unix(s, (ms-s*1000)*1e6).UTC()
}

// instant turns local milliseconds into those since 1970 in UTC, by what the text
// said of a zone, or else by loc. It answers false in a gap.
func (b *bucket) instant(local int64, loc *time.Location) (int64, bool) {
	if b.hasOffset {
		return local - b.offset, true
	}
	if b.zone != nil {
		loc = b.zone
	}
	if loc == time.UTC {
		return local, true
	}
	s := floorDiv(local, 1000)
	unix, res := resolveLocal(s, loc)
	return unix*1000 + local - s*1000, res != gap
}

// read takes one field from the start of text. It returns the bytes it took, or
// the reason why it cannot.
func (b *bucket) read(f *field, text string, now time.Time, locale *Locale) (int, string) {
	switch f.kind {
	case kindLiteral:
		if n, ok := foldedPrefix(text, f.text); ok {
			return n, ""
		}
		return 0, "the text of the pattern is expected here"
	case kindMonthText:
		return b.readWord(kindMonth, locale.months, text, "the name of a month is expected here")
	case kindWeekdayText:
		return b.readWord(kindWeekday, locale.weekdays, text, "the name of a weekday is expected here")
	case kindHalfday:
		return b.readWord(kindHalfday, locale.halfdays, text, "AM or PM is expected here")
	case kindEra:
		return b.readWord(kindEra, locale.eras, text, "AD or BC is expected here")
	case kindYear2, kindWeekYear2:
		return b.readTwoDigitYear(f, text, now)
	case kindFraction:
		return b.readFraction(text, f.max, msSecond)
	case kindOffset:
		return b.readOffset(text)
	case kindZoneID:
		return b.readZoneID(text)
	case kindZoneName:
		if f.style == styleLong {
			return 0, "zzzz can be printed, not read; use ZZZ for a zone such as Europe/Berlin"
		}
		return b.readZoneAbbreviation(text)
	}
	return b.readNumber(f.kind, text, f.max, f.signed)
}

func (b *bucket) readWord(k kind, words wordList, text, expected string) (int, string) {
	value, n := words.prefix(text)
	if n == 0 {
		return 0, expected
	}
	b.save(k, value)
	return n, ""
}

const (
	expectDigit = "a digit is expected here"
	tooLarge    = "the number is too large"
)

// maxInt32 is the largest number that Joda-Time reads.
const maxInt32 = 1<<31 - 1

// readNumber takes up to max digits, and a sign before them if it may have one.
func (b *bucket) readNumber(k kind, text string, max int, signed bool) (int, string) {
	v, n, reason := scanNumber(text, max, signed)
	if reason == "" {
		b.save(k, v)
	}
	return n, reason
}

// scanNumber is readNumber without saving: it returns the number and its length.
func scanNumber(text string, max int, signed bool) (v, length int, reason string) {
	i, negative := 0, false
	if signed && max > 1 && len(text) > 1 && (text[0] == '-' || text[0] == '+') {
		negative = text[0] == '-'
		i = 1
	}
	start := i
	for i < len(text) && i-start < max && text[i]-'0' <= 9 {
		v = v*10 + int(text[i]-'0')
		if v > maxInt32 {
			return 0, 0, tooLarge
		}
		i++
	}
	if i == start {
		return 0, 0, expectDigit
	}
	if negative {
		v = -v
	}
	return v, i, ""
}

// readTwoDigitYear takes a year that may stand for one of the hundred years from
// 80 years before now. If no digits follow in the pattern, any other number of
// digits, or a sign, makes it the year as written.
func (b *bucket) readTwoDigitYear(f *field, text string, now time.Time) (int, string) {
	k := kindYear
	if f.kind == kindWeekYear2 {
		k = kindWeekYear
	}
	if f.lenient {
		digits := 0
		for digits < len(text) && text[digits]-'0' <= 9 {
			digits++
		}
		if digits != 2 {
			return b.readNumber(k, text, len(text), true)
		}
	}
	if len(text) < 2 || two(text, 0) > 99 {
		return 0, expectDigit
	}
	current := now.Year()
	if k == kindWeekYear {
		current, _ = now.ISOWeek()
	}
	lowest := current - 80
	year := lowest - lowest%100 + two(text, 0)
	if year < lowest {
		year += 100
	}
	b.save(k, year)
	return 2, ""
}

// readFraction takes one to max digits after the decimal point of a unit of the
// given milliseconds. What is below a millisecond is cut.
func (b *bucket) readFraction(text string, max int, unit int64) (int, string) {
	i, scale, v := 0, unit*10, int64(0)
	for i < len(text) && i < min(max, 18) && text[i]-'0' <= 9 {
		scale /= 10
		v += int64(text[i]-'0') * scale
		i++
	}
	if i == 0 {
		return 0, expectDigit
	}
	b.insert(saved{kind: kindFraction, value: int32(v / 10), unit: int32(unit)})
	return i, ""
}

// foldedPrefix reports whether text starts with prefix in any case, and how many
// bytes of text that is.
func foldedPrefix(text, prefix string) (int, bool) {
	if strings.HasPrefix(text, prefix) {
		return len(prefix), true
	}
	i := 0
	for _, want := range prefix {
		if i >= len(text) {
			return 0, false
		}
		r, n := utf8.DecodeRuneInString(text[i:])
		if r != want {
			r, want = unicode.ToUpper(r), unicode.ToUpper(want)
			if r != want && unicode.ToLower(r) != unicode.ToLower(want) {
				return 0, false
			}
		}
		i += n
	}
	return i, true
}
