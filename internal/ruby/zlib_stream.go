package ruby

import "compress/zlib"

func inflateMethods() {
	def := cInflate.def
	z := func(v Value) *inflater {
		o := v.o.(*Object)
		d, ok := o.data.(*inflater)
		if !ok {
			d = &inflater{}
			o.data = d
		}
		return d
	}
	next := func(th *thread, self Value, add string) Value {
		text, err := z(self).next(th, add)
		if err != nil {
			th.raiseZlib(err)
		}
		return th.strEnc(text, encBinary)
	}
	text := func(th *thread, v Value) string {
		if v.isNil() {
			return ""
		}
		return th.strArg(v)
	}
	def("initialize", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		z(self).format = th.zlibFormat(a, 0)
		return vNil
	})
	def("inflate", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		v := next(th, self, text(th, a[0]))
		if a[0].isNil() && !z(self).end {
			th.raise(cZlibBuf, "buffer error")
		}
		if blk != nil {
			th.yield1(blk, v)
			return vNil
		}
		return v
	})
	def("<<", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s := text(th, a[0])
		th.charge(2 * len(s))
		z(self).in.WriteString(s)
		return self
	})
	def("finish", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		v := next(th, self, "")
		if !z(self).end {
			th.raise(cZlibBuf, "buffer error")
		}
		return v
	})
	def("flush_next_out", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return next(th, self, "") })
	def("finished? stream_end?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(z(self).end) })
	def("total_in", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(int64(z(self).used)) })
	def("total_out", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(int64(z(self).out)) })
	def("reset", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		self.o.(*Object).data = &inflater{format: z(self).format}
		return vNil
	})
	closed := ivar{"@closed", vTrue}
	cZStream.def("close end", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		o := self.o.(*Object)
		if _, gone := o.get(closed.name); gone {
			th.raise(cZlibError, "stream is not ready")
		}
		o.set(closed.name, closed.v)
		return vNil
	})
	cZStream.def("closed? ended?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		_, gone := self.o.(*Object).get(closed.name)
		return Bool(gone)
	})
}

func deflateMethods() {
	def := cDeflate.def
	z := func(th *thread, v Value) *deflater {
		d, ok := v.o.(*Object).data.(*deflater)
		if !ok {
			th.raise(cZlibError, "stream is not ready")
		}
		return d
	}
	def("initialize", 0, 4, func(th *thread, self Value, a []Value, blk *Proc) Value {
		self.o.(*Object).data = th.newDeflater(th.zlibLevel(a, 0), th.zlibFormat(a, 1))
		return vNil
	})
	def("deflate", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		d := z(th, self)
		if !a[0].isNil() {
			d.write(th, th.strArg(a[0]))
		}
		if len(a) > 1 {
			d.flush(th.intArg(a[1]))
		} else if a[0].isNil() {
			d.flush(4)
		}
		return d.take(th)
	})
	def("<<", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		z(th, self).write(th, th.strArg(a[0]))
		return self
	})
	def("flush", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		mode := 2
		if len(a) > 0 {
			mode = th.intArg(a[0])
		}
		z(th, self).flush(mode)
		return z(th, self).take(th)
	})
	def("finish", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		z(th, self).flush(4)
		return z(th, self).take(th)
	})
	def("finished? stream_end?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(z(th, self).end) })
	def("total_in", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(int64(z(th, self).in)) })
	def("total_out", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(int64(z(th, self).total)) })
	def("reset", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		self.o.(*Object).data = th.newDeflater(zlib.DefaultCompression, formatZlib)
		return vNil
	})
}
