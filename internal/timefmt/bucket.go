package timefmt

import "time"

// A bucket collects the fields that a layout read and computes the instant, in the
// way of Joda-Time's DateTimeParserBucket: fields are applied from the longest to
// the shortest, each one clearing what is below it, and then once more to check
// them against each other. That is why a wrong weekday moves the date.
type bucket struct {
	// The first n of fields are in the order in which they are applied.
	fields [maxFields + 1]saved // one more for the default year
	n      int

	// zone and offset are what the text said; an offset wins.
	zone      *time.Location
	offset    int64 // milliseconds
	hasOffset bool
}

// saved is a field with the value that was read.
type saved struct {
	kind  kind
	order uint8
	value int32
	unit  int32 // for kindFraction: milliseconds of the unit it is a fraction of
}

// maxFields is how many fields a pattern may have that is used for reading. With a
// limit a bucket lives on the stack; no sensible pattern comes near.
const maxFields = 15

// save puts a value at its place among the fields; of equal ones the first read
// comes first.
func (b *bucket) save(k kind, value int) { b.insert(saved{kind: k, value: int32(value)}) }

func (b *bucket) insert(s saved) {
	s.order = s.rank()
	i := b.n
	b.n++
	for ; i > 0 && b.fields[i-1].order > s.order; i-- {
		b.fields[i] = b.fields[i-1]
	}
	b.fields[i] = s
}

// Milliseconds of the units of time.
const (
	msSecond  = 1000
	msMinute  = 60 * msSecond
	msHour    = 60 * msMinute
	msHalfday = 12 * msHour
	msDay     = 24 * msHour
)

// Joda-Time's limits of a year, from the range of 64 bits of milliseconds.
const (
	minJodaYear = -292275054
	maxJodaYear = 292278993
)

// rank says when a field is applied: the range that it counts in first, then its
// unit, longest first. The high digit is the range, the low one the unit.
func (s saved) rank() uint8 {
	switch s.kind {
	case kindEra:
		return 0
	case kindCentury:
		return 1
	case kindYear, kindYearOfEra, kindWeekYear:
		return 2
	case kindMonth:
		return 10
	case kindWeek:
		return 11
	case kindDayOfYear:
		return 12
	case kindDay:
		return 20
	case kindWeekday:
		return 30
	case kindHalfday:
		return 40
	case kindHour, kindHour24:
		return 41
	case kindHalfHour, kindHalfHour12:
		return 50
	case kindMinute:
		return 60
	case kindSecond:
		return 70
	}
	switch s.unit {
	case msHour:
		return 61
	case msMinute:
		return 71
	}
	return 80
}

// defaultYear is the year of a text that names a month or a day but no year.
const defaultYear = 2000

// local computes the local time, in milliseconds since 1970-01-01T00:00. It
// answers false if a value is out of its range.
func (b *bucket) local() (int64, bool) {
	if b.n > 0 {
		if o := b.fields[0].order; 10 <= o && o < 40 {
			b.save(kindYear, defaultYear)
		}
	}
	if ms, ok, simple := b.simple(); simple {
		return ms, ok
	}
	var m moment
	for _, f := range b.fields[:b.n] {
		if !m.set(f) {
			return 0, false
		}
		m.floor(f)
	}
	for i, f := range b.fields[:b.n] {
		if !m.set(f) {
			return 0, false
		}
		if i == b.n-1 {
			m.floor(f)
		}
	}
	return m.day*msDay + m.ms, true
}

// simple computes what most texts have: a year, then month, day, the weekday that
// the day has, and the time, each at most once. The third result is false if there
// is more to it.
func (b *bucket) simple() (ms int64, ok, simple bool) {
	year, month, day := 1970, 1, 1
	for i, f := range b.fields[:b.n] {
		if i > 0 && f.order == b.fields[i-1].order {
			return 0, false, false
		}
		v, limit, unit := int(f.value), 0, int64(0)
		switch f.kind {
		case kindYear:
			if v < -9999 || v > 99999 {
				return 0, false, false
			}
			year = v
			continue
		case kindMonth:
			if v < 1 || v > 12 {
				return 0, false, true
			}
			month = v
			continue
		case kindDay:
			if v < 1 || v > daysIn(year, month) {
				return 0, false, true
			}
			day = v
			continue
		case kindWeekday:
			if isoWeekday(dayNumber(year, month, day)) != int64(v) {
				return 0, false, false
			}
			continue
		case kindHour:
			limit, unit = 23, msHour
		case kindMinute:
			limit, unit = 59, msMinute
		case kindSecond:
			limit, unit = 59, msSecond
		case kindFraction:
			if f.unit != msSecond {
				return 0, false, false
			}
			limit, unit = 999, 1
		default:
			return 0, false, false
		}
		if v < 0 || v > limit {
			return 0, false, true
		}
		ms += int64(v) * unit
	}
	return dayNumber(year, month, day)*msDay + ms, true, true
}

// moment is a local time: a day number and the milliseconds of that day.
type moment struct{ day, ms int64 }

