package timefmt

import "fmt"

// Joda compiles a pattern of org.joda.time.format.DateTimeFormat, as in
// %{+YYYY.MM.dd} and in the date filter's match.
//
// Text in single quotes stands for itself, so does everything that is no ASCII
// letter; two single quotes are one. As in Joda-Time an unclosed quote ends with
// the pattern. The error is a *PatternError.
func Joda(pattern string) (*Layout, error) {
	if pattern == "" {
		return nil, &PatternError{Reason: "the pattern is empty", Fix: "write one, such as yyyy-MM-dd HH:mm:ss"}
	}
	var fields []field
	for i := 0; i < len(pattern); {
		if !isLetter(pattern[i]) {
			text, end := jodaLiteral(pattern, i)
			if text != "" {
				fields = append(fields, field{kind: kindLiteral, text: text})
			}
			i = end
			continue
		}
		end := run(pattern, i)
		f, ok := jodaField(pattern[i], end-i, nextIsNumeric(pattern, end))
		if !ok {
			return nil, &PatternError{
				Pattern: pattern, Offset: i, Length: end - i,
				Reason: fmt.Sprintf("the letter %c means nothing in a Joda-Time pattern", pattern[i]),
				Fix:    jodaFix(pattern[i], end-i),
			}
		}
		fields = append(fields, f)
		i = end
	}
	return newLayout(pattern, fields, false), nil
}

// jodaLiteral reads the text that starts at pattern[i], which is no letter.
func jodaLiteral(pattern string, i int) (text string, end int) {
	var b []byte
	quoted := false
	for ; i < len(pattern); i++ {
		c := pattern[i]
		switch {
		case c == '\'' && i+1 < len(pattern) && pattern[i+1] == '\'':
			i++
			b = append(b, '\'')
		case c == '\'':
			quoted = !quoted
		case !quoted && isLetter(c):
			return string(b), i
		default:
			b = append(b, c)
		}
	}
	return string(b), i
}

// nextIsNumeric reports whether what follows at i reads digits, so that a year
// before it must not take more digits than it has letters.
func nextIsNumeric(pattern string, i int) bool {
	if i >= len(pattern) {
		return false
	}
	switch pattern[i] {
	case 'c', 'C', 'x', 'y', 'Y', 'd', 'h', 'H', 'm', 's', 'S', 'e', 'D', 'F', 'w', 'W', 'k', 'K':
		return true
	case 'M':
		return run(pattern, i)-i <= 2
	}
	return false
}

func jodaField(c byte, n int, beforeDigits bool) (field, bool) {
	digits := func(k kind, most int) (field, bool) {
		return field{kind: k, min: n, max: max(n, most)}, true
	}
	text := func(k kind, longFrom int) (field, bool) {
		s := styleShort
		if n >= longFrom {
			s = styleLong
		}
		return field{kind: k, style: s}, true
	}
	// Joda-Time reads years of up to nine digits unless digits follow directly.
	year := func(k, two kind, signed bool) (field, bool) {
		if n == 2 {
			return field{kind: two, min: 2, max: 2, lenient: !beforeDigits, signed: !beforeDigits}, true
		}
		most := max(n, 9)
		if beforeDigits {
			most = n
		}
		return field{kind: k, min: n, max: most, signed: signed}, true
	}
	switch c {
	case 'G':
		return text(kindEra, n+1)
	case 'C':
		return field{kind: kindCentury, min: n, max: n, signed: true}, true
	case 'Y':
		// YY is the proleptic year in Joda-Time, too.
		return year(kindYearOfEra, kindYear2, false)
	case 'y':
		return year(kindYear, kindYear2, true)
	case 'x':
		return year(kindWeekYear, kindWeekYear2, true)
	case 'w':
		return digits(kindWeek, 2)
	case 'e':
		return digits(kindWeekday, 1)
	case 'E':
		return text(kindWeekdayText, 4)
	case 'D':
		return digits(kindDayOfYear, 3)
	case 'M':
		if n >= 3 {
			return text(kindMonthText, 4)
		}
		return digits(kindMonth, 2)
	case 'd':
		return digits(kindDay, 2)
	case 'a':
		return text(kindHalfday, n+1)
	case 'K':
		return digits(kindHalfHour, 2)
	case 'h':
		return digits(kindHalfHour12, 2)
	case 'H':
		return digits(kindHour, 2)
	case 'k':
		return digits(kindHour24, 2)
	case 'm':
		return digits(kindMinute, 2)
	case 's':
		return digits(kindSecond, 2)
	case 'S':
		return digits(kindFraction, n)
	case 'z':
		return text(kindZoneName, 4)
	case 'Z':
		if n >= 3 {
			return field{kind: kindZoneID}, true
		}
		return field{kind: kindOffset, off: offsetForm{colon: n == 2, minutes: always}}, true
	}
	return field{}, false
}

// jodaFix proposes what to write for a letter that Joda-Time does not know.
func jodaFix(c byte, n int) string {
	switch c {
	case 'T':
		return "write 'T' in single quotes for the letter itself"
	case 'u':
		return "write y for the year"
	case 'L':
		return "write M for the month"
	case 'n', 'N', 'A':
		return "write S for fractions of a second"
	case 'X', 'O', 'V':
		return "write Z for an offset such as +0100, ZZ for +01:00, ZZZ for a zone such as Europe/Berlin"
	case 'W', 'F':
		return "write w for the week of the year"
	}
	return "put text that stands for itself in single quotes, as in 'T'"
}
