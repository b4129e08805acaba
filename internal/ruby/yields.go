package ruby

import "strings"

// sealYields marks the core methods that call their block and never keep it, so that it
// need not be an object. A name that is not there is a panic.
func sealYields() {
	for _, x := range []struct {
		class *Class
		names string
	}{
		{cArray, "each each_index reverse_each map! collect! select! filter! reject! keep_if delete_if sort sort! sort_by! find_index index rindex sum fill to_h uniq uniq! delete fetch combination permutation"},
		{cHash, "each each_pair each_key each_value select filter reject any? count map collect find detect sum fetch transform_values transform_keys transform_values! transform_keys! select! filter! reject! keep_if delete_if to_h merge merge! update partition delete"},
		{cInteger, "times upto downto"},
		{cRange, "each"},
		{cString, "each_char each_line each_byte gsub sub gsub! sub! scan"},
		{mKernel, "loop tap then yield_self"},
		{mEnumerable, "map collect flat_map collect_concat select filter find_all reject filter_map each_with_index each_with_object reverse_each to_h sum uniq find detect inject reduce any? all? none? one? partition group_by min_by max_by sort_by each_slice each_cons count min max minmax sort take_while drop_while find_index zip"},
	} {
		for name := range strings.FieldsSeq(x.names) {
			m := x.class.methods[name]
			if m == nil {
				panic("ruby: no method " + name + " in " + x.class.name)
			}
			m.yields = true
		}
	}
}

// onlyYields tells whether a core method just calls its block. Those of Enumerable hand it
// to the each of what is not a core collection.
func (m *Method) onlyYields(self Value) bool {
	return m.yields && (m.owner != mEnumerable || onlyYields(self))
}

// onlyYields tells whether the elements of v are iterated over without a method call.
func onlyYields(v Value) bool {
	switch v.o.(type) {
	case *Array, *Hash, *Range:
		return true
	}
	return false
}