func (m *moment) date() (year, month, day int) { return civil(m.day) }

// setYear keeps the day and the month, as far as the year has them.
func (m *moment) setYear(year int) {
	old, _, _ := m.date()
	ofYear := int(m.day - dayNumber(old, 1, 1))
	if ofYear > 58 {
		switch {
		case isLeap(old) && !isLeap(year):
			ofYear--
		case !isLeap(old) && isLeap(year):
			ofYear++
		}
	}
	m.day = dayNumber(year, 1, 1) + int64(ofYear)
}

// setPart replaces the part of the time of day that counts units within a range.
func (m *moment) setPart(value, unit, within int64) {
	m.ms = m.ms - m.ms%within + value*unit + m.ms%unit
}

// set gives one field its value and keeps the others. It answers false if the
// value is out of range.
func (m *moment) set(f saved) bool {
	v := int(f.value)
	part := func(first, last int, unit, within int64) bool {
		if v < first || v > last {
			return false
		}
		m.setPart(int64(v), unit, within)
		return true
	}
	year, month, day := m.date()
	switch f.kind {
	case kindYear:
		if v < minJodaYear || v > maxJodaYear {
			return false
		}
		m.setYear(v)
	case kindYearOfEra:
		if v < 1 || v > maxJodaYear {
			return false
		}
		if year <= 0 {
			v = 1 - v
		}
		m.setYear(v)
	case kindEra:
		if (year > 0) != (v == 1) {
			m.setYear(-year)
		}
	case kindCentury:
		v = v*100 + yearOfEra(year)%100
		if v < 1 || v > maxJodaYear {
			return false
		}
		if year <= 0 {
			v = 1 - v
		}
		m.setYear(v)
	case kindWeekYear:
		if v < minJodaYear || v > maxJodaYear {
			return false
		}
		_, week := isoWeek(m.day)
		m.day = isoWeekStart(v, min(week, isoWeeks(v))) + isoWeekday(m.day) - 1
	case kindWeek:
		weekYear, _ := isoWeek(m.day)
		if v < 1 || v > isoWeeks(weekYear) {
			return false
		}
		m.day = isoWeekStart(weekYear, v) + isoWeekday(m.day) - 1
	case kindMonth:
		if v < 1 || v > 12 {
			return false
		}
		m.day = dayNumber(year, v, min(day, daysIn(year, v)))
	case kindDay:
		if v < 1 || v > daysIn(year, month) {
			return false
		}
		m.day = dayNumber(year, month, v)
	case kindDayOfYear:
		if v < 1 || v > daysInYear(year) {
			return false
		}
		m.day = dayNumber(year, 1, 1) + int64(v) - 1
	case kindWeekday:
		if v < 1 || v > 7 {
			return false
		}
		m.day += int64(v) - isoWeekday(m.day)
	case kindHalfday:
		return part(0, 1, msHalfday, msDay)
	case kindHour:
		return part(0, 23, msHour, msDay)
	case kindHour24:
		if v == 24 {
			v = 0
		} else if v == 0 {
			return false
		}
		return part(0, 23, msHour, msDay)
	case kindHalfHour:
		return part(0, 11, msHour, msHalfday)
	case kindHalfHour12:
		if v == 12 {
			v = 0
		} else if v == 0 {
			return false
		}
		return part(0, 11, msHour, msHalfday)
	case kindMinute:
		return part(0, 59, msMinute, msHour)
	case kindSecond:
		return part(0, 59, msSecond, msMinute)
	case kindFraction:
		return part(0, int(f.unit)-1, 1, int64(f.unit))
	}
	return true
}

// floor clears what is shorter than a field's unit.
func (m *moment) floor(f saved) {
	year, month, _ := m.date()
	switch f.kind {
	case kindEra:
		// Only the sign of the year counts for what follows.
		m.ms, m.day = 0, dayNumber(1, 1, 1)
		if f.value == 0 {
			m.day = dayNumber(-1, 1, 1)
		}
	case kindCentury:
		first := yearOfEra(year) / 100 * 100
		if year <= 0 {
			first = 1 - first
		}
		m.ms, m.day = 0, dayNumber(first, 1, 1)
	case kindYear, kindYearOfEra:
		m.ms, m.day = 0, dayNumber(year, 1, 1)
	case kindWeekYear:
		weekYear, _ := isoWeek(m.day)
		m.ms, m.day = 0, isoWeekStart(weekYear, 1)
	case kindMonth:
		m.ms, m.day = 0, dayNumber(year, month, 1)
	case kindWeek:
		m.ms, m.day = 0, m.day-isoWeekday(m.day)+1
	case kindDay, kindDayOfYear, kindWeekday:
		m.ms = 0
	case kindHalfday:
		m.ms -= m.ms % msHalfday
	case kindHour, kindHour24, kindHalfHour, kindHalfHour12:
		m.ms -= m.ms % msHour
	case kindMinute:
		m.ms -= m.ms % msMinute
	case kindSecond:
		m.ms -= m.ms % msSecond
	}
}
