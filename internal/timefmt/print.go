package timefmt

import (
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// Append appends t to dst in the layout's form, in t's own location, with English
// texts, and returns the extended slice. It does not allocate beyond dst's growth,
// but for names of zones that are not loaded yet.
//
// A Joda layout knows milliseconds only: further digits of a fraction are 0. A
// java.time layout prints nanoseconds.
func (l *Layout) Append(dst []byte, t time.Time) []byte {
	p := printer{t: t, java: l.java}
	if l.needsDate {
		var m time.Month
		p.year, m, p.day = t.Date()
		p.month = int(m)
	}
	if l.needsClock {
		p.hour, p.minute, p.second = t.Clock()
	}
	pad := 0
	for i := range l.fields {
		f := &l.fields[i]
		if f.kind == kindPad {
			pad = f.min
			continue
		}
		start := len(dst)
		dst = p.append(dst, f)
		if pad > 0 {
			dst = padLeft(dst, start, pad)
			pad = 0
		}
	}
	return dst
}

// padLeft puts spaces before dst[start:] until it has width characters. A longer
// text stays as it is, where Java throws an exception.
func padLeft(dst []byte, start, width int) []byte {
	for n := width - utf8.RuneCount(dst[start:]); n > 0; n-- {
		dst = append(dst, 0)
		copy(dst[start+1:], dst[start:])
		dst[start] = ' '
	}
	return dst
}

// printer is a time taken apart, as far as the layout needs it.
type printer struct {
	t                    time.Time
	java                 bool
	year, month, day     int
	hour, minute, second int
}

func (p *printer) append(dst []byte, f *field) []byte {
	switch f.kind {
	case kindLiteral:
		return append(dst, f.text...)
	case kindYear:
		return f.appendYear(dst, p.year)
	case kindYearOfEra:
		return f.appendYear(dst, yearOfEra(p.year))
	case kindYear2:
		return p.appendTwo(dst, p.year)
	case kindYearOfEra2:
		return p.appendTwo(dst, yearOfEra(p.year))
	case kindMonth:
		return appendInt(dst, int64(p.month), f.min)
	case kindDay:
		return appendInt(dst, int64(p.day), f.min)
	case kindHour:
		return appendInt(dst, int64(p.hour), f.min)
	case kindMinute:
		return appendInt(dst, int64(p.minute), f.min)
	case kindSecond:
		return appendInt(dst, int64(p.second), f.min)
	case kindFraction:
		return p.appendFraction(dst, f.min)
	case kindMonthText:
		return appendStyle(dst, f.style, monthsShort[p.month-1], monthsLong[p.month-1])
	case kindWeekdayText:
		d := p.t.Weekday()
		return appendStyle(dst, f.style, weekdaysShort[d], weekdaysLong[d])
	case kindHalfday:
		if p.hour < 12 {
			return append(dst, "AM"...)
		}
		return append(dst, "PM"...)
	case kindOffset, kindLocalOffset, kindZoneID, kindZoneName:
		return p.appendZone(dst, f)
	}
	return p.appendRare(dst, f)
}

// appendRare prints the fields that few patterns have.
func (p *printer) appendRare(dst []byte, f *field) []byte {
	switch f.kind {
	case kindEra:
		if p.year <= 0 {
			return appendStyle(dst, f.style, "BC", "Before Christ")
		}
		return appendStyle(dst, f.style, "AD", "Anno Domini")
	case kindCentury:
		return appendInt(dst, int64(yearOfEra(p.year)/100), f.min)
	case kindWeekYear, kindWeekYear2, kindWeek:
		year, week := p.t.ISOWeek()
		switch f.kind {
		case kindWeekYear:
			return f.appendYear(dst, year)
		case kindWeekYear2:
			return p.appendTwo(dst, year)
		}
		return appendInt(dst, int64(week), f.min)
	case kindUSWeekYear, kindUSWeekYear2, kindUSWeek:
		year, week := usWeek(p.year, p.t.YearDay())
		switch f.kind {
		case kindUSWeekYear:
			return f.appendYear(dst, year)
		case kindUSWeekYear2:
			return p.appendTwo(dst, year)
		}
		return appendInt(dst, int64(week), f.min)
	case kindUSWeekOfMonth:
		first := int(weekdayOf(dayNumber(p.year, p.month, 1)))
		return appendInt(dst, int64((p.day-1+first)/7+1), f.min)
	case kindAlignedWeek:
		return appendInt(dst, int64((p.day-1)/7+1), f.min)
	case kindQuarter:
		return appendInt(dst, int64((p.month-1)/3+1), f.min)
	case kindQuarterText:
		q := (p.month - 1) / 3
		switch f.style {
		case styleShort:
			return append(dst, 'Q', byte('1'+q))
		case styleNarrow:
			return append(dst, byte('1'+q))
		}
		return append(dst, quartersLong[q]...)
	case kindDayOfYear:
		return appendInt(dst, int64(p.t.YearDay()), f.min)
	case kindJulian:
		return appendInt(dst, dayNumber(p.year, p.month, p.day)+40587, f.min)
	case kindWeekday:
		return appendInt(dst, int64(p.t.Weekday()+6)%7+1, f.min)
	case kindUSWeekday:
		return appendInt(dst, int64(p.t.Weekday())+1, f.min)
	case kindDayPeriod:
		return append(dst, dayPeriod(p.hour, p.minute, f.style)...)
	case kindHour24:
		return appendInt(dst, int64(p.hour+23)%24+1, f.min)
	case kindHalfHour:
		return appendInt(dst, int64(p.hour)%12, f.min)
	case kindHalfHour12:
		return appendInt(dst, int64(p.hour+11)%12+1, f.min)
	case kindMilliOfDay:
		return appendInt(dst, p.nanoOfDay()/1e6, f.min)
	case kindNano:
		return appendInt(dst, int64(p.t.Nanosecond()), f.min)
	case kindNanoOfDay:
		return appendInt(dst, p.nanoOfDay(), f.min)
	}
	return dst
}

func (p *printer) nanoOfDay() int64 {
	return int64((p.hour*60+p.minute)*60+p.second)*1e9 + int64(p.t.Nanosecond())
}

func (p *printer) appendZone(dst []byte, f *field) []byte {
	name, offset := p.t.Zone()
	utc := p.t.Location() == time.UTC
	switch f.kind {
	case kindOffset:
		return appendOffset(dst, offset, f.off)
	case kindLocalOffset:
		dst = append(dst, "GMT"...)
		switch {
		case offset == 0:
			return dst
		case f.style == styleLong:
			return appendOffset(dst, offset, offsetForm{colon: true, minutes: always, seconds: ifNonZero})
		}
		return appendShortOffset(dst, offset)
	case kindZoneID:
		switch {
		case utc && p.java:
			return append(dst, 'Z')
		case utc:
			return append(dst, "UTC"...)
		}
		return append(dst, p.t.Location().String()...)
	}
	switch {
	case utc && p.java:
		return append(dst, 'Z')
	case utc && f.style == styleLong:
		return append(dst, "Coordinated Universal Time"...)
	}
	return append(dst, name...)
}

// appendYear appends a year; java.time puts '+' before one that has more digits
// than the pattern, from four digits on.
func (f *field) appendYear(dst []byte, year int) []byte {
	if !f.plus {
		return appendInt(dst, int64(year), f.min)
	}
	start := len(dst)
	dst = appendInt(dst, int64(year), f.min)
	if year >= 0 && len(dst)-start > f.min {
		dst = slices.Insert(dst, start, '+')
	}
	return dst
}

// appendTwo appends the last two digits of a year, without its sign.
func (p *printer) appendTwo(dst []byte, year int) []byte {
	if year < 0 {
		year = -year
	}
	return append(dst, byte('0'+year/10%10), byte('0'+year%10))
}

// appendFraction appends the first n digits of the second's fraction.
func (p *printer) appendFraction(dst []byte, n int) []byte {
	v := p.t.Nanosecond()
	if !p.java {
		v -= v % 1e6
		// Joda-Time counts in 64 bits: a fraction that is not zero has at most
		// 15 digits.
		if v != 0 && n > 15 {
			n = 15
		}
	}
	for scale := int(1e8); n > 0; n-- {
		if scale == 0 {
			dst = append(dst, '0')
			continue
		}
		dst = append(dst, byte('0'+v/scale%10))
		scale /= 10
	}
	return dst
}

func appendStyle(dst []byte, s style, short, long string) []byte {
	switch s {
	case styleShort:
		return append(dst, short...)
	case styleNarrow:
		return append(dst, short[0])
	}
	return append(dst, long...)
}

// appendInt appends v with at least min digits; a sign is not counted.
func appendInt(dst []byte, v int64, min int) []byte {
	if 0 <= v && v < 100 && min <= 2 {
		if v >= 10 || min == 2 {
			dst = append(dst, byte('0'+v/10))
		}
		return append(dst, byte('0'+v%10))
	}
	u := uint64(v)
	if v < 0 {
		dst = append(dst, '-')
		u = -u
	}
	digits := 1
	for w := u; w >= 10; w /= 10 {
		digits++
	}
	for ; digits < min; digits++ {
		dst = append(dst, '0')
	}
	return strconv.AppendUint(dst, u, 10)
}

func appendOffset(dst []byte, seconds int, form offsetForm) []byte {
	if seconds == 0 && form.zero != "" {
		return append(dst, form.zero...)
	}
	sign := byte('+')
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	h, m, s := seconds/3600, seconds/60%60, seconds%60
	if form.seconds == never {
		s = 0
	}
	dst = append(dst, sign)
	dst = appendInt(dst, int64(h), 2)
	if form.minutes == ifNonZero && m == 0 {
		return dst
	}
	if form.colon {
		dst = append(dst, ':')
	}
	dst = appendInt(dst, int64(m), 2)
	if s == 0 {
		return dst
	}
	if form.colon {
		dst = append(dst, ':')
	}
	return appendInt(dst, int64(s), 2)
}

// appendShortOffset appends the offset of java.time's letter O, as in GMT+8:30.
func appendShortOffset(dst []byte, seconds int) []byte {
	if seconds < 0 {
		dst, seconds = append(dst, '-'), -seconds
	} else {
		dst = append(dst, '+')
	}
	dst = appendInt(dst, int64(seconds/3600), 1)
	if m, s := seconds/60%60, seconds%60; m != 0 || s != 0 {
		dst = append(dst, ':')
		dst = appendInt(dst, int64(m), 2)
		if s != 0 {
			dst = append(dst, ':')
			dst = appendInt(dst, int64(s), 2)
		}
	}
	return dst
}
