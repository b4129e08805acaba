package ruby

import (
	"fmt"
	"time"
)

var (
	mProcess   = defModule("Process")
	mGC        = defModule("GC")
	mObjSpace  = defModule("ObjectSpace")
	mBenchmark = defModule("Benchmark")
	cTms       = defClass("Benchmark::Tms", cObject)
)

// processStart is where the monotonic clock begins.
var processStart = time.Now()

func init() {
	for name, n := range map[string]int64{"CLOCK_REALTIME": 0, "CLOCK_MONOTONIC": 1, "CLOCK_PROCESS_CPUTIME_ID": 2} {
		mProcess.setConst(name, Int(n))
	}
	mProcess.sdef("clock_gettime", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		d := time.Since(processStart)
		if a[0].int() == 0 {
			d = time.Duration(time.Now().UnixNano())
		}
		if len(a) > 1 {
			switch th.nameArg(a[1]) {
			case "millisecond":
				return Int(d.Milliseconds())
			case "microsecond":
				return Int(d.Microseconds())
			case "nanosecond":
				return Int(int64(d))
			case "second":
				return Int(int64(d / time.Second))
			case "float_millisecond":
				return Float(float64(d) / 1e6)
			}
		}
		return Float(d.Seconds())
	})
	mProcess.sdef("pid ppid", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(1) })
	mProcess.sdef("kill", 1, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.denied("sending signals")
		return vNil
	})
	mGC.sdef("start compact", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value { return vNil })
	mGC.sdef("count", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(0) })
	mGC.sdef("enable disable stress", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return vFalse })
	mGC.sdef("stat", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return Value{o: th.newHash(0)} })
	mObjSpace.sdef("garbage_collect", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value { return vNil })
	mBenchmark.sdef("realtime", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		t := time.Now()
		th.callProc(blk, nil, nil)
		return Float(time.Since(t).Seconds())
	})
	mBenchmark.sdef("measure", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		t := time.Now()
		th.callProc(blk, nil, nil)
		return Value{o: &Object{cls: cTms, data: time.Since(t).Seconds()}}
	})
	mTimeout.sdef("timeout", 1, -1, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.yield1(blk, a[0]) })
	kernel("timeout", 1, -1, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.yield1(blk, a[0]) })

	tms := func(v Value) float64 { return v.o.(*Object).data.(float64) }
	cTms.def("real total utime", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Float(tms(self)) })
	cTms.def("stime cutime cstime", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Float(0) })
	cTms.def("to_s format", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.str(fmt.Sprintf("%11.6f%11.6f%11.6f (%11.6f)\n", tms(self), 0.0, tms(self), tms(self)))
	})
}
