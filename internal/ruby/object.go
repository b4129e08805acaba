package ruby

import (
	"slices"
	"strings"
)

// kernelPrivate are the functions that only code without receiver may call.
var kernelPrivate = map[string]bool{}

// kernel registers functions such as puts.
func kernel(names string, min, max int, fn native) {
	mKernel.def(names, min, max, fn)
	for _, n := range strings.Fields(names) {
		kernelPrivate[n] = true
	}
}

// answered is the method object of a name that method_missing answers.
func (th *thread) answered(self Value, name string) *Method {
	if !th.send(self, "respond_to?", sym(name), vTrue).truthy() {
		e := th.newException(cNameError, "undefined method `%s' for class `%s'", name, classOf(self).label(th))
		e.name, e.recv = sym(name), self
		panic(e)
	}
	return &Method{name: name, owner: classOf(self), max: -1, fn: func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.missing(self, name, slices.Clone(a), blk, false)
	}}
}

func init() {
	cBasicObject.def("!", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(!self.truthy()) })
}

// checkIvarName raises unless a name is one of an instance variable.
func (th *thread) checkIvarName(v Value) {
	if name := th.nameArg(v); len(name) < 2 || name[0] != '@' || name[1] == '@' || name[1] >= '0' && name[1] <= '9' {
		th.raise(cNameError, "`%s' is not allowable as an instance variable name", name)
	}
}

// kernelQuiet gives a function of Kernel a quiet way.
func kernelQuiet(name string, fn quiet) { mKernel.methods[name].quiet = fn }

