package onig

// study finds out what can follow what, so that most choices are made by looking at the
// next byte.
func (p *program) study() {
	p.forgetful = true
	p.firsts = make([]first, len(p.insts))
	for changed := true; changed; {
		changed = false
		for pc := range p.insts {
			if f := p.first(&p.insts[pc]); f != p.firsts[pc] {
				p.firsts[pc] = f
				changed = true
			}
		}
	}
	// Many loops and choices have the same table.
	loops, choices := map[[256]uint8]*[256]uint8{}, map[[130]uint8]*[130]uint8{}
	for pc := range p.insts {
		in := &p.insts[pc]
		switch in.op {
		case iBackref, iCondition, iCall:
			p.forgetful = false
		case iLoop:
			in.loop.table = shared(loops, p.settle(in))
		case iAlt:
			in.alt.table = shared(choices, p.dispatch(in))
		case iAbsent:
			var table [256]uint8
			for b := range table {
				table[b] = inSet | inFollow
			}
			in.loop.table = shared(loops, table)
			in.loop.atEnd = true
			p.remember(in)
		}
	}
}

// first returns what a match that begins with in may begin with, as far as is known.
func (p *program) first(in *inst) first {
	after := p.firsts[in.next]
	switch in.op {
	case iChar:
		var f first
		f.add(in.c)
		return f
	case iStr:
		var f first
		f.add(in.str[0])
		return f
	case iSet:
		return in.set.first()
	case iLoop:
		if in.loop.min > 0 {
			return in.set.first()
		}
		if in.loop.max == 0 {
			return after
		}
		return after.or(in.set.first())
	case iAlt:
		var f first
		for _, t := range in.alt.targets {
			f = f.or(p.firsts[t])
		}
		return f
	case iEndText:
		return after.and(first{end: true})
	case iEndLine, iEndTextLine:
		f := first{end: true}
		f.add('\n')
		return after.and(f)
	case iAheadSet:
		if !in.negative {
			return after.and(in.set.first())
		}
	case iAhead:
		if !in.negative {
			return after.and(p.firsts[in.body])
		}
	case iCall:
		return p.firsts[in.body]
	case iAtomic:
		// A part that takes nothing begins with everything, as its iEnd does.
		return p.firsts[in.body]
	case iCondition, iEmptyIteration:
		return after.or(p.firsts[in.body])
	case iBackref, iAbsent, iEnd, iMatch, iReturn:
		return anyFirst
	case iFail:
		return first{}
	}
	return after
}

// settle finds out whether a loop ever has to give back, and makes its table.
func (p *program) settle(in *inst) (table [256]uint8) {
	l, follow := in.loop, p.firsts[in.next]
	for b := range table {
		if in.set.ascii[b] || b >= otherByte && in.set.high != noneHigh {
			table[b] |= inSet
		}
		if follow.has(byte(b)) {
			table[b] |= inFollow
		}
	}
	l.atEnd = follow.end
	common := in.set.first().and(follow)
	switch {
	case l.mode == possessive, l.max == l.min:
		l.settled = true
	case l.mode == greedy:
		l.settled = common.empty() || p.final(in.next)
	case l.mode == lazy:
		l.settled = common.empty()
	}
	if !l.settled || l.mode == lazy {
		p.remember(in)
	}
	return table
}

func shared[T comparable](known map[T]*T, table T) *T {
	if t := known[table]; t != nil {
		return t
	}
	known[table] = &table
	return &table
}

// final tells whether nothing that could fail comes at pc.
func (p *program) final(pc int32) bool {
	for p.insts[pc].op == iSave {
		pc = p.insts[pc].next
	}
	return p.insts[pc].op == iEnd || p.insts[pc].op == iMatch
}

// dispatch lists the ways of a choice for each next byte, and makes its table.
func (p *program) dispatch(in *inst) (table [130]uint8) {
	d := in.alt
	known := map[string]uint8{}
	several := false
	for b := range table {
		var list []int32
		for _, t := range d.targets {
			if f := p.firsts[t]; b == textEnd && f.end || b < textEnd && f.has(byte(b)) {
				list = append(list, t)
			}
		}
		several = several || len(list) > 1
		k := key(list)
		i, ok := known[k]
		if !ok {
			i = uint8(len(d.lists))
			known[k] = i
			d.lists = append(d.lists, list)
		}
		table[b] = i
	}
	if several {
		p.remember(in)
	}
	return table
}

// remember gives in its numbers in the memo: one for each answer to the question whether
// the loops around it have taken something.
func (p *program) remember(in *inst) {
	in.memo = int32(p.memos)
	inside := 0
	if in.more != nil {
		inside = len(in.more.inside)
	}
	p.memos += 1 << min(inside, maxInside)
	p.forgetful = p.forgetful && inside <= maxInside
}

// maxInside is how deep loops whose bodies may take nothing may nest for a memo.
const maxInside = 6
