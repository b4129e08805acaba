package ruby

var (
	cQueue       = defClass("Thread::Queue", cObject)
	cSizedQueue  = defClass("Thread::SizedQueue", cQueue)
	cClosedQueue = defClass("ClosedQueueError", cStopIteration)
	cCondition   = defClass("Thread::ConditionVariable", cObject)
)

// queueData is a Queue. A script has no other threads, so nobody ever fills or empties
// it while its owner waits.
type queueData struct {
	items  []Value
	limit  int // of a SizedQueue
	closed bool
}

func init() {
	for name, c := range map[string]*Class{"Queue": cQueue, "SizedQueue": cSizedQueue, "ConditionVariable": cCondition} {
		coreConsts[name] = Value{o: c}
	}
	queue := func(v Value) *queueData {
		o := v.o.(*Object)
		q, ok := o.data.(*queueData)
		if !ok {
			q = &queueData{}
			o.data = q
		}
		return q
	}
	def := cQueue.def
	def("initialize", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if len(a) > 0 {
			queue(self).items = append([]Value(nil), th.list(th.send(a[0], "to_a"))...)
		}
		return vNil
	})
	cSizedQueue.def("initialize", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if queue(self).limit = th.intArg(a[0]); queue(self).limit <= 0 {
			th.raise(cArgumentError, "queue size must be positive")
		}
		return vNil
	})
	cSizedQueue.def("max", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(int64(queue(self).limit)) })
	def("push << enq", 1, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
		q := queue(self)
		switch {
		case q.closed:
			th.raise(cClosedQueue, "queue closed")
		case q.limit > 0 && len(q.items) >= q.limit:
			th.raise(cThreadError, "queue full")
		}
		th.charge(24)
		q.items = append(q.items, a[0])
		return self
	})
	def("pop shift deq", 0, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		q := queue(self)
		if len(q.items) > 0 {
			v := q.items[0]
			q.items = q.items[1:]
			return v
		}
		if _, o := th.options(a); q.closed || o != nil {
			return vNil
		}
		th.raise(cThreadError, "queue empty")
		return vNil
	})
	def("size length", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(int64(len(queue(self).items))) })
	def("empty?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(len(queue(self).items) == 0) })
	def("num_waiting", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(0) })
	def("clear", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		queue(self).items = nil
		return self
	})
	def("close", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		queue(self).closed = true
		return self
	})
	def("closed?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(queue(self).closed) })
	cCondition.def("signal broadcast wait", 0, 2, func(th *thread, self Value, a []Value, blk *Proc) Value { return self })
}
