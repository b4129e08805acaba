package ruby

// argList is the compiled arguments of a call.
type argList struct {
	list  []code
	splat []bool // nil when there is none
	kw    bool   // the last one is a list of pairs without braces
}

func (c *compiler) args(nodes []node, fwd *params) *argList {
	a := &argList{list: make([]code, len(nodes))}
	for i, n := range nodes {
		if s, ok := n.(*splatNode); ok {
			if a.splat == nil {
				a.splat = make([]bool, len(nodes))
			}
			a.splat[i] = true
			a.list[i] = c.expr(s.x)
			continue
		}
		a.list[i] = c.expr(n)
		if h, ok := n.(*hashNode); ok && !h.braces {
			a.kw = true
		}
	}
	return a
}

// push evaluates the arguments onto the thread's stack.
func (a *argList) push(fr *frame) {
	th := fr.th
	if a.splat == nil {
		for _, f := range a.list {
			v := f(fr)
			th.stack = append(th.stack, v)
		}
	} else {
		for i, f := range a.list {
			v := f(fr)
			if a.splat[i] {
				list := th.splat(v)
				th.charge(24 * len(list))
				th.stack = append(th.stack, list...)
			} else {
				th.stack = append(th.stack, v)
			}
		}
	}
	if a.kw {
		// **{} passes nothing.
		if h, ok := th.stack[len(th.stack)-1].o.(*Hash); ok && h.kw && h.size(th) == 0 {
			th.stack = th.stack[:len(th.stack)-1]
		}
	}
}

// keepsKw are the core methods that hand their arguments on to a script's method, where
// pairs without braces are keyword arguments.
var keepsKw = map[string]bool{"new": true, "send": true, "__send__": true, "public_send": true, "call": true, "bind_call": true, "()": true, "yield": true, "instance_exec": true, "class_exec": true, "instance_eval": true, "curry": true, "===": true, "then": true, "enum_for": true, "to_enum": true, "raise": true, "fail": true}

// dispatch finds a method and runs it.
func (th *thread) dispatch(s *callSite, recv Value, args []Value, blk *Proc, fcall bool) Value {
	m := s.find(th, classOf(recv))
	if m == nil {
		return th.missing(recv, s.name, args[:len(args):len(args)], blk, false)
	}
	if m.vis != public && !fcall {
		th.checkVisible(m, recv, s.name)
	}
	if m.fn != nil {
		if n := len(args); n > 0 {
			if h, ok := args[n-1].o.(*Hash); ok && h.kw && !m.passesKw && !keepsKw[m.name] {
				h.kw = false
			}
		}
	}
	return th.invoke(m, recv, args[:len(args):len(args)], blk)
}

func (th *thread) checkVisible(m *Method, recv Value, name string) {
	kind := "private"
	if m.vis == protected {
		if th.selfClass().isA(m.owner) {
			return
		}
		kind = "protected"
	}
	e := th.newException(cNoMethodError, "%s method `%s' called for %s", kind, name, th.describe(recv))
	e.name, e.recv = sym(name), recv
	panic(e)
}

// selfClass is the class of the object whose method runs, for protected methods.
func (th *thread) selfClass() *Class {
	if th.running == nil {
		return cObject
	}
	return classOf(th.running.self)
}

// catchBreak runs a call whose block contains break.
func catchBreak(run code) code {
	return func(fr *frame) (v Value) {
		th := fr.th
		m := th.mark()
		tag := &breakTag{}
		outer := th.brk
		th.brk = tag
		defer func() {
			th.brk = outer
			tag.dead = true
			if r := recover(); r != nil {
				if b, ok := r.(*breakPanic); ok && b.tag == tag {
					th.unwind(m)
					v = b.v
					return
				}
				panic(r)
			}
		}()
		return run(fr)
	}
}

