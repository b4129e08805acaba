package ruby

import (
	"os"
	"slices"
	"strings"
)

var cEnvObj = defClass("LogStash::Environment", cObject)

// Environ returns the names of the process's environment variables, sorted, for a Policy
// that lets scripts list those that they may read.
func Environ() []string {
	var names []string
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// variable returns a variable of the environment, or nil.
func (th *thread) variable(v Value) Value {
	get := th.inst.script.opts.Policy.Getenv
	name := th.strArg(v)
	if get == nil {
		th.denied("reading environment variables")
	}
	s, ok := get(name)
	if !ok {
		return vNil
	}
	return th.frozenStr(s, encUTF8)
}

// environment returns all variables that the script may see.
func (th *thread) environment() Value {
	list, get := th.inst.script.opts.Policy.Environ, th.inst.script.opts.Policy.Getenv
	if list == nil || get == nil {
		th.denied("listing the environment")
	}
	h := th.newHash(0)
	for _, name := range list() {
		if s, ok := get(name); ok {
			th.charge(len(name) + len(s) + 64)
			h.set(th, th.frozenStr(name, encUTF8), th.frozenStr(s, encUTF8))
		}
	}
	return Value{o: h}
}

func init() {
	coreConsts["ENV"] = Value{o: &Object{cls: cEnvObj}}
	def := cEnvObj.def
	def("[]", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.variable(a[0]) })
	def("fetch", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if v := th.variable(a[0]); !v.isNil() {
			return v
		}
		if blk != nil {
			return th.yield1(blk, a[0])
		}
		if len(a) > 1 {
			return a[1]
		}
		th.raiseKey(self, a[0])
		return vNil
	})
	def("key? has_key? include? member?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Bool(!th.variable(a[0]).isNil())
	})
	def("values_at", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		out := make([]Value, len(a))
		for i, name := range a {
			out[i] = th.variable(name)
		}
		return th.array(out)
	})
	def("slice", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := th.newHash(0)
		for _, name := range a {
			if v := th.variable(name); !v.isNil() {
				h.set(th, name, v)
			}
		}
		return Value{o: h}
	})
	def("[]= store delete update merge! replace clear delete_if keep_if reject! select! filter! shift", 0, -1, denies("changing the environment"))
	def("to_s", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str("ENV") })
	def("to_h to_hash", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.environment()
		}
		return th.sendBlock(th.environment(), "to_h", nil, blk)
	})
	def("inspect", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if th.inst.script.opts.Policy.Environ == nil {
			return th.str("ENV")
		}
		return th.str(th.inspect(th.environment()))
	})
	// The others are those of the Hash of all variables.
	for _, name := range []string{"each", "each_pair", "keys", "values", "map", "select", "filter", "reject", "find", "any?", "all?", "none?", "count", "size", "length",
		"empty?", "key", "value?", "has_value?", "to_a", "each_key", "each_value", "sort", "sort_by", "filter_map", "find_all", "partition", "except", "assoc",
		"invert", "min_by", "max_by", "group_by", "each_with_object", "each_with_index", "reduce", "inject", "flat_map", "sum", "detect", "collect", "zip", "lazy", "entries"} {
		def(name, 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			all := th.environment()
			v := th.sendBlock(all, name, a, blk)
			if v.same(all) {
				return self
			}
			return v
		})
	}
}
