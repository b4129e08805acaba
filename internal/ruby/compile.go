package ruby

import (
	"fmt"
	"strings"

	"sluice/internal/diag"
)

// code is a compiled construct. A statement may return vJump, with fr.jump telling why;
// whoever compiled it with jumps allowed must look.
type code func(fr *frame) Value

var (
	codeSyntax = diag.Define("SL6001", diag.Error, "Ruby syntax error",
		"The code is not valid Ruby 3.1. The place is where the text stops making sense; the mistake may stand a little before it.")
	codeUnsupported = diag.Define("SL6002", diag.Error, "Ruby construct that is not supported",
		"Scripts run without a Ruby installation: gems, shell commands, threads, eval and Java classes are not there. Write the step with the core classes or with another filter.")
	codeUnknownName = diag.Define("SL6003", diag.Error, "unknown Ruby constant or method",
		"The name is neither part of the supported core and libraries nor defined in the script.")
)

// compiler turns a syntax tree into closures.
type compiler struct {
	script *Script
	src    *codeSource
	scope  *scope
	body   *bodyCtx
	diags  *diag.List
	// jumps counts the statements compiled so far that may return vJump.
	jumps    int
	rescued  int             // inside begin with rescue: what is not there is found out at run time
	assigned map[string]bool // constants the script defines
	defs     map[string]bool // methods the script defines
	// lastBreaks tells that the block compiled last contains break.
	lastBreaks  bool
	unknown     []func() // reports that depend on what the rest of the script defines
	patchedCore bool     // the script reopens a core class
	coreUses    []string
	// wantView is a to_hash whose result is iterated over at once, so that it need not
	// be detached from the event before.
	wantView *callNode
}

// bodyCtx is the body that is compiled: program, method, block or class.
type bodyCtx struct {
	kind   bodyKind
	up     *bodyCtx
	loops  int  // while loops around the current place
	panics bool // a jump in it travels as a panic
	breaks bool // of a block: contains break
	retry  bool
	rets   bool // a block in it returns from it
	method *methodBody
	params *params
}

type bodyKind uint8

const (
	bodyTop bodyKind = iota
	bodyDef
	bodyBlock
	bodyLambda
	bodyClass
)

func (c *compiler) errorf(code *diag.Code, at int, help, format string, args ...any) {
	d := diag.New(code, c.src.src.At(at, at+c.width(at)), "%s", fmt.Sprintf(format, args...))
	d.Help = help
	c.diags.Add(d)
}

// width is the length of the word at a place, for the caret line.
func (c *compiler) width(at int) int {
	text := c.src.src.Text
	n := at
	for n < len(text) && (isIdent(text[n]) || text[n] == '@' || text[n] == '$') {
		n++
	}
	return max(n-at, 1)
}

// expr compiles a construct whose value is used: jumps in it travel as panics.
func (c *compiler) expr(n node) code { return c.comp(n, false) }

// stmt compiles a construct that may return vJump.
func (c *compiler) stmt(n node) code { return c.comp(n, true) }

func constCode(v Value) code { return func(*frame) Value { return v } }

