package timefmt

import "fmt"

// Java compiles a pattern of java.time.format.DateTimeFormatter, as in
// %{{yyyy-MM-dd}}, for printing. Texts are those of the locale en-US, and so are
// the weeks of Y, w, W, e and c: they start on Sunday, and January 1 is in week 1.
//
// The letter F counts weeks (day 1 to 7 of the month is week 1), as Java does from
// version 19 on. The error is a *PatternError.
func Java(pattern string) (*Layout, error) {
	var fields []field
	open := 0
	fail := func(i, end int, reason, fix string, args ...any) (*Layout, error) {
		return nil, &PatternError{Pattern: pattern, Offset: i, Length: end - i, Reason: fmt.Sprintf(reason, args...), Fix: fix}
	}
	for i := 0; i < len(pattern); {
		c := pattern[i]
		switch {
		case isLetter(c):
			end := run(pattern, i)
			if c == 'p' {
				if end == len(pattern) || !isLetter(pattern[end]) {
					return fail(i, end, "p pads what follows, and no pattern letter follows", "write it directly before a letter, as in ppH")
				}
				fields = append(fields, field{kind: kindPad, min: end - i})
				i, c = end, pattern[end]
				end = run(pattern, i)
			}
			f, counts := javaField(c, end-i)
			switch {
			case counts == "":
				return fail(i, end, "the letter %c means nothing in a java.time pattern", "put text that stands for itself in single quotes, as in 'T'", c)
			case counts != fits:
				return fail(i, end, "%d times the letter %c is not allowed", fmt.Sprintf("write %c %s", c, counts), end-i, c)
			}
			fields = append(fields, f)
			i = end
		case c == '\'':
			text, end, closed := javaQuoted(pattern, i)
			if !closed {
				return fail(i, len(pattern), "the quote is not closed", "add a single quote at the end of the text, or write two for the character itself")
			}
			fields = append(fields, field{kind: kindLiteral, text: text})
			i = end
		case c == '[':
			// What is optional is about reading; printing prints it.
			open++
			i++
		case c == ']':
			if open == 0 {
				return fail(i, i+1, "there is no [ before this ]", "remove it, or put it in single quotes")
			}
			open--
			i++
		case c == '{' || c == '}' || c == '#':
			return fail(i, i+1, "java.time reserves the character %c", "put it in single quotes", c)
		default:
			end := i
			for end < len(pattern) && !isLetter(pattern[end]) && !isJavaSpecial(pattern[end]) {
				end++
			}
			fields = append(fields, field{kind: kindLiteral, text: pattern[i:end]})
			i = end
		}
	}
	return newLayout(pattern, fields, true), nil
}

func isJavaSpecial(c byte) bool {
	return c == '\'' || c == '[' || c == ']' || c == '{' || c == '}' || c == '#'
}

// javaQuoted reads the quoted text that starts at pattern[i]; two quotes are one.
func javaQuoted(pattern string, i int) (text string, end int, closed bool) {
	var b []byte
	for j := i + 1; j < len(pattern); j++ {
		if pattern[j] != '\'' {
			b = append(b, pattern[j])
			continue
		}
		if j+1 < len(pattern) && pattern[j+1] == '\'' {
			b = append(b, '\'')
			j++
			continue
		}
		if j == i+1 {
			return "'", j + 1, true
		}
		return string(b), j + 1, true
	}
	return "", len(pattern), false
}

// fits is javaField's answer when the count of letters is allowed.
const fits = "fits"

