package ruby

import (
	"strings"
)

// classNew is Class#new: it makes an instance and calls initialize.
func classNew(th *thread, self Value, a []Value, blk *Proc) Value {
	c := self.o.(*Class)
	if c.noNew || c.single != nil {
		th.raiseNoMethod(self, "new", false)
	}
	v := th.blank(c)
	m := th.inst.find(c, "initialize")
	if m != nil {
		if m.owner == cBasicObject {
			if len(a) > 0 {
				th.raiseArity(len(a), 0, 0)
			}
			return v
		}
		th.invoke(m, v, a, blk)
	}
	return v
}

// blank makes an instance without calling initialize.
func (th *thread) blank(c *Class) Value {
	for k := c; k != nil; k = k.super {
		if k.alloc != nil {
			return k.alloc(c)
		}
	}
	return Value{o: &Object{cls: c}}
}

// allocate is Class#allocate. What the core keeps in types of its own has no empty
// instance, but for the three collections.
func (th *thread) allocate(c *Class) Value {
	for k := c; k != nil; k = k.super {
		switch k {
		case cString:
			return th.str("")
		case cArray:
			return th.array(nil)
		case cHash:
			return Value{o: th.newHash(0)}
		case cObject, cBasicObject:
			return th.blank(c)
		}
		if k.alloc != nil {
			return k.alloc(c)
		}
		if k.builtin {
			th.raise(cTypeError, "allocator undefined for %s", c.name)
		}
	}
	return vNil
}

