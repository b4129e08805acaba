package ruby

import "slices"

// yamlOptions say what a YAML text may hold.
type yamlOptions struct {
	any       bool     // unsafe_load
	classes   []string // permitted_classes
	symbols   []string // permitted_symbols; all of them when empty
	aliases   bool
	symbolize bool // symbolize_names
	fallback  Value
}

func (th *thread) yamlOptions(o *Hash) *yamlOptions {
	y := &yamlOptions{}
	on := func(name string) bool {
		v := o.opt(th, name)
		return !v.isUndef() && v.truthy()
	}
	y.aliases, y.symbolize = on("aliases"), on("symbolize_names")
	if v := o.opt(th, "permitted_classes"); !v.isUndef() {
		for _, c := range th.list(v) {
			y.classes = append(y.classes, th.toS(c))
		}
	}
	if v := o.opt(th, "permitted_symbols"); !v.isUndef() {
		for _, c := range th.list(v) {
			y.symbols = append(y.symbols, th.toS(c))
		}
	}
	if v := o.opt(th, "fallback"); !v.isUndef() {
		y.fallback = v
	}
	return y
}

// permit raises for a value of a class that is not permitted; nil is none.
func (r *yamlReader) permit(class *Class) {
	if class != nil && !r.opts.any && !slices.Contains(r.opts.classes, class.name) {
		r.th.raise(cDisallowed, "Tried to load unspecified class: %s", class.name)
	}
}

func (r *yamlReader) permitSymbol(name string) {
	r.permit(cSymbol)
	if len(r.opts.symbols) > 0 && !slices.Contains(r.opts.symbols, name) {
		r.th.raise(cDisallowed, "Tried to load unspecified class: Symbol")
	}
}

func init() {
	coreConsts["YAML"] = Value{o: mYAML}
	load := func(th *thread, s string, y *yamlOptions) Value {
		docs := th.parseYAML(s, y)
		switch {
		case len(docs) == 0:
			return y.fallback
		case y.symbolize:
			return th.symbolKeys(docs[0])
		}
		return docs[0]
	}
	text := func(th *thread, v Value) string {
		if _, ok := v.o.(*String); !ok && th.respondTo(v, "read") {
			v = th.send(v, "read")
		}
		return th.strArg(v)
	}
	for name, options := range map[string]func(y *yamlOptions){
		"load":        func(y *yamlOptions) { y.classes = append(y.classes, "Symbol") },
		"safe_load":   func(y *yamlOptions) {},
		"unsafe_load": func(y *yamlOptions) { y.any, y.aliases = true, true },
	} {
		mYAML.sdef(name, 1, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
			_, o := th.optionsBehind(a)
			y := th.yamlOptions(o)
			options(y)
			return load(th, text(th, a[0]), y)
		})
		mYAML.sdef(name+"_file", 1, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
			_, o := th.optionsBehind(a)
			y := th.yamlOptions(o)
			if y.fallback.isNil() {
				y.fallback = vFalse
			}
			options(y)
			return load(th, th.readFile(th.readPath(a[0])), y)
		})
	}
	mYAML.sdef("load_stream", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		docs := th.parseYAML(text(th, a[0]), &yamlOptions{any: true, aliases: true})
		if blk != nil {
			for _, d := range docs {
				th.yield1(blk, d)
			}
		}
		return th.array(docs)
	})
	mYAML.sdef("dump safe_dump", 1, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
		v := th.dumpYAML(a[0])
		if len(a) > 1 && th.respondTo(a[1], "write") {
			th.send(a[1], "write", v)
			return a[1]
		}
		return v
	})
	mKernel.def("to_yaml", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.dumpYAML(self) })
}

// symbolKeys turns the keys of maps into symbols at every level.
func (th *thread) symbolKeys(v Value) Value {
	th.deeper()
	defer func() { th.depth-- }()
	th.step()
	switch x := v.o.(type) {
	case *Array:
		th.charge(24 * len(x.items))
		items := make([]Value, len(x.items))
		for i, e := range x.items {
			items[i] = th.symbolKeys(e)
		}
		return th.array(items)
	case *Hash:
		h := th.newHash(x.live)
		for _, e := range x.ents {
			if e.live {
				k := e.k
				if s, ok := k.o.(*String); ok {
					k = sym(s.s)
				}
				h.set(th, k, th.symbolKeys(e.v))
			}
		}
		return Value{o: h}
	}
	return v
}
