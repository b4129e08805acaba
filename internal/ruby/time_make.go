package ruby

import (
	"math"
	"math/big"
	"strings"
	"time"
)

// exactTime converts seconds to a time; a Float keeps the nanoseconds it stands for.
func (th *thread) exactTime(v Value) time.Time {
	switch x := v.o.(type) {
	case *Time:
		return x.t
	case *Timestamp:
		return x.t
	case *tag:
		if x == tagInt {
			return time.Unix(v.int(), 0)
		}
	}
	if v.isFloat() {
		f := v.float()
		if math.IsNaN(f) || math.IsInf(f, 0) {
			th.raise(cFloatDomainError, "%s", formatFloat(f))
		}
	}
	v = th.exactNumber(v)
	if f := v.float(); v.isFloat() && 0 <= f && f < 1<<40 {
		return time.Unix(splitFloat(f, false))
	}
	r := toRat(v)
	sec := ratFloor(r)
	if !sec.IsInt64() {
		th.raise(cRangeError, "time out of range")
	}
	frac := new(big.Rat).Sub(r, new(big.Rat).SetInt(sec))
	ns := ratFloor(frac.Mul(frac, big.NewRat(1e9, 1)))
	return time.Unix(sec.Int64(), ns.Int64())
}

// exactNumber is a number of seconds or the like: what is no number may turn itself into
// a Rational, if it is one for other uses too, or into an Integer.
func (th *thread) exactNumber(v Value) Value {
	if isNumber(v) {
		return v
	}
	if _, ok := v.o.(*Object); ok {
		whole, is := th.convert(v, "to_int")
		if r, ok := th.convert(v, "to_r"); ok && (is || classOf(v).isA(cNumeric)) {
			return th.exactNumber(r)
		}
		if is {
			return th.exactNumber(whole)
		}
	}
	what := classOf(v).real().name
	if v.isNil() {
		what = "nil"
	}
	th.raise(cTypeError, "can't convert %s into an exact number", what)
	return vNil
}

// civil makes a time from year, month, day, hour, minute, second.
func (th *thread) civil(a []Value, loc *time.Location) time.Time {
	n := [6]int{0, 1, 1, 0, 0, 0}
	ns := 0
	if len(a) == 10 { // what Time#to_a gives
		a = []Value{a[5], a[4], a[3], a[2], a[1], a[0]}
	}
	if a[0].isNil() {
		th.raise(cTypeError, "can't convert nil into an exact number")
	}
	for i, v := range a {
		if i > 5 || v.isNil() {
			break
		}
		if s := th.tryString(v); s != nil {
			if i == 1 {
				if k, l := nameIndex(s.s, monthNames); l > 0 {
					n[1] = k + 1
					continue
				}
			}
			n[i] = th.intArg(leadingInt(s.s, 10))
			continue
		}
		if i == 5 && isNumber(v) && !v.isInt() {
			r := toRat(v)
			sec := ratFloor(r)
			n[5] = int(sec.Int64())
			f := new(big.Rat).Sub(r, new(big.Rat).SetInt(sec))
			ns = int(ratFloor(f.Mul(f, big.NewRat(1e9, 1))).Int64())
			continue
		}
		n[i] = th.intArg(v)
	}
	if len(a) > 6 && !a[6].isNil() && isNumber(a[6]) {
		us := toRat(a[6])
		if us.Sign() < 0 || us.Cmp(big.NewRat(1e6, 1)) >= 0 {
			th.raise(cArgumentError, "subsecx out of range")
		}
		ns = int(ratFloor(new(big.Rat).Mul(us, big.NewRat(1000, 1))).Int64())
	}
	for i, b := range [][2]int{1: {1, 12}, 2: {1, 31}, 3: {0, 24}, 4: {0, 59}, 5: {0, 60}} {
		if i > 0 && (n[i] < b[0] || n[i] > b[1]) {
			what := []string{"", "month", "mday", "hour", "min", "sec"}[i]
			if i == 1 {
				th.raise(cArgumentError, "argument out of range: for month: %d", n[1])
			}
			_ = what
			th.raise(cArgumentError, "argument out of range")
		}
	}
	return time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], ns, loc)
}