// callBlock compiles what is given as a call's block, and tells whether it can break.
func (c *compiler) callBlock(arg node, b *blockNode, name string) (f func(fr *frame) *Proc, breaks bool) {
	if b != nil {
		before := c.lastBreaks
		bb := c.blockBody(b, name)
		breaks, c.lastBreaks = c.lastBreaks, before
		switch {
		case breaks:
			return func(fr *frame) *Proc {
				p := bb.lend(fr)
				p.brk, p.lambda = fr.th.brk, bb.lambda
				return p
			}, true
		case bb.lambda:
			return func(fr *frame) *Proc {
				p := bb.lend(fr)
				p.lambda = true
				return p
			}, false
		}
		return bb.lend, false
	}
	if arg == nil {
		return nil, false
	}
	if s, ok := arg.(*symNode); ok {
		p := symbolProc(s.name)
		return func(*frame) *Proc { return p }, false
	}
	x, at := c.expr(arg), arg.at()
	return func(fr *frame) *Proc {
		v := x(fr)
		fr.th.at = at
		return fr.th.toProc(v)
	}, false
}

// symbolProc is &:name.
func symbolProc(name string) *Proc {
	site := &callSite{name: name}
	return &Proc{symbol: name, arity: -2, lambda: true, native: func(th *thread, args []Value, blk *Proc) Value {
		if len(args) == 0 {
			th.raise(cArgumentError, "no receiver given")
		}
		m := site.find(th, classOf(args[0]))
		if m == nil {
			return th.missing(args[0], name, args[1:], blk, false)
		}
		if m.vis != public {
			th.checkVisible(m, args[0], name)
		}
		return th.invoke(m, args[0], args[1:], blk)
	}}
}

func (th *thread) toProc(v Value) *Proc {
	switch x := v.o.(type) {
	case nil:
		return nil
	case *Proc:
		return x
	case *Symbol:
		return symbolProc(x.name)
	case *MethodObj:
		return methodProc(x)
	case *Hash:
		return &Proc{arity: 1, lambda: true, native: func(th *thread, args []Value, blk *Proc) Value {
			if len(args) != 1 {
				th.raiseArity(len(args), 1, 1)
			}
			return x.index(th, args[0])
		}}
	}
	if th.respondTo(v, "to_proc") {
		if p, ok := th.send(v, "to_proc").o.(*Proc); ok {
			return p
		}
	}
	th.raise(cTypeError, "wrong argument type %s (expected Proc)", classOf(v).real().name)
	return nil
}

func methodProc(m *MethodObj) *Proc {
	return &Proc{lambda: true, method: m.m, arity: m.m.arity(), native: func(th *thread, args []Value, blk *Proc) Value {
		return th.invoke(m.m, m.recv, args, blk)
	}}
}

// selfCall compiles the calls without receiver that are part of the language.
func (c *compiler) selfCall(n *callNode) code {
	at := n.at()
	switch n.name {
	case "block_given?":
		return func(fr *frame) Value { return Bool(fr.act.blk != nil) }
	case "lambda":
		if n.block != nil {
			mk := c.block(n.block, "lambda")
			return func(fr *frame) Value {
				p := mk(fr)
				p.lambda = true
				return Value{o: p}
			}
		}
	case "proc":
		if n.block != nil {
			mk := c.block(n.block, "proc")
			return func(fr *frame) Value { return Value{o: mk(fr)} }
		}
		if n.blkArg == nil {
			return func(fr *frame) Value {
				if fr.act.blk == nil {
					fr.th.raise(cArgumentError, "tried to create Proc object without a block")
				}
				fr.act.blk = fr.th.keepBlock(fr.act.blk)
				return Value{o: fr.act.blk}
			}
		}
	case "__method__":
		return func(fr *frame) Value {
			if fr.act.meth == nil {
				return vNil
			}
			return sym(fr.act.meth.name)
		}
	case "binding", "eval", "fork", "system", "exec", "spawn", "trap", "set_trace_func", "callcc", "at_exit", "autoload":
		if c.defs[n.name] {
			return nil
		}
		c.errorf(codeUnsupported, at, "", "`%s` is not supported", n.name)
		return constCode(vNil)
	case "require", "require_relative", "load", "java_import", "include_package":
		return c.require(n)
	case "private", "public", "protected", "module_function", "private_class_method", "public_class_method":
		return c.visibility(n)
	case "attr_reader", "attr_writer", "attr_accessor", "define_method", "include", "extend", "prepend":
		c.script.retains = true
	case "local_variables":
		c.errorf(codeUnsupported, at, "", "`local_variables` is not supported")
		return constCode(vNil)
	case "raise", "fail":
		if n.block == nil && n.blkArg == nil && !c.defs[n.name] {
			a := c.args(n.args, nil)
			return func(fr *frame) Value {
				th := fr.th
				base := len(th.stack)
				a.push(fr)
				th.at = at
				th.doRaise(th.stack[base:])
				return vNil
			}
		}
	}
	return nil
}

