package ruby

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"time"
)

// libraries are what require knows. The value tells whether Logstash has loaded it
// already, so that require answers false.
var libraries = map[string]bool{
	"json": true, "set": true, "time": true, "date": true, "digest": true, "digest/md5": true, "digest/sha1": true, "digest/sha2": true, "base64": true,
	"openssl": true, "ipaddr": true, "uri": true, "cgi": true, "cgi/util": true, "cgi/escape": true, "erb": true, "csv": true, "securerandom": true, "stringio": true, "yaml": true, "zlib": true,
	"socket": true, "resolv": true, "net/http": true, "net/https": true, "bigdecimal": true, "bigdecimal/util": true, "shellwords": true, "ostruct": true,
	"logger": true, "timeout": true, "tempfile": true, "fileutils": true, "pathname": true, "singleton": true, "forwardable": true, "ruby": true,
	"thread": true, "monitor": true, "benchmark": true, "pp": true, "English": true, "open-uri": true, "rational": true, "strscan": true, "etc": true,
	"java": true, "logstash/version": true, "logstash/event": true, "logstash/timestamp": true, "logstash/json": true, "logstash/util": true, "logstash/namespace": true, "logstash/environment": true, "logstash/errors": true, "logstash/logging": true, "observer": true, "delegate": true, "comparable": true, "enumerator": true, "rubygems": true, "matrix": false, "prime": false, "tsort": true, "weakref": true, "abbrev": true, "optparse": true, "open3": true, "securerandom.rb": true, "unicode_normalize/normalize": true, "io/console": true, "ripper": false,
}

func (in *Instance) require(name string, loaded bool) bool {
	if loaded {
		return false
	}
	first := !in.required[name]
	if first {
		if in.required == nil {
			in.required = map[string]bool{}
		}
		in.required[name] = true
	}
	return first
}

// integer is Integer().
// integerOfText is Integer() of a text; nil and false when it is no number.
func integerOfText(s string, base int) (Value, bool) {
	if n, ok := quickInteger(s, base); ok {
		return Int(n), true
	}
	i, ok := parseInteger(s, base)
	if !ok {
		return vNil, false
	}
	return bigValue(i), true
}

func (th *thread) noFloat(v Value) *Exception {
	return th.newException(cArgumentError, "invalid value for Float(): %s", th.inspect(v))
}

func (th *thread) noInteger(v Value) *Exception {
	return th.newException(cArgumentError, "invalid value for Integer(): %s", th.inspect(v))
}

func (th *thread) integer(v Value, base int, raise bool) Value {
	switch x := v.o.(type) {
	case *String:
		if base == 1 || base == -1 || base > 36 || base < -36 {
			th.raise(cArgumentError, "invalid radix %d", base)
		}
		i, ok := integerOfText(x.s, base)
		if !ok && raise {
			panic(th.noInteger(v))
		}
		return i
	case nil:
		if !raise {
			return vNil
		}
		th.raise(cTypeError, "can't convert nil into Integer")
	}
	if isInteger(v) {
		return v
	}
	if v.isFloat() {
		if f := v.float(); math.IsNaN(f) || math.IsInf(f, 0) {
			if !raise {
				return vNil
			}
			th.raise(cFloatDomainError, "%s", formatFloat(f))
		}
		return th.floatToInt(math.Trunc(v.float()))
	}
	if isNumber(v) {
		return bigValue(ratTrunc(toRat(v)))
	}
	for _, m := range []string{"to_int", "to_i"} {
		if th.respondTo(v, m) {
			return th.send(v, m)
		}
	}
	if !raise {
		return vNil
	}
	if v.isTag(tagTrue) || v.isTag(tagFalse) {
		th.noConversion(v, "Integer")
	}
	th.raise(cTypeError, "can't convert %s into Integer", classOf(v).real().name)
	return vNil
}

func raises(th *thread, o *Hash) bool {
	v := o.opt(th, "exception")
	return v.isUndef() || v.truthy()
}

