package ruby

import (
	"strings"
	"time"
)

var cJavaPkg = defClass("Java::Package", cObject)

// javaPkg is a Java package or class, as far as it has been named.
type javaPkg struct{ path string }

func init() {
	// java.net.IDN and the few other Java classes that filters use.
	pkg := func(path string) Value { return Value{o: &Object{cls: cJavaPkg, data: &javaPkg{path}}} }
	kernel("java", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return pkg("java") })
	cJavaPkg.def("method_missing", 1, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		p := self.o.(*Object).data.(*javaPkg)
		name := th.nameArg(a[0])
		arg := func() string {
			if len(a) < 2 {
				th.raiseArity(0, 1, 1)
			}
			return th.toS(a[1])
		}
		illegal := func(err error) {
			if err != nil {
				th.raise(cIllegalArg, "%s", err)
			}
		}
		switch p.path + "." + name {
		case "java.net.IDN.toASCII":
			s, err := idnToASCII(arg())
			illegal(err)
			return th.str(s)
		case "java.net.IDN.toUnicode":
			return th.str(idnToUnicode(arg()))
		case "java.lang.Integer.parseInt", "java.lang.Long.parseLong":
			i, ok := parseInteger(arg(), 10)
			if !ok || strings.Contains(arg(), "_") {
				th.raise(cNumberFormat, "For input string: %s", th.inspect(a[1]))
			}
			return bigValue(i)
		case "java.lang.System.currentTimeMillis":
			return Int(time.Now().UnixMilli())
		case "java.lang.System.nanoTime":
			return Int(int64(time.Since(processStart)))
		case "java.util.UUID.randomUUID":
			return th.str(th.uuid())
		case "java.util.concurrent.locks.ReentrantReadWriteLock.new", "java.util.concurrent.locks.ReentrantLock.new":
			return Value{o: &Object{cls: cRWLock}}
		}
		if strings.Count(p.path, ".") > 6 {
			th.raise(cNameError, "missing class or uppercase package name (`%s.%s')", p.path, name)
		}
		if c := p.path[strings.LastIndexByte(p.path, '.')+1:]; c != "" && c[0] >= 'A' && c[0] <= 'Z' {
			th.raise(cNameError, "Java class %s is not available", p.path)
		}
		return pkg(p.path + "." + name)
	})
	// Some names are Kernel's own.
	for _, n := range []string{"Integer", "String", "Float", "Array", "Hash", "test", "open", "system"} {
		cJavaPkg.def(n, 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			return th.send(self, "method_missing", append([]Value{sym(n)}, a...)...)
		})
	}
	// java.lang.X.new would otherwise be Object's.
	cJavaPkg.def("new", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.send(self, "method_missing", append([]Value{sym("new")}, a...)...)
	})
}
