package ruby

import (
	"reflect"
	"strings"
)

// changesStrings tells whether code may change a String in place that it has got from
// the event. If not, strings of events need not know where they stand. It looks at every
// call of a method that changes its receiver, and asks whether that can be a String.
func changesStrings(bodies ...node) bool {
	w := &mutationWalk{values: map[*local][]node{}, unknown: map[*local]bool{}, seeded: map[*local]bool{}, asking: map[*local]bool{}}
	for _, b := range bodies {
		w.walk(reflect.ValueOf(&b).Elem())
	}
	for _, n := range w.changed {
		if w.maybeString(n) {
			return true
		}
	}
	return w.found
}

// mutators are the methods that change a String, besides those whose names end with !.
var mutators = wordSet("<< concat replace insert prepend clear force_encoding append_as_bytes setbyte []= send public_send __send__ method")

// notStrings are methods that return something else whatever they are called on.
var notStrings = wordSet("map collect select filter reject flat_map filter_map uniq sort sort_by keys values split scan chars bytes lines to_a to_h to_hash to_i to_f length size count group_by partition zip flatten compact merge each_slice each_with_index invert transform_values transform_keys to_set index nil? empty? include? is_a? key?")

func wordSet(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

func changes(name string) bool {
	return mutators[name] || len(name) > 1 && name[len(name)-1] == '!' && name[0] != '!'
}

// mutationWalk collects what variables are given and what is changed.
type mutationWalk struct {
	values  map[*local][]node
	unknown map[*local]bool // may be given anything
	seeded  map[*local]bool // parameters that are always given their values
	changed []node          // receivers
	found   bool
	asking  map[*local]bool
}

var (
	localType = reflect.TypeFor[*local]()
	scopeType = reflect.TypeFor[*scope]()
	valueType = reflect.TypeFor[Value]()
)

// walk visits everything below v, which is a node or a part of one.
func (w *mutationWalk) walk(v reflect.Value) {
	switch v.Kind() {
	case reflect.Slice:
		for i := range v.Len() {
			w.walk(v.Index(i))
		}
	case reflect.Interface:
		if !v.IsNil() {
			w.walk(v.Elem())
		}
	case reflect.Pointer:
		switch {
		case v.IsNil() || v.Type() == scopeType:
		case v.Type() == localType:
			w.unknown[(*local)(v.UnsafePointer())] = true
		case v.Type() == reflect.TypeFor[*lvarNode]():
		default:
			w.visit(v)
			w.walk(v.Elem())
		}
	case reflect.Struct:
		if v.Type() != valueType {
			for i := range v.NumField() {
				w.walk(v.Field(i))
			}
		}
	}
}

func (w *mutationWalk) visit(v reflect.Value) {
	switch v.Type() {
	case reflect.TypeFor[*asgnNode]():
		n := (*asgnNode)(v.UnsafePointer())
		w.assign(n.target, n.value)
	case reflect.TypeFor[*opAsgnNode]():
		n := (*opAsgnNode)(v.UnsafePointer())
		switch n.op {
		case "||", "&&", "||=", "&&=":
			w.assign(n.target, n.value)
		default:
			w.assign(n.target, nil)
		}
	case reflect.TypeFor[*mlhsNode]():
		n := (*mlhsNode)(v.UnsafePointer())
		for _, t := range append(append([]node{n.splat}, n.pre...), n.post...) {
			w.assign(t, nil)
		}
	case reflect.TypeFor[*forNode]():
		w.assign((*forNode)(v.UnsafePointer()).target, nil)
	case reflect.TypeFor[*beginNode]():
		for _, r := range (*beginNode)(v.UnsafePointer()).rescues {
			w.assign(r.target, nil)
		}
	case reflect.TypeFor[*symNode]():
		w.found = w.found || changes((*symNode)(v.UnsafePointer()).name)
	case reflect.TypeFor[*params]():
		p := (*params)(v.UnsafePointer())
		for _, t := range append(append([]node(nil), p.req...), p.post...) {
			if l, ok := t.(*lvarNode); !ok || !w.seeded[l.v] {
				w.assign(t, nil)
			}
		}
	case reflect.TypeFor[*callNode]():
		n := (*callNode)(v.UnsafePointer())
		if n.recv != nil && changes(n.name) {
			w.changed = append(w.changed, n.recv)
		}
		w.accumulator(n)
	}
}

// assign notes that a target is given a value; nil stands for any.
func (w *mutationWalk) assign(target, value node) {
	switch t := target.(type) {
	case *lvarNode:
		if value == nil {
			w.unknown[t.v] = true
		} else {
			w.values[t.v] = append(w.values[t.v], value)
		}
	case *callNode: // x[i] = value
		if t.name != "[]" && t.name != "[]=" {
			return
		}
		if len(t.args) == 1 {
			if _, ok := t.args[0].(*symNode); ok {
				return // no String takes a Symbol
			}
		}
		w.changed = append(w.changed, t.recv)
	}
}

// accumulator knows what some methods give their blocks: each_with_object its argument,
// Hash.new the Hash.
func (w *mutationWalk) accumulator(n *callNode) {
	if n.block == nil || n.block.params == nil {
		return
	}
	p := n.block.params
	var value node
	i := 0
	switch {
	case n.name == "each_with_object" && len(n.args) == 1:
		value, i = n.args[0], 1
	case n.name == "new" && !w.maybeString(n):
		value = &hashNode{}
	}
	if value == nil || len(p.req) != 2 || len(p.opt)+len(p.post) > 0 {
		return
	}
	if l, ok := p.req[i].(*lvarNode); ok {
		w.values[l.v] = append(w.values[l.v], value)
		w.seeded[l.v] = true
	}
}

func (w *mutationWalk) maybeString(n node) bool {
	switch n := n.(type) {
	case *arrayNode, *hashNode, *litNode, *symNode, *nilNode, *trueNode, *falseNode, *rangeNode, *notNode:
		return false
	case *lvarNode:
		if w.unknown[n.v] || strings.HasPrefix(n.v.name, "_") {
			return true
		}
		if w.asking[n.v] {
			return false // it depends on its other values
		}
		w.asking[n.v] = true
		defer delete(w.asking, n.v)
		for _, v := range w.values[n.v] {
			if w.maybeString(v) {
				return true
			}
		}
		return false
	case *callNode:
		if c, ok := n.recv.(*constNode); ok && n.name == "new" && c.scope == nil {
			return c.name != "Hash" && c.name != "Array" && c.name != "Set"
		}
		return !notStrings[n.name]
	case *asgnNode:
		return w.maybeString(n.value)
	case *ifNode:
		return w.maybeString(n.then) || w.maybeString(n.els)
	case nil:
		return false
	case *seqNode:
		return len(n.list) != 1 || w.maybeString(n.list[0])
	}
	return true
}
