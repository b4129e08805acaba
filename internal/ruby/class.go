package ruby

import (
	"maps"
	"slices"
	"strings"
)

// native is a method written in Go. a is valid during the call only.
type native func(th *thread, self Value, a []Value, blk *Proc) Value

type visibility uint8

const (
	public visibility = iota
	private
	protected
)

// Method is a method of a class.
type Method struct {
	name  string
	owner *Class
	fn    native
	quiet quiet // fn for who looks whether it raised; see compile_quiet.go
	min   int
	max   int  // -1 for any number
	one   bool // fn takes one argument
	body  *methodBody
	proc  *Proc // of define_method
	vis   visibility
	undef bool
	cref  *Class // where def and constants in its body go
	// yields tells that a core method only calls its block, and never keeps it.
	yields bool
	// passesKw tells that a method in Go passes keyword arguments on as such.
	passesKw bool
	same     *Method // of an alias: the method that it is another name of
}

// origin is the method that this one is an alias of, or itself.
func (m *Method) origin() *Method {
	if m.same != nil {
		return m.same
	}
	return m
}

// builtinPrivate tells whether a core method is one that CRuby keeps private.
func (m *Method) builtinPrivate() bool {
	return m.name == "initialize" || m.owner == mKernel && kernelPrivate[m.name]
}

// Class is a class or module. Those of the core are shared by all scripts and never
// change after init; what a script adds to them is kept in its Instance.
type Class struct {
	name     string
	super    *Class
	module   bool
	methods  map[string]*Method
	includes []*Class
	prepends []*Class
	consts   map[string]Value
	meta     *Class // its singleton class; its methods are the class methods
	single   *Value // of a singleton class: whose it is
	up       *Class // the class or module it is written in
	builtin  bool
	alloc    func(cls *Class) Value // makes an instance; inherited
	ivars    Object
	cvars    map[string]Value
	mro      []*Class
	fields   []string // of a Struct
	kwInit   bool
	noNew    bool
	ownEqq   bool // its singleton class has a === of its own
}

// label is how a class is named in messages; one without a name shows its address.
func (c *Class) label(th *thread) string {
	if c.name == "" {
		return th.inspect(Value{o: c})
	}
	return c.name
}

func (c *Class) class() *Class {
	if c.meta != nil {
		return c.meta
	}
	if c.module {
		return cModule
	}
	return cClass
}

var (
	cBasicObject = &Class{name: "BasicObject", builtin: true}
	cObject      = &Class{name: "Object", super: cBasicObject, builtin: true}
	cModule      = &Class{name: "Module", super: cObject, builtin: true}
	cClass       = &Class{name: "Class", super: cModule, builtin: true}
	// coreConsts are the constants at the top level that all scripts see.
	coreConsts = map[string]Value{}
)

func defModule(name string) *Class {
	c := &Class{name: name, module: true, builtin: true}
	register(c)
	return c
}

func defClass(name string, super *Class) *Class {
	c := &Class{name: name, super: super, builtin: true}
	register(c)
	return c
}

// register makes the constant of a core class, below the module its name begins with.
func register(c *Class) {
	if i := strings.LastIndex(c.name, "::"); i >= 0 {
		parent, ok := corePath(c.name[:i])
		if !ok {
			panic("ruby: " + c.name + " is defined before its module")
		}
		parent.setConst(c.name[i+2:], Value{o: c})
		c.up = parent
		return
	}
	if coreConsts == nil {
		coreConsts = map[string]Value{}
	}
	coreConsts[c.name] = Value{o: c}
}

func corePath(path string) (*Class, bool) {
	first, rest, more := strings.Cut(path, "::")
	v, ok := coreConsts[first]
	for ok && more {
		first, rest, more = strings.Cut(rest, "::")
		c, is := v.o.(*Class)
		if !is {
			return nil, false
		}
		v, ok = c.consts[first]
	}
	if !ok {
		return nil, false
	}
	c, is := v.o.(*Class)
	return c, is
}

func (c *Class) setConst(name string, v Value) {
	if c.consts == nil {
		c.consts = map[string]Value{}
	}
	c.consts[name] = v
}

// def registers a core method under one or more names, separated by blanks. It takes
// min to max arguments, any number with max -1.
func (c *Class) def(names string, min, max int, fn native) {
	if c.methods == nil {
		c.methods = map[string]*Method{}
	}
	var first *Method
	for _, name := range strings.Fields(names) {
		m := &Method{name: name, owner: c, fn: fn, min: min, max: max, one: min <= 1 && max != 0, same: first}
		if first == nil {
			first = m
		}
		c.methods[name] = m
	}
}

// sdef registers class methods.
func (c *Class) sdef(names string, min, max int, fn native) {
	c.singleton().def(names, min, max, fn)
}