// complete fills what a text did not tell from now, as Time.parse does.
func (p *dateParts) complete(now time.Time) (time.Time, bool) {
	loc := now.Location()
	if p.hasOff {
		loc = fixed(p.off)
		if p.off == 0 && (strings.EqualFold(p.zone, "utc") || strings.EqualFold(p.zone, "z") || strings.EqualFold(p.zone, "gmt")) {
			loc = time.UTC
		}
	}
	if p.epoch != nil {
		return p.epoch.In(loc), true
	}
	now = now.In(loc)
	year, mon, day := p.year, p.mon, p.day
	if !p.hasYear {
		year = now.Year()
	}
	switch {
	case p.yday > 0:
		t := time.Date(year, 1, p.yday, 0, 0, 0, 0, time.UTC)
		mon, day = int(t.Month()), t.Day()
	case p.week > 0 && p.cwyear >= 0:
		t := isoWeekDate(p.cwyear, p.week, (p.wday+6)%7+1)
		year, mon, day = t.Year(), int(t.Month()), t.Day()
	case mon < 0 && day < 0 && !p.hasYear:
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
	h, m, s := max(p.hour, 0), max(p.min, 0), max(p.sec, 0)
	if mon < 1 || mon > 12 || day < 1 || day > 31 || h > 24 || m > 59 || s > 60 {
		return time.Time{}, false
	}
	return time.Date(year, time.Month(mon), day, h, m, s, p.nsec, loc), true
}

func isoWeekDate(year, week, day int) time.Time {
	t := time.Date(year, 1, 4, 0, 0, 0, 0, time.UTC)
	monday := t.AddDate(0, 0, -int(t.Weekday()+6)%7)
	return monday.AddDate(0, 0, (week-1)*7+day-1)
}

func init() {
	inOpt := func(th *thread, o *Hash, def *time.Location) *time.Location {
		if v := o.opt(th, "in"); !v.isUndef() && !v.isNil() {
			return th.location(v)
		}
		return def
	}
	cTime.sdef("now", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		_, o := th.options(a)
		return th.newTime(time.Now().In(inOpt(th, o, time.Local)))
	})
	cTime.sdef("at", 1, 4, func(th *thread, self Value, a []Value, blk *Proc) Value {
		a, o := th.options(a)
		t := th.exactTime(a[0])
		loc := inOpt(th, o, time.Local)
		if x, ok := a[0].o.(*Time); ok && loc == time.Local {
			loc = x.t.Location()
		}
		if len(a) > 1 {
			unit := big.NewRat(1, 1e6)
			if _, ok := a[0].o.(*Time); ok {
				th.raise(cTypeError, "can't convert Time into an exact number")
			}
			if len(a) > 2 {
				name, ok := a[2].o.(*Symbol)
				if !ok {
					th.raise(cArgumentError, "unexpected unit: %s", th.toS(a[2]))
				}
				switch name.name {
				case "millisecond":
					unit = big.NewRat(1, 1000)
				case "usec", "microsecond":
				case "nsec", "nanosecond":
					unit = big.NewRat(1, 1e9)
				default:
					th.raise(cArgumentError, "unexpected unit: %s", name.name)
				}
			}
			t = th.addSeconds(t, newRational(new(big.Rat).Mul(toRat(th.exactNumber(a[1])), unit)), 1)
		}
		return th.newTime(t.In(loc))
	})
	cTime.sdef("utc gm", 1, 10, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.newTime(th.civil(a, time.UTC)) })
	cTime.sdef("local mktime", 1, 10, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.newTime(th.civil(a, time.Local)) })
	cTime.sdef("new", 0, 8, func(th *thread, self Value, a []Value, blk *Proc) Value {
		a, o := th.options(a)
		loc := inOpt(th, o, time.Local)
		if len(a) == 0 {
			return th.newTime(time.Now().In(loc))
		}
		if len(a) > 6 && !a[6].isNil() {
			if v := o.opt(th, "in"); !v.isUndef() && !v.isNil() {
				th.raise(cArgumentError, "timezone argument given as positional and keyword arguments")
			}
			loc = th.location(a[6])
			a = a[:6]
		}
		return th.newTime(th.civil(a, loc))
	})
	parse := func(th *thread, s string) *dateParts {
		p := dateText(s)
		if p == nil {
			th.raise(cArgumentError, "no time information in %s", inspectString(&String{s: s}))
		}
		return p
	}
	cTime.sdef("parse", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s := th.strArg(a[0])
		p := parse(th, s)
		now := time.Now()
		if len(a) > 1 {
			now = th.exactTime(a[1])
		}
		t, ok := p.complete(now)
		if !ok {
			th.raise(cArgumentError, "argument out of range")
		}
		return th.newTime(t)
	})
	cTime.sdef("strptime", 2, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s, f := th.strArg(a[0]), th.strArg(a[1])
		p := strptime(s, f)
		if p == nil {
			th.raise(cArgumentError, "invalid date or strptime format - `%s' `%s'", s, f)
		}
		t, ok := p.complete(time.Now())
		if !ok {
			th.raise(cArgumentError, "argument out of range")
		}
		return th.newTime(t)
	})
	cTime.sdef("iso8601 xmlschema", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s := th.strArg(a[0])
		t, err := time.Parse(time.RFC3339Nano, strings.ToUpper(strings.TrimSpace(s)))
		if err != nil {
			t, err = time.ParseInLocation("2006-01-02T15:04:05.999999999", strings.TrimSpace(s), time.Local)
		}
		if err != nil {
			th.raise(cArgumentError, "invalid xmlschema format: %s", th.inspect(a[0]))
		}
		if strings.HasSuffix(strings.ToUpper(s), "Z") {
			return th.newTime(t.UTC())
		}
		_, off := t.Zone()
		return th.newTime(t.In(fixed(off)))
	})
	cTime.sdef("httpdate", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		t, err := time.Parse("Mon, 02 Jan 2006 15:04:05 GMT", th.strArg(a[0]))
		if err != nil {
			th.raise(cArgumentError, "not RFC 2616 compliant date: %s", th.inspect(a[0]))
		}
		return th.newTime(t.UTC())
	})
	cTime.sdef("rfc2822 rfc822", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		t, ok := parse(th, th.strArg(a[0])).complete(time.Now())
		if !ok {
			th.raise(cArgumentError, "not RFC 2822 compliant date: %s", th.inspect(a[0]))
		}
		return th.newTime(t)
	})
}
