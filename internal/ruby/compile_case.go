package ruby

// arm is one condition of a when, with what it leads to.
type arm struct {
	cond func(fr *frame, v Value) bool
	body code
	core bool  // the condition is a class of the core
	yes  kinds // of the values that it takes then
}

// cases compiles case with when; branch compiles its branches.
func (c *compiler) cases(n *caseNode, branch func(node) code) code {
	subj := c.operand(n.subj)
	hasSubj := n.subj != nil
	var arms []arm
	for _, w := range n.whens {
		first := len(arms)
		for _, x := range w.conds {
			a := arm{cond: c.when(x, hasSubj)}
			if k, ok := c.coreScope(x); ok && hasSubj && !k.ownEqq {
				a.core, a.yes = true, kindsOf(k)
			}
			arms = append(arms, a)
		}
		body := branch(w.body)
		for i := range arms[first:] {
			arms[first+i].body = body
		}
	}
	els := branch(n.els)
	at := n.at()
	quick, some := byKind(arms, els)
	return func(fr *frame) Value {
		v := subj.get(fr)
		th := fr.th
		th.at = at
		if some && th.inst.patched == nil {
			if body := quick[kindOf(v)]; body != nil {
				return body(fr)
			}
		}
		for i := range arms {
			if a := &arms[i]; a.cond(fr, v) {
				return a.body(fr)
			}
		}
		return els(fr)
	}
}

// byKind returns what the values of a kind lead to, for the kinds about which the classes
// of the core among the conditions decide.
func byKind(arms []arm, els code) (quick [hashKind + 1]code, some bool) {
	for k := nilKind; k <= hashKind; k++ {
		quick[k] = els
		for _, a := range arms {
			if !a.core {
				quick[k] = nil
				break
			}
			if a.yes.has(k) {
				quick[k] = a.body
				break
			}
		}
		some = some || quick[k] != nil
	}
	return quick, some && len(arms) > 0
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
	if k, ok := c.coreScope(x); ok && k.builtin && !k.ownEqq {
		return c.whenCore(x, k)
	}
	p := c.expr(x)
	return func(fr *frame, v Value) bool {
		k := p(fr)
		fr.th.cur = fr.act
		return fr.th.caseEq(k, v)
	}
}
