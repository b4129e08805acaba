package ruby

import (
	"sluice/internal/diag"
)

func getIvar(fr *frame, name string) Value {
	o := fr.th.ivarsOf(fr.self)
	if o == nil {
		return vNil
	}
	v, _ := o.get(name)
	return v
}

func setIvar(fr *frame, name string, v Value) {
	th := fr.th
	o := th.ivarsOf(fr.self)
	if o == nil || o.frozen {
		th.raiseFrozen(fr.self)
	}
	th.keep()
	o.set(name, v)
}

// ivarsOf returns where a value's instance variables are; nil when it has none.
func (th *thread) ivarsOf(v Value) *Object {
	switch x := v.o.(type) {
	case *Object:
		return x
	case *Class:
		if x.builtin {
			return &th.inst.coreIvars
		}
		return &x.ivars
	case *Exception:
		return &x.obj
	}
	return nil
}

// getCvar looks a class variable up in the class and its ancestors.
func getCvar(fr *frame, name string) Value {
	if k := findCvar(fr, name); k != nil {
		return k.cvars[name]
	}
	fr.th.raise(cNameError, "uninitialized class variable %s in %s", name, fr.cref.name)
	return vNil
}

func findCvar(fr *frame, name string) *Class {
	for _, k := range fr.cref.ancestors() {
		if _, ok := k.cvars[name]; ok {
			return k
		}
	}
	for k := fr.cref.up; k != nil; k = k.up {
		if _, ok := k.cvars[name]; ok {
			return k
		}
	}
	return nil
}

func setCvar(fr *frame, name string, v Value) {
	k := findCvar(fr, name)
	if k == nil {
		k = fr.cref
		if k.builtin {
			k = fr.th.inst.filterClass
		}
	}
	if k.cvars == nil {
		k.cvars = map[string]Value{}
	}
	fr.th.keep()
	k.cvars[name] = v
}

func (in *Instance) lastErr(th *thread, v Value) Value {
	old := th.lastError
	th.lastError = v
	return old
}

func (in *Instance) gvar(th *thread, name string) Value {
	switch name {
	case "$!":
		return th.lastError
	case "$@":
		if e, ok := th.lastError.o.(*Exception); ok {
			return th.send(Value{o: e}, "backtrace")
		}
		return vNil
	case "$0", "$PROGRAM_NAME":
		return th.str("logstash")
	}
	return in.gvars[name]
}

func (in *Instance) setGvar(th *thread, name string, v Value) {
	if in.gvars == nil {
		in.gvars = map[string]Value{}
	}
	th.keep()
	in.gvars[name] = v
}

// setConst assigns a constant; the first name a class gets is its name.
func (in *Instance) setConst(th *thread, k *Class, name string, v Value) {
	if c, ok := v.o.(*Class); ok && c.name == "" {
		c.name = name
		if k != nil && k != cObject {
			c.name = k.name + "::" + name
		}
		if c.up == nil {
			c.up = k
		}
		if c.meta != nil {
			c.meta.name = "#<Class:" + c.name + ">"
		}
	}
	th.keep()
	if k == nil || k.builtin {
		if in.coreConsts == nil {
			in.coreConsts = map[*Class]map[string]Value{}
		}
		if k == nil {
			k = cObject
		}
		if in.coreConsts[k] == nil {
			in.coreConsts[k] = map[string]Value{}
		}
		in.coreConsts[k][name] = v
		return
	}
	k.setConst(name, v)
}

// own looks a constant up in one class.
func (in *Instance) ownConst(k *Class, name string) (Value, bool) {
	if in.coreConsts != nil && k.builtin {
		if v, ok := in.coreConsts[k][name]; ok {
			return v, true
		}
	}
	v, ok := k.consts[name]
	return v, ok
}

// lookupConst finds a constant from inside a class: in the classes around it, its
// ancestors, the top level. With outer false only there itself.
func (in *Instance) lookupConst(k *Class, name string, outer bool) (Value, bool) {
	if !outer {
		if v, ok := in.ownConst(k, name); ok {
			return v, true
		}
		if k == in.filterClass || k == cObject {
			v, ok := in.topConst(name)
			return v, ok
		}
		return vNil, false
	}
	for c := k; c != nil; c = c.up {
		if v, ok := in.ownConst(c, name); ok {
			return v, true
		}
	}
	if k != nil {
		for _, c := range k.ancestors() {
			if v, ok := in.ownConst(c, name); ok {
				return v, true
			}
		}
	}
	if v, ok := in.ownConst(in.filterClass, name); ok {
		return v, true
	}
	return in.topConst(name)
}

