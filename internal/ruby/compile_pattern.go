package ruby

// matcher tests a value against a pattern and binds its variables.
type matcher func(fr *frame, v Value) bool

func (c *compiler) caseIn(n *caseInNode, jumpOK bool) code {
	subj := c.expr(n.subj)
	type arm struct {
		m     matcher
		guard func(*frame) bool
		body  code
	}
	arms := make([]arm, len(n.ins))
	for i, in := range n.ins {
		arms[i].m = c.pattern(in.pat)
		if in.guard != nil {
			arms[i].guard = c.cond(in.guard)
		}
		arms[i].body = c.comp(in.body, jumpOK)
	}
	els, hasEls, at := c.comp(n.els, jumpOK), n.hasEls, n.at()
	return func(fr *frame) Value {
		v := subj(fr)
		th := fr.th
		th.at = at
		guarded := false
		for i := range arms {
			if !arms[i].m(fr, v) {
				continue
			}
			if arms[i].guard == nil || arms[i].guard(fr) {
				return arms[i].body(fr)
			}
			guarded = len(arms) == 1
		}
		if hasEls {
			return els(fr)
		}
		th.at = at
		if guarded {
			th.raise(cNoMatchingPattern, "%s", th.toS(v))
		}
		th.raiseNoMatch(v, len(arms) == 1)
		return vNil
	}
}

func (c *compiler) matchPattern(n *matchNode) code {
	x, m, at, test := c.expr(n.x), c.pattern(n.pat), n.at(), n.test
	return func(fr *frame) Value {
		v := x(fr)
		th := fr.th
		ok := m(fr, v)
		if test {
			return Bool(ok)
		}
		if !ok {
			th.at = at
			th.raiseNoMatch(v, true)
		}
		return vNil
	}
}

func (c *compiler) bindTo(v *local) func(*frame, Value) {
	if v == nil {
		return func(*frame, Value) {}
	}
	return c.target(&lvarNode{0, v})
}

func (c *compiler) constTest(n node) matcher {
	if n == nil {
		return func(*frame, Value) bool { return true }
	}
	k := c.expr(n)
	return func(fr *frame, v Value) bool { return fr.th.matchesCase(k(fr), v) }
}

// matchesCase is === of a pattern, which notes what did not match.
func (th *thread) matchesCase(k, v Value) bool {
	if th.caseEq(k, v) {
		return true
	}
	th.miss = mismatch{kind: notCase, want: k, got: v}
	return false
}

func (c *compiler) pattern(n node) matcher {
	switch n := n.(type) {
	case *patValue:
		x := c.expr(n.x)
		return func(fr *frame, v Value) bool {
			k := x(fr)
			fr.th.cur = fr.act
			return fr.th.matchesCase(k, v)
		}
	case *patBind:
		set := c.bindTo(n.v)
		return func(fr *frame, v Value) bool { set(fr, v); return true }
	case *patAs:
		m, set := c.pattern(n.pat), c.bindTo(n.v)
		return func(fr *frame, v Value) bool {
			if !m(fr, v) {
				return false
			}
			set(fr, v)
			return true
		}
	case *patAlt:
		var alts []matcher
		for _, a := range n.alts {
			alts = append(alts, c.pattern(a))
		}
		return func(fr *frame, v Value) bool {
			for _, m := range alts {
				if m(fr, v) {
					return true
				}
			}
			return false
		}
	case *patArray:
		return c.patArray(n)
	case *patFind:
		k := c.constTest(n.konst)
		before, after := c.bindTo(n.before), c.bindTo(n.aft)
		var mid []matcher
		for _, m := range n.mid {
			mid = append(mid, c.pattern(m))
		}
		return func(fr *frame, v Value) bool {
			if !k(fr, v) {
				return false
			}
			list, ok := fr.th.deconstruct(v)
			if !ok {
				return false
			}
		next:
			for i := 0; i+len(mid) <= len(list); i++ {
				for j, m := range mid {
					if !m(fr, list[i+j]) {
						continue next
					}
				}
				before(fr, fr.th.arrayOf(list[:i]))
				after(fr, fr.th.arrayOf(list[i+len(mid):]))
				return true
			}
			return false
		}
	case *patHash:
		return c.patHash(n)
	}
	return func(*frame, Value) bool { return false }
}