func (c *compiler) comp(n node, jumpOK bool) code {
	switch n := n.(type) {
	case nil, *nilNode:
		return constCode(vNil)
	case *trueNode:
		return constCode(vTrue)
	case *falseNode:
		return constCode(vFalse)
	case *selfNode:
		return func(fr *frame) Value { return fr.self }
	case *litNode:
		return constCode(n.v)
	case *rawNode:
		return c.rawString(n)
	case *strNode:
		return c.str(n)
	case *symNode:
		return constCode(sym(n.name))
	case *dsymNode:
		s := c.text(n.parts)
		return func(fr *frame) Value { return sym(s(fr)) }
	case *regexNode:
		return c.regex(n)
	case *arrayNode:
		return c.array(n)
	case *hashNode:
		return c.hash(n)
	case *rangeNode:
		return c.rang(n)
	case *lvarNode:
		return c.lvar(n.v)
	case *ivarNode:
		c.script.retains = true
		name := n.name
		return func(fr *frame) Value { return getIvar(fr, name) }
	case *gvarNode:
		return c.gvar(n)
	case *cvarNode:
		c.script.retains = true
		name, at := n.name, int(n.pos)
		return func(fr *frame) Value { fr.th.at = at; return getCvar(fr, name) }
	case *nthNode:
		return c.nth(n)
	case *constNode:
		return c.constant(n)
	case *callNode:
		return c.call(n)
	case *superNode:
		return c.super(n)
	case *yieldNode:
		return c.yield(n)
	case *splatNode:
		x := c.expr(n.x)
		return func(fr *frame) Value { return fr.th.array(fr.th.splat(x(fr))) }
	case *notNode:
		return c.not(n)
	case *andNode:
		a, b := c.expr(n.a), c.comp(n.b, jumpOK)
		return func(fr *frame) Value {
			if v := a(fr); !v.truthy() {
				return v
			}
			return b(fr)
		}
	case *orNode:
		a, b := c.expr(n.a), c.comp(n.b, jumpOK)
		return func(fr *frame) Value {
			if v := a(fr); v.truthy() {
				return v
			}
			return b(fr)
		}
	case *definedNode:
		return c.defined(n.x)
	case *asgnNode:
		return c.assign(n)
	case *opAsgnNode:
		return c.opAssign(n)
	case *masgnNode:
		return c.multiAssign(n)
	case *seqNode:
		return c.seq(n, jumpOK)
	case *ifNode:
		return c.ifs(n, jumpOK)
	case *whileNode:
		return c.while(n, jumpOK)
	case *forNode:
		return c.forIn(n, jumpOK)
	case *caseNode:
		return c.cases(n, jumpOK)
	case *caseInNode:
		return c.caseIn(n, jumpOK)
	case *matchNode:
		return c.matchPattern(n)
	case *beginNode:
		return c.begin(n, jumpOK)
	case *lambdaNode:
		mk := c.block(n.block, "lambda")
		return func(fr *frame) Value { p := mk(fr); p.lambda = true; return Value{o: p} }
	case *defNode:
		return c.def(n)
	case *classNode:
		return c.class(n)
	case *sclassNode:
		return c.sclass(n)
	case *returnNode:
		return c.jumpTo(n.at(), jumpReturn, n.v, jumpOK)
	case *breakNode:
		return c.jumpTo(n.at(), jumpBreak, n.v, jumpOK)
	case *nextNode:
		return c.jumpTo(n.at(), jumpNext, n.v, jumpOK)
	case *redoNode:
		return c.jumpTo(n.at(), jumpRedo, nil, jumpOK)
	case *retryNode:
		return c.jumpTo(n.at(), jumpRetry, nil, jumpOK)
	case *aliasNode:
		return c.alias(n)
	case *undefNode:
		names := n.names
		return func(fr *frame) Value {
			for _, name := range names {
				fr.th.inst.addMethod(fr.cref, &Method{name: name, undef: true})
			}
			return vNil
		}
	case *mlhsNode:
		c.errorf(codeSyntax, n.at(), "", "list of variables without an assignment")
		return constCode(vNil)
	}
	c.errorf(codeUnsupported, n.at(), "", "this construct is not supported")
	return constCode(vNil)
}

func (c *compiler) lvar(v *local) code {
	i := v.idx
	switch d := c.hops(v); d {
	case 0:
		return func(fr *frame) Value { return fr.vars[i] }
	case 1:
		return func(fr *frame) Value { return fr.up.vars[i] }
	case 2:
		return func(fr *frame) Value { return fr.up.up.vars[i] }
	default:
		return func(fr *frame) Value {
			for range d {
				fr = fr.up
			}
			return fr.vars[i]
		}
	}
}

// hops is the number of frames between the current scope and the variable's.
func (c *compiler) hops(v *local) int {
	d := 0
	for s := c.scope; s != nil; s = s.up {
		if s == v.scope {
			return d
		}
		d++
	}
	return 0
}

func (c *compiler) seq(n *seqNode, jumpOK bool) code {
	switch len(n.list) {
	case 0:
		return constCode(vNil)
	case 1:
		return c.comp(n.list[0], jumpOK)
	}
	list := make([]code, len(n.list))
	jumps := false
	for i, x := range n.list {
		before := c.jumps
		list[i] = c.comp(x, jumpOK)
		if c.jumps != before && i < len(n.list)-1 {
			jumps = true
		}
	}
	if len(list) == 2 && !jumps {
		a, b := list[0], list[1]
		return func(fr *frame) Value { a(fr); return b(fr) }
	}
	last := list[len(list)-1]
	list = list[:len(list)-1]
	if !jumps {
		return func(fr *frame) Value {
			for _, f := range list {
				f(fr)
			}
			return last(fr)
		}
	}
	return func(fr *frame) Value {
		for _, f := range list {
			if v := f(fr); v.isJump() {
				return v
			}
		}
		return last(fr)
	}
}

