package ruby

func init() {
	def := cHash.def
	def("== eql?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(th.equal(self, a[0])) })
	def("eql?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(th.eql(self, a[0])) })
	subset := func(th *thread, x, y *Hash) bool {
		for _, e := range x.entries(th) {
			if e.live {
				if v, ok := y.get(th, e.k); !ok || !th.equal(e.v, v) {
					return false
				}
			}
		}
		return true
	}
	def("<=", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Bool(subset(th, hashSelf(self), th.toHash(a[0])))
	})
	def("<", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		x, y := hashSelf(self), th.toHash(a[0])
		return Bool(x.size(th) < y.size(th) && subset(th, x, y))
	})
	def(">=", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Bool(subset(th, th.toHash(a[0]), hashSelf(self)))
	})
	def(">", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		x, y := hashSelf(self), th.toHash(a[0])
		return Bool(x.size(th) > y.size(th) && subset(th, y, x))
	})
}
