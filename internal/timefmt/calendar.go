package timefmt

import "time"

// English texts, as Joda-Time and java.time print them for the locale en-US.
var (
	weekdaysShort = [...]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"}
	weekdaysLong  = [...]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}
	monthsShort   = [...]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}
	monthsLong    = [...]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}
	quartersLong  = [...]string{"1st quarter", "2nd quarter", "3rd quarter", "4th quarter"}
)

// daysBefore is the number of days of a common year before a month (0 to 11).
var daysBefore = [...]int{0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365}

func isLeap(year int) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

// daysIn is the number of days of a month (1 to 12).
func daysIn(year, month int) int {
	if month == 2 && isLeap(year) {
		return 29
	}
	return daysBefore[month] - daysBefore[month-1]
}

func daysInYear(year int) int {
	if isLeap(year) {
		return 366
	}
	return 365
}

// dayNumber counts days from 1970-01-01, in the proleptic Gregorian calendar, for
// any year. It works on eras of 400 years that start on March 1, so that the
// leap day is the last day of its year.
func dayNumber(year, month, day int) int64 {
	y := int64(year)
	if month <= 2 {
		y--
		month += 12
	}
	era := y / 400
	if y < 0 {
		era = (y - 399) / 400
	}
	ofEra := y - era*400
	ofYear := int64((153*(month-3)+2)/5 + day - 1)
	return era*146097 + ofEra*365 + ofEra/4 - ofEra/100 + ofYear - 719468
}

// weekdayOf is the weekday of a day number; 1970-01-01 was a Thursday.
func weekdayOf(day int64) time.Weekday {
	w := (day + 4) % 7
	if w < 0 {
		w += 7
	}
	return time.Weekday(w)
}

// usWeek returns the week-based year and week of a date when weeks start on
// Sunday and the week with January 1 is the first.
func usWeek(year, dayOfYear int) (weekYear, week int) {
	newYear := int(weekdayOf(dayNumber(year, 1, 1)))
	untilNext := daysInYear(year) - dayOfYear + 1
	if untilNext <= int(weekdayOf(dayNumber(year+1, 1, 1))) {
		return year + 1, 1
	}
	return year, (dayOfYear-1+newYear)/7 + 1
}

func yearOfEra(year int) int {
	if year <= 0 {
		return 1 - year
	}
	return year
}

// dayPeriod is the English text of java.time's letter B.
func dayPeriod(hour, minute int, s style) string {
	switch {
	case hour == 0 && minute == 0:
		if s == styleNarrow {
			return "mi"
		}
		return "midnight"
	case hour == 12 && minute == 0:
		if s == styleNarrow {
			return "n"
		}
		return "noon"
	case hour < 6 || hour >= 21:
		return "at night"
	case hour < 12:
		return "in the morning"
	case hour < 18:
		return "in the afternoon"
	}
	return "in the evening"
}
