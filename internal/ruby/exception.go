package ruby

import (
	"fmt"
	"slices"
	"strings"

	"sluice/internal/diag"
)

// Exception is a Ruby exception, at run time and as the error of Instance.Run.
type Exception struct {
	obj   Object
	Class string // its class's name, such as "NoMethodError"
	// Message is its text; MessageValue what the script gave.
	Message string
	// At is where it was raised, in the configuration.
	At    diag.Span
	msg   Value
	cause Value
	trace Value
	// name and receiver of a NameError, key of a KeyError, value of StopIteration.
	name, recv, key, result Value
}

func (e *Exception) class() *Class { return e.obj.class() }

// Error returns class, message and place.
func (e *Exception) Error() string {
	s := e.Class + ": " + e.Message
	if e.At.Valid() {
		p := e.At.Position()
		s = fmt.Sprintf("%s:%d: %s", p.File, p.Line, s)
	}
	return s
}

// LimitError tells that a script used more than it may.
type LimitError struct {
	Limit string // "steps", "memory", "time" or "regexp"
	Max   int64  // steps, bytes or nanoseconds
	At    diag.Span
}

func (e *LimitError) Error() string {
	what := map[string]string{"steps": "steps", "memory": "bytes of memory", "time": "ns", "regexp": "steps of one regular expression"}[e.Limit]
	s := fmt.Sprintf("the script needs more than %d %s for one event", e.Max, what)
	if e.At.Valid() {
		p := e.At.Position()
		s = fmt.Sprintf("%s:%d: %s", p.File, p.Line, s)
	}
	return s
}

// codeSource is a text that code was compiled from.
type codeSource struct{ src *diag.Source }

func (th *thread) place() diag.Span {
	if th.src == nil || th.src.src == nil {
		return diag.Span{}
	}
	return th.src.src.At(th.at, th.at+1)
}

func (th *thread) newException(c *Class, format string, args ...any) *Exception {
	msg := format
	if len(args) > 0 {
		msg = fmt.Sprintf(format, args...)
	}
	return th.exception(c, msg)
}

// exception returns a new exception with a message.
func (th *thread) exception(c *Class, msg string) *Exception {
	e := th.arena.errors.take()
	*e = Exception{obj: Object{cls: c}, msg: th.str(msg), At: th.place()}
	return e
}

// raise panics with a new exception; only a rescue in the script or Run stops it.
func (th *thread) raise(c *Class, format string, args ...any) {
	panic(th.newException(c, format, args...))
}

func (th *thread) raiseArity(given, min, max int) {
	want := fmt.Sprint(min)
	if max < 0 {
		want += "+"
	} else if max != min {
		want = fmt.Sprintf("%d..%d", min, max)
	}
	th.raise(cArgumentError, "wrong number of arguments (given %d, expected %s)", given, want)
}

// describe is how a value is named in a NoMethodError.
func (th *thread) describe(v Value) string {
	switch x := v.o.(type) {
	case nil:
		return "nil:NilClass"
	case *Class:
		switch {
		case x.name == "":
			return x.label(th)
		case x.module:
			return x.name + ":Module"
		}
		return x.name + ":Class"
	case *tag:
		switch x {
		case tagTrue:
			return "true:TrueClass"
		case tagFalse:
			return "false:FalseClass"
		}
	case *Object:
		if x == th.inst.self {
			return "#<LogStash::Filters::Ruby>"
		}
	}
	s := th.inspect(v)
	if len(s) > 65 {
		s = th.anyToS(v)
	}
	if strings.HasPrefix(s, "#") {
		return s
	}
	return s + ":" + classOf(v).real().name
}

// raiseNoBlock is what calling a block that was not given does.
func (th *thread) raiseNoBlock() { th.raise(cLocalJumpError, "no block given (yield)") }

func (th *thread) raiseNoMethod(self Value, name string, vcall bool) {
	panic(th.noMethod(self, name, vcall))
}