func init() {
	def := mKernel.def
	cBasicObject.def("initialize", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value { return vNil })
	cBasicObject.def("== equal?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(self.same(a[0])) })
	cBasicObject.def("!", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(!self.truthy()) })
	cBasicObject.def("!=", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(!th.equal(self, a[0])) })
	cBasicObject.def("instance_eval", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			th.raise(cNotImplemented, "instance_eval of text is not supported")
		}
		return th.callProcAs(blk, self, []Value{self}, nil, nil)
	})
	cBasicObject.def("instance_exec", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.callProcAs(blk, self, a, nil, nil)
	})
	send := func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.sendBlock(self, th.nameArg(a[0]), a[1:], blk)
	}
	cBasicObject.def("__send__", 1, -1, send)
	def("send", 1, -1, send)
	def("public_send", 1, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		name := th.nameArg(a[0])
		if m := th.inst.find(classOf(self), name); m != nil && (m.vis != public || m.builtinPrivate()) {
			th.checkVisible(m, self, name)
		}
		return th.sendBlock(self, name, a[1:], blk)
	})
	cBasicObject.def("__id__", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(int64(th.objectID(self))) })
	def("object_id", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(int64(th.objectID(self))) })
	def("class", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Value{o: classOf(self).real()} })
	def("singleton_class", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Value{o: th.singletonOf(self)} })
	def("is_a? kind_of?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Bool(classIs(self, th.classArg(a[0])))
	})
	def("instance_of?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Bool(classOf(self).real() == th.classArg(a[0]))
	})
	def("nil?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(self.isNil()) })
	def("===", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(th.equal(self, a[0])) })
	def("=~", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return vNil })
	def("!~", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Bool(!th.send(self, "=~", a[0]).truthy())
	})
	def("eql?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(self.same(a[0])) })
	def("<=>", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if self.same(a[0]) || th.equal(self, a[0]) {
			return Int(0)
		}
		return vNil
	})
	def("hash", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		switch self.o.(type) {
		case *Object:
			return Int(int64(th.objectID(self)))
		}
		return th.hashOf(self)
	})
	def("to_s", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(th.anyToS(self)) })
	def("inspect", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		o, ok := self.o.(*Object)
		if !ok || len(o.ivars) == 0 || o == th.inst.self {
			return th.str(th.toS(self))
		}
		if !th.enterNested(o) {
			return th.str(strings.TrimSuffix(th.anyToS(self), ">") + " ...>")
		}
		var b strings.Builder
		b.WriteString(strings.TrimSuffix(th.anyToS(self), ">"))
		for i, v := range o.ivars {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(" " + v.name + "=" + th.inspect(v.v))
		}
		th.leaveNested()
		b.WriteByte('>')
		return th.str(b.String())
	})
	def("respond_to?", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		name := th.nameArg(a[0])
		m := th.inst.find(classOf(self), name)
		if m != nil && (m.vis == public && !(m.owner == mKernel && kernelPrivate[name]) || len(a) > 1 && a[1].truthy()) {
			return vTrue
		}
		if r := th.inst.find(classOf(self), "respond_to_missing?"); r != nil && r.fn == nil {
			return Bool(th.invoke(r, self, []Value{sym(name), vFalse}, nil).truthy())
		}
		return vFalse
	})
	def("methods public_methods", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		var out []Value
		seen := map[string]bool{}
		for _, c := range classOf(self).ancestors() {
			if c == mKernel || c == cObject {
				break
			}
			for _, n := range sortedMethods(c) {
				if !seen[n] {
					seen[n] = true
					out = append(out, sym(n))
				}
			}
		}
		return th.array(out)
	})
	def("singleton_methods", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		var out []Value
		c := classOf(self)
		if k, ok := self.o.(*Class); ok {
			c = k.meta
		}
		if c != nil && c.single != nil {
			for _, n := range sortedMethods(c) {
				out = append(out, sym(n))
			}
		}
		return th.array(out)
	})
	def("method public_method", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		name := th.nameArg(a[0])
		m := th.inst.find(classOf(self), name)
		if m == nil {
			m = th.answered(self, name)
		}
		return Value{o: &MethodObj{recv: self, m: m}}
	})
	def("itself", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return self })
	def("then yield_self", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.yield1(blk, self) })
	def("tap", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.yield1(blk, self)
		return self
	})
	def("extend", 1, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s := th.singletonOf(self)
		for _, m := range a {
			mod := th.classArg(m)
			s.includes = append(s.includes, mod)
			if h := th.inst.find(mod.class(), "extended"); h != nil {
				th.invoke(h, m, []Value{self}, nil)
			}
		}
		th.inst.changed()
		return self
	})
	def("freeze", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		switch x := self.o.(type) {
		case *String:
			x.frozen, x.old = true, false
		case *Array:
			x.list(th)
			x.frozen, x.old = true, false
		case *Hash:
			x.entries(th)
			x.frozen, x.old = true, false
		case *Object:
			x.frozen = true
		}
		return self
	})
	def("frozen?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		switch x := self.o.(type) {
		case *String:
			return Bool(x.frozen && !x.old)
		case *Array:
			return Bool(x.frozen && !x.old)
		case *Hash:
			return Bool(x.frozen && !x.old)
		case *Object:
			return Bool(x.frozen)
		case nil, *tag, *Symbol, *BigInt, *Range, *Regexp, *Rational:
			return vTrue
		}
		return vFalse
	})
	def("dup", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.dup(self, false) })
	def("clone", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		_, o := th.options(a)
		if f := o.opt(th, "freeze"); !f.isUndef() && !f.truthy() {
			return th.dup(self, false)
		}
		return th.dup(self, true)
	})
	def("instance_variable_get", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.checkIvarName(a[0])
		if o := th.ivarsOf(self); o != nil {
			v, _ := o.get(th.nameArg(a[0]))
			return v
		}
		return vNil
	})
	def("instance_variable_set", 2, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.checkIvarName(a[0])
		o := th.ivarsOf(self)
		if o == nil || o.frozen {
			th.raiseFrozen(self)
		}
		th.keep()
		o.set(th.nameArg(a[0]), a[1])
		return a[1]
	})
	def("remove_instance_variable", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.checkIvarName(a[0])
		o, name := th.ivarsOf(self), th.nameArg(a[0])
		if o == nil || o.frozen {
			th.raiseFrozen(self)
		}
		i := slices.IndexFunc(o.ivars, func(v ivar) bool { return v.name == name })
		if i < 0 {
			th.raise(cNameError, "instance variable %s not defined for %s", name, th.inspect(self))
		}
		v := o.ivars[i].v
		th.keep()
		o.ivars = slices.Delete(slices.Clone(o.ivars), i, i+1)
		return v
	})
	def("instance_variable_defined?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if o := th.ivarsOf(self); o != nil {
			_, ok := o.get(th.nameArg(a[0]))
			return Bool(ok)
		}
		return vFalse
	})
	def("instance_variables", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		var out []Value
		if o := th.ivarsOf(self); o != nil {
			for _, v := range o.ivars {
				out = append(out, sym(v.name))
			}
		}
		return th.array(out)
	})
	def("define_singleton_method", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if len(a) > 1 {
			blk = th.toProc(a[1])
		}
		p := *blk
		p.lambda = true
		th.inst.addMethod(th.singletonOf(self), &Method{name: th.nameArg(a[0]), proc: &p})
		return a[0]
	})
	def("enum_for to_enum", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		name := "each"
		if len(a) > 0 {
			name, a = th.nameArg(a[0]), a[1:]
		}
		return th.enumFor(self, name, a...)
	})
	def("display", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.inst.print(th, th.toS(self))
		return vNil
	})

	cNilClass.def("to_s", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Value{o: emptyFrozen} })
	cNilClass.def("to_a", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.array(nil) })
	cNilClass.def("to_h", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Value{o: th.newHash(0)} })
	cNilClass.def("to_i", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(0) })
	cNilClass.def("to_f", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Float(0) })
	cNilClass.def("to_r rationalize", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return newRational(toRat(Int(0))) })
	cNilClass.def("inspect", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str("nil") })
	cNilClass.def("&", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return vFalse })
	cNilClass.def("^", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(a[0].truthy()) })
	cNilClass.def("|", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(a[0].truthy()) })
	for c, is := range map[*Class]bool{cTrueClass: true, cFalseClass: false} {
		c.def("to_s inspect", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(th.toS(self)) })
		c.def("&", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(is && a[0].truthy()) })
		c.def("|", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(is || a[0].truthy()) })
		c.def("^", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(is != a[0].truthy()) })
	}

	cmp := func(test func(n int) bool) native {
		return func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(test(th.mustCmp(self, a[0]))) }
	}
	mComparable.def("<", 1, 1, cmp(func(n int) bool { return n < 0 }))
	mComparable.def(">", 1, 1, cmp(func(n int) bool { return n > 0 }))
	mComparable.def("<=", 1, 1, cmp(func(n int) bool { return n <= 0 }))
	mComparable.def(">=", 1, 1, cmp(func(n int) bool { return n >= 0 }))
	mComparable.def("==", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if self.same(a[0]) {
			return vTrue
		}
		if m := th.inst.find(classOf(self), "<=>"); m == nil || m.owner == mKernel || m.owner == cObject {
			return vFalse // a class without an order: that <=> asks ==
		}
		n, ok := th.cmp(self, a[0])
		return Bool(ok && n == 0)
	})
	mComparable.def("between?", 2, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Bool(th.mustCmp(self, a[0]) >= 0 && th.mustCmp(self, a[1]) <= 0)
	})
	mComparable.def("clamp", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		lo, hi := a[0], vNil
		if r, ok := a[0].o.(*Range); ok && len(a) == 1 {
			if r.excl && !r.hi.isNil() {
				th.raise(cArgumentError, "cannot clamp with an exclusive range")
			}
			lo, hi = r.lo, r.hi
		} else if len(a) == 2 {
			hi = a[1]
		}
		if !lo.isNil() && !hi.isNil() && th.mustCmp(lo, hi) > 0 {
			th.raise(cArgumentError, "min argument must be smaller than max argument")
		}
		if !lo.isNil() && th.mustCmp(self, lo) < 0 {
			return lo
		}
		if !hi.isNil() && th.mustCmp(self, hi) > 0 {
			return hi
		}
		return self
	})

	def2 := cProc.def
	proc := func(v Value) *Proc { return v.o.(*Proc) }
	def2("call () yield === []", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.callProc(proc(self), a, blk) })
	cProc.sdef("new", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			th.raise(cArgumentError, "tried to create Proc object without a block")
		}
		return Value{o: blk}
	})
	def2("to_proc", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return self })
	def2("lambda?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(proc(self).lambda) })
	def2("arity", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Int(int64(proc(self).takes()))
	})
	def2("parameters", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		p := proc(self)
		if p.body == nil {
			return th.array([]Value{th.array([]Value{sym("rest")})})
		}
		return th.parameters(p.body.params, p.lambda)
	})
	def2("curry", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		p := proc(self)
		n := p.arity
		if p.body != nil {
			n = p.body.arity
		}
		if n < 0 {
			n = -n - 1
		}
		if len(a) > 0 {
			fixed := n
			if n = th.intArg(a[0]); p.lambda && p.body != nil && (p.body.arity >= 0 && n != fixed || p.body.arity < 0 && n < fixed) {
				th.raiseArity(n, fixed, fixed-(fixed+1)*(p.body.arity>>63&1))
			}
		}
		return Value{o: curry(p, n, nil)}
	})
	compose := func(f, g func(th *thread, a []Value) Value) Value {
		return Value{o: &Proc{lambda: true, arity: -1, native: func(th *thread, a []Value, b *Proc) Value {
			return g(th, []Value{f(th, a)})
		}}}
	}
	callable := func(th *thread, v Value) func(th *thread, a []Value) Value {
		if !th.respondTo(v, "call") {
			th.raise(cTypeError, "callable object is expected")
		}
		return func(th *thread, a []Value) Value { return th.sendBlock(v, "call", a, nil) }
	}
	for _, c := range []*Class{cProc, cMethod} {
		c.def(">>", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			return compose(callable(th, self), callable(th, a[0]))
		})
		c.def("<<", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			return compose(callable(th, a[0]), callable(th, self))
		})
	}
	def2("inspect to_s", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s := strings.TrimSuffix(th.anyToS(self), ">")
		if proc(self).lambda {
			s += " (lambda)"
		}
		return th.str(s + ">")
	})
	meth := func(v Value) *MethodObj { return v.o.(*MethodObj) }
	cMethod.def("call () [] ===", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.invoke(meth(self).m, meth(self).recv, a, blk)
	})
	cMethod.def("to_proc", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Value{o: methodProc(meth(self))} })
	cMethod.def("receiver", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return meth(self).recv })
	cMethod.def("curry", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		n := max(meth(self).m.arity(), 0)
		if len(a) > 0 {
			n = th.intArg(a[0])
		}
		return Value{o: curry(methodProc(meth(self)), n, nil)}
	})
}