// cond compiles a condition to a Go bool.
func (c *compiler) cond(n node) func(fr *frame) bool {
	switch n := n.(type) {
	case *notNode:
		if call, ok := n.x.(*callNode); !ok || call.name != "==" {
			x := c.cond(n.x)
			return func(fr *frame) bool { return !x(fr) }
		}
	case *andNode:
		a, b := c.cond(n.a), c.cond(n.b)
		return func(fr *frame) bool { return a(fr) && b(fr) }
	case *orNode:
		a, b := c.cond(n.a), c.cond(n.b)
		return func(fr *frame) bool { return a(fr) || b(fr) }
	case *seqNode:
		if len(n.list) == 1 {
			return c.cond(n.list[0])
		}
	case *regexNode:
		c.errorf(codeUnsupported, n.at(), "write text =~ /.../", "a bare regular expression as a condition is not supported")
	case *rangeNode:
		if !isLit(n.lo) && !isLit(n.hi) && n.lo != nil && n.hi != nil {
			c.errorf(codeUnsupported, n.at(), "keep the state in a variable", "flip-flop conditions are not supported")
		}
	}
	x := c.expr(n)
	return func(fr *frame) bool { return x(fr).truthy() }
}

func isLit(n node) bool {
	switch n.(type) {
	case *litNode, *strNode, *symNode, *nilNode, *trueNode, *falseNode:
		return true
	}
	return false
}

func (c *compiler) ifs(n *ifNode, jumpOK bool) code {
	cond := c.cond(n.cond)
	then, els := c.comp(n.then, jumpOK), c.comp(n.els, jumpOK)
	switch {
	case n.els == nil:
		return func(fr *frame) Value {
			if cond(fr) {
				return then(fr)
			}
			return vNil
		}
	case n.then == nil:
		return func(fr *frame) Value {
			if cond(fr) {
				return vNil
			}
			return els(fr)
		}
	}
	return func(fr *frame) Value {
		if cond(fr) {
			return then(fr)
		}
		return els(fr)
	}
}

func (c *compiler) not(n *notNode) code {
	x := c.expr(n.x)
	return func(fr *frame) Value { return Bool(!x(fr).truthy()) }
}

// jumpTo compiles next, break, return, redo and retry.
func (c *compiler) jumpTo(at int, kind jumpKind, v node, jumpOK bool) code {
	val := c.expr(v)
	b := c.body
	inLoop := b.loops > 0
	switch kind {
	case jumpRetry:
		if !b.retry {
			c.errorf(codeSyntax, at, "", "`retry` stands outside a rescue clause")
		}
	case jumpRedo:
		if !inLoop && b.kind != bodyBlock && b.kind != bodyLambda {
			c.errorf(codeSyntax, at, "", "`redo` stands outside a loop or block")
		}
	case jumpBreak:
		if !inLoop {
			switch b.kind {
			case bodyBlock:
				b.breaks = true
				return func(fr *frame) Value {
					tag := fr.brk
					v := val(fr)
					if tag == nil || tag.dead {
						fr.th.at = at
						fr.th.raise(cLocalJumpError, "break from proc-closure")
					}
					panic(&breakPanic{tag, v})
				}
			case bodyLambda, bodyTop:
				kind = jumpNext
			default:
				c.errorf(codeSyntax, at, "", "`break` stands outside a loop or block")
			}
		}
	case jumpNext:
		if !inLoop && (b.kind == bodyDef || b.kind == bodyClass) {
			c.errorf(codeSyntax, at, "use return", "`next` stands outside a loop or block")
		}
	case jumpReturn:
		switch b.kind {
		case bodyBlock:
			for up := b.up; up != nil; up = up.up {
				up.rets = true
				if up.kind != bodyBlock {
					break
				}
			}
			return func(fr *frame) Value { panic(&returnPanic{fr.act, val(fr)}) }
		case bodyClass:
			c.errorf(codeSyntax, at, "", "`return` stands in a class body")
		}
	}
	if !jumpOK {
		b.panics = true
		return func(fr *frame) Value { panic(&jumpPanic{fr, kind, val(fr)}) }
	}
	c.jumps++
	return func(fr *frame) Value {
		v := val(fr)
		fr.jump, fr.jv = kind, v
		return vJump
	}
}