// singleton returns the singleton class of a class.
func (c *Class) singleton() *Class {
	if c.meta == nil {
		self := Value{o: c}
		c.meta = &Class{name: "#<Class:" + c.name + ">", single: &self, builtin: c.builtin}
		c.meta.super = cClass
		if c.module {
			c.meta.super = cModule
		} else if c.super != nil {
			c.meta.super = c.super.singleton()
		}
	}
	return c.meta
}

// ancestors returns the classes and modules in which methods are looked for, in order.
func (c *Class) ancestors() []*Class {
	if c.mro != nil {
		return c.mro
	}
	var list []*Class
	add := func(x *Class) {
		if !slices.Contains(list, x) {
			list = append(list, x)
		}
	}
	for k := c; k != nil; k = k.super {
		for i := len(k.prepends) - 1; i >= 0; i-- {
			for _, m := range k.prepends[i].ancestors() {
				add(m)
			}
		}
		add(k)
		for i := len(k.includes) - 1; i >= 0; i-- {
			for _, m := range k.includes[i].ancestors() {
				add(m)
			}
		}
	}
	if !c.builtin {
		return list // a script may still include modules somewhere above
	}
	c.mro = list
	return list
}

// include adds a module to a core class.
func (c *Class) include(m *Class) { c.includes = append(c.includes, m) }

// isA tells whether c is d, inherits from it or includes it.
func (c *Class) isA(d *Class) bool {
	if !d.module {
		for k := c; k != nil; k = k.super {
			if k == d {
				return true
			}
		}
		return false
	}
	return slices.Contains(c.ancestors(), d)
}

// real skips singleton classes.
func (c *Class) real() *Class {
	for c.single != nil {
		if cls, ok := c.single.o.(*Class); ok {
			if cls.module {
				return cModule
			}
			return cClass
		}
		c = c.super
	}
	return c
}

// seal computes the method order of all core classes, so that scripts that run at the
// same time only read it.
func seal() {
	sealEnumerators()
	sealYields()
	seen := map[*Class]bool{}
	var walk func(c *Class)
	walk = func(c *Class) {
		if c == nil || seen[c] {
			return
		}
		seen[c] = true
		c.ancestors()
		walk(c.super)
		if c.single != nil {
			return
		}
		walk(c.singleton())
		c.ownEqq = c.meta.methods["==="] != nil
		for _, v := range c.consts {
			if k, ok := v.o.(*Class); ok {
				walk(k)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(coreConsts)) {
		if c, ok := coreConsts[name].o.(*Class); ok {
			walk(c)
		}
	}
}

// classOf returns the class in which a value's methods are looked for.
func classOf(v Value) *Class {
	if v.o == nil {
		return cNilClass
	}
	return v.o.class()
}

// find looks a method up, what the script added to core classes included.
func (in *Instance) find(c *Class, name string) *Method {
	for _, k := range c.ancestors() {
		if in.patched != nil && k.builtin {
			if m := in.patched[k][name]; m != nil {
				if m.undef {
					return nil
				}
				return m
			}
		}
		if m := k.methods[name]; m != nil {
			if m.undef {
				return nil
			}
			return m
		}
		if in.mixed != nil && k.builtin {
			// Modules that the script included into a core class.
			for _, mod := range in.mixed[k] {
				if m := in.find(mod, name); m != nil {
					return m
				}
			}
		}
	}
	return nil
}

// findAfter looks a method up behind owner, for super.
func (in *Instance) findAfter(c, owner *Class, name string) *Method {
	list := c.ancestors()
	i := slices.Index(list, owner)
	for _, k := range list[i+1:] {
		if in.patched != nil && k.builtin {
			if m := in.patched[k][name]; m != nil {
				return m
			}
		}
		if m := k.methods[name]; m != nil {
			return m
		}
	}
	return nil
}

// addMethod defines a method from a script.
func (in *Instance) addMethod(c *Class, m *Method) {
	m.owner, m.cref = c, c.inside()
	if m.proc != nil || m.fn != nil {
		in.captures = true
	}
	if c.builtin {
		in.changed()
		if in.patched == nil {
			in.patched = map[*Class]map[string]*Method{}
		}
		if in.patched[c] == nil {
			in.patched[c] = map[string]*Method{}
		}
		in.patched[c][m.name] = m
		return
	}
	if old := c.methods[m.name]; old != nil && old.body != nil && m.body != nil && old.body == m.body && old.vis == m.vis {
		return
	}
	in.changed()
	if c.methods == nil {
		c.methods = map[string]*Method{}
	}
	c.methods[m.name] = m
}

// singletonOf returns the singleton class of any value that may have one.
func (th *thread) singletonOf(v Value) *Class {
	switch x := v.o.(type) {
	case *Class:
		if x.builtin && x.meta == nil {
			th.raise(cTypeError, "can't define singleton")
		}
		return x.singleton()
	case *Object:
		if x.meta == nil {
			s := v
			x.meta = &Class{name: x.cls.name, super: x.cls, single: &s}
		}
		return x.meta
	}
	th.raise(cTypeError, "can't define singleton")
	return nil
}