func init() {
	cClass.def("new", 0, -1, classNew)
	cClass.def("allocate", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.allocate(self.o.(*Class))
	})
	cClass.def("superclass", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s := self.o.(*Class).super
		if s == nil {
			return vNil
		}
		return Value{o: s}
	})
	cClass.def("inherited", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return vNil })
	cClass.sdef("new", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		super := cObject
		if len(a) > 0 {
			super = th.classArg(a[0])
		}
		k := th.newClass(super, false)
		k.up = th.inst.filterClass
		th.inherited(super, k)
		if blk != nil {
			th.classEval(k, blk, []Value{{o: k}})
		}
		return Value{o: k}
	})
	cModule.sdef("new", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		k := th.newClass(nil, true)
		k.up = th.inst.filterClass
		if blk != nil {
			th.classEval(k, blk, []Value{{o: k}})
		}
		return Value{o: k}
	})
	def := cModule.def
	cls := func(v Value) *Class { return v.o.(*Class) }
	def("name", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if cls(self).name == "" {
			return vNil
		}
		return th.str(cls(self).name)
	})
	def("to_s inspect", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(th.className(cls(self))) })
	def("===", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(classIs(a[0], cls(self))) })
	def("==", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(self == a[0]) })
	def("<", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		x, y := cls(self), th.classArg(a[0])
		if x != y && x.isA(y) {
			return vTrue
		}
		if y.isA(x) {
			return vFalse
		}
		return vNil
	})
	def("<=", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		x, y := cls(self), th.classArg(a[0])
		if x.isA(y) {
			return vTrue
		}
		if y.isA(x) {
			return vFalse
		}
		return vNil
	})
	def(">", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		x, y := cls(self), th.classArg(a[0])
		return Bool(x != y && y.isA(x))
	})
	def(">=", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Bool(th.classArg(a[0]).isA(cls(self)))
	})
	def("<=>", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		y, ok := a[0].o.(*Class)
		x := cls(self)
		switch {
		case !ok:
			return vNil
		case x == y:
			return Int(0)
		case x.isA(y):
			return Int(-1)
		case y.isA(x):
			return Int(1)
		}
		return vNil
	})
	def("hash", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(int64(th.objectID(self))) })
	def("ancestors", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		var out []Value
		for _, c := range cls(self).ancestors() {
			out = append(out, Value{o: c})
		}
		return th.array(out)
	})
	def("include", 1, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		c := cls(self)
		for _, m := range a {
			mod := th.classArg(m)
			if !mod.module {
				th.raise(cTypeError, "wrong argument type Class (expected Module)")
			}
			if c.builtin {
				if th.inst.mixed == nil {
					th.inst.mixed = map[*Class][]*Class{}
				}
				th.inst.mixed[c] = append(th.inst.mixed[c], mod)
			} else if !c.isA(mod) {
				c.includes = append(c.includes, mod)
			}
			th.inst.changed()
			if h := th.inst.find(mod.class(), "included"); h != nil {
				th.invoke(h, m, []Value{self}, nil)
			}
		}
		return self
	})
	def("prepend", 1, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		c := cls(self)
		if c.builtin {
			th.raise(cNotImplemented, "a core class cannot be prepended to")
		}
		for _, m := range a {
			c.prepends = append(c.prepends, th.classArg(m))
		}
		th.inst.changed()
		return self
	})
	def("include?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		m := th.classArg(a[0])
		return Bool(m != cls(self) && m.module && cls(self).isA(m))
	})
	def("included_modules", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		var out []Value
		for _, c := range cls(self).ancestors() {
			if c.module && c != cls(self) {
				out = append(out, Value{o: c})
			}
		}
		return th.array(out)
	})
	def("instance_methods public_instance_methods", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		var out []Value
		seen := map[string]bool{}
		for _, c := range cls(self).ancestors() {
			if c == cObject || c == mKernel {
				break
			}
			names := sortedMethods(c)
			for _, n := range names {
				if !seen[n] {
					seen[n] = true
					out = append(out, sym(n))
				}
			}
			if len(a) > 0 && !a[0].truthy() {
				break
			}
		}
		return th.array(out)
	})
	hasMethod := func(th *thread, self Value, a []Value, blk *Proc) Value {
		m := th.inst.find(cls(self), th.nameArg(a[0]))
		return Bool(m != nil && m.vis != private)
	}
	def("method_defined? public_method_defined?", 1, 2, hasMethod)
	def("private_method_defined?", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		m := th.inst.find(cls(self), th.nameArg(a[0]))
		return Bool(m != nil && m.vis == private)
	})
	def("private_instance_methods", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		all := len(a) == 0 || a[0].truthy()
		var out []Value
		seen := map[string]bool{}
		for _, k := range cls(self).ancestors() {
			if k != cls(self) && !all {
				break
			}
			for name, m := range k.methods {
				private := m.vis == private || m.builtinPrivate()
				if !seen[name] && private && !m.undef {
					out = append(out, sym(name))
				}
				seen[name] = true
			}
		}
		return th.array(out)
	})
	def("instance_method public_instance_method", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		m := th.inst.find(cls(self), th.nameArg(a[0]))
		if m == nil {
			th.raise(cNameError, "undefined method `%s' for class `%s'", th.nameArg(a[0]), cls(self).name)
		}
		return Value{o: &MethodObj{m: m, unbound: true}}
	})
	attr := func(r, w bool) native {
		return func(th *thread, self Value, a []Value, blk *Proc) Value {
			var out []Value
			for _, v := range a {
				name := th.nameArg(v)
				iv := "@" + name
				if r {
					th.inst.addMethod(cls(self), &Method{name: name, fn: func(th *thread, self Value, a []Value, blk *Proc) Value {
						if o := th.ivarsOf(self); o != nil {
							v, _ := o.get(iv)
							return v
						}
						return vNil
					}})
					out = append(out, sym(name))
				}
				if w {
					th.inst.addMethod(cls(self), &Method{name: name + "=", min: 1, max: 1, fn: func(th *thread, self Value, a []Value, blk *Proc) Value {
						o := th.ivarsOf(self)
						if o == nil || o.frozen {
							th.raiseFrozen(self)
						}
						th.keep()
						o.set(iv, a[0])
						return a[0]
					}})
					out = append(out, sym(name+"="))
				}
			}
			return th.array(out)
		}
	}
	def("attr_reader attr", 0, -1, attr(true, false))
	def("attr_writer", 0, -1, attr(false, true))
	def("attr_accessor", 0, -1, attr(true, true))
	def("define_method", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		m := &Method{name: th.nameArg(a[0])}
		if len(a) > 1 {
			if mo, ok := a[1].o.(*MethodObj); ok {
				c := *mo.m
				c.name = m.name
				th.inst.addMethod(cls(self), &c)
				return a[0]
			}
			blk = th.toProc(a[1])
		}
		if blk == nil {
			th.raise(cArgumentError, "tried to create Proc object without a block")
		}
		p := *blk
		p.lambda = true
		m.proc = &p
		th.inst.addMethod(cls(self), m)
		return sym(m.name)
	})
	def("alias_method", 2, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.aliasMethod(cls(self), th.nameArg(a[0]), th.nameArg(a[1]))
		return a[0]
	})
	def("remove_method undef_method", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		for _, v := range a {
			th.inst.addMethod(cls(self), &Method{name: th.nameArg(v), undef: true})
		}
		return self
	})
	def("private_class_method", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s := cls(self).singleton()
		for _, v := range a {
			if m := th.inst.find(s, th.nameArg(v)); m != nil {
				c := *m
				c.vis = private
				th.inst.addMethod(s, &c)
			}
		}
		return vNil
	})
	def("public_class_method private_constant public_constant module_function", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value { return vNil })
	def("const_get", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		v := self
		for i, part := range strings.Split(th.nameArg(a[0]), "::") {
			if part == "" {
				continue
			}
			if part[0] < 'A' || part[0] > 'Z' && part[0] < 0x80 {
				th.raise(cNameError, "wrong constant name %s", part)
			}
			c := th.classArg(v)
			if i == 0 {
				if x, ok := th.inst.lookupConst(c, part, true); ok {
					v = x
					continue
				}
			}
			v = th.constIn(v, part)
		}
		return v
	})
	def("const_set", 2, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.inst.setConst(th, cls(self), th.nameArg(a[0]), a[1])
		return a[1]
	})
	def("const_defined?", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		c := cls(self)
		for _, part := range strings.Split(th.nameArg(a[0]), "::") {
			v, ok := th.inst.lookupConst(c, part, true)
			if !ok {
				return vFalse
			}
			if c, ok = v.o.(*Class); !ok {
				break
			}
		}
		return vTrue
	})
	def("constants", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		var names []string
		for n := range cls(self).consts {
			names = append(names, n)
		}
		sortStrings(names)
		out := make([]Value, len(names))
		for i, n := range names {
			out[i] = sym(n)
		}
		return th.array(out)
	})
	def("remove_const", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		c := cls(self)
		if c.builtin {
			return vNil
		}
		v := c.consts[th.nameArg(a[0])]
		delete(c.consts, th.nameArg(a[0]))
		return v
	})
	def("class_variable_get", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return cls(self).cvars[th.nameArg(a[0])] })
	def("class_variable_set", 2, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		setCvar(&frame{th: th, cref: cls(self)}, th.nameArg(a[0]), a[1])
		return a[1]
	})
	def("class_variable_defined?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Bool(findCvar(&frame{th: th, cref: cls(self)}, th.nameArg(a[0])) != nil)
	})
	def("class_variables", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		var out []Value
		for n := range cls(self).cvars {
			out = append(out, sym(n))
		}
		return th.array(out)
	})
	def("class_eval module_eval class_exec module_exec", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			th.raise(cNotImplemented, "class_eval of text is not supported")
		}
		if len(a) == 0 {
			a = []Value{self}
		}
		return th.classEval(cls(self), blk, a)
	})
	def("freeze", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return self })
	def("refine using", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.raise(cNotImplemented, "refinements are not supported")
		return vNil
	})
}

// classEval runs a block as if it stood in the class's body.
func (th *thread) classEval(c *Class, blk *Proc, args []Value) Value {
	p := *blk
	p.owner = c
	return th.callProcAs(&p, Value{o: c}, args, nil, nil)
}
