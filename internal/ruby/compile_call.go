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
var keepsKw = map[string]bool{"new": true, "send": true, "__send__": true, "public_send": true, "call": true, "()": true, "yield": true, "instance_exec": true, "class_exec": true, "instance_eval": true, "curry": true, "===": true, "then": true, "enum_for": true, "to_enum": true, "raise": true, "fail": true}

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
			if h, ok := args[n-1].o.(*Hash); ok && h.kw && !keepsKw[m.name] {
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
	if th.self.o == nil {
		return cObject
	}
	return classOf(th.self)
}

func (c *compiler) call(n *callNode) code {
	if n.recv == nil {
		if f := c.selfCall(n); f != nil {
			return f
		}
	} else if f := c.specialCall(n); f != nil {
		return f
	}
	if r, ok := n.recv.(*callNode); ok && (n.name == "each" || n.name == "each_pair") && n.block != nil && len(n.args) == 0 && r.name == "to_hash" {
		c.wantView = r
	}
	at := n.at()
	site := &callSite{name: n.name, pos: at}
	fcall := n.recv == nil
	recv := code(func(fr *frame) Value { return fr.self })
	if n.recv != nil {
		recv = c.expr(n.recv)
		if _, self := n.recv.(*selfNode); self {
			fcall = true
		}
	}
	vcall := n.recv == nil && len(n.args) == 0 && !n.parens && n.block == nil && n.blkArg == nil
	blk, brk := c.callBlock(n.blkArg, n.block, n.name)
	safe := n.safe
	list := n.args
	a := c.args(list, nil)
	if a.splat == nil && !a.kw && blk == nil && !safe && !vcall {
		switch len(a.list) {
		case 0:
			return func(fr *frame) Value {
				r := recv(fr)
				th := fr.th
				th.at, th.cur = at, fr.act
				m := site.find(th, classOf(r))
				if m == nil || m.vis != public && !fcall {
					return th.dispatch(site, r, nil, nil, fcall)
				}
				return th.invoke(m, r, nil, nil)
			}
		case 1:
			x := a.list[0]
			return func(fr *frame) Value {
				r := recv(fr)
				v := x(fr)
				th := fr.th
				base := len(th.stack)
				th.stack = append(th.stack, v)
				th.at, th.cur = at, fr.act
				v = th.dispatch(site, r, th.stack[base:], nil, fcall)
				th.stack = th.stack[:base]
				return v
			}
		}
	}
	run := func(fr *frame, p *Proc) Value {
		r := recv(fr)
		if safe && r.isNil() {
			return vNil
		}
		th := fr.th
		base := len(th.stack)
		a.push(fr)
		if blk != nil {
			p = blk(fr)
		}
		th.at, th.cur = at, fr.act
		if vcall {
			if site.find(th, classOf(r)) == nil {
				return th.missing(r, site.name, nil, nil, true)
			}
		}
		v := th.dispatch(site, r, th.stack[base:], p, fcall)
		th.stack = th.stack[:base]
		return v
	}
	if brk {
		return catchBreak(run, blk)
	}
	return func(fr *frame) Value { return run(fr, nil) }
}

// catchBreak runs a call whose block contains break.
func catchBreak(run func(fr *frame, p *Proc) Value, blk func(fr *frame) *Proc) code {
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
		return run(fr, nil)
	}
}

