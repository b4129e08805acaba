package ruby

import "strings"

// init makes the methods that want a block return an Enumerator when they get none. It
// is in a file whose methods are defined before: a name that is not there is a panic.
func sealEnumerators() {
	for _, x := range []struct {
		class *Class
		names string
	}{
		{cArray, "map! collect! select! filter! reject! keep_if delete_if sort_by! bsearch bsearch_index rindex combination permutation repeated_combination repeated_permutation cycle each_index reverse_each"},
		{cHash, "select! filter! reject! keep_if delete_if transform_values transform_values! each_key each_value select filter reject"},
		{cRange, "bsearch"},
	} {
		for name := range strings.FieldsSeq(x.names) {
			m := x.class.methods[name]
			if m == nil {
				panic("ruby: no method " + name + " in " + x.class.name)
			}
			fn := m.fn
			m.fn = func(th *thread, self Value, a []Value, blk *Proc) Value {
				if blk == nil && !(name == "rindex" && len(a) > 0) {
					return th.enumFor(self, name, a...)
				}
				return fn(th, self, a, blk)
			}
		}
	}
}
