package timefmt

// civil is the inverse of dayNumber.
func civil(dayNumber int64) (year, month, day int) {
	z := dayNumber + 719468
	era := z / 146097
	if z < 0 {
		era = (z - 146096) / 146097
	}
	ofEra := z - era*146097
	yearOfEra := (ofEra - ofEra/1460 + ofEra/36524 - ofEra/146096) / 365
	ofYear := int(ofEra - (365*yearOfEra + yearOfEra/4 - yearOfEra/100))
	m := (5*ofYear + 2) / 153
	day = ofYear - (153*m+2)/5 + 1
	month = m + 3
	year = int(yearOfEra + era*400)
	if month > 12 {
		month -= 12
		year++
	}
	return year, month, day
}

// isoWeekday is 1 for Monday to 7 for Sunday.
func isoWeekday(day int64) int64 {
	return (int64(weekdayOf(day))+6)%7 + 1
}

// isoWeekStart is the Monday of a week of a week-based year; week 1 is the one
// with January 4.
func isoWeekStart(weekYear, week int) int64 {
	fourth := dayNumber(weekYear, 1, 4)
	return fourth - isoWeekday(fourth) + 1 + int64(week-1)*7
}

// isoWeeks is the number of weeks of a week-based year.
func isoWeeks(weekYear int) int {
	return int(isoWeekStart(weekYear+1, 1)-isoWeekStart(weekYear, 1)) / 7
}

// isoWeek is the week-based year and the week of a day.
func isoWeek(day int64) (weekYear, week int) {
	year, _, _ := civil(day)
	for _, y := range [...]int{year + 1, year, year - 1} {
		if start := isoWeekStart(y, 1); day >= start {
			return y, int(day-start)/7 + 1
		}
	}
	return year, 1
}