func (in *Instance) topConst(name string) (Value, bool) {
	if v, ok := in.ownConst(cObject, name); ok {
		return v, true
	}
	v, ok := coreConsts[name]
	return v, ok
}

func (c *compiler) constant(n *constNode) code {
	at, name := n.at(), n.name
	if n.scope != nil {
		if k, ok := c.coreScope(n.scope); ok && !c.assigned[name] {
			if v, ok := k.consts[name]; ok {
				return constCode(v)
			}
			if c.rescued == 0 && k.builtin && !c.assigned[k.name] {
				path := k.name + "::" + name
				c.unknown = append(c.unknown, func() {
					if !c.patchedCore {
						c.unknownConst(path, at)
					}
				})
			}
		}
		scope := c.expr(n.scope)
		return func(fr *frame) Value {
			th := fr.th
			v := scope(fr)
			th.at = at
			return th.constIn(v, name)
		}
	}
	if v, ok := coreConsts[name]; ok && !c.assigned[name] {
		// What the script assigns later in the text is looked up at run time.
		c.coreUses = append(c.coreUses, name)
		if !c.script.assigns(name) {
			return constCode(v)
		}
	} else if c.rescued == 0 {
		c.unknown = append(c.unknown, func() {
			if _, core := coreConsts[name]; !core && !perInstance[name] && !c.assigned[name] && !c.defs["const_missing"] && !c.defs["const_set"] {
				c.unknownConst(name, at)
			}
		})
	}
	return func(fr *frame) Value {
		th := fr.th
		if v, ok := th.inst.lookupConst(fr.cref, name, true); ok {
			return v
		}
		th.at = at
		return th.constMissing(fr.cref, name)
	}
}

func (c *compiler) unknownConst(path string, at int) {
	if len(*c.diags) >= maxDiags {
		return // finding what could be meant is not cheap
	}
	help := ""
	if g, ok := gemConsts[firstName(path)]; ok {
		help = g
	} else {
		var names []string
		for k := range coreConsts {
			names = append(names, k)
		}
		for k := range c.assigned {
			names = append(names, k)
		}
		if s := diag.Nearest(path, names); s != "" {
			help = "did you mean " + s + "?"
		}
	}
	c.errorf(codeUnknownName, at, help, "unknown constant %s", path)
}

func firstName(path string) string {
	for i := 0; i+1 < len(path); i++ {
		if path[i] == ':' {
			return path[:i]
		}
	}
	return path
}

// gemConsts names the gems that people use in filters, with what to do instead.
var gemConsts = map[string]string{
	"Dalli": "memcached: use the memcached filter", "LruRedux": "keep a Hash in an instance variable", "LruReredux": "keep a Hash in an instance variable",
	"MaxMind": "use the geoip filter", "Addressable": "use URI", "Redis": "redis is not available in scripts", "Java": "Java classes are not available",
	"IDN": "use java.net.IDN", "Nokogiri": "use the xml filter",
}

// coreScope returns the core class or module that an expression names.
func (c *compiler) coreScope(n node) (*Class, bool) {
	k, ok := n.(*constNode)
	if !ok {
		return nil, false
	}
	var v Value
	if k.scope == nil {
		if c.assigned[k.name] || c.script.assigns(k.name) {
			return nil, false
		}
		v, ok = coreConsts[k.name]
	} else {
		up, is := c.coreScope(k.scope)
		if !is {
			return nil, false
		}
		v, ok = up.consts[k.name]
	}
	if !ok {
		return nil, false
	}
	cls, ok := v.o.(*Class)
	return cls, ok
}