func (c *compiler) patArray(n *patArray) matcher {
	k := c.constTest(n.konst)
	var pre, post []matcher
	for _, m := range n.pre {
		pre = append(pre, c.pattern(m))
	}
	for _, m := range n.post {
		post = append(post, c.pattern(m))
	}
	rest, hasRest := c.bindTo(n.rest), n.hasRest
	return func(fr *frame, v Value) bool {
		if !k(fr, v) {
			return false
		}
		list, ok := fr.th.deconstruct(v)
		if !ok {
			return false
		}
		if len(list) < len(pre)+len(post) || !hasRest && len(list) != len(pre) {
			fr.th.miss = mismatch{kind: notLong, got: v, n: len(list), expect: len(pre) + len(post), more: hasRest}
			return false
		}
		for i, m := range pre {
			if !m(fr, list[i]) {
				return false
			}
		}
		if !hasRest {
			return true
		}
		end := len(list) - len(post)
		rest(fr, fr.th.arrayOf(list[len(pre):end]))
		for i, m := range post {
			if !m(fr, list[end+i]) {
				return false
			}
		}
		return true
	}
}

func (c *compiler) patHash(n *patHash) matcher {
	k := c.constTest(n.konst)
	keys := make([]Value, len(n.keys))
	pats := make([]matcher, len(n.keys))
	for i, name := range n.keys {
		keys[i] = sym(name)
		if n.pats[i] != nil {
			pats[i] = c.pattern(n.pats[i])
		} else {
			set := c.bindTo(n.locals[i])
			pats[i] = func(fr *frame, v Value) bool { set(fr, v); return true }
		}
	}
	rest, hasRest, nilRest := c.bindTo(n.rest), n.hasRest, n.nilRest
	empty := len(keys) == 0 && !hasRest && !nilRest
	return func(fr *frame, v Value) bool {
		if !k(fr, v) {
			return false
		}
		th := fr.th
		h, ok := v.o.(*Hash)
		if !ok {
			if v.isNil() || !th.respondTo(v, "deconstruct_keys") {
				th.miss = mismatch{kind: notHash, got: v}
				return false
			}
			if h, ok = th.send(v, "deconstruct_keys", vNil).o.(*Hash); !ok {
				return false
			}
		}
		if empty && h.size(th) != 0 {
			th.miss = mismatch{kind: notEmpty, got: v}
			return false
		}
		for i, key := range keys {
			x, ok := h.get(th, key)
			if !ok {
				th.miss = mismatch{kind: notThere, want: key, got: v}
				return false
			}
			if !pats[i](fr, x) {
				return false
			}
		}
		if nilRest && h.size(th) == len(keys) {
			return true
		}
		if hasRest || nilRest {
			r := h.dup(th)
			for _, key := range keys {
				r.delete(th, key)
			}
			if nilRest {
				th.miss = mismatch{kind: notEmpty, got: Value{o: r}}
				return false
			}
			rest(fr, Value{o: r})
		}
		return true
	}
}

// deconstruct returns the elements of what an array pattern may match.
func (th *thread) deconstruct(v Value) ([]Value, bool) {
	if a, ok := v.o.(*Array); ok {
		return a.list(th), true
	}
	if v.isNil() || !th.respondTo(v, "deconstruct") {
		th.miss = mismatch{kind: notList, got: v}
		return nil, false
	}
	a, ok := th.send(v, "deconstruct").o.(*Array)
	if !ok {
		return nil, false
	}
	return a.list(th), true
}