// catching runs a body in which jumps travel as panics.
func catching(f code) code {
	return func(fr *frame) (v Value) {
		th := fr.th
		m := th.mark()
		defer func() {
			if r := recover(); r != nil {
				if j, ok := r.(*jumpPanic); ok && j.fr == fr {
					th.unwind(m)
					fr.jump, fr.jv = j.kind, j.v
					v = vJump
					return
				}
				panic(r)
			}
		}()
		return f(fr)
	}
}

func (c *compiler) while(n *whileNode, jumpOK bool) code {
	b := c.body
	outer := b.panics
	b.panics = false
	b.loops++
	cond := c.cond(n.cond)
	body := c.stmt(n.body)
	b.loops--
	if b.panics {
		body = catching(body)
	}
	b.panics = b.panics || outer
	neg, do := n.negate, n.doWhile
	if jumpOK {
		c.jumps++ // return and retry pass through
	} else {
		b.panics = true
	}
	return func(fr *frame) Value {
		th := fr.th
		first := do
		for first || cond(fr) != neg {
			first = false
			th.step()
		again:
			if v := body(fr); v.isJump() {
				switch fr.jump {
				case jumpBreak:
					return fr.jv
				case jumpNext:
				case jumpRedo:
					th.step()
					goto again
				default:
					return passOn(fr, v, jumpOK)
				}
			}
		}
		return vNil
	}
}

// passOn hands a jump to whoever encloses the current construct.
func passOn(fr *frame, v Value, jumpOK bool) Value {
	if !jumpOK && v.isJump() {
		panic(&jumpPanic{fr, fr.jump, fr.jv})
	}
	return v
}

func (c *compiler) forIn(n *forNode, jumpOK bool) code {
	iter := c.expr(n.iter)
	b := c.body
	outer := b.panics
	b.panics = false
	b.loops++
	set := c.target(n.target)
	body := c.stmt(n.body)
	b.loops--
	if b.panics {
		body = catching(body)
	}
	b.panics = b.panics || outer
	if jumpOK {
		c.jumps++
	} else {
		b.panics = true
	}
	at := n.at()
	return func(fr *frame) Value {
		th := fr.th
		th.at = at
		list := iter(fr)
		res := list
		th.each(list, func(v Value) bool {
			th.step()
			set(fr, v)
			if v := body(fr); v.isJump() {
				switch fr.jump {
				case jumpBreak:
					res = fr.jv
					return false
				case jumpNext:
				default:
					res = v
					return false
				}
			}
			return true
		})
		return passOn(fr, res, jumpOK)
	}
}

func (c *compiler) cases(n *caseNode, jumpOK bool) code {
	type arm struct {
		conds []func(fr *frame, v Value) bool
		body  code
	}
	subj := c.expr(n.subj)
	hasSubj := n.subj != nil
	arms := make([]arm, len(n.whens))
	for i, w := range n.whens {
		for _, x := range w.conds {
			arms[i].conds = append(arms[i].conds, c.when(x, hasSubj))
		}
		arms[i].body = c.comp(w.body, jumpOK)
	}
	els := c.comp(n.els, jumpOK)
	at := n.at()
	return func(fr *frame) Value {
		v := subj(fr)
		fr.th.at = at
		for i := range arms {
			for _, cond := range arms[i].conds {
				if cond(fr, v) {
					return arms[i].body(fr)
				}
			}
		}
		return els(fr)
	}
}

func (c *compiler) when(x node, hasSubj bool) func(fr *frame, v Value) bool {
	if s, ok := x.(*splatNode); ok {
		list := c.expr(s.x)
		return func(fr *frame, v Value) bool {
			for _, p := range fr.th.splat(list(fr)) {
				fr.th.cur = fr.act
				if hasSubj && fr.th.caseEq(p, v) || !hasSubj && p.truthy() {
					return true
				}
			}
			return false
		}
	}
	if !hasSubj {
		return func() func(fr *frame, v Value) bool {
			cond := c.cond(x)
			return func(fr *frame, v Value) bool { return cond(fr) }
		}()
	}
	if s, ok := plainString(x); ok {
		return func(fr *frame, v Value) bool {
			t, ok := v.o.(*String)
			return ok && t.s == s
		}
	}
	if l, ok := x.(*litNode); ok && l.v.isInt() {
		i := l.v
		return func(fr *frame, v Value) bool {
			if v.isInt() {
				return v.n == i.n
			}
			return v.isFloat() && v.float() == float64(i.int())
		}
	}
	p := c.expr(x)
	return func(fr *frame, v Value) bool {
		k := p(fr)
		fr.th.cur = fr.act
		return fr.th.caseEq(k, v)
	}
}

