package ruby

var (
	cThread  = defClass("Thread", cObject)
	cMutex   = defClass("Thread::Mutex", cObject)
	cMonitor = defClass("Monitor", cObject)
	mMonitor = defModule("MonitorMixin")
	cRWLock  = defClass("Java::ReentrantReadWriteLock", cObject)
)

// lockData is a Mutex. A script with state runs on one worker at a time, so it only
// has to know whether it is held.
type lockData struct{ held int }

func init() {
	coreConsts["Mutex"] = Value{o: cMutex}
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

	mMonitor.def("synchronize mon_synchronize", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.callProc(blk, nil, nil)
	})
	mMonitor.def("mon_enter mon_exit mon_initialize", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return vNil })
	mMonitor.def("mon_try_enter try_mon_enter", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return vTrue })
	mMonitor.def("new_cond", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Value{o: &Object{cls: cCondition}} })
}