// noMethod is the exception of a method that is not there; its arguments lie in result.
func (th *thread) noMethod(self Value, name string, vcall bool) *Exception {
	kind, c := "method", cNoMethodError
	if vcall {
		kind, c = "local variable or method", cNameError
	}
	msg := fmt.Sprintf("undefined %s `%s' for %s", kind, name, th.describe(self))
	if s := th.didYouMean(self, name); s != "" {
		msg += "\nDid you mean?  " + s
	}
	e := th.newException(c, "%s", msg)
	e.name, e.recv = sym(name), self
	return e
}

// didYouMean finds the method that was probably meant, for names of five letters and
// more, as JRuby's did_you_mean does for the common slips.
func (th *thread) didYouMean(self Value, name string) string {
	if self.isNil() || len(name) < 3 {
		return ""
	}
	if name == "upcase" && !classIs(self, cString) && !classIs(self, cSymbol) {
		return "case"
	}
	return ""
}

func classIs(v Value, c *Class) bool { return classOf(v).isA(c) }

// message returns the text of an exception.
func (th *thread) message(e *Exception) string {
	if m := th.inst.find(e.class(), "message"); m != nil && m.fn == nil {
		return th.toS(th.invoke(m, Value{o: e}, nil, nil))
	}
	return th.ownText(e)
}

// ownText is what to_s of an exception returns.
func (th *thread) ownText(e *Exception) string {
	if m := th.inst.find(e.class(), "to_s"); m != nil && m.fn == nil {
		return th.toS(th.invoke(m, Value{o: e}, nil, nil))
	}
	return th.plainMessage(e)
}

func (th *thread) plainMessage(e *Exception) string {
	if e.msg.isNil() {
		return e.obj.cls.name
	}
	return th.toS(e.msg)
}

// finish returns what leaves the script of an exception; nothing in it belongs to the run.
func (th *thread) finish(e *Exception) *Exception {
	left := &Exception{Class: e.class().real().name, Message: "(no message)", At: e.At}
	func() {
		defer func() { _ = recover() }()
		th.budget()
		left.Message = th.message(e)
	}()
	left.Message = strings.Clone(left.Message)
	return left
}

// protect runs f; an exception of the script that it raises is returned.
func protect(fr *frame, f code) (v Value, exc *Exception) {
	th := fr.th
	m := th.mark()
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(*Exception)
			if !ok {
				panic(r)
			}
			th.unwind(m)
			exc = e
		}
	}()
	return f(fr), nil
}

// try runs Go code in the same way; ok is false when an exception of one of the
// classes was raised.
func (th *thread) try(f func() Value, classes ...*Class) (v Value, exc *Exception) {
	m := th.mark()
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(*Exception)
			if !ok || !slices.ContainsFunc(classes, e.class().isA) {
				panic(r)
			}
			th.unwind(m)
			exc = e
		}
	}()
	return f(), nil
}

func exceptionOf(th *thread, v Value) *Exception {
	e, ok := v.o.(*Exception)
	if !ok {
		th.raise(cTypeError, "exception class/object expected")
	}
	return e
}

// makeException is what raise does with its arguments.
func (th *thread) makeException(a []Value) *Exception {
	if len(a) > 0 {
		if h, ok := a[len(a)-1].o.(*Hash); ok && h.kw && len(a) > 1 {
			if c, found := h.get(th, sym("cause")); found {
				e := th.makeException(a[:len(a)-1])
				e.cause = c
				return e
			}
		}
	}
	var e *Exception
	switch {
	case len(a) == 0:
		return th.newException(cRuntimeError, "")
	default:
		switch x := a[0].o.(type) {
		case *String:
			if len(a) > 1 {
				th.raise(cTypeError, "exception class/object expected")
			}
			e = th.newException(cRuntimeError, "%s", x.s)
			e.msg = a[0]
			return e
		case *Class:
			if !x.isA(cException) {
				th.raise(cTypeError, "exception class/object expected")
			}
			rest := a[1:]
			if len(rest) > 1 {
				rest = rest[:1] // the third is the backtrace
			}
			e = exceptionOf(th, th.sendBlock(a[0], "new", rest, nil))
		case *Exception:
			e = x
			if len(a) > 1 {
				c := *x
				c.msg = a[1]
				e = &c
			}
		default:
			if th.respondTo(a[0], "exception") {
				return exceptionOf(th, th.send(a[0], "exception", a[1:]...))
			}
			th.raise(cTypeError, "exception class/object expected")
		}
	}
	e.At = th.place()
	return e
}