func init() {
	kernel("puts", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.inst.print(th, th.putsText(a))
		return vNil
	})
	kernel("print", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s := ""
		for _, v := range a {
			s += th.toS(v)
		}
		th.inst.print(th, s)
		return vNil
	})
	kernel("p", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		for _, v := range a {
			th.inst.print(th, th.inspect(v)+"\n")
		}
		switch len(a) {
		case 0:
			return vNil
		case 1:
			return a[0]
		}
		return th.arrayOf(a)
	})
	kernel("warn", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		a, _ = th.options(a)
		th.inst.print(th, th.putsText(a))
		return vNil
	})
	kernel("raise fail", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.doRaise(a)
		return vNil
	})
	kernel("require load require_relative", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		name := th.strArg(a[0])
		if known, ok := libraries[name]; ok {
			return Bool(th.inst.require(name, known))
		}
		th.raise(cLoadError, "cannot load such file -- %s", name)
		return vNil
	})
	kernel("loop", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "loop")
		}
		v, exc := th.try(func() Value {
			for {
				th.callProc(blk, nil, nil)
				th.step()
			}
		}, cStopIteration)
		if exc != nil {
			return exc.result
		}
		return v
	})
	kernel("lambda", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			th.raise(cArgumentError, "tried to create Proc object without a block")
		}
		return Value{o: blk}
	})
	kernel("proc", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			th.raise(cArgumentError, "tried to create Proc object without a block")
		}
		return Value{o: blk}
	})
	kernel("catch", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) (v Value) {
		tag := Value{o: &Object{cls: cObject}}
		if len(a) > 0 {
			tag = a[0]
		}
		m := th.mark()
		th.catches = append(th.catches, tag)
		n := len(th.catches)
		defer func() {
			th.catches = th.catches[:n-1]
			if r := recover(); r != nil {
				if t, ok := r.(*throwPanic); ok && t.tag.same(tag) {
					th.unwind(m)
					v = t.v
					return
				}
				panic(r)
			}
		}()
		return th.yield1(blk, tag)
	})
	kernel("throw", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		v := vNil
		if len(a) > 1 {
			v = a[1]
		}
		for _, t := range th.catches {
			if t.same(a[0]) {
				panic(&throwPanic{a[0], v})
			}
		}
		e := th.newException(cUncaughtThrow, "uncaught throw %s", th.inspect(a[0]))
		e.key = a[0]
		panic(e)
	})
	kernel("Integer", 1, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
		a, o := th.optionsBehind(a)
		base := 0
		if len(a) > 1 && !a[1].isNil() {
			base = th.intArg(a[1])
		}
		return th.integer(a[0], base, raises(th, o))
	})
	kernelQuiet("Integer", func(th *thread, self Value, a []Value) (Value, *Exception) {
		if s, ok := a[0].o.(*String); ok && len(a) == 1 {
			v, ok := integerOfText(s.s, 0)
			if !ok {
				return vNil, th.noInteger(a[0])
			}
			return v, nil
		}
		return mKernel.methods["Integer"].fn(th, self, a, nil), nil
	})
	kernel("Float", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		a, o := th.optionsBehind(a)
		if s, ok := a[0].o.(*String); ok {
			if raises(th, o) && strings.IndexByte(s.s, 0) >= 0 {
				th.raise(cArgumentError, "string for Float contains null byte")
			}
			f, ok := parseFloat(s.s)
			switch {
			case ok:
				return Float(f)
			case !raises(th, o):
				return vNil
			}
			panic(th.noFloat(a[0]))
		}
		if a[0].isNil() && !raises(th, o) {
			return vNil
		}
		return Float(th.floatArg(a[0]))
	})
	kernelQuiet("Float", func(th *thread, self Value, a []Value) (Value, *Exception) {
		s, ok := a[0].o.(*String)
		if !ok || len(a) > 1 || strings.IndexByte(s.s, 0) >= 0 {
			return mKernel.methods["Float"].fn(th, self, a, nil), nil
		}
		f, ok := parseFloat(s.s)
		if !ok {
			return vNil, th.noFloat(a[0])
		}
		return Float(f), nil
	})
	kernel("String", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(th.toS(a[0])) })
	kernel("Array", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if _, ok := a[0].o.(*Array); ok {
			return a[0]
		}
		return th.array(append([]Value(nil), th.splat(a[0])...))
	})
	kernel("Hash", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if l, ok := a[0].o.(*Array); ok && len(l.list(th)) == 0 || a[0].isNil() {
			return Value{o: th.newHash(0)}
		}
		return Value{o: th.toHash(a[0])}
	})
	kernel("Rational", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		conv := func(v Value) *big.Rat {
			if s, ok := v.o.(*String); ok {
				if _, ok := parseFloat(strings.TrimSpace(strings.Replace(s.s, "/", "", 1))); !ok || strings.HasPrefix(strings.TrimSpace(s.s), "/") || strings.Contains(s.s, "x") {
					th.raise(cArgumentError, "invalid value for convert(): %s", th.inspect(v))
				}
				return toRat(th.send(Value{o: s}, "to_r"))
			}
			if !isNumber(v) {
				th.raise(cTypeError, "can't convert %s into Rational", th.describe(v))
			}
			return toRat(v)
		}
		r := conv(a[0])
		if len(a) > 1 {
			d := conv(a[1])
			if d.Sign() == 0 {
				th.raise(cZeroDivisionError, "divided by 0")
			}
			r = new(big.Rat).Quo(r, d)
		}
		return newRational(r)
	})
	kernel("format sprintf", 1, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.str(th.format(th.strArg(a[0]), a[1:]))
	})
	kernel("printf", 1, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.inst.print(th, th.format(th.strArg(a[0]), a[1:]))
		return vNil
	})
	random := func(th *thread, a []Value) Value {
		if len(a) == 0 || a[0].isNil() {
			return Float(rand.Float64())
		}
		if r, ok := a[0].o.(*Range); ok {
			if r.lo.isFloat() || r.hi.isFloat() {
				lo := th.toFloat(r.lo)
				return Float(lo + rand.Float64()*(th.toFloat(r.hi)-lo))
			}
			lo, hi := th.intArg(r.lo), th.intArg(r.hi)
			if !r.excl {
				hi++
			}
			if hi <= lo {
				return vNil
			}
			return Int(int64(lo + rand.IntN(hi-lo)))
		}
		if a[0].isFloat() {
			return Float(rand.Float64() * a[0].float())
		}
		n := th.intArg(a[0])
		if n < 0 {
			n = -n
		}
		if n == 0 {
			return Float(rand.Float64())
		}
		return Int(rand.Int64N(int64(n)))
	}
	kernel("rand", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return random(th, a) })
	kernel("srand", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(0) })
	cRandom.sdef("rand random_number", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return random(th, a) })
	cRandom.sdef("new_seed", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(rand.Int64()) })
	cRandom.sdef("bytes", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.strEnc(th.randomBytes(th.intArg(a[0])), encBinary)
	})
	cRandom.def("initialize", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return vNil })
	cRandom.def("rand", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return random(th, a) })
	cRandom.def("bytes", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.strEnc(th.randomBytes(th.intArg(a[0])), encBinary)
	})
	kernel("sleep", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		d := time.Hour
		if len(a) > 0 {
			d = time.Duration(th.floatArg(a[0]) * float64(time.Second))
		}
		if d > th.timeLeft() || th.inst.script.opts.Limits.Time <= 0 {
			panic(&LimitError{Limit: "time", Max: int64(th.inst.script.opts.Limits.Time), At: th.place()})
		}
		time.Sleep(d)
		return Int(int64(d / time.Second))
	})
	kernel("exit exit! abort", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.raise(cSystemExit, "exit")
		return vNil
	})
	kernel("caller caller_locations", 0, 2, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.array(nil) })
	kernel("gets readline readlines", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value { return vNil })
	kernel("global_variables", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		var out []Value
		for n := range th.inst.gvars {
			out = append(out, sym(n))
		}
		return th.array(out)
	})
	kernel("Complex", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.raise(cNotImplemented, "complex numbers are not supported")
		return vNil
	})
	kernel("block_given?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return vFalse })
	kernel("__method__", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return vNil })
}

func (th *thread) putsText(a []Value) string {
	if len(a) == 0 {
		return "\n"
	}
	var b strings.Builder
	for _, v := range a {
		if l, ok := v.o.(*Array); ok {
			if len(l.list(th)) > 0 {
				b.WriteString(th.putsText(l.items))
			}
			continue
		}
		s := th.toS(v)
		b.WriteString(s)
		if !strings.HasSuffix(s, "\n") {
			b.WriteByte('\n')
		}
	}
	th.charge(b.Len())
	return b.String()
}
