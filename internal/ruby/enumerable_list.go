package ruby

// The methods of Enumerable for lists, whose blocks are called in rounds.

// firstWhere returns the first element for which the test of any? and its kin gives want.
func (th *thread) firstWhere(x *Array, a []Value, blk *Proc, want bool) (v Value, found bool) {
	if len(a) > 0 || blk == nil {
		for i := 0; i < len(x.list(th)); i++ {
			if v = x.items[i]; th.truth(v, a, blk) == want {
				return v, true
			}
		}
		return vNil, false
	}
	r := th.rounds(blk)
	for i := 0; i < len(x.list(th)) && !found; i++ {
		v = x.items[i]
		found = r.one(v).truthy() == want
	}
	r.end()
	if !found {
		return vNil, false
	}
	return v, true
}

// fold is inject with a block; acc is the first element when it is not given.
func (th *thread) fold(x *Array, acc Value, given bool, blk *Proc) Value {
	i := 0
	if !given {
		if len(x.list(th)) == 0 {
			return vNil
		}
		acc, i = x.items[0], 1
	}
	r := th.rounds(blk)
	for ; i < len(x.list(th)); i++ {
		acc = r.two(acc, x.items[i])
	}
	r.end()
	return acc
}