func excNew(th *thread, self Value, a []Value, blk *Proc) Value {
	c := self.o.(*Class)
	e := th.arena.errors.take()
	*e = Exception{obj: Object{cls: c}, At: th.place()}
	v := Value{o: e}
	th.sendBlock(v, "initialize", a, blk)
	return v
}

func init() {
	cException.sdef("new exception", 0, -1, excNew)
	cException.def("initialize", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		e := self.o.(*Exception)
		if len(a) > 0 {
			e.msg = a[0]
		}
		if len(a) > 1 && classIs(self, cNameError) {
			e.name = a[1]
		}
		return vNil
	})
	cException.def("message", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		e := self.o.(*Exception)
		return th.str(th.ownText(e))
	})
	cException.def("to_s detailed_message", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		e := self.o.(*Exception)
		if e.msg.isNil() {
			return th.str(e.obj.cls.name)
		}
		if _, ok := e.msg.o.(*String); ok {
			return e.msg
		}
		return th.str(th.toS(e.msg))
	})
	cException.def("full_message", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		e := self.o.(*Exception)
		p := e.At.Position()
		return th.str(fmt.Sprintf("%s:%d:in `code': %s (%s)", p.File, p.Line, th.message(e), e.class().real().name))
	})
	cException.def("inspect", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		e := self.o.(*Exception)
		m := th.ownText(e)
		if m == "" {
			return th.str(e.class().real().name)
		}
		return th.str("#<" + e.class().real().name + ": " + m + ">")
	})
	cException.def("backtrace", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		e := self.o.(*Exception)
		if !e.trace.isNil() {
			return e.trace
		}
		if !e.At.Valid() {
			return vNil
		}
		p := e.At.Position()
		return th.array([]Value{th.str(fmt.Sprintf("%s:%d:in `code'", p.File, p.Line))})
	})
	cException.def("backtrace_locations", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return vNil })
	cException.def("set_backtrace", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		self.o.(*Exception).trace = a[0]
		return a[0]
	})
	cException.def("cause", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return self.o.(*Exception).cause })
	cException.def("exception", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if len(a) == 0 {
			return self
		}
		c := *self.o.(*Exception)
		c.msg = a[0]
		return Value{o: &c}
	})
	cException.def("==", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		e, f := self.o.(*Exception), a[0]
		x, ok := f.o.(*Exception)
		return Bool(ok && e.class() == x.class() && th.message(e) == th.message(x))
	})
	cNameError.def("name", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return self.o.(*Exception).name })
	cNameError.def("receiver", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return self.o.(*Exception).recv })
	cNoMethodError.def("args", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if e := self.o.(*Exception); e.result.o != nil {
			return e.result
		}
		return th.array(nil)
	})
	cKeyError.def("key", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return self.o.(*Exception).key })
	cKeyError.def("receiver", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return self.o.(*Exception).recv })
	cFrozenError.def("receiver", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return self.o.(*Exception).recv })
	cStopIteration.def("result", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return self.o.(*Exception).result })
	cUncaughtThrow.def("tag", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return self.o.(*Exception).key })
	cNoMatchingKey.def("key", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return self.o.(*Exception).key })
	for _, c := range []*Class{cENOENT, cEACCES, cECONNREFUSED, cECONNRESET, cEHOSTUNREACH, cETIMEDOUT, cEPIPE, cEEXIST, cEINVAL} {
		text := map[*Class]string{cENOENT: "No such file or directory", cEACCES: "Permission denied", cECONNREFUSED: "Connection refused", cECONNRESET: "Connection reset by peer",
			cEHOSTUNREACH: "No route to host", cETIMEDOUT: "Connection timed out", cEPIPE: "Broken pipe", cEEXIST: "File exists", cEINVAL: "Invalid argument"}[c]
		c.def("initialize", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			s := text
			if len(a) > 0 {
				s += " - " + th.toS(a[0])
			}
			self.o.(*Exception).msg = th.str(s)
			return vNil
		})
	}
}
