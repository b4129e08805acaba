package ruby

func (th *thread) doRaise(a []Value) { panic(th.raised(a)) }

// raised returns the exception that raise raises.
func (th *thread) raised(a []Value) *Exception {
	th.step()
	if len(a) == 0 {
		if cur := th.inst.gvar(th, "$!"); !cur.isNil() {
			return exceptionOf(th, cur)
		}
	}
	e := th.makeException(a)
	if e.cause.isNil() {
		if cur := th.lastError; cur.o != nil && cur.o != object(e) {
			e.cause = cur
		}
	}
	return e
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

// plain tells whether a call has no block and no &. .
func (n *callNode) plain() bool { return n.block == nil && n.blkArg == nil && !n.safe }

// specialCall compiles the calls with receiver that are worth a way of their own.
func (c *compiler) specialCall(n *callNode) code {
	at := n.at()
	if !n.plain() {
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
		if s, ok := plainString(n.args[0]); ok && n.name == "==" {
			return c.equalsText(n, s)
		}
		return c.binaryOp(n.name, at, c.operand(n.recv), c.operand(n.args[0]))
	case n.name == "=~" && len(n.args) == 1:
		return c.match(n)
	case n.name == "[]" && len(n.args) == 1:
		return c.index(n)
	case n.name == "nil?" && len(n.args) == 0:
		x := c.expr(n.recv)
		site := &callSite{name: "nil?", pos: at}
		return func(fr *frame) Value {
			v := x(fr)
			if _, ok := v.o.(*Object); ok { // whose class may say otherwise
				fr.th.at = at
				return fr.th.dispatch(site, v, nil, nil, false)
			}
			return Bool(v.isNil())
		}
	case n.name == "freeze" && len(n.args) == 0:
		if _, ok := n.recv.(*strNode); ok {
			if v, ok := constLiteral(n.recv); ok {
				return constCode(v)
			}
		}
	case (n.name == "is_a?" || n.name == "kind_of?") && len(n.args) == 1:
		if k, ok := c.coreScope(n.args[0]); ok {
			return c.isCore(n, k)
		}
	case n.name == "respond_to?" && len(n.args) == 1:
		if s, ok := n.args[0].(*symNode); ok {
			return c.respondsTo(n, s.name)
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
		return c.eventCall(n, false)
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
