package ruby

import (
	"strings"
	"time"
)

var (
	cMutex     = defClass("Mutex", cObject)
	cMonitor   = defClass("Monitor", cObject)
	cThread    = defClass("Thread", cObject)
	cRWLock    = defClass("Java::ReentrantReadWriteLock", cObject)
	mProcess   = defModule("Process")
	mGC        = defModule("GC")
	mObjSpace  = defModule("ObjectSpace")
	mMarshal   = defModule("Marshal")
	mBenchmark = defModule("Benchmark")
	cJavaPkg   = defClass("Java::Package", cObject)
)

// lockData is a Mutex. A script with state runs on one worker at a time, so it only
// has to know whether it is held.
type lockData struct{ held int }

type javaPkg struct{ path string }

func init() {
	coreConsts["Thread"] = Value{o: cThread}
	cThread.setConst("Mutex", Value{o: cMutex})
	lock := func(v Value) *lockData {
		o := v.o.(*Object)
		d, ok := o.data.(*lockData)
		if !ok {
			d = &lockData{}
			o.data = d
		}
		return d
	}
	for _, c := range []*Class{cMutex, cMonitor, cRWLock} {
		c.def("lock mon_enter enter", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
			if lock(self).held > 0 && c == cMutex {
				th.raise(cThreadError, "deadlock; recursive locking")
			}
			lock(self).held++
			return self
		})
		c.def("unlock mon_exit exit", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
			if lock(self).held == 0 {
				th.raise(cThreadError, "Attempt to unlock a mutex which is not locked")
			}
			lock(self).held--
			return self
		})
		c.def("try_lock tryLock", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
			if lock(self).held > 0 && c == cMutex {
				return vFalse
			}
			lock(self).held++
			return vTrue
		})
		c.def("locked? owned? mon_locked?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(lock(self).held > 0) })
		c.def("synchronize mon_synchronize", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
			if lock(self).held > 0 && c == cMutex {
				th.raise(cThreadError, "deadlock; recursive locking")
			}
			lock(self).held++
			defer func() { lock(self).held-- }()
			return th.callProc(blk, nil, nil)
		})
	}
	cRWLock.def("writeLock readLock write_lock read_lock", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return self })
	cThread.sdef("current", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Value{o: &Object{cls: cThread}}
	})
	cThread.def("[]", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return vNil })
	cThread.def("[]=", 2, 2, func(th *thread, self Value, a []Value, blk *Proc) Value { return a[1] })
	cThread.noNew = true

	clock := time.Now()
	for name, n := range map[string]int64{"CLOCK_REALTIME": 0, "CLOCK_MONOTONIC": 1, "CLOCK_PROCESS_CPUTIME_ID": 2} {
		mProcess.setConst(name, Int(n))
	}
	mProcess.sdef("clock_gettime", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		d := time.Since(clock)
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
	mGC.sdef("stat", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return Value{o: th.newHash(0)} })
	mObjSpace.sdef("garbage_collect", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value { return vNil })
	// Marshal is used for deep copies: load(dump(x)). The text is never looked at.
	mMarshal.sdef("dump", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Value{o: &Object{cls: cObject, data: &marshalled{th.deepCopy(a[0])}}}
	})
	mMarshal.sdef("load", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		o, ok := a[0].o.(*Object)
		if ok {
			if m, ok := o.data.(*marshalled); ok {
				return th.deepCopy(m.v)
			}
		}
		th.raise(cTypeError, "only what Marshal.dump has returned can be loaded")
		return vNil
	})
	mBenchmark.sdef("realtime", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		t := time.Now()
		th.callProc(blk, nil, nil)
		return Float(time.Since(t).Seconds())
	})
	mBenchmark.sdef("measure", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.callProc(blk, nil, nil) })
	mTimeout.sdef("timeout", 1, -1, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.yield1(blk, a[0]) })
	kernel("timeout", 1, -1, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.yield1(blk, a[0]) })

	// java.net.IDN and the few other Java classes that filters use.
	pkg := func(path string) Value { return Value{o: &Object{cls: cJavaPkg, data: &javaPkg{path}}} }
	kernel("java", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return pkg("java") })
	cJavaPkg.def("method_missing", 1, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		p := self.o.(*Object).data.(*javaPkg)
		name := th.nameArg(a[0])
		arg := func() string {
			if len(a) < 2 {
				th.raiseArity(0, 1, 1)
			}
			return th.toS(a[1])
		}
		illegal := func(err error) {
			if err != nil {
				th.raise(cIllegalArg, "%s", err)
			}
		}
		switch p.path + "." + name {
		case "java.net.IDN.toASCII":
			s, err := idnToASCII(arg())
			illegal(err)
			return th.str(s)
		case "java.net.IDN.toUnicode":
			return th.str(idnToUnicode(arg()))
		case "java.lang.Integer.parseInt", "java.lang.Long.parseLong":
			i, ok := parseInteger(arg(), 10)
			if !ok || strings.Contains(arg(), "_") {
				th.raise(cNumberFormat, "For input string: %s", th.inspect(a[1]))
			}
			return bigValue(i)
		case "java.lang.System.currentTimeMillis":
			return Int(time.Now().UnixMilli())
		case "java.lang.System.nanoTime":
			return Int(int64(time.Since(clock)))
		case "java.util.UUID.randomUUID":
			return th.str(th.uuid())
		case "java.util.concurrent.locks.ReentrantReadWriteLock.new", "java.util.concurrent.locks.ReentrantLock.new":
			return Value{o: &Object{cls: cRWLock}}
		}
		if strings.Count(p.path, ".") > 6 {
			th.raise(cNameError, "missing class or uppercase package name (`%s.%s')", p.path, name)
		}
		if c := p.path[strings.LastIndexByte(p.path, '.')+1:]; c != "" && c[0] >= 'A' && c[0] <= 'Z' {
			th.raise(cNameError, "Java class %s is not available", p.path)
		}
		return pkg(p.path + "." + name)
	})
	// Some names are Kernel's own.
	for _, n := range []string{"Integer", "String", "Float", "Array", "Hash", "test", "open", "system"} {
		cJavaPkg.def(n, 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			return th.send(self, "method_missing", append([]Value{sym(n)}, a...)...)
		})
	}
	// java.lang.X.new would otherwise be Object's.
	cJavaPkg.def("new", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.send(self, "method_missing", append([]Value{sym("new")}, a...)...)
	})
}

type marshalled struct{ v Value }

// deepCopy copies containers and strings at every level.
func (th *thread) deepCopy(v Value) Value {
	th.deeper()
	defer func() { th.depth-- }()
	th.step()
	switch x := v.o.(type) {
	case *Proc:
		th.raise(cTypeError, "no _dump_data is defined for class Proc")
	case *Array:
		items := make([]Value, len(x.list(th)))
		for i, e := range x.items {
			items[i] = th.deepCopy(e)
		}
		th.charge(24 * len(items))
		return th.array(items)
	case *Hash:
		h := th.newHash(x.size(th))
		for _, e := range x.ents {
			if e.live {
				h.set(th, e.k, th.deepCopy(e.v))
			}
		}
		h.def = x.def
		return Value{o: h}
	}
	return th.dup(v, false)
}
