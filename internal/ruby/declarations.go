package ruby

import (
	"reflect"
	"strings"
)

// declare notes what the syntax tree of a text defines, before any text is compiled:
// constants, classes, methods, and whether a core class is reopened.
func (b *builder) declare(body node) {
	b.declareIn(reflect.ValueOf(&body).Elem())
}

func (b *builder) declareIn(v reflect.Value) {
	switch v.Kind() {
	case reflect.Slice:
		for i := range v.Len() {
			b.declareIn(v.Index(i))
		}
	case reflect.Interface:
		if !v.IsNil() {
			b.declareIn(v.Elem())
		}
	case reflect.Pointer:
		if !v.IsNil() && v.Type() != scopeType && v.Type() != localType {
			b.declaration(v)
			b.declareIn(v.Elem())
		}
	case reflect.Struct:
		if v.Type() != valueType {
			for i := range v.NumField() {
				b.declareIn(v.Field(i))
			}
		}
	}
}

func (b *builder) declaration(v reflect.Value) {
	switch v.Type() {
	case reflect.TypeFor[*asgnNode]():
		b.assigns((*asgnNode)(v.UnsafePointer()).target)
	case reflect.TypeFor[*opAsgnNode]():
		b.assigns((*opAsgnNode)(v.UnsafePointer()).target)
	case reflect.TypeFor[*mlhsNode]():
		n := (*mlhsNode)(v.UnsafePointer())
		for _, t := range append(append([]node{n.splat}, n.pre...), n.post...) {
			b.assigns(t)
		}
	case reflect.TypeFor[*classNode]():
		b.opens((*classNode)(v.UnsafePointer()).path)
	case reflect.TypeFor[*defNode]():
		b.defs[(*defNode)(v.UnsafePointer()).name] = true
	case reflect.TypeFor[*aliasNode]():
		b.defs[(*aliasNode)(v.UnsafePointer()).to] = true
	case reflect.TypeFor[*callNode]():
		b.definer((*callNode)(v.UnsafePointer()))
	}
}

// assigns notes a constant that a target names.
func (b *builder) assigns(target node) {
	if c, ok := target.(*constNode); ok {
		b.script.assigned[c.name] = true
	}
}

// opens notes the names in the path of a class or module.
func (b *builder) opens(path *constNode) {
	first := path
	for c := path; c != nil; {
		b.script.assigned[c.name] = true
		first = c
		up, ok := c.scope.(*constNode)
		if !ok {
			break
		}
		c = up
	}
	if _, core := coreConsts[first.name]; core {
		b.patched = true
	}
}

// definer notes the methods that a call such as attr_reader or define_method makes. A
// name that is made at run time may be any.
func (b *builder) definer(n *callNode) {
	list := n.args
	switch {
	case strings.HasPrefix(n.name, "attr_") || n.name == "attr" || strings.HasPrefix(n.name, "def_") || n.name == "delegate" || n.name == "instance_delegate":
	case n.name == "define_method" || n.name == "define_singleton_method" || n.name == "alias_method":
		list = list[:min(len(list), 1)]
	default:
		return
	}
	for _, a := range list {
		name, ok := "", false
		switch x := a.(type) {
		case *symNode:
			name, ok = x.name, true
		case *strNode:
			name, ok = plainString(x)
		}
		if !ok {
			b.defs["method_missing"] = true
			continue
		}
		b.defs[name], b.defs[name+"="] = true, true
	}
}
