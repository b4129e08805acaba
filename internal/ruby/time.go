package ruby

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
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

func (th *thread) newTime(t time.Time) Value { return th.timeIn(t, t.Location() == time.UTC) }

func (th *thread) timeIn(t time.Time, utc bool) Value {
	p := th.arena.times.take()
	*p = Time{t, utc}
	return Value{o: p}
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
	if s := th.tryString(v); s != nil {
		if len(s.s) == 1 && s.s[0] >= 'A' && s.s[0] <= 'Y' && s.s[0] != 'J' {
			return fixed(3600 * militaryHours(s.s[0]))
		}
		if s.s == "UTC" || s.s == "Z" || s.s == "-00:00" {
			return time.UTC
		}
		if len(s.s) >= 3 && (s.s[0] == '+' || s.s[0] == '-') {
			if hours, err := strconv.Atoi(s.s[1:3]); err == nil && hours > 23 {
				th.raise(cArgumentError, "utc_offset out of range")
			}
		}
		off, n, ok := parseOffset(s.s)
		if !ok || n != len(s.s) || s.s[0] != '+' && s.s[0] != '-' {
			th.raise(cArgumentError, "\"+HH:MM\", \"-HH:MM\", \"UTC\" or \"A\"..\"I\",\"K\"..\"Z\" expected for utc_offset: %s", s.s)
		}
		return fixed(off)
	}
	if _, ok := v.o.(*Object); ok {
		if r, ok := th.convert(v, "to_r"); ok {
			v = r
		}
	}
	off := th.intArg(v)
	if off <= -86400 || off >= 86400 {
		th.raise(cArgumentError, "utc_offset out of range")
	}
	return fixed(off)
}

// militaryHours is the offset of a zone's letter; J is none.
func militaryHours(letter byte) int {
	switch {
	case letter <= 'I':
		return int(letter-'A') + 1
	case letter <= 'M':
		return int(letter - 'A')
	}
	return -(int(letter-'N') + 1)
}

// addSeconds adds a number of seconds.
func (th *thread) addSeconds(t time.Time, v Value, sign int64) time.Time {
	if v.isInt() {
		if s := v.int(); s > 1<<50 || s < -(1<<50) {
			th.raise(cRangeError, "time out of range")
		}
		return time.Unix(t.Unix()+sign*v.int(), int64(t.Nanosecond())).In(t.Location())
	}
	v = th.exactNumber(v)
	if f := v.float(); v.isFloat() && math.Abs(f) < 1<<40 {
		sec, ns := splitFloat(math.Abs(f), true)
		if f < 0 {
			sec, ns = -sec, -ns
		}
		return time.Unix(t.Unix()+sign*sec, int64(t.Nanosecond())+sign*ns).In(t.Location())
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
	if -1<<22 < sec && sec < 1<<22 {
		return Float(float64(sec*1e9+ns) / 1e9) // both are exact
	}
	r := new(big.Rat).SetFrac(new(big.Int).Add(new(big.Int).Mul(big.NewInt(sec), big.NewInt(1e9)), big.NewInt(ns)), big.NewInt(1e9))
	f, _ := r.Float64()
	return Float(f)
}

// splitFloat returns the seconds of f, which is not negative, and the nanoseconds of the
// rest, cut off or rounded half up. It knows by the error of the product on which side
// of a whole or half nanosecond the exact one is.
func splitFloat(f float64, round bool) (sec, ns int64) {
	whole := math.Floor(f)
	rest := f - whole
	x := rest * 1e9
	low := math.FMA(rest, 1e9, -x)
	n := math.Floor(x)
	switch d := x - n; {
	case !round:
		if d == 0 && low < 0 {
			n--
		}
	case d > 0.5 || d == 0.5 && low >= 0:
		n++
	}
	return int64(whole), int64(n)
}

func timeFloat(t time.Time) float64 {
	// The sum of two floats is the nearest one to the exact time unless that lies in the
	// middle between two.
	if sec, rest := float64(t.Unix()), float64(t.Nanosecond())/1e9; sec >= 1 && sec < 1<<40 {
		f := sec + rest
		left := rest - (f - sec)
		if half := (math.Nextafter(f, math.Inf(1)) - f) / 2; math.Abs(math.Abs(left)-half) > 1e-12 {
			return f
		}
	}
	f, _ := new(big.Rat).SetFrac(new(big.Int).Add(new(big.Int).Mul(big.NewInt(t.Unix()), big.NewInt(1e9)), big.NewInt(int64(t.Nanosecond()))), big.NewInt(1e9)).Float64()
	return f
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
	def("getutc getgm", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.newTime(tm(self).t.UTC()) })
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
		return th.newTime(tm(self).t.In(loc))
	})
	def("+", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if _, ok := a[0].o.(*Time); ok {
			th.raise(cTypeError, "time + time?")
		}
		return th.timeIn(th.addSeconds(tm(self).t, a[0], 1), tm(self).utc)
	})
	def("-", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		switch x := a[0].o.(type) {
		case *Time:
			return difference(tm(self).t, x.t)
		case *Timestamp:
			return difference(tm(self).t, x.t)
		}
		return th.timeIn(th.addSeconds(tm(self).t, a[0], -1), tm(self).utc)
	})
	def("<=>", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		switch x := a[0].o.(type) {
		case *Time:
			return Int(int64(tm(self).t.Compare(x.t)))
		case *Timestamp:
			return Int(int64(tm(self).t.Compare(x.t)))
		}
		// The other one may know; Objects ask back, which is no answer.
		if m := th.inst.find(classOf(a[0]), "<=>"); m == nil || m.owner == mKernel || m.owner == cObject || !th.enterNested(tm(self)) {
			return vNil
		}
		r := th.send(a[0], "<=>", self)
		th.leaveNested()
		if r.isNil() {
			return vNil
		}
		return Int(int64(-th.mustCmp(r, Int(0))))
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
	cTimestamp.include(mComparable)
}
