package ruby

import (
	"fmt"
	"math"
	"math/big"
	"strings"
	"time"
)

// Time is Ruby's Time: nanoseconds and an offset. utc tells Time.utc from an offset of
// zero.
type Time struct {
	t   time.Time
	utc bool
}

func (*Time) class() *Class { return cTime }

func newTime(t time.Time) Value {
	return Value{o: &Time{t, t.Location() == time.UTC}}
}

func (t *Time) zone() string {
	if t.utc {
		return "UTC"
	}
	name, _ := t.t.Zone()
	return name
}

// fixed returns a zone of an offset without a name.
func fixed(off int) *time.Location { return time.FixedZone("", off) }

// location reads "+09:00", "UTC", "Z" or seconds.
func (th *thread) location(v Value) *time.Location {
	if s, ok := v.o.(*String); ok {
		if s.s == "UTC" || s.s == "Z" || s.s == "-00:00" {
			return time.UTC
		}
		off, n, ok := parseOffset(s.s)
		if !ok || n != len(s.s) || s.s[0] != '+' && s.s[0] != '-' {
			th.raise(cArgumentError, "\"+HH:MM\", \"-HH:MM\", \"UTC\" or \"A\"..\"I\",\"K\"..\"Z\" expected for utc_offset: %s", s.s)
		}
		return fixed(off)
	}
	return fixed(th.intArg(v))
}

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
	} else if !isNumber(v) {
		if v.isNil() {
			th.raise(cTypeError, "can't convert nil into an exact number")
		}
		th.raise(cTypeError, "can't convert %s into an exact number", classOf(v).real().name)
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

// addSeconds adds a number of seconds.
func (th *thread) addSeconds(t time.Time, v Value, sign int64) time.Time {
	if v.isInt() {
		if s := v.int(); s > 1<<50 || s < -(1<<50) {
			th.raise(cRangeError, "time out of range")
		}
		return time.Unix(t.Unix()+sign*v.int(), int64(t.Nanosecond())).In(t.Location())
	}
	if !isNumber(v) {
		th.raise(cTypeError, "can't convert %s into an exact number", classOf(v).real().name)
	}
	r := toRat(v)
	if v.isFloat() {
		// JRuby rounds a Float to nanoseconds.
		r = new(big.Rat).SetFrac(ratRound(new(big.Rat).Mul(r, big.NewRat(1e9, 1))), big.NewInt(1e9))
	}
	r = new(big.Rat).Mul(r, big.NewRat(1e9, 1))
	ns := ratFloor(r)
	q, m := new(big.Int).DivMod(ns, big.NewInt(1e9), new(big.Int))
	if !q.IsInt64() || q.Int64() > 1<<50 || q.Int64() < -(1<<50) {
		th.raise(cRangeError, "time out of range")
	}
	return time.Unix(t.Unix()+sign*q.Int64(), int64(t.Nanosecond())+sign*m.Int64()).In(t.Location())
}

// difference is a - b in seconds.
func difference(a, b time.Time) Value {
	sec := a.Unix() - b.Unix()
	ns := int64(a.Nanosecond() - b.Nanosecond())
	r := new(big.Rat).SetFrac(new(big.Int).Add(new(big.Int).Mul(big.NewInt(sec), big.NewInt(1e9)), big.NewInt(ns)), big.NewInt(1e9))
	f, _ := r.Float64()
	return Float(f)
}

func timeFloat(t time.Time) float64 {
	f, _ := new(big.Rat).SetFrac(new(big.Int).Add(new(big.Int).Mul(big.NewInt(t.Unix()), big.NewInt(1e9)), big.NewInt(int64(t.Nanosecond()))), big.NewInt(1e9)).Float64()
	return f
}

// civil makes a time from year, month, day, hour, minute, second.
func (th *thread) civil(a []Value, loc *time.Location) time.Time {
	n := [6]int{0, 1, 1, 0, 0, 0}
	ns := 0
	for i, v := range a {
		if i > 5 || v.isNil() {
			break
		}
		if s, ok := v.o.(*String); ok {
			if i == 1 {
				if k, l := nameIndex(s.s, monthNames); l > 0 {
					n[1] = k + 1
					continue
				}
			}
			n[i] = th.intArg(leadingInt(s.s, 10))
			continue
		}
		if i == 5 && !v.isInt() {
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
		us := new(big.Rat).Mul(toRat(a[6]), big.NewRat(1000, 1))
		ns = int(ratFloor(us).Int64())
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

func isoTime(t time.Time, digits int, utc bool) string {
	f := "2006-01-02T15:04:05"
	s := t.Format(f)
	if digits > 0 {
		ns := fmt.Sprintf("%09d", t.Nanosecond())
		for len(ns) < digits {
			ns += "0"
		}
		s += "." + ns[:digits]
	}
	if utc {
		return s + "Z"
	}
	return s + offsetText(t, 1)
}

func (t *Time) String() string {
	if t.utc {
		return t.t.Format("2006-01-02 15:04:05") + " UTC"
	}
	return t.t.Format("2006-01-02 15:04:05") + " " + offsetText(t.t, 0)
}

func init() {
	def := cTime.def
	tm := func(v Value) *Time { return v.o.(*Time) }
	inOpt := func(th *thread, o *Hash, def *time.Location) *time.Location {
		if v := o.opt(th, "in"); !v.isUndef() && !v.isNil() {
			return th.location(v)
		}
		return def
	}
	cTime.sdef("now", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		_, o := th.options(a)
		return newTime(time.Now().In(inOpt(th, o, time.Local)))
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
			if len(a) > 2 {
				switch th.nameArg(a[2]) {
				case "millisecond":
					unit = big.NewRat(1, 1000)
				case "usec", "microsecond":
				case "nsec", "nanosecond":
					unit = big.NewRat(1, 1e9)
				default:
					th.raise(cArgumentError, "unexpected unit: %s", th.nameArg(a[2]))
				}
			}
			if !isNumber(a[1]) {
				th.raise(cTypeError, "can't convert %s into an exact number", classOf(a[1]).real().name)
			}
			t = th.addSeconds(t, newRational(new(big.Rat).Mul(toRat(a[1]), unit)), 1)
		}
		return newTime(t.In(loc))
	})
	cTime.sdef("utc gm", 1, 10, func(th *thread, self Value, a []Value, blk *Proc) Value { return newTime(th.civil(a, time.UTC)) })
	cTime.sdef("local mktime", 1, 10, func(th *thread, self Value, a []Value, blk *Proc) Value { return newTime(th.civil(a, time.Local)) })
	cTime.sdef("new", 0, 8, func(th *thread, self Value, a []Value, blk *Proc) Value {
		a, o := th.options(a)
		loc := inOpt(th, o, time.Local)
		if len(a) == 0 {
			return newTime(time.Now().In(loc))
		}
		if len(a) > 6 && !a[6].isNil() {
			loc = th.location(a[6])
			a = a[:6]
		}
		return newTime(th.civil(a, loc))
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
		return newTime(t)
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
		return newTime(t)
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
			return newTime(t.UTC())
		}
		_, off := t.Zone()
		return newTime(t.In(fixed(off)))
	})
	cTime.sdef("httpdate", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		t, err := time.Parse("Mon, 02 Jan 2006 15:04:05 GMT", th.strArg(a[0]))
		if err != nil {
			th.raise(cArgumentError, "not RFC 2616 compliant date: %s", th.inspect(a[0]))
		}
		return newTime(t.UTC())
	})
	cTime.sdef("rfc2822 rfc822", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		t, ok := parse(th, th.strArg(a[0])).complete(time.Now())
		if !ok {
			th.raise(cArgumentError, "not RFC 2822 compliant date: %s", th.inspect(a[0]))
		}
		return newTime(t)
	})
	num := func(names string, f func(t *Time) int64) {
		def(names, 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(f(tm(self))) })
	}
	num("year", func(t *Time) int64 { return int64(t.t.Year()) })
	num("month mon", func(t *Time) int64 { return int64(t.t.Month()) })
	num("day mday", func(t *Time) int64 { return int64(t.t.Day()) })
	num("hour", func(t *Time) int64 { return int64(t.t.Hour()) })
	num("min", func(t *Time) int64 { return int64(t.t.Minute()) })
	num("sec", func(t *Time) int64 { return int64(t.t.Second()) })
	num("usec tv_usec", func(t *Time) int64 { return int64(t.t.Nanosecond() / 1000) })
	num("nsec tv_nsec", func(t *Time) int64 { return int64(t.t.Nanosecond()) })
	num("wday", func(t *Time) int64 { return int64(t.t.Weekday()) })
	num("yday", func(t *Time) int64 { return int64(t.t.YearDay()) })
	num("to_i tv_sec", func(t *Time) int64 { return t.t.Unix() })
	num("utc_offset gmt_offset gmtoff", func(t *Time) int64 { _, off := t.t.Zone(); return int64(off) })
	for i, d := range dayNames {
		def(d+"?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(int(tm(self).t.Weekday()) == i) })
	}
	def("to_f", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Float(timeFloat(tm(self).t)) })
	def("to_r", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		t := tm(self).t
		return newRational(new(big.Rat).Add(new(big.Rat).SetInt64(t.Unix()), big.NewRat(int64(t.Nanosecond()), 1e9)))
	})
	def("subsec", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if tm(self).t.Nanosecond() == 0 {
			return Int(0)
		}
		return newRational(big.NewRat(int64(tm(self).t.Nanosecond()), 1e9))
	})
	def("zone", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if z := tm(self).zone(); z != "" {
			return th.str(z)
		}
		return vNil
	})
	def("utc? gmt?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(tm(self).utc) })
	def("dst? isdst", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(tm(self).t.IsDST()) })
	def("utc gmtime", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		t := tm(self)
		t.t, t.utc = t.t.UTC(), true
		return self
	})
	def("getutc getgm", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return newTime(tm(self).t.UTC()) })
	def("localtime", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		loc := time.Local
		if len(a) > 0 && !a[0].isNil() {
			loc = th.location(a[0])
		}
		t := tm(self)
		t.t, t.utc = t.t.In(loc), loc == time.UTC
		return self
	})
	def("getlocal", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		loc := time.Local
		if len(a) > 0 && !a[0].isNil() {
			loc = th.location(a[0])
		}
		return newTime(tm(self).t.In(loc))
	})
	def("+", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if _, ok := a[0].o.(*Time); ok {
			th.raise(cTypeError, "time + time?")
		}
		return Value{o: &Time{th.addSeconds(tm(self).t, a[0], 1), tm(self).utc}}
	})
	def("-", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		switch x := a[0].o.(type) {
		case *Time:
			return difference(tm(self).t, x.t)
		case *Timestamp:
			return difference(tm(self).t, x.t)
		}
		return Value{o: &Time{th.addSeconds(tm(self).t, a[0], -1), tm(self).utc}}
	})
	def("<=>", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		switch x := a[0].o.(type) {
		case *Time:
			return Int(int64(tm(self).t.Compare(x.t)))
		case *Timestamp:
			return Int(int64(tm(self).t.Compare(x.t)))
		}
		return vNil
	})
	def("==", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		switch x := a[0].o.(type) {
		case *Time:
			return Bool(tm(self).t.Equal(x.t))
		case *Timestamp:
			return Bool(tm(self).t.Equal(x.t))
		}
		return vFalse
	})
	def("eql?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		x, ok := a[0].o.(*Time)
		return Bool(ok && tm(self).t.Equal(x.t))
	})
	def("hash", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Int((tm(self).t.UnixNano() ^ tm(self).t.Unix()*31) >> 2)
	})
	def("to_s", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(tm(self).String()) })
	def("inspect", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		t := tm(self)
		s := t.String()
		if ns := t.t.Nanosecond(); ns != 0 {
			s = s[:19] + "." + strings.TrimRight(fmt.Sprintf("%09d", ns), "0") + s[19:]
		}
		return th.str(s)
	})
	def("strftime", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.str(th.strftime(tm(self).t, th.strArg(a[0]), tm(self).zone()))
	})
	def("iso8601 xmlschema", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		n := 0
		if len(a) > 0 {
			n = min(th.intArg(a[0]), 100)
		}
		return th.str(isoTime(tm(self).t, n, tm(self).utc))
	})
	def("httpdate", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.str(tm(self).t.UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT"))
	})
	def("rfc2822 rfc822", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		z := offsetText(tm(self).t, 0)
		if tm(self).utc {
			z = "-0000"
		}
		return th.str(tm(self).t.Format("Mon, 02 Jan 2006 15:04:05 ") + z)
	})
	def("ctime asctime", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.str(tm(self).t.Format("Mon Jan _2 15:04:05 2006"))
	})
	rounded := func(mode string) native {
		return func(th *thread, self Value, a []Value, blk *Proc) Value {
			n := 0
			if len(a) > 0 {
				n = min(max(th.intArg(a[0]), 0), 9)
			}
			t := tm(self)
			unit := time.Second
			for range n {
				unit /= 10
			}
			ns := time.Duration(t.t.Nanosecond())
			down := ns / unit * unit
			switch {
			case mode == "floor":
			case mode == "ceil" && ns > down, mode == "round" && ns-down >= (unit+1)/2:
				down += unit
			}
			return Value{o: &Time{t.t.Add(down - ns), t.utc}}
		}
	}
	def("round", 0, 1, rounded("round"))
	def("floor", 0, 1, rounded("floor"))
	def("ceil", 0, 1, rounded("ceil"))
	def("to_a", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		t := tm(self)
		return th.array([]Value{Int(int64(t.t.Second())), Int(int64(t.t.Minute())), Int(int64(t.t.Hour())), Int(int64(t.t.Day())), Int(int64(t.t.Month())),
			Int(int64(t.t.Year())), Int(int64(t.t.Weekday())), Int(int64(t.t.YearDay())), Bool(t.t.IsDST()), th.str(t.zone())})
	})
	def("to_time", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return self })
	def("dup clone", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { c := *tm(self); return Value{o: &c} })

	tdef := cTimestamp.def
	ts := func(v Value) *Timestamp { return v.o.(*Timestamp) }
	mk := func(t time.Time) Value { return Value{o: &Timestamp{t.UTC()}} }
	fromText := func(th *thread, s string) (Value, bool) {
		t, ok := parseTimestamp(s)
		return mk(t), ok
	}
	coerce := func(th *thread, v Value) (Value, bool) {
		switch x := v.o.(type) {
		case *String:
			t, ok := fromText(th, x.s)
			if !ok {
				th.raise(cTimestampErr, "invalid timestamp string %s, error=Text '%s' could not be parsed", inspectString(x), x.s)
			}
			return t, true
		case *Time:
			return mk(x.t), true
		case *Timestamp:
			return v, true
		case *DateTime:
			return mk(x.t), true
		}
		return vNil, false
	}
	cTimestamp.sdef("new", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if len(a) == 0 || a[0].isNil() {
			return mk(time.Now())
		}
		if v, ok := coerce(th, a[0]); ok {
			return v
		}
		th.raise(cTypeError, "wrong argument type %s (expected LogStash::Timestamp)", classOf(a[0]).real().name)
		return vNil
	})
	cTimestamp.sdef("now", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return mk(time.Now()) })
	cTimestamp.sdef("at", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		t := th.exactTime(a[0])
		if len(a) > 1 {
			t = th.addSeconds(t, newRational(new(big.Rat).Mul(toRat(a[1]), big.NewRat(1, 1e6))), 1)
		}
		return mk(t)
	})
	cTimestamp.sdef("coerce", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		v, _ := coerce(th, a[0])
		return v
	})
	cTimestamp.sdef("parse_iso8601 parse", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		v, _ := coerce(th, th.str(th.strArg(a[0])))
		return v
	})
	tdef("to_s to_iso8601 inspect", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(timestampText(ts(self).t)) })
	tdef("to_i tv_sec", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(ts(self).t.Unix()) })
	tdef("to_f", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Float(timeFloat(ts(self).t)) })
	tdef("usec tv_usec", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Int(int64(ts(self).t.Nanosecond() / 1000))
	})
	tdef("nsec", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(int64(ts(self).t.Nanosecond())) })
	tdef("year", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(int64(ts(self).t.Year())) })
	tdef("time", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return newTime(ts(self).t.UTC()) })
	tdef("utc gmtime", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return self })
	tdef("to_json", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.str(`"` + timestampText(ts(self).t) + `"`)
	})
	tdef("+", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return newTime(th.addSeconds(ts(self).t, a[0], 1))
	})
	tdef("-", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		switch x := a[0].o.(type) {
		case *Time:
			return difference(ts(self).t, x.t)
		case *Timestamp:
			return difference(ts(self).t, x.t)
		}
		return newTime(th.addSeconds(ts(self).t, a[0], -1))
	})
	tdef("<=>", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		switch x := a[0].o.(type) {
		case *Time:
			return Int(int64(ts(self).t.Compare(x.t)))
		case *Timestamp:
			return Int(int64(ts(self).t.Compare(x.t)))
		}
		return vNil
	})
	tdef("== eql?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		switch x := a[0].o.(type) {
		case *Time:
			return Bool(ts(self).t.Equal(x.t))
		case *Timestamp:
			return Bool(ts(self).t.Equal(x.t))
		}
		return vFalse
	})
	tdef("hash", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(ts(self).t.UnixNano() >> 2) })
	cTimestamp.include(mComparable)
}

// timestampText is LogStash::Timestamp#to_s: three digits of fraction, more if needed.
func timestampText(t time.Time) string {
	s := t.Format("2006-01-02T15:04:05")
	ns := fmt.Sprintf("%09d", t.Nanosecond())
	n := 9
	for n > 3 && strings.HasSuffix(ns[:n], "000") {
		n -= 3
	}
	return s + "." + ns[:n] + "Z"
}

// parseTimestamp reads what LogStash::Timestamp.new takes.
func parseTimestamp(s string) (time.Time, bool) {
	for _, f := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700", "2006-01-02T15:04:05.999999999Z07", "2006-01-02T15:04:05.999999999", "2006-01-02T15:04Z07:00", "2006-01-02T15:04", "2006-01-02T15", "2006-01-02", "2006-01", "2006"} {
		if t, err := time.ParseInLocation(f, s, time.Local); err == nil {
			return t.UTC(), true
		}
		if t, err := time.ParseInLocation(f, strings.Replace(s, ",", ".", 1), time.Local); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}
