package ruby

import (
	"errors"
	"path"
	"strings"
)

var (
	cFile   = defClass("File", cIO)
	cDir    = defClass("Dir", cObject)
	cEnvObj = defClass("LogStash::Environment", cObject)
)

// ErrDenied is in the errors of a Policy's functions for what may not be reached, though
// other things of the kind may.
var ErrDenied = errors.New("the security policy does not allow it")

// denied is what a script gets for reaching where its policy does not allow.
func (th *thread) denied(what string) {
	th.raise(cSecurityError, "%s is not allowed by the security policy", what)
}

func (th *thread) readFile(name string) string {
	read := th.inst.script.opts.Policy.ReadFile
	if read == nil {
		th.denied("reading files")
	}
	b, err := read(name)
	if errors.Is(err, ErrDenied) {
		th.denied("reading " + name)
	}
	if err != nil {
		e := th.newException(cENOENT, "No such file or directory @ rb_sysopen - %s", name)
		panic(e)
	}
	th.charge(len(b))
	return string(b)
}

func (th *thread) exists(name string) bool {
	read := th.inst.script.opts.Policy.ReadFile
	if read == nil {
		th.denied("looking for files")
	}
	_, err := read(name)
	return err == nil
}

func extname(p string) string {
	base := path.Base(p)
	if p == "" || strings.HasSuffix(p, "/") {
		return ""
	}
	i := strings.LastIndexByte(base, '.')
	if i <= 0 || strings.Trim(base[:i], ".") == "" {
		return ""
	}
	return base[i:]
}

func init() {
	sdef := cFile.sdef
	cFile.setConst("SEPARATOR", Value{o: &String{s: "/", frozen: true}})
	sdef("basename", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		p := th.strArg(a[0])
		b := path.Base(p)
		if p == "" {
			b = ""
		}
		if len(a) > 1 {
			suffix := th.strArg(a[1])
			if suffix == ".*" {
				suffix = extname(p)
			}
			if b != suffix {
				b = strings.TrimSuffix(b, suffix)
			}
		}
		return th.str(b)
	})
	sdef("dirname", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		p := strings.TrimRight(th.strArg(a[0]), "/")
		if p == "" {
			if strings.HasPrefix(th.strArg(a[0]), "/") {
				return th.str("/")
			}
			return th.str(".")
		}
		i := strings.LastIndexByte(p, '/')
		if i < 0 {
			return th.str(".")
		}
		if d := strings.TrimRight(p[:i], "/"); d != "" {
			return th.str(d)
		}
		return th.str("/")
	})
	sdef("extname", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(extname(th.strArg(a[0]))) })
	sdef("join", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s := ""
		var flat []Value
		th.flatten(&flat, a, -1)
		for i, v := range flat {
			p := th.strArg(v)
			if i > 0 {
				s = strings.TrimRight(s, "/") + "/"
				p = strings.TrimLeft(p, "/")
			}
			s += p
		}
		return th.str(s)
	})
	sdef("split", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.array([]Value{th.send(self, "dirname", a[0]), th.send(self, "basename", a[0])})
	})
	sdef("expand_path absolute_path realpath", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		p := th.strArg(a[0])
		if !strings.HasPrefix(p, "/") {
			base := "/"
			if len(a) > 1 {
				base = th.strArg(a[1])
			}
			p = base + "/" + p
		}
		return th.str(path.Clean(p))
	})
	read := func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(th.readFile(th.strArg(a[0]))) }
	for _, c := range []*Class{cIO, cFile} {
		c.sdef("read binread", 1, -1, read)
		c.sdef("readlines", 1, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			s := &String{s: th.readFile(th.strArg(a[0]))}
			return th.strings(th.lines(s, a[1:]))
		})
		c.sdef("foreach", 1, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			for _, l := range th.lines(&String{s: th.readFile(th.strArg(a[0]))}, a[1:]) {
				th.yield1(blk, th.str(l))
			}
			return vNil
		})
		c.sdef("write binwrite", 2, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			th.denied("writing files")
			return vNil
		})
	}
	sdef("exist? file? readable?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(th.exists(th.strArg(a[0]))) })
	sdef("directory?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		glob := th.inst.script.opts.Policy.Glob
		if glob == nil {
			th.denied("looking for files")
		}
		l, err := glob(strings.TrimRight(th.strArg(a[0]), "/") + "/*")
		return Bool(err == nil && len(l) > 0)
	})
	sdef("size", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Int(int64(len(th.readFile(th.strArg(a[0])))))
	})
	sdef("zero? empty?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Bool(th.readFile(th.strArg(a[0])) == "")
	})
	open := func(th *thread, self Value, a []Value, blk *Proc) Value {
		if len(a) > 1 {
			if m, ok := a[1].o.(*String); ok && strings.ContainsAny(m.s, "wa+") {
				th.denied("writing files")
			}
		}
		io := Value{o: &Object{cls: cStringIO, data: &stringIO{str: &String{s: th.readFile(th.strArg(a[0]))}}}}
		if blk != nil {
			return th.yield1(blk, io)
		}
		return io
	}
	sdef("open new", 1, -1, open)
	kernel("open", 1, -1, open)
	sdef("delete unlink rename chmod", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.denied("changing files")
		return vNil
	})
	sdef("fnmatch fnmatch?", 2, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
		ok, _ := path.Match(th.strArg(a[0]), th.strArg(a[1]))
		return Bool(ok)
	})
	sdef("mtime ctime atime stat", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.denied("looking at a file's times")
		return vNil
	})
	glob := func(th *thread, self Value, a []Value, blk *Proc) Value {
		g := th.inst.script.opts.Policy.Glob
		if g == nil {
			th.denied("listing files")
		}
		var out []Value
		patterns := a[:1]
		if l, ok := a[0].o.(*Array); ok {
			patterns = l.list(th)
		}
		for _, p := range patterns {
			l, _ := g(th.strArg(p))
			for _, f := range l {
				out = append(out, th.str(f))
			}
		}
		if blk != nil {
			for _, v := range out {
				th.yield1(blk, v)
			}
			return vNil
		}
		return th.array(out)
	}
	cDir.sdef("glob []", 1, -1, glob)
	cDir.sdef("exist?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.send(Value{o: cFile}, "directory?", a[0])
	})
	cDir.sdef("entries children each_child foreach", 1, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		l := arr(glob(th, self, []Value{th.str(strings.TrimRight(th.strArg(a[0]), "/") + "/*")}, nil))
		for i, v := range l.items {
			l.items[i] = th.str(path.Base(th.toS(v)))
		}
		if blk != nil {
			for _, v := range l.items {
				th.yield1(blk, v)
			}
		}
		return Value{o: l}
	})
	cDir.sdef("pwd getwd", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str("/") })

	coreConsts["ENV"] = Value{o: &Object{cls: cEnvObj}}
	env := func(th *thread, v Value) Value {
		get := th.inst.script.opts.Policy.Getenv
		name := th.strArg(v)
		if get == nil {
			th.denied("reading environment variables")
		}
		s, ok := get(name)
		if !ok {
			return vNil
		}
		return th.str(s)
	}
	cEnvObj.def("[]", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return env(th, a[0]) })
	cEnvObj.def("fetch", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if v := env(th, a[0]); !v.isNil() {
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
	cEnvObj.def("key? has_key? include? member?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(!env(th, a[0]).isNil()) })
	cEnvObj.def("[]= store delete", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.denied("changing the environment")
		return vNil
	})
	cEnvObj.def("to_h to_hash", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.denied("listing the environment")
		return vNil
	})
}
