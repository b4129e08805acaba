package ruby

import (
	"strings"
)

var (
	mJSON         = defModule("JSON")
	cJSONError    = defClass("JSON::JSONError", cStandardError)
	cParserError  = defClass("JSON::ParserError", cJSONError)
	cNestingError = defClass("JSON::NestingError", cParserError)
	cGenError     = defClass("JSON::GeneratorError", cJSONError)
)

type jsonOptions struct {
	symbolize bool
	nan       bool
	depth     int
	decimal   bool
	err       *Class
}

func (th *thread) jsonOpts(o *Hash) jsonOptions {
	var j jsonOptions
	on := func(name string) bool {
		v := o.opt(th, name)
		return !v.isUndef() && v.truthy()
	}
	j.symbolize, j.nan = on("symbolize_names"), on("allow_nan")
	if v := o.opt(th, "max_nesting"); v.isInt() {
		j.depth = int(v.int())
		if j.depth == 0 {
			j.depth = -1
		}
	} else if !v.isUndef() && !v.truthy() {
		j.depth = -1
	}
	j.decimal = on("decimal_class")
	return j
}

func init() {
	parse := func(th *thread, self Value, a []Value, blk *Proc) Value {
		pos, o := a[:1], (*Hash)(nil)
		if len(a) > 1 {
			o, _ = a[1].o.(*Hash)
		}
		return th.jsonObjects(th.parseJSON(th.strArg(pos[0]), th.jsonOpts(o)), o)
	}
	mJSON.sdef("parse", 1, 2, parse)
	mJSON.sdef("parse!", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		_, o := th.optionsBehind(a)
		j := th.jsonOpts(o)
		j.nan = true
		return th.jsonObjects(th.parseJSON(th.strArg(a[0]), j), o)
	})
	for _, name := range []string{"parse", "parse!"} {
		mJSON.singleton().methods[name].quiet = func(th *thread, self Value, a []Value) (Value, *Exception) {
			o := (*Hash)(nil)
			if len(a) > 1 {
				o, _ = a[1].o.(*Hash)
			}
			return th.readJSON(th.strArg(a[0]), th.jsonOpts(o))
		}
	}
	mJSON.sdef("[]", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if _, ok := a[0].o.(*String); ok {
			return parse(th, self, a, nil)
		}
		return th.toJSON(a[0], false, nil)
	})
	mJSON.sdef("load restore", 1, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if a[0].isNil() {
			return vNil
		}
		src := a[0]
		if _, ok := src.o.(*String); !ok && th.respondTo(src, "read") {
			src = th.send(src, "read")
		}
		s := th.strArg(src)
		if s == "" {
			return vNil
		}
		var o *Hash
		for _, x := range a[1:] {
			if h, ok := x.o.(*Hash); ok {
				o = h
			}
		}
		j := th.jsonOpts(o)
		j.nan = true
		return th.parseJSON(s, j)
	})
	mJSON.sdef("load_file", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		_, o := th.options(a)
		return th.parseJSON(th.readFile(th.strArg(a[0])), th.jsonOpts(o))
	})
	mJSON.sdef("generate dump fast_generate unparse", 1, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
		var o *Hash
		if len(a) > 1 {
			o, _ = a[len(a)-1].o.(*Hash)
		}
		v := th.toJSON(a[0], false, o)
		if len(a) > 1 && th.respondTo(a[1], "write") { // JSON.dump to a stream
			th.send(a[1], "write", v)
			return a[1]
		}
		return v
	})
	mJSON.sdef("pretty_generate", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		var o *Hash
		if len(a) > 1 {
			o, _ = a[1].o.(*Hash)
		}
		return th.toJSON(a[0], true, o)
	})
	mKernel.def("to_json", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.toJSON(self, false, nil) })
	kernel("JSON", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if _, ok := a[0].o.(*String); ok {
			return parse(th, self, a, nil)
		}
		return th.toJSON(a[0], false, nil)
	})
	mLSJson.sdef("dump", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		g := &generator{th: th, nan: true, java: true}
		g.value(a[0])
		return th.str(string(g.b))
	})
	mLSJson.sdef("load", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		o := jsonOptions{err: cLSJsonError, depth: 1000}
		if len(a) > 1 {
			if h, ok := a[1].o.(*Hash); ok {
				o.symbolize = th.jsonOpts(h).symbolize
			}
		}
		s := th.strArg(a[0])
		if strings.TrimSpace(s) == "" {
			return vNil
		}
		return th.parseJSON(s, o)
	})
}