// callBlock compiles what is given as a call's block, and tells whether it can break.
func (c *compiler) callBlock(arg node, b *blockNode, name string) (f func(fr *frame) *Proc, breaks bool) {
	if b != nil {
		before := c.lastBreaks
		mk := c.block(b, name)
		breaks, c.lastBreaks = c.lastBreaks, before
		if breaks {
			return func(fr *frame) *Proc {
				p := mk(fr)
				p.brk = fr.th.brk
				return p
			}, true
		}
		return mk, false
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

func (th *thread) doRaise(a []Value) {
	th.step()
	if len(a) == 0 {
		if cur := th.inst.gvar(th, "$!"); !cur.isNil() {
			panic(exceptionOf(th, cur))
		}
	}
	e := th.makeException(a)
	if e.cause.isNil() {
		if cur := th.lastError; cur.o != nil && cur.o != object(e) {
			e.cause = cur
		}
	}
	panic(e)
}

// require checks the library's name at compile time.
func (c *compiler) require(n *callNode) code {
	at := n.at()
	if n.name == "java_import" || n.name == "include_package" {
		c.errorf(codeUnsupported, at, "Java classes are not there", "`%s` is not supported", n.name)
		return constCode(vNil)
	}
	if len(n.args) != 1 {
		return nil
	}
	name, ok := plainString(n.args[0])
	if ok && n.name == "require" {
		if known, loaded := libraries[name]; known {
			return func(fr *frame) Value { return Bool(fr.th.inst.require(name, loaded)) }
		}
		if c.rescued == 0 {
			c.errorf(codeUnsupported, n.args[0].at(), "gems are not there; only the libraries that come with Ruby are", "library %q is not available", name)
			return constCode(vNil)
		}
	} else if ok && c.rescued == 0 {
		c.errorf(codeUnsupported, n.args[0].at(), "put the code into this script", "`%s` is not supported", n.name)
		return constCode(vNil)
	}
	x := c.expr(n.args[0])
	return func(fr *frame) Value {
		th := fr.th
		lib := th.strArg(x(fr))
		th.at = at
		if known, loaded := libraries[lib]; known {
			return Bool(th.inst.require(lib, loaded))
		}
		th.raise(cLoadError, "cannot load such file -- %s", lib)
		return vNil
	}
}

// specialCall compiles the calls with receiver that are worth a way of their own.
func (c *compiler) specialCall(n *callNode) code {
	at := n.at()
	plain := n.block == nil && n.blkArg == nil && !n.safe
	if !plain {
		return nil
	}
	if len(n.args) == 1 {
		if _, splat := n.args[0].(*splatNode); splat {
			return nil
		}
		if h, ok := n.args[0].(*hashNode); ok && !h.braces {
			return nil
		}
	}
	switch {
	case len(n.args) == 1 && isOperator(n.name):
		return c.binaryOp(n.name, at, c.expr(n.recv), c.expr(n.args[0]))
	case n.name == "=~" && len(n.args) == 1:
		return c.match(n)
	case n.name == "[]" && len(n.args) == 1:
		return c.index(n)
	case n.name == "nil?" && len(n.args) == 0:
		x := c.expr(n.recv)
		return func(fr *frame) Value { return Bool(x(fr).isNil()) }
	case n.name == "freeze" && len(n.args) == 0:
		if _, ok := n.recv.(*strNode); ok {
			if v, ok := constLiteral(n.recv); ok {
				return constCode(v)
			}
		}
	case (n.name == "include?" || n.name == "member?") && len(n.args) == 1:
		if _, ok := n.recv.(*arrayNode); ok {
			if v, ok := constLiteral(n.recv); ok {
				return c.constInclude(v.o.(*Array), c.expr(n.args[0]))
			}
		}
	case n.name == "-@" && len(n.args) == 0:
		x := c.expr(n.recv)
		site := &callSite{name: "-@", pos: at}
		return func(fr *frame) Value {
			v := x(fr)
			if v.isFloat() {
				return Float(-v.float())
			}
			fr.th.at = at
			return fr.th.dispatch(site, v, nil, nil, false)
		}
	}
	if l, ok := n.recv.(*lvarNode); ok && l.v.name == "event" {
		return c.eventCall(n)
	}
	c.checkLiteralReceiver(n)
	return nil
}

// constInclude is ["a", "b"].include?(x) with a list that never changes.
func (c *compiler) constInclude(a *Array, x code) code {
	allStrings := true
	strs := make([]string, len(a.items))
	for i, v := range a.items {
		s, ok := v.o.(*String)
		if !ok {
			allStrings = false
			break
		}
		strs[i] = s.s
	}
	if !allStrings {
		return func(fr *frame) Value {
			v := x(fr)
			for _, e := range a.items {
				if fr.th.equal(e, v) {
					return vTrue
				}
			}
			return vFalse
		}
	}
	if len(strs) > 8 {
		set := make(map[string]bool, len(strs))
		for _, s := range strs {
			set[s] = true
		}
		return func(fr *frame) Value {
			s, ok := x(fr).o.(*String)
			return Bool(ok && set[s.s])
		}
	}
	return func(fr *frame) Value {
		s, ok := x(fr).o.(*String)
		if !ok {
			return vFalse
		}
		for _, t := range strs {
			if s.s == t {
				return vTrue
			}
		}
		return vFalse
	}
}

// checkLiteralReceiver reports a method that a literal is known not to have.
func (c *compiler) checkLiteralReceiver(n *callNode) {
	if c.rescued > 0 {
		return
	}
	var k *Class
	switch x := n.recv.(type) {
	case *strNode:
		k = cString
	case *arrayNode:
		k = cArray
	case *hashNode:
		k = cHash
	case *symNode, *dsymNode:
		k = cSymbol
	case *regexNode:
		k = cRegexp
	case *litNode:
		k = classOf(x.v)
	case *constNode:
		// A class method of a core class that no script can have changed.
		if x.scope == nil && !c.assigned[x.name] {
			if v, ok := coreConsts[x.name]; ok {
				if cls, is := v.o.(*Class); is && cls.builtin {
					k = cls.class()
				}
			}
		}
	}
	if k == nil || c.defs[n.name] || c.defs["method_missing"] {
		return
	}
	for _, a := range k.ancestors() {
		if a.methods[n.name] != nil || a.methods["method_missing"] != nil {
			return
		}
	}
	if k.single != nil {
		c.unknown = append(c.unknown, func() {
			if !c.patchedCore {
				c.errorf(codeUnknownName, n.at(), "", "%s has no method `%s`", k.single.o.(*Class).name, n.name)
			}
		})
		return
	}
	c.unknown = append(c.unknown, func() {
		if !c.patchedCore {
			c.errorf(codeUnknownName, n.at(), "", "%s has no method `%s`", k.name, n.name)
		}
	})
}

// index compiles a[i], with short ways for a Hash with a string and an Array with an
// integer.
func (c *compiler) index(n *callNode) code {
	if l, ok := n.recv.(*lvarNode); ok && l.v.name == "event" && c.rescued == 0 {
		// event["x"] was removed in Logstash 5.
		c.unknown = append(c.unknown, func() {})
	}
	recv, x, at := c.expr(n.recv), c.expr(n.args[0]), n.at()
	site := &callSite{name: "[]", pos: at}
	lit, isStr := plainString(n.args[0])
	return func(fr *frame) Value {
		r := recv(fr)
		th := fr.th
		switch o := r.o.(type) {
		case *Hash:
			if th.inst.patched != nil {
				break
			}
			th.step()
			if isStr && !o.byID {
				return o.indexStr(th, lit)
			}
			th.at = at
			return o.index(th, x(fr))
		case *Array:
			if th.inst.patched != nil {
				break
			}
			v := x(fr)
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
			return th.dispatch1(site, at, r, v)
		}
		v := x(fr)
		th.cur = fr.act
		return th.dispatch1(site, at, r, v)
	}
}

func (th *thread) dispatch1(s *callSite, at int, recv, arg Value) Value {
	base := len(th.stack)
	th.stack = append(th.stack, arg)
	th.at = at
	v := th.dispatch(s, recv, th.stack[base:], nil, false)
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
		return th.dispatch1(site, at, a, b)
	}
}

func isOperator(s string) bool {
	switch s {
	case "+", "-", "*", "/", "%", "<", ">", "<=", ">=", "==", "<<", "&", "|", "^", "===", "<=>", "**", ">>":
		return true
	}
	return false
}
