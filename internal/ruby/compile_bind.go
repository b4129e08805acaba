package ruby

import (
	"slices"
)

// arity is Ruby's arity of a parameter list.
func (p *params) arity(isProc bool) int {
	n := len(p.req) + len(p.post)
	kwReq := false
	for _, k := range p.kw {
		kwReq = kwReq || k.def == nil
	}
	if kwReq {
		n++
	}
	if p.star || len(p.opt) > 0 && !(isProc && kwReq && n == 1) || !kwReq && !isProc && (len(p.kw) > 0 || p.dstar) {
		return -n - 1
	}
	return n
}

// spread takes one list apart into a block's parameters.
func (th *thread) spread(args []Value) []Value {
	if a, ok := args[0].o.(*Array); ok {
		return a.list(th)
	}
	if _, ok := args[0].o.(*Object); ok && th.respondTo(args[0], "to_ary") {
		return th.toAry(args[0])
	}
	return args
}

// binder assigns arguments to parameters of any shape.
type binder struct {
	p        *params
	req      []func(*frame, Value)
	opt      []func(*frame, Value)
	optDef   []code
	post     []func(*frame, Value)
	rest     func(*frame, Value)
	kw       []func(*frame, Value)
	kwDef    []code
	kwRest   func(*frame, Value)
	blk      func(*frame, Value)
	takesKw  bool
	spreads  bool
	min, max int
}

func (c *compiler) binder(p *params) *binder {
	b := &binder{p: p}
	v := func(l *local) func(*frame, Value) {
		if l == nil {
			return nil
		}
		return c.target(&lvarNode{0, l})
	}
	for _, r := range p.req {
		b.req = append(b.req, c.target(r))
	}
	for _, o := range p.opt {
		b.opt, b.optDef = append(b.opt, v(o.v)), append(b.optDef, c.expr(o.def))
	}
	for _, r := range p.post {
		b.post = append(b.post, c.target(r))
	}
	b.rest, b.kwRest, b.blk = v(p.rest), v(p.kwRes), v(p.blk)
	for _, k := range p.kw {
		b.kw = append(b.kw, v(k.v))
		if k.def == nil {
			b.kwDef = append(b.kwDef, nil)
		} else {
			b.kwDef = append(b.kwDef, c.expr(k.def))
		}
	}
	b.takesKw = len(p.kw) > 0 || p.dstar
	b.min = len(p.req) + len(p.post)
	b.max = b.min + len(p.opt)
	if p.star {
		b.max = -1
	}
	b.spreads = b.min+len(p.opt) > 1 || p.comma || (p.star || b.takesKw) && b.min+len(p.opt) > 0
	return b
}

func (b *binder) bind(fr *frame, args []Value, blk *Proc, strict bool) {
	th := fr.th
	var kw *Hash
	if n := len(args); n > 0 {
		if h, ok := args[n-1].o.(*Hash); ok && h.kw {
			if b.takesKw {
				kw = h
				args = args[:n-1]
			} else {
				c := h.dup(th)
				c.kw = b.p.fwd
				args = append(slices.Clone(args[:n-1]), Value{o: c})
			}
		}
	}
	n := len(args)
	if strict && (n < b.min || b.max >= 0 && n > b.max) {
		th.raiseArity(n, b.min, b.max)
	}
	at := func(i int) Value {
		if i < n {
			return args[i]
		}
		return vNil
	}
	for i, set := range b.req {
		set(fr, at(i))
	}
	i := len(b.req)
	free := max(n-b.min, 0)
	for j, set := range b.opt {
		if j < free {
			set(fr, args[i])
			i++
		} else {
			set(fr, b.optDef[j](fr))
		}
	}
	rest := max(free-len(b.opt), 0)
	if b.rest != nil {
		b.rest(fr, th.array(slices.Clone(args[min(i, n):min(i+rest, n)])))
	}
	if b.max < 0 || !strict && false {
		i += rest
	}
	for _, set := range b.post {
		set(fr, at(i))
		i++
	}
	if b.takesKw {
		b.bindKw(fr, kw)
	}
	if b.blk != nil {
		if blk == nil {
			b.blk(fr, vNil)
		} else {
			blk = th.keepBlock(blk)
			if fr.act.meth != nil && fr.up == nil {
				fr.act.blk = blk
			}
			b.blk(fr, Value{o: blk})
		}
	}
}

// bindKw sets the keyword parameters. As in JRuby, unknown ones are told first, and of
// the missing ones the first.
func (b *binder) bindKw(fr *frame, kw *Hash) {
	th := fr.th
	if kw != nil && b.kwRest == nil && !b.p.dstar {
		b.checkKeywords(th, kw)
	}
	for i, k := range b.p.kw {
		if kw != nil {
			if v, ok := kw.get(th, sym(k.name)); ok {
				b.kw[i](fr, v)
				continue
			}
		}
		if b.kwDef[i] == nil {
			th.raise(cArgumentError, "missing keyword: %s", k.name)
		}
		b.kw[i](fr, b.kwDef[i](fr))
	}
	if b.kwRest != nil || b.p.dstar {
		h := th.newHash(0)
		if kw != nil {
		next:
			for _, e := range kw.entries(th) {
				if !e.live {
					continue
				}
				if s, ok := e.k.o.(*Symbol); ok {
					for _, k := range b.p.kw {
						if k.name == s.name {
							continue next
						}
					}
				}
				h.set(th, e.k, e.v)
			}
		}
		if b.kwRest != nil {
			b.kwRest(fr, Value{o: h})
		}
		return
	}
}

// checkKeywords raises when a keyword was given that the method does not take.
func (b *binder) checkKeywords(th *thread, kw *Hash) {
	var unknown []string
	for _, e := range kw.entries(th) {
		s, ok := e.k.o.(*Symbol)
		if !e.live || ok && slices.ContainsFunc(b.p.kw, func(k kwParam) bool { return k.name == s.name }) {
			continue
		}
		unknown = append(unknown, th.inspect(e.k))
	}
	switch len(unknown) {
	case 0:
	case 1:
		th.raise(cArgumentError, "unknown keyword: %s", unknown[0])
	default:
		th.raise(cArgumentError, "unknown keywords: %s", joinStrings(unknown, ", "))
	}
}