var emptyFrozen = &String{frozen: true}

func curry(p *Proc, n int, got []Value) *Proc {
	return &Proc{lambda: true, arity: -1, native: func(th *thread, a []Value, b *Proc) Value {
		all := append(slices.Clone(got), a...)
		if len(all) >= n {
			return th.callProc(p, all, b)
		}
		return Value{o: curry(p, n, all)}
	}}
}

func (th *thread) parameters(p *params, strict bool) Value {
	var out []Value
	add := func(kind, name string) {
		l := []Value{sym(kind)}
		if name != "" {
			l = append(l, sym(name))
		}
		out = append(out, th.array(l))
	}
	if p == nil {
		return th.array(nil)
	}
	req := "req"
	if !strict {
		req = "opt"
	}
	one := func(n node) {
		if l, ok := n.(*lvarNode); ok {
			add(req, l.v.name)
		} else {
			add(req, "")
		}
	}
	for _, r := range p.req {
		one(r)
	}
	for _, o := range p.opt {
		add("opt", o.v.name)
	}
	if p.star {
		add("rest", strings.TrimPrefix(p.rest.name, "*"))
	}
	for _, r := range p.post {
		one(r)
	}
	for _, k := range p.kw {
		if k.def == nil {
			add("keyreq", k.name)
		} else {
			add("key", k.name)
		}
	}
	if p.dstar {
		add("keyrest", p.kwRes.name)
	}
	if p.blk != nil {
		add("block", p.blk.name)
	}
	return th.array(out)
}

