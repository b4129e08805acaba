package ruby

import (
	"fmt"
	"math/big"
	"strings"
	"time"
)

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

func init() {
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
	tdef("time", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.newTime(ts(self).t.UTC()) })
	tdef("utc gmtime", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return self })
	tdef("to_json", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.str(`"` + timestampText(ts(self).t) + `"`)
	})
	tdef("+", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.newTime(th.addSeconds(ts(self).t, a[0], 1))
	})
	tdef("-", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		switch x := a[0].o.(type) {
		case *Time:
			return difference(ts(self).t, x.t)
		case *Timestamp:
			return difference(ts(self).t, x.t)
		}
		return th.newTime(th.addSeconds(ts(self).t, a[0], -1))
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
}
