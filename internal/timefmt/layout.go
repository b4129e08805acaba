package timefmt

import (
	"fmt"
	"strings"
)

// Layout is a compiled pattern. It is immutable and safe for concurrent use.
type Layout struct {
	pattern string
	fields  []field
	java    bool

	// needsDate and needsClock let Append skip the calendar arithmetic that the
	// pattern does not ask for.
	needsDate, needsClock bool

	// values counts the fields that are no fixed text.
	values int

	// hasYear and hasZone are decided the way the date filter decides them: by
	// looking for the letters anywhere in the pattern, quoted text included.
	hasYear, hasZone bool
}

// String returns the pattern as it was written.
func (l *Layout) String() string { return l.pattern }

// kind says what one field of a pattern prints or reads.
type kind uint8

const (
	kindLiteral       kind = iota
	kindEra                // AD
	kindCentury            // Joda C
	kindYear               // proleptic year, 0 is 1 BC
	kindYearOfEra          // never below 1
	kindYear2              // last two digits of the proleptic year
	kindYearOfEra2         // last two digits of the year of era
	kindWeekYear           // ISO week-based year
	kindWeekYear2          // its last two digits
	kindWeek               // ISO week
	kindUSWeekYear         // weeks start on Sunday, January 1 is in week 1
	kindUSWeekYear2        //
	kindUSWeek             //
	kindUSWeekOfMonth      //
	kindAlignedWeek        // day of month 1 to 7 is week 1
	kindQuarter            //
	kindQuarterText        //
	kindMonth              //
	kindMonthText          //
	kindDay                //
	kindDayOfYear          //
	kindJulian             // modified Julian day
	kindWeekday            // Monday is 1
	kindUSWeekday          // Sunday is 1
	kindWeekdayText        //
	kindHalfday            // AM, PM
	kindDayPeriod          // in the morning
	kindHour               // 0 to 23
	kindHour24             // 1 to 24
	kindHalfHour           // 0 to 11
	kindHalfHour12         // 1 to 12
	kindMinute             //
	kindSecond             //
	kindFraction           // digits after the decimal point
	kindMilliOfDay         //
	kindNano               // nanosecond of the second
	kindNanoOfDay          //
	kindOffset             // +01:00
	kindLocalOffset        // GMT+1
	kindZoneID             // Europe/Berlin
	kindZoneName           // CET
	kindPad                // the next field is padded with spaces to min
)

// style is the form of a text field.
type style uint8

const (
	styleShort style = iota
	styleLong
	styleNarrow
)

// field is one element of a pattern.
type field struct {
	kind  kind
	style style
	plus  bool // print '+' before a number that has more than min digits (java.time)
	min   int  // digits to print at least; for kindPad the width
	max   int  // digits to read at most
	text  string
	off   offsetForm

	// signed and lenient are about reading only: whether a sign is allowed, and
	// whether a two-digit year may be written with other than two digits.
	signed, lenient bool
}

// offsetForm is how kindOffset prints the distance to UTC.
type offsetForm struct {
	colon   bool
	minutes optional
	seconds optional
	zero    string // printed for UTC itself, if not empty
}

// optional says whether a part of an offset is printed.
type optional uint8

const (
	never optional = iota
	ifNonZero
	always
)

// A PatternError says what is wrong with a pattern, where, and what to write
// instead.
type PatternError struct {
	Pattern string
	Offset  int    // byte offset of the offending part in Pattern
	Length  int    // its length in bytes
	Reason  string // why, without the position
	Fix     string // what to write instead
}

// Error gives the whole sentence, with the position counted from 1.
func (e *PatternError) Error() string {
	part := e.Pattern[e.Offset : e.Offset+e.Length]
	return fmt.Sprintf("time pattern %q, position %d (%q): %s; %s", e.Pattern, e.Offset+1, part, e.Reason, e.Fix)
}

// newLayout fills what is derived from the fields.
func newLayout(pattern string, fields []field, java bool) *Layout {
	l := &Layout{pattern: pattern, fields: fields, java: java}
	for _, f := range fields {
		if f.kind != kindLiteral {
			l.values++
		}
		switch f.kind {
		case kindLiteral, kindFraction, kindNano, kindOffset, kindLocalOffset, kindZoneID, kindZoneName, kindPad:
		case kindHalfday, kindDayPeriod, kindHour, kindHour24, kindHalfHour, kindHalfHour12, kindMinute, kindSecond, kindMilliOfDay, kindNanoOfDay:
			l.needsClock = true
		default:
			l.needsDate = true
		}
	}
	l.hasYear = strings.ContainsAny(pattern, "yY")
	l.hasZone = strings.Contains(pattern, "Z")
	return l
}

// isLetter reports whether c is a pattern letter: only ASCII letters are, any
// other text stands for itself.
func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

// run returns the end of the run of the letter at pattern[i].
func run(pattern string, i int) int {
	j := i + 1
	for j < len(pattern) && pattern[j] == pattern[i] {
		j++
	}
	return j
}

// number is a field of digits, at least min of them.
func number(k kind, min int) field { return field{kind: k, min: min, max: min} }
