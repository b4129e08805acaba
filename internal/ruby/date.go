package ruby

import (
	"fmt"
	"math/big"
	"time"
)

// DateTime is Date and DateTime: a day, with a time of day for the latter.
type DateTime struct {
	t    time.Time
	date bool
}

func (d *DateTime) class() *Class {
	if d.date {
		return cDate
	}
	return cDateTime
}

var (
	cDate      = defClass("Date", cObject)
	cDateTime  = defClass("DateTime", cDate)
	cDateError = defClass("Date::Error", cArgumentError)
)

func newDate(t time.Time) Value {
	return Value{o: &DateTime{time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC), true}}
}

func newDateTime(t time.Time) Value { return Value{o: &DateTime{t, false}} }

func (th *thread) badDate() { th.raise(cDateError, "invalid date") }

// day makes a valid day; negative months and days count from the end.
func (th *thread) day(y, m, d int) time.Time {
	if m < 0 {
		m += 13
	}
	if d < 0 {
		d += daysIn(y, m) + 1
	}
	if m < 1 || m > 12 || d < 1 || d > daysIn(y, m) {
		th.badDate()
	}
	return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
}

func daysIn(y, m int) int { return time.Date(y, time.Month(m)+1, 0, 0, 0, 0, 0, time.UTC).Day() }

func addMonths(t time.Time, n int) time.Time {
	y, m := t.Year(), int(t.Month())-1+n
	y += int(floorDiv(int64(m), 12))
	m = int(floorMod(int64(m), 12)) + 1
	return time.Date(y, time.Month(m), min(t.Day(), daysIn(y, m)), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), t.Location())
}

// toDay turns what a text told into a day and time; the error is Date::Error.
func (th *thread) toDay(p *dateParts, withTime bool) time.Time {
	if p == nil || p.rest != "" {
		th.badDate()
	}
	loc := time.UTC
	if p.hasOff {
		loc = fixed(p.off)
	}
	if p.epoch != nil {
		return p.epoch.In(loc)
	}
	now := time.Now()
	year, mon, day := p.year, p.mon, p.day
	if !p.hasYear {
		year = now.Year()
	}
	switch {
	case p.yday > 0:
		t := time.Date(year, 1, p.yday, 0, 0, 0, 0, time.UTC)
		if t.Year() != year {
			th.badDate()
		}
		mon, day = int(t.Month()), t.Day()
	case p.week > 0 && p.cwyear >= 0:
		t := isoWeekDate(p.cwyear, p.week, (p.wday+6)%7+1)
		year, mon, day = t.Year(), int(t.Month()), t.Day()
	case mon < 0 && day < 0 && !p.hasYear && p.wday >= 0:
		t := now.AddDate(0, 0, p.wday-int(now.Weekday()))
		year, mon, day = t.Year(), int(t.Month()), t.Day()
	case mon < 0 && day < 0 && !p.hasYear:
		if !withTime || p.hour < 0 {
			th.badDate()
		}
		mon, day = int(now.Month()), now.Day()
	}
	if mon < 0 {
		if p.hasYear {
			mon = 1
		} else {
			mon = int(now.Month())
		}
	}
	if day < 0 {
		day = 1
	}
	th.day(year, mon, day)
	if !withTime {
		return time.Date(year, time.Month(mon), day, 0, 0, 0, 0, time.UTC)
	}
	h := max(p.hour, 0)
	if h > 24 || p.min > 59 || p.sec > 60 {
		th.badDate()
	}
	return time.Date(year, time.Month(mon), day, h, max(p.min, 0), max(p.sec, 0), p.nsec, loc)
}