func sortedMethods(c *Class) []string {
	var names []string
	for n, m := range c.methods {
		if m.vis == public && !m.undef {
			names = append(names, n)
		}
	}
	sortStrings(names)
	return names
}

func sortStrings(s []string) { slices.Sort(s) }

// dup copies an object; clone also keeps it frozen.
func (th *thread) dup(v Value, clone bool) Value {
	switch x := v.o.(type) {
	case nil, *tag, *Symbol, *BigInt, *Rational, *MethodObj, *Proc, *Regexp, *Range:
		return v
	case *String:
		c := th.strEnc(x.s, x.enc)
		c.o.(*String).frozen = clone && x.frozen && !x.old
		return c
	case *Array:
		c := th.arrayOf(x.list(th))
		arr(c).frozen = clone && x.frozen && !x.old
		return c
	case *Hash:
		c := x.dup(th)
		c.frozen = clone && x.frozen && !x.old
		return Value{o: c}
	case *Exception:
		c := *x
		return Value{o: &c}
	case *Class:
		c := *x
		c.builtin, c.mro, c.name, c.meta = false, nil, "", nil
		c.methods = map[string]*Method{}
		for k, m := range x.methods {
			c.methods[k] = m
		}
		c.singleton()
		return Value{o: &c}
	case *Enumerator:
		c := *x
		c.next, c.peeked = nil, nil
		return Value{o: &c}
	case *Object:
		c := &Object{cls: x.cls, ivars: slices.Clone(x.ivars), data: x.data}
		if d, ok := x.data.(interface{ dup() any }); ok {
			c.data = d.dup()
		}
		if clone {
			c.meta = x.meta
		}
		nv := Value{o: c}
		if m := th.inst.find(classOf(nv), "initialize_copy"); m != nil && (m.body != nil || m.proc != nil) {
			th.invoke(m, nv, []Value{v}, nil)
		}
		c.frozen = clone && x.frozen
		return nv
	}
	if d, ok := v.o.(interface{ dupValue(th *thread) Value }); ok {
		return d.dupValue(th)
	}
	return v
}

// takes is Proc#arity.
func (p *Proc) takes() int {
	if p.body != nil {
		return p.body.arity
	}
	return p.arity
}
