package ruby

import (
	"fmt"

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
	script  *Script
	src     *codeSource
	scope   *scope
	body    *bodyCtx
	diags   *diag.List
	depth   int // of nested constructs; see enter
	deepest int
	tooDeep bool
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
	// rescues tells that a statement may return its exception as a jump: begin looks.
	rescues bool
	rets    bool // a block in it returns from it
	method  *methodBody
	params  *params
}

type bodyKind uint8

const (
	bodyTop bodyKind = iota
	bodyDef
	bodyBlock
	bodyLambda
	bodyClass
)

// maxDiags is how many mistakes of a script are told.
const maxDiags = 1000

func (c *compiler) errorf(code *diag.Code, at int, help, format string, args ...any) {
	if len(*c.diags) >= maxDiags {
		return
	}
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

// as returns expr or stmt.
func (c *compiler) as(jumpOK bool) func(node) code {
	if jumpOK {
		return c.stmt
	}
	return c.expr
}

func constCode(v Value) code { return func(*frame) Value { return v } }

func (c *compiler) comp(n node, jumpOK bool) code {
	if n == nil || !c.enter(n) {
		return constCode(vNil)
	}
	defer c.leave()
	if b := c.body; b.rescues {
		if !jumpOK {
			b.rescues = false
			defer func() { b.rescues = true }()
		} else if f := c.quietStatement(n); f != nil {
			return f
		}
	}
	return c.construct(n, jumpOK)
}

func (c *compiler) construct(n node, jumpOK bool) code {
	switch n := n.(type) {
	case *nilNode:
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
	case *partsNode:
		return c.parts(n)
	case *lvarNode:
		return c.lvar(n.v)
	case *ivarNode:
		return c.ivar(n)
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
		return c.ifs(n, c.as(jumpOK))
	case *whileNode:
		return c.while(n, jumpOK)
	case *forNode:
		return c.forIn(n, jumpOK)
	case *caseNode:
		return c.cases(n, c.as(jumpOK))
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
	if len(n.list) == 0 {
		return constCode(vNil)
	}
	last := len(n.list) - 1
	before := c.jumps
	list := make([]code, last)
	for i, x := range n.list[:last] {
		list[i] = c.comp(x, jumpOK)
	}
	jumps := c.jumps != before
	return inOrder(list, c.comp(n.list[last], jumpOK), jumps)
}

// inOrder runs statements, which may jump when jumps says so, and then end.
func inOrder(list []code, end code, jumps bool) code {
	switch {
	case len(list) == 0:
		return end
	case jumps:
		return func(fr *frame) Value {
			for _, f := range list {
				if v := f(fr); v.isJump() {
					return v
				}
			}
			return end(fr)
		}
	case len(list) == 1:
		a := list[0]
		return func(fr *frame) Value { a(fr); return end(fr) }
	}
	return func(fr *frame) Value {
		for _, f := range list {
			f(fr)
		}
		return end(fr)
	}
}