// index compiles a[i], with short ways for a Hash with a string and an Array with an
// integer.
func (c *compiler) index(n *callNode) code {
	if l, ok := n.recv.(*lvarNode); ok && l.v.name == "event" && c.rescued == 0 {
		// event["x"] was removed in Logstash 5.
		c.unknown = append(c.unknown, func() {})
	}
	recv, x, at := c.operand(n.recv), c.operand(n.args[0]), n.at()
	site := &callSite{name: "[]", pos: at}
	lit, isStr := plainString(n.args[0])
	return func(fr *frame) Value {
		r := recv.get(fr)
		th := fr.th
		switch o := r.o.(type) {
		case *Hash:
			if th.inst.patched != nil || o.cls != nil {
				break
			}
			th.step()
			if isStr && !o.byID {
				return o.indexStr(th, lit)
			}
			th.at = at
			return o.index(th, x.get(fr))
		case *Array:
			if th.inst.patched != nil {
				break
			}
			v := x.get(fr)
			if v.isInt() {
				th.step()
				items := o.list(th)
				i := v.int()
				if i < 0 {
					i += int64(len(items))
				}
				if i < 0 || i >= int64(len(items)) {
					return vNil
				}
				return items[i]
			}
			return th.dispatch1(site, at, r, v, false)
		}
		v := x.get(fr)
		th.cur = fr.act
		return th.dispatch1(site, at, r, v, false)
	}
}

func (th *thread) dispatch1(s *callSite, at int, recv, arg Value, fcall bool) Value {
	base := len(th.stack)
	th.stack = append(th.stack, arg)
	th.at = at
	v := th.dispatch(s, recv, th.stack[base:], nil, fcall)
	th.stack = th.stack[:base]
	return v
}

// match compiles =~ and leaves the match in $~.
func (c *compiler) match(n *callNode) code {
	recv, x, at := c.expr(n.recv), c.expr(n.args[0]), n.at()
	site := &callSite{name: "=~", pos: at}
	return func(fr *frame) Value {
		a, b := recv(fr), x(fr)
		th := fr.th
		th.at = at
		if re, ok := b.o.(*Regexp); ok {
			if _, is := a.o.(*String); is {
				a, b = b, a
				_ = re
			}
		}
		if re, ok := a.o.(*Regexp); ok {
			th.step()
			if b.isNil() {
				fr.act.match = nil
				return vNil
			}
			s := th.matchText(b)
			m := th.matchAt(re, s, 0)
			fr.act.match = m
			if m == nil {
				return vNil
			}
			return Int(int64(m.charPos(m.loc[0])))
		}
		th.cur = fr.act
		return th.dispatch1(site, at, a, b, false)
	}
}

func isOperator(s string) bool {
	switch s {
	case "+", "-", "*", "/", "%", "<", ">", "<=", ">=", "==", "<<", "&", "|", "^", "===", "<=>", "**", ">>":
		return true
	}
	return false
}