func (th *thread) constIn(v Value, name string) Value {
	k, ok := v.o.(*Class)
	if !ok {
		th.raise(cTypeError, "%s is not a class/module", th.inspect(v))
	}
	for _, a := range k.ancestors() {
		if a == cObject && k != cObject {
			break
		}
		if v, ok := th.inst.ownConst(a, name); ok {
			return v
		}
	}
	if k == cObject {
		if v, ok := th.inst.topConst(name); ok {
			return v
		}
	}
	return th.constMissing(k, name)
}

func (th *thread) constMissing(k *Class, name string) Value {
	if k != nil {
		if m := th.inst.find(k.class(), "const_missing"); m != nil {
			return th.invoke(m, Value{o: k}, []Value{sym(name)}, nil)
		}
	}
	path := name
	if k != nil && k != cObject {
		path = k.name + "::" + name
	}
	e := th.newException(cNameError, "uninitialized constant %s", path)
	e.name = sym(name)
	panic(e)
}

func (c *compiler) defined(n node) code {
	str := func(s string) code { return func(fr *frame) Value { return fr.th.str(s) } }
	c.rescued++
	defer func() { c.rescued-- }()
	switch n := n.(type) {
	case *lvarNode:
		return str("local-variable")
	case *ivarNode:
		name := n.name
		return func(fr *frame) Value {
			if o := fr.th.ivarsOf(fr.self); o != nil {
				if _, ok := o.get(name); ok {
					return fr.th.str("instance-variable")
				}
			}
			return vNil
		}
	case *gvarNode:
		name := n.name
		return func(fr *frame) Value {
			if _, ok := fr.th.inst.gvars[name]; ok || name == "$stdout" || name == "$stderr" {
				return fr.th.str("global-variable")
			}
			return vNil
		}
	case *cvarNode:
		name := n.name
		return func(fr *frame) Value {
			if findCvar(fr, name) != nil {
				return fr.th.str("class variable")
			}
			return vNil
		}
	case *constNode:
		name := n.name
		if n.scope != nil {
			scope := c.expr(n.scope)
			return func(fr *frame) Value {
				v, exc := fr.th.try(func() Value {
					return fr.th.constIn(scope(fr), name)
				}, cStandardError)
				_ = v
				if exc != nil {
					return vNil
				}
				return fr.th.str("constant")
			}
		}
		return func(fr *frame) Value {
			if _, ok := fr.th.inst.lookupConst(fr.cref, name, true); ok {
				return fr.th.str("constant")
			}
			return vNil
		}
	case *callNode:
		name := n.name
		if n.recv == nil {
			if name == "yield" {
				break
			}
			return func(fr *frame) Value {
				if fr.th.inst.find(classOf(fr.self), name) != nil || specialNames[name] {
					return fr.th.str("method")
				}
				return vNil
			}
		}
		recv := c.expr(n.recv)
		return func(fr *frame) Value {
			v, exc := fr.th.try(func() Value { return recv(fr) }, cStandardError)
			if exc != nil || !fr.th.respondTo(v, name) {
				return vNil
			}
			return fr.th.str("method")
		}
	case *yieldNode:
		return func(fr *frame) Value {
			if fr.act.blk == nil || fr.act.meth == nil {
				return vNil
			}
			return fr.th.str("yield")
		}
	case *superNode:
		return func(fr *frame) Value {
			if m := fr.act.meth; m != nil && fr.th.inst.findAfter(classOf(fr.self), m.owner, m.name) != nil {
				return fr.th.str("super")
			}
			return vNil
		}
	case *selfNode:
		return str("self")
	case *nilNode:
		return str("expression")
	case *trueNode:
		return str("true")
	case *falseNode:
		return str("false")
	case *asgnNode, *opAsgnNode, *masgnNode:
		return str("assignment")
	case *nthNode:
		x := c.expr(n)
		return func(fr *frame) Value {
			if x(fr).isNil() {
				return vNil
			}
			return fr.th.str("global-variable")
		}
	case *seqNode:
		if len(n.list) == 1 {
			return c.defined(n.list[0])
		}
	}
	x := c.expr(n)
	return func(fr *frame) Value {
		if _, exc := fr.th.try(func() Value { return x(fr) }, cStandardError); exc != nil {
			return vNil
		}
		return fr.th.str("expression")
	}
}

var specialNames = map[string]bool{"block_given?": true, "lambda": true, "proc": true, "raise": true, "require": true}