// javaField returns the field for n times the letter c. The second result is
// empty for an unknown letter, fits, or the counts that are allowed.
func javaField(c byte, n int) (field, string) {
	upTo := func(k kind, most int) (field, string) {
		if n > most {
			return field{}, fmt.Sprintf("at most %d times", most)
		}
		return number(k, n), fits
	}
	text := func(k kind) (field, string) {
		switch {
		case n <= 3:
			return field{kind: k, style: styleShort}, fits
		case n == 4:
			return field{kind: k, style: styleLong}, fits
		case n == 5:
			return field{kind: k, style: styleNarrow}, fits
		}
		return field{}, "at most 5 times"
	}
	year := func(k, two kind) (field, string) {
		switch {
		case n == 2:
			return number(two, 2), fits
		case n > 19:
			return field{}, "at most 19 times"
		}
		f := number(k, n)
		f.plus = n >= 4 && n < 19
		return f, fits
	}
	orNumber := func(k, textKind kind) (field, string) {
		if n <= 2 {
			return number(k, n), fits
		}
		return text(textKind)
	}
	switch c {
	case 'G':
		return text(kindEra)
	case 'u':
		return year(kindYear, kindYear2)
	case 'y':
		return year(kindYearOfEra, kindYearOfEra2)
	case 'Y':
		return year(kindUSWeekYear, kindUSWeekYear2)
	case 'Q', 'q':
		return orNumber(kindQuarter, kindQuarterText)
	case 'M', 'L':
		return orNumber(kindMonth, kindMonthText)
	case 'w':
		return upTo(kindUSWeek, 2)
	case 'W':
		return upTo(kindUSWeekOfMonth, 1)
	case 'd':
		return upTo(kindDay, 2)
	case 'D':
		return upTo(kindDayOfYear, 3)
	case 'F':
		return upTo(kindAlignedWeek, 1)
	case 'g':
		return upTo(kindJulian, 19)
	case 'E':
		return text(kindWeekdayText)
	case 'e':
		return orNumber(kindUSWeekday, kindWeekdayText)
	case 'c':
		if n == 2 {
			return field{}, "1, 3, 4 or 5 times"
		}
		return orNumber(kindUSWeekday, kindWeekdayText)
	case 'a':
		return upTo(kindHalfday, 1)
	case 'B':
		switch n {
		case 1, 4:
			return field{kind: kindDayPeriod}, fits
		case 5:
			return field{kind: kindDayPeriod, style: styleNarrow}, fits
		}
		return field{}, "1, 4 or 5 times"
	case 'h':
		return upTo(kindHalfHour12, 2)
	case 'K':
		return upTo(kindHalfHour, 2)
	case 'H':
		return upTo(kindHour, 2)
	case 'k':
		return upTo(kindHour24, 2)
	case 'm':
		return upTo(kindMinute, 2)
	case 's':
		return upTo(kindSecond, 2)
	case 'S':
		return upTo(kindFraction, 9)
	case 'A':
		return upTo(kindMilliOfDay, 19)
	case 'n':
		return upTo(kindNano, 19)
	case 'N':
		return upTo(kindNanoOfDay, 19)
	case 'V':
		if n != 2 {
			return field{}, "2 times"
		}
		return field{kind: kindZoneID}, fits
	case 'v', 'O':
		if n != 1 && n != 4 {
			return field{}, "1 or 4 times"
		}
		f := field{kind: kindZoneName}
		if c == 'O' {
			f.kind = kindLocalOffset
		}
		if n == 4 {
			f.style = styleLong
		}
		return f, fits
	case 'z':
		if n > 4 {
			return field{}, "at most 4 times"
		}
		return field{kind: kindZoneName}, fits
	case 'X', 'x', 'Z':
		return javaOffset(c, n)
	}
	return field{}, ""
}

// javaOffset is the part of javaField about X, x and Z.
func javaOffset(c byte, n int) (field, string) {
	if n > 5 {
		return field{}, "at most 5 times"
	}
	if c == 'Z' {
		switch {
		case n <= 3:
			return field{kind: kindOffset, off: offsetForm{minutes: always}}, fits
		case n == 4:
			return field{kind: kindLocalOffset, style: styleLong}, fits
		}
		c = 'X'
	}
	forms := [...]offsetForm{
		{minutes: ifNonZero},
		{minutes: always},
		{minutes: always, colon: true},
		{minutes: always, seconds: ifNonZero},
		{minutes: always, seconds: ifNonZero, colon: true},
	}
	f := field{kind: kindOffset, off: forms[n-1]}
	if c == 'X' {
		f.off.zero = "Z"
	}
	return f, fits
}
