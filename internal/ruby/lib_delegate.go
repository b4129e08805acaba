package ruby

import "strings"

var (
	cDelegator     = defClass("Delegator", cObject)
	_              = defClass("SimpleDelegator", cDelegator)
	mForwardable   = defModule("Forwardable")
	mSingleForward = defModule("SingleForwardable")
	mSingleton     = defModule("Singleton")
	mObservable    = defModule("Observable")
)

// delegated is whom a Delegator stands for.
type delegated struct{ to Value }

func (d *delegated) dup() any { return &delegated{d.to} }

// target returns whom a value stands for, if it is a Delegator.
func target(v Value) (Value, bool) {
	if o, ok := v.o.(*Object); ok {
		if d, ok := o.data.(*delegated); ok {
			return d.to, true
		}
	}
	return vNil, false
}

func init() {
	delegatorMethods()
	forwardMethods()
	singletonMethods()
	observableMethods()
}

func delegatorMethods() {
	def := cDelegator.def
	to := func(th *thread, v Value) Value {
		t, ok := target(v)
		if !ok {
			th.raise(cArgumentError, "not delegated")
		}
		return t
	}
	def("initialize __setobj__", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if self.same(a[0]) {
			th.raise(cArgumentError, "cannot delegate to self")
		}
		self.o.(*Object).data = &delegated{a[0]}
		return a[0]
	})
	def("__getobj__", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return to(th, self) })
	def("method_missing", 1, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		t, name := to(th, self), th.nameArg(a[0])
		if !th.respondTo(t, name) && !th.send(t, "respond_to?", a[0]).truthy() {
			th.raiseNoMethod(self, name, false)
		}
		return th.sendBlock(t, name, a[1:], blk)
	})
	def("respond_to?", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		m := th.inst.find(classOf(self), th.nameArg(a[0]))
		if m != nil && m.vis == public && (m.owner != mKernel || !kernelPrivate[m.name]) {
			return vTrue
		}
		return th.send(to(th, self), "respond_to?", a[0])
	})
	def("==", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Bool(self.same(a[0]) || th.equal(to(th, self), a[0]))
	})
	def("!=", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Bool(!self.same(a[0]) && !th.equal(to(th, self), a[0]))
	})
	def("eql?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Bool(self.same(a[0]) || th.eql(to(th, self), a[0]))
	})
	def("!", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(!to(th, self).truthy()) })
	def("methods public_methods", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.send(to(th, self), "methods")
	})
	// What every object has but whom it stands for has too.
	for _, name := range []string{"to_s", "inspect", "=~", "!~", "===", "<=>", "hash", "to_json", "to_enum", "format", "display"} {
		def(name, 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			return th.sendBlock(to(th, self), name, a, blk)
		})
	}
	kernel("DelegateClass", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.classArg(a[0])
		k := th.newClass(cDelegator, false)
		if blk != nil {
			th.classEval(k, blk, []Value{{o: k}})
		}
		return Value{o: k}
	})
}

// accessed is what the accessor of a forwarded method names: a variable, a constant or
// a method of self, and methods of that.
func (th *thread) accessed(self Value, accessor string) Value {
	first, rest, more := strings.Cut(accessor, ".")
	v := vNil
	switch {
	case strings.HasPrefix(first, "@@"):
		k, ok := self.o.(*Class)
		if !ok {
			k = classOf(self).real()
		}
		v = getCvar(&frame{th: th, cref: k}, first)
	case strings.HasPrefix(first, "@"):
		if o := th.ivarsOf(self); o != nil {
			v, _ = o.get(first)
		}
	case first != "" && first[0] >= 'A' && first[0] <= 'Z':
		v = th.send(Value{o: classOf(self).real()}, "const_get", th.str(first))
	case first == "self":
		v = self
	default:
		v = th.send(self, first)
	}
	for more {
		first, rest, more = strings.Cut(rest, ".")
		v = th.send(v, first)
	}
	return v
}