// addDays adds a number of days, which may be a fraction.
func (th *thread) addDays(d *DateTime, v Value, sign int64) Value {
	if !isNumber(v) {
		th.raise(cTypeError, "expected numeric")
	}
	if v.isInt() {
		if n := v.int(); n > 1<<32 || n < -(1<<32) {
			th.raise(cRangeError, "date out of range")
		}
		return Value{o: &DateTime{d.t.AddDate(0, 0, int(sign*v.int())), d.date}}
	}
	secs := newRational(new(big.Rat).Mul(toRat(v), big.NewRat(86400, 1)))
	t := th.addSeconds(d.t, secs, sign)
	if d.date {
		return newDate(t)
	}
	return newDateTime(t)
}

func days(a, b time.Time) *big.Rat {
	ns := new(big.Int).Mul(big.NewInt(a.Unix()-b.Unix()), big.NewInt(1e9))
	ns.Add(ns, big.NewInt(int64(a.Nanosecond()-b.Nanosecond())))
	return new(big.Rat).SetFrac(ns, big.NewInt(86400*1e9))
}

func init() {
	cDate.include(mComparable)
	cDate.setConst("MONTHNAMES", dateNames(monthNames, 9, true))
	cDate.setConst("ABBR_MONTHNAMES", dateNames(monthNames, 3, true))
	cDate.setConst("DAYNAMES", dateNames(dayNames, 9, false))
	cDate.setConst("ABBR_DAYNAMES", dateNames(dayNames, 3, false))
	ints := func(th *thread, a []Value, def ...int) []int {
		for i, v := range a {
			if i < len(def) && isNumber(v) {
				def[i] = th.intArg(v)
			}
		}
		return def
	}
	cDate.sdef("new civil", 0, 4, func(th *thread, self Value, a []Value, blk *Proc) Value {
		n := ints(th, a, -4712, 1, 1)
		return newDate(th.day(n[0], n[1], n[2]))
	})
	cDateTime.sdef("new civil", 0, 8, func(th *thread, self Value, a []Value, blk *Proc) Value {
		n := ints(th, a, -4712, 1, 1, 0, 0, 0)
		d := th.day(n[0], n[1], n[2])
		ns := 0
		if len(a) > 5 && !a[5].isInt() && isNumber(a[5]) {
			f := new(big.Rat).Sub(toRat(a[5]), new(big.Rat).SetInt64(int64(n[5])))
			ns = int(ratFloor(f.Mul(f, big.NewRat(1e9, 1))).Int64())
		}
		loc := time.UTC
		if len(a) > 6 {
			if isNumber(a[6]) {
				loc = fixed(int(ratFloor(new(big.Rat).Mul(toRat(a[6]), big.NewRat(86400, 1))).Int64()))
			} else if off, _, ok := parseOffset(th.strArg(a[6])); ok {
				loc = fixed(off)
			}
		}
		return newDateTime(time.Date(d.Year(), d.Month(), d.Day(), n[3], n[4], n[5], ns, loc))
	})
	cDate.sdef("today", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return newDate(time.Now()) })
	cDateTime.sdef("now", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		t := time.Now()
		_, off := t.Zone()
		return newDateTime(t.In(fixed(off)))
	})
	cDate.sdef("parse", 0, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return newDate(th.toDay(dateText(th.strArg(a[0])), false))
	})
	cDateTime.sdef("parse iso8601 rfc3339 xmlschema rfc2822 httpdate", 1, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return newDateTime(th.toDay(dateText(th.strArg(a[0])), true))
	})
	cDate.sdef("iso8601 rfc3339 xmlschema rfc2822 httpdate", 1, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return newDate(th.toDay(dateText(th.strArg(a[0])), false))
	})
	format := func(th *thread, a []Value, def string) string {
		if len(a) > 1 {
			return th.strArg(a[1])
		}
		return def
	}
	cDate.sdef("strptime", 1, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return newDate(th.toDay(strptime(th.strArg(a[0]), format(th, a, "%F")), false))
	})
	cDateTime.sdef("strptime", 1, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return newDateTime(th.toDay(strptime(th.strArg(a[0]), format(th, a, "%FT%T%z")), true))
	})
	cDate.sdef("valid_date? valid_civil?", 3, 4, func(th *thread, self Value, a []Value, blk *Proc) Value {
		_, exc := th.try(func() Value {
			th.day(th.intArg(a[0]), th.intArg(a[1]), th.intArg(a[2]))
			return vNil
		}, cDateError)
		return Bool(exc == nil)
	})
	cDate.sdef("leap? gregorian_leap?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Bool(daysIn(th.intArg(a[0]), 2) == 29)
	})
	cDate.sdef("_parse", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := th.newHash(0)
		p := dateText(th.strArg(a[0]))
		if p == nil {
			return Value{o: h}
		}
		put := func(k string, v int, ok bool) {
			if ok {
				h.set(th, sym(k), Int(int64(v)))
			}
		}
		put("year", p.year, p.hasYear)
		put("mon", p.mon, p.mon > 0)
		put("mday", p.day, p.day > 0)
		put("hour", p.hour, p.hour >= 0)
		put("min", p.min, p.min >= 0)
		put("sec", p.sec, p.sec >= 0)
		if p.hasOff {
			h.set(th, sym("zone"), th.str(p.zone))
		}
		put("offset", p.off, p.hasOff)
		return Value{o: h}
	})
	def := cDate.def
	dt := func(v Value) *DateTime { return v.o.(*DateTime) }
	num := func(c *Class, names string, f func(t time.Time) int64) {
		c.def(names, 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(f(dt(self).t)) })
	}
	num(cDate, "year", func(t time.Time) int64 { return int64(t.Year()) })
	num(cDate, "month mon", func(t time.Time) int64 { return int64(t.Month()) })
	num(cDate, "day mday", func(t time.Time) int64 { return int64(t.Day()) })
	num(cDate, "wday", func(t time.Time) int64 { return int64(t.Weekday()) })
	num(cDate, "yday", func(t time.Time) int64 { return int64(t.YearDay()) })
	num(cDate, "cwday", func(t time.Time) int64 { return int64(t.Weekday()+6)%7 + 1 })
	num(cDate, "cweek", func(t time.Time) int64 { _, w := t.ISOWeek(); return int64(w) })
	num(cDate, "cwyear", func(t time.Time) int64 { y, _ := t.ISOWeek(); return int64(y) })
	num(cDate, "jd", func(t time.Time) int64 {
		return int64(time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC).Unix()/86400) + 2440588
	})
	num(cDateTime, "hour", func(t time.Time) int64 { return int64(t.Hour()) })
	num(cDateTime, "minute min", func(t time.Time) int64 { return int64(t.Minute()) })
	num(cDateTime, "second sec", func(t time.Time) int64 { return int64(t.Second()) })
	cDateTime.def("sec_fraction second_fraction", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return newRational(big.NewRat(int64(dt(self).t.Nanosecond()), 1e9))
	})
	cDateTime.def("offset", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		_, off := dt(self).t.Zone()
		return newRational(big.NewRat(int64(off), 86400))
	})
	cDateTime.def("zone", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(offsetText(dt(self).t, 1)) })
	cDateTime.def("new_offset", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		loc := time.UTC
		if len(a) > 0 {
			if isNumber(a[0]) {
				loc = fixed(int(ratFloor(new(big.Rat).Mul(toRat(a[0]), big.NewRat(86400, 1))).Int64()))
			} else if off, _, ok := parseOffset(th.strArg(a[0])); ok {
				loc = fixed(off)
			}
		}
		return newDateTime(dt(self).t.In(loc))
	})
	def("+", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.addDays(dt(self), a[0], 1) })
	def("-", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if d, ok := a[0].o.(*DateTime); ok {
			return newRational(days(dt(self).t, d.t))
		}
		return th.addDays(dt(self), a[0], -1)
	})
	months := func(names string, unit int) {
		def(names, 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			n := 1
			if len(a) > 0 {
				n = th.intArg(a[0])
			}
			if n > 1<<20 || n < -(1<<20) {
				th.raise(cRangeError, "date out of range")
			}
			return Value{o: &DateTime{addMonths(dt(self).t, n*unit), dt(self).date}}
		})
	}
	months(">> next_month", 1)
	months("<< prev_month", -1)
	months("next_year", 12)
	months("prev_year", -12)
	def("next_day", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.addDays(dt(self), append(a, Int(1))[0], 1)
	})
	def("prev_day", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.addDays(dt(self), append(a, Int(1))[0], -1)
	})
	def("succ next", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.addDays(dt(self), Int(1), 1) })
	def("upto", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "upto", a...)
		}
		for v := self; th.mustCmp(v, a[0]) <= 0; v = th.addDays(dt(v), Int(1), 1) {
			th.yield1(blk, v)
		}
		return self
	})
	def("downto", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "downto", a...)
		}
		for v := self; th.mustCmp(v, a[0]) >= 0; v = th.addDays(dt(v), Int(1), -1) {
			th.yield1(blk, v)
		}
		return self
	})
	def("step", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "step", a...)
		}
		by := Int(1)
		if len(a) > 1 {
			by = a[1]
		}
		sign := th.mustCmp(by, Int(0))
		if sign == 0 {
			th.raise(cArgumentError, "step can't be 0")
		}
		for v := self; th.mustCmp(v, a[0])*sign <= 0; v = th.addDays(dt(v), by, 1) {
			th.yield1(blk, v)
		}
		return self
	})
	def("<=>", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if d, ok := a[0].o.(*DateTime); ok {
			return Int(int64(dt(self).t.Compare(d.t)))
		}
		return vNil
	})
	def("== eql?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		d, ok := a[0].o.(*DateTime)
		return Bool(ok && dt(self).t.Equal(d.t))
	})
	def("===", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		d, ok := a[0].o.(*DateTime)
		return Bool(ok && dt(self).t.YearDay() == d.t.YearDay() && dt(self).t.Year() == d.t.Year())
	})
	def("hash", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(dt(self).t.Unix() * 31) })
	def("to_s iso8601 xmlschema rfc3339", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if dt(self).date {
			return th.str(dt(self).t.Format("2006-01-02"))
		}
		n := 0
		if len(a) > 0 {
			n = min(th.intArg(a[0]), 100)
		}
		return th.str(isoTime(dt(self).t, n, false))
	})
	def("inspect", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		name := "DateTime"
		if dt(self).date {
			name = "Date"
		}
		return th.str(fmt.Sprintf("#<%s: %s>", name, th.toS(self)))
	})
	def("strftime", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		f := "%F"
		if !dt(self).date {
			f = "%FT%T%:z"
		}
		if len(a) > 0 {
			f = th.strArg(a[0])
		}
		return th.str(th.strftime(dt(self).t, f, offsetText(dt(self).t, 1)))
	})
	def("to_time", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		t := dt(self).t
		if dt(self).date {
			return th.newTime(time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.Local))
		}
		return Value{o: &Time{t, false}}
	})
	def("to_date", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return newDate(dt(self).t) })
	def("to_datetime", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return newDateTime(dt(self).t) })
	def("leap?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Bool(daysIn(dt(self).t.Year(), 2) == 29)
	})
	for i, d := range dayNames {
		def(d+"?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(int(dt(self).t.Weekday()) == i) })
	}
	cTime.def("to_date", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return newDate(self.o.(*Time).t) })
	cTime.def("to_datetime", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return newDateTime(self.o.(*Time).t) })
}

func dateNames(names []string, n int, first bool) Value {
	var items []Value
	if first {
		items = append(items, vNil)
	}
	for _, s := range names {
		s = string(s[0]-32) + s[1:]
		items = append(items, Value{o: &String{s: s[:min(n, len(s))], frozen: true}})
	}
	return Value{o: &Array{items: items, frozen: true}}
}
