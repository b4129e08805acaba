package ruby

// A script with state may keep what it finds in an event, so that the memory of a run
// cannot be used again. Most such scripts only read what init or register has put into
// their variables. shelter finds those, and marks the objects of that state: they count
// as frozen, so that every method that would change one asks raiseFrozen. unshelter then
// makes the object a plain one and notes that the run keeps something, from where on
// nothing of the script is used again.

// shelter tells whether the state of a new instance is plain data that can be watched.
func (in *Instance) shelter(th *thread) bool {
	k := in.filterClass
	if in.script.tracks || in.captures || in.patched != nil || in.mixed != nil || len(in.coreIvars.ivars) > 0 ||
		len(k.includes)+len(k.prepends)+len(k.ivars.ivars) > 0 || in.self.meta != nil {
		return false
	}
	for _, v := range in.gvars {
		if !th.watch(v) {
			return false
		}
	}
	for _, v := range k.cvars {
		if !th.watch(v) {
			return false
		}
	}
	for _, v := range k.consts {
		if !th.watch(v) {
			return false
		}
	}
	for _, consts := range in.coreConsts {
		for _, v := range consts {
			if v != in.stdout && !th.watch(v) {
				return false
			}
		}
	}
	for _, iv := range in.self.ivars {
		if !th.watch(iv.v) {
			return false
		}
	}
	return true
}

// watch marks plain data, and tells whether v is that.
func (th *thread) watch(v Value) bool {
	switch x := v.o.(type) {
	case nil, *tag, *Symbol, *BigInt, *Rational, *BigDecimal, *Regexp, *Time, *Timestamp:
		return true
	case *Range:
		return th.watch(x.lo) && th.watch(x.hi)
	case *String:
		if !x.frozen {
			x.frozen, x.old = true, true
		}
		return x.homes == nil
	case *Array:
		if x.old {
			return true
		}
		list := x.list(th)
		x.frozen, x.old = true, !x.frozen
		if !x.old && !th.enterNested(x) {
			return true // a frozen one that contains itself
		}
		for _, e := range list {
			if !th.watch(e) {
				return false
			}
		}
		if !x.old {
			th.leaveNested()
		}
		return true
	case *Hash:
		if x.old {
			return true
		}
		if x.defProc != nil || x.cls != nil || !th.watch(x.def) {
			return false
		}
		ents := x.entries(th)
		x.frozen, x.old = true, !x.frozen
		if !x.old && !th.enterNested(x) {
			return true
		}
		for _, e := range ents {
			if e.live && (!th.watch(e.k) || !th.watch(e.v)) {
				return false
			}
		}
		if !x.old {
			th.leaveNested()
		}
		return true
	case *Set:
		if x.old {
			return true
		}
		if !x.frozen {
			x.frozen, x.old = true, true
		}
		return th.watch(Value{o: x.h})
	case *Object:
		return (x.cls == cLogger || x.cls == cMetricObj) && len(x.ivars) == 0
	}
	return false
}

// unshelter makes a sheltered object one that may change, and tells whether it was one.
func (th *thread) unshelter(v Value) bool {
	switch x := v.o.(type) {
	case *String:
		if x.old {
			x.frozen, x.old = false, false
			th.keep()
			return true
		}
	case *Array:
		if x.old {
			x.frozen, x.old = false, false
			th.keep()
			return true
		}
	case *Hash:
		if x.old {
			x.frozen, x.old = false, false
			th.keep()
			return true
		}
	case *Set:
		if x.old {
			x.frozen, x.old = false, false
			x.h.frozen, x.h.old = false, false
			th.keep()
			return true
		}
	}
	return false
}

// keep notes that something of this run lives on.
func (th *thread) keep() { th.kept = true }