// forward defines a method that calls another one of what an accessor names.
func (th *thread) forward(to *Class, accessor, method, name string) Value {
	th.inst.addMethod(to, &Method{name: name, max: -1, passesKw: true, fn: func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.sendBlock(th.accessed(self, accessor), method, a, blk)
	}})
	return sym(name)
}

func forwardMethods() {
	for _, m := range []*Class{mForwardable, mSingleForward} {
		kind := "instance"
		into := func(th *thread, self Value) *Class {
			if k, ok := self.o.(*Class); ok && m == mForwardable {
				return k
			}
			return th.singletonOf(self)
		}
		if m == mSingleForward {
			kind = "single"
		}
		m.def("def_delegator def_"+kind+"_delegator", 2, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
			return th.forward(into(th, self), th.nameArg(a[0]), th.nameArg(a[1]), th.nameArg(a[len(a)-1]))
		})
		m.def("def_delegators def_"+kind+"_delegators", 1, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			var out []Value
			for _, v := range a[1:] {
				if name := th.nameArg(v); name != "__send__" && name != "__id__" {
					out = append(out, th.forward(into(th, self), th.nameArg(a[0]), name, name))
				}
			}
			return th.array(out)
		})
		m.def("delegate "+kind+"_delegate", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			for _, e := range th.toHash(a[0]).entries(th) {
				if !e.live {
					continue
				}
				for _, name := range th.splat(e.k) {
					th.forward(into(th, self), th.nameArg(e.v), th.nameArg(name), th.nameArg(name))
				}
			}
			return vNil
		})
	}
}

func singletonMethods() {
	const name = "@singleton__instance__"
	mSingleton.sdef("included", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		k := th.classArg(a[0])
		th.inst.addMethod(k.singleton(), &Method{name: "instance", fn: func(th *thread, self Value, a []Value, blk *Proc) Value {
			vars := th.ivarsOf(self)
			v, ok := vars.get(name)
			if !ok {
				v = classNew(th, self, nil, nil)
				th.keep()
				vars.set(name, v)
			}
			return v
		}})
		th.inst.addMethod(k.singleton(), &Method{name: "new", max: -1, fn: classNew, vis: private})
		th.inst.addMethod(k.singleton(), &Method{name: "allocate", fn: classNew, vis: private})
		return vNil
	})
	for _, n := range []string{"dup", "clone"} {
		mSingleton.def(n, 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			th.raise(cTypeError, "can't %s instance of singleton %s", n, classOf(self).real().name)
			return vNil
		})
	}
}

func observableMethods() {
	def := mObservable.def
	const observers, changed = "@observer_peers", "@observer_state"
	peers := func(th *thread, self Value) *Hash {
		o := th.ivarsOf(self)
		if v, ok := o.get(observers); ok {
			return v.o.(*Hash)
		}
		h := &Hash{}
		th.keep()
		o.set(observers, Value{o: h})
		return h
	}
	def("add_observer", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		method := sym("update")
		if len(a) > 1 {
			method = a[1]
		}
		if !th.respondTo(a[0], th.nameArg(method)) {
			th.raise(cNoMethodError, "observer does not respond to `%s'", th.nameArg(method))
		}
		peers(th, self).set(th, a[0], method)
		return method
	})
	def("delete_observer", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		v, _ := peers(th, self).delete(th, a[0])
		return v
	})
	def("delete_observers", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.ivarsOf(self).set(observers, Value{o: &Hash{}})
		return vNil
	})
	def("count_observers", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(int64(peers(th, self).size(th))) })
	def("changed", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.keep()
		th.ivarsOf(self).set(changed, Bool(len(a) == 0 || a[0].truthy()))
		return vNil
	})
	def("changed?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		v, _ := th.ivarsOf(self).get(changed)
		return Bool(v.truthy())
	})
	def("notify_observers", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if v, _ := th.ivarsOf(self).get(changed); !v.truthy() {
			return vNil
		}
		args := append([]Value(nil), a...)
		for _, e := range append([]entry(nil), peers(th, self).entries(th)...) {
			if e.live {
				th.send(e.k, th.nameArg(e.v), args...)
			}
		}
		th.ivarsOf(self).set(changed, vFalse)
		return vFalse
	})
}
