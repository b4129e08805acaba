package ruby

// node is one construct of a script. Every node knows the byte where it starts.
type node interface{ at() int }

type pos int

func (p pos) at() int { return int(p) }

type (
	nilNode   struct{ pos }
	selfNode  struct{ pos }
	trueNode  struct{ pos }
	falseNode struct{ pos }
	// litNode is a number or any other immutable value known at compile time.
	litNode struct {
		pos
		v Value
	}
	// strNode is a string literal: its parts are *rawNode and expressions.
	strNode struct {
		pos
		parts []node
		shell bool
	}
	rawNode struct {
		pos
		s   string
		bin bool // written with \x escapes that are not UTF-8
	}
	symNode struct {
		pos
		name string
	}
	dsymNode struct {
		pos
		parts []node
	}
	regexNode struct {
		pos
		parts []node
		flags string
	}
	arrayNode struct {
		pos
		elems []node
	}
	// hashNode has pairs whose key is nil for **value.
	hashNode struct {
		pos
		pairs  []pairNode
		braces bool
	}
	pairNode  struct{ k, v node }
	rangeNode struct {
		pos
		lo, hi node
		excl   bool
	}
	// partsNode stands at the left end of a chain's last part for the parts before it,
	// which have an empty one each, but for the first.
	partsNode struct {
		pos
		parts []node
	}
	lvarNode struct {
		pos
		v *local
	}
	ivarNode struct {
		pos
		name string
	}
	gvarNode struct {
		pos
		name string
	}
	cvarNode struct {
		pos
		name string
	}
	nthNode struct { // $1, and $~ $& $` $' with n < 0
		pos
		n int
	}
	constNode struct {
		pos
		scope node
		top   bool
		name  string
	}
	callNode struct {
		pos
		recv   node // nil for self
		name   string
		args   []node
		blkArg node // &expr
		block  *blockNode
		safe   bool // &.
		parens bool
		void   bool // nobody sees the result; set by carries
	}
	superNode struct {
		pos
		args    []node
		hasArgs bool
		blkArg  node
		block   *blockNode
	}
	yieldNode struct {
		pos
		args []node
	}
	splatNode struct {
		pos
		x node
	}
	notNode struct {
		pos
		x node
	}
	andNode struct {
		pos
		a, b node
	}
	orNode struct {
		pos
		a, b node
	}
	definedNode struct {
		pos
		x node
	}
	asgnNode struct {
		pos
		target, value node
	}
	opAsgnNode struct {
		pos
		target node
		op     string
		value  node
	}
	mlhsNode struct {
		pos
		pre, post []node
		splat     node
		hasSplat  bool
	}
	masgnNode struct {
		pos
		left  *mlhsNode
		value node
	}
	seqNode struct {
		pos
		list []node
	}
	ifNode struct {
		pos
		cond, then, els node
	}
	whileNode struct {
		pos
		cond, body      node
		negate, doWhile bool
	}
	forNode struct {
		pos
		target, iter, body node
	}
	whenNode struct {
		conds []node
		body  node
	}
	caseNode struct {
		pos
		subj  node
		whens []whenNode
		els   node
	}
	inNode struct {
		pos
		pat, guard, body node
	}
	caseInNode struct {
		pos
		subj   node
		ins    []inNode
		els    node
		hasEls bool
	}
	rescueNode struct {
		pos
		classes []node
		target  node
		body    node
	}
	beginNode struct {
		pos
		body    node
		rescues []rescueNode
		els     node
		ensure  node
	}
	blockNode struct {
		pos
		scope    *scope
		params   *params
		body     node
		lambda   bool
		numbered int // highest of _1.._9; 1 for it
	}
	lambdaNode struct {
		pos
		block *blockNode
	}
	defNode struct {
		pos
		name   string
		single node
		scope  *scope
		params *params
		body   node
	}
	classNode struct {
		pos
		path   *constNode
		super  node
		scope  *scope
		body   node
		module bool
	}
	sclassNode struct {
		pos
		obj   node
		scope *scope
		body  node
	}
	returnNode struct {
		pos
		v node
	}
	breakNode struct {
		pos
		v node
	}
	nextNode struct {
		pos
		v node
	}
	redoNode  struct{ pos }
	retryNode struct{ pos }
	aliasNode struct {
		pos
		to, from string
		global   bool
	}
	undefNode struct {
		pos
		names []string
	}
)

// Patterns of case/in.
type (
	patValue struct {
		pos
		x node
	}
	patBind struct {
		pos
		v *local // nil for _
	}
	patAlt struct {
		pos
		alts []node
	}
	patAs struct {
		pos
		pat node
		v   *local
	}
	patArray struct {
		pos
		konst     node
		pre, post []node
		rest      *local
		hasRest   bool
	}
	patFind struct {
		pos
		konst       node
		before, aft *local
		mid         []node
	}
	patHash struct {
		pos
		konst   node
		keys    []string
		pats    []node // nil binds the key's own name
		locals  []*local
		rest    *local
		hasRest bool
		nilRest bool
	}
	matchNode struct { // x => pat, x in pat
		pos
		x, pat node
		test   bool
	}
)

// params are the parameters of a method or block.
type params struct {
	req   []node // *lvarNode or *mlhsNode
	opt   []optParam
	rest  *local
	star  bool // has *rest, named or not
	comma bool // |a,| takes the first element
	post  []node
	kw    []kwParam
	kwRes *local
	dstar bool // has **rest, named or not
	nokw  bool // **nil
	blk   *local
	fwd   bool // (...)
}

type optParam struct {
	v   *local
	def node
}

type kwParam struct {
	name string
	v    *local
	def  node // nil when required
}

// simple tells whether only required plain parameters are there.
func (p *params) simple() bool {
	if p == nil {
		return true
	}
	for _, r := range p.req {
		if _, ok := r.(*lvarNode); !ok {
			return false
		}
	}
	return len(p.opt) == 0 && !p.star && !p.comma && len(p.post) == 0 && len(p.kw) == 0 && !p.dstar && p.blk == nil && !p.nokw
}

// local is a local variable; scope is the set of those of one body.
type local struct {
	name  string
	scope *scope
	idx   int
}

type scope struct {
	up       *scope // enclosing scope whose variables are seen; nil for def, class, program
	vars     []*local
	isBlock  bool
	inDef    bool
	numbered int
	hasParam bool
}

func (s *scope) find(name string) *local {
	for ; s != nil; s = s.up {
		for _, v := range s.vars {
			if v.name == name {
				return v
			}
		}
	}
	return nil
}

func (s *scope) declare(name string) *local {
	for _, v := range s.vars {
		if v.name == name && name != "_" {
			return v
		}
	}
	v := &local{name, s, len(s.vars)}
	s.vars = append(s.vars, v)
	return v
}
