package ruby

import (
	"path"
	"strings"
)

// The methods of File that only look at names.

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

func dirname(p string) string {
	rest := strings.TrimRight(p, "/")
	i := strings.LastIndexByte(rest, '/')
	switch {
	case rest == "" && p != "" || i >= 0 && strings.Trim(rest[:i], "/") == "":
		return "/"
	case i < 0:
		return "."
	}
	d := strings.TrimRight(rest[:i], "/")
	if strings.HasPrefix(d, "/") {
		d = "/" + strings.TrimLeft(d, "/") // leading slashes are one
	}
	return d
}

func basename(p, suffix string) string {
	if p == "" {
		return ""
	}
	b := path.Base(p)
	if suffix == ".*" {
		suffix = extname(b)
	}
	if b != suffix {
		b = strings.TrimSuffix(b, suffix)
	}
	return b
}

func init() {
	sdef := cFile.sdef
	cFile.setConst("SEPARATOR", Value{o: &String{s: "/", frozen: true}})
	cFile.setConst("Separator", cFile.consts["SEPARATOR"])
	cFile.setConst("PATH_SEPARATOR", Value{o: &String{s: ":", frozen: true}})
	cFile.setConst("ALT_SEPARATOR", vNil)
	sdef("basename", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		suffix := ""
		if len(a) > 1 {
			suffix = th.strArg(a[1])
		}
		return th.str(basename(th.readPath(a[0]), suffix))
	})
	sdef("dirname", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		p, n := th.readPath(a[0]), 1
		if len(a) > 1 {
			if n = th.intArg(a[1]); n < 0 {
				th.raise(cArgumentError, "negative level: %d", n)
			}
		}
		for ; n > 0 && p != "/" && p != "."; n-- {
			p = dirname(p)
		}
		return th.str(p)
	})
	sdef("extname", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(extname(th.readPath(a[0]))) })
	sdef("path", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(th.readPath(a[0])) })
	sdef("join", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		var b strings.Builder
		var flat []Value
		th.flatten(&flat, a, -1)
		ended := false
		for i, v := range flat {
			p := th.readPath(v)
			th.charge(2 * len(p))
			if i > 0 {
				if ended {
					p = strings.TrimLeft(p, "/")
				} else if !strings.HasPrefix(p, "/") {
					b.WriteByte('/')
				}
			}
			b.WriteString(p)
			ended = strings.HasSuffix(p, "/") || p == "" && (ended || i > 0)
		}
		return th.str(b.String())
	})
	sdef("split", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		p := th.readPath(a[0])
		return th.pair(th.str(dirname(p)), th.str(basename(p, "")))
	})
	sdef("absolute_path?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Bool(strings.HasPrefix(th.readPath(a[0]), "/"))
	})
	sdef("expand_path absolute_path realpath realdirpath", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		p := th.readPath(a[0])
		if !strings.HasPrefix(p, "/") {
			base := "/"
			if len(a) > 1 && !a[1].isNil() {
				base = th.readPath(a[1])
			}
			p = "/" + base + "/" + p
		}
		return th.str(path.Clean(p))
	})
}