// plainString returns the text of a string literal without interpolation.
func plainString(n node) (string, bool) {
	s, ok := n.(*strNode)
	if !ok || s.shell {
		return "", false
	}
	var b strings.Builder
	for _, p := range s.parts {
		r, ok := p.(*rawNode)
		if !ok || r.bin {
			return "", false
		}
		b.WriteString(r.s)
	}
	return b.String(), true
}

func (c *compiler) begin(n *beginNode, jumpOK bool) code {
	if len(n.rescues) == 0 && n.ensure == nil {
		return c.comp(n.body, jumpOK)
	}
	if len(n.rescues) > 0 {
		c.rescued++
	}
	// A jump out of the body passes through here either way.
	body := c.comp(n.body, jumpOK)
	if len(n.rescues) > 0 {
		c.rescued--
	}
	type clause struct {
		classes []code
		splat   []bool
		set     func(fr *frame, v Value)
		body    code
	}
	var clauses []clause
	hadRetry := c.body.retry
	c.body.retry = true
	retries := c.jumps
	for _, r := range n.rescues {
		var cl clause
		for _, x := range r.classes {
			if s, ok := x.(*splatNode); ok {
				cl.classes, cl.splat = append(cl.classes, c.expr(s.x)), append(cl.splat, true)
			} else {
				cl.classes, cl.splat = append(cl.classes, c.expr(x)), append(cl.splat, false)
			}
		}
		if r.target != nil {
			cl.set = c.target(r.target)
		}
		panics := c.body.panics
		c.body.panics = false
		// retry is caught here, so a jump is always possible in the clause.
		cl.body = c.comp(r.body, true)
		if c.body.panics {
			cl.body = catching(cl.body)
		}
		c.body.panics = c.body.panics || panics
		clauses = append(clauses, cl)
	}
	c.body.retry = hadRetry
	if c.jumps != retries && !jumpOK {
		c.body.panics = true
	}
	els := c.comp(n.els, jumpOK)
	hasEls := n.els != nil
	run := body
	if len(clauses) > 0 {
		run = func(fr *frame) Value {
			th := fr.th
			for {
				v, exc := protect(fr, body)
				if exc == nil {
					if hasEls && !v.isJump() {
						return els(fr)
					}
					return v
				}
				var hit *clause
				for i := range clauses {
					cl := &clauses[i]
					if len(cl.classes) == 0 && exc.class().isA(cStandardError) {
						hit = cl
					}
					for j, k := range cl.classes {
						list := []Value{k(fr)}
						if cl.splat[j] {
							list = th.splat(list[0])
						}
						for _, k := range list {
							if th.rescues(k, exc) {
								hit = cl
							}
						}
					}
					if hit != nil {
						break
					}
				}
				if hit == nil {
					panic(exc)
				}
				if hit.set != nil {
					hit.set(fr, Value{o: exc})
				}
				before := th.inst.lastErr(th, Value{o: exc})
				v = hit.body(fr)
				th.inst.lastErr(th, before)
				if v.isJump() && fr.jump == jumpRetry {
					th.step()
					continue
				}
				return passOn(fr, v, jumpOK)
			}
		}
	}
	if n.ensure == nil {
		return run
	}
	ensure := c.comp(n.ensure, jumpOK)
	return func(fr *frame) (v Value) {
		th := fr.th
		m := th.mark()
		ran := false // an exception in the clause itself must not run it again
		defer func() {
			r := recover()
			if r == nil {
				return
			}
			switch r.(type) {
			case *Exception, *breakPanic, *returnPanic, *throwPanic, *jumpPanic:
			default:
				panic(r)
			}
			if ran {
				panic(r)
			}
			th.unwind(m)
			if e := ensure(fr); e.isJump() {
				v = e // return in ensure wins
				return
			}
			panic(r)
		}()
		v = run(fr)
		jump, jv := fr.jump, fr.jv
		ran = true
		if e := ensure(fr); e.isJump() {
			return e
		}
		fr.jump, fr.jv = jump, jv
		return v
	}
}

// rescues tells whether a rescue clause for k takes an exception.
func (th *thread) rescues(k Value, e *Exception) bool {
	c, ok := k.o.(*Class)
	if !ok {
		if th.respondTo(k, "===") {
			return th.caseEq(k, Value{o: e})
		}
		th.raise(cTypeError, "class or module required for rescue clause")
	}
	return e.class().isA(c)
}
