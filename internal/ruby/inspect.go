package ruby

import (
	"math"
	"strconv"
	"strings"
)

// toS is what interpolation does.
func (th *thread) toS(v Value) string {
	switch x := v.o.(type) {
	case nil:
		return ""
	case *String:
		return x.s
	case *Symbol:
		return x.name
	case *tag:
		switch x {
		case tagInt:
			return strconv.FormatInt(v.int(), 10)
		case tagFloat:
			return formatFloat(v.float())
		case tagTrue:
			return "true"
		case tagFalse:
			return "false"
		}
	case *BigInt:
		return x.i.String()
	case *Array, *Hash:
		if th.inst.patched == nil {
			return th.inspect(v)
		}
	case *Class:
		return th.className(x)
	}
	if th.inst.find(classOf(v), "to_s") == nil {
		return th.anyToS(v) // a NoMethodError would want to show it
	}
	r := th.send(v, "to_s")
	if s, ok := r.o.(*String); ok {
		return s.s
	}
	return th.anyToS(v)
}

func (th *thread) className(c *Class) string {
	if c.single != nil {
		return "#<Class:" + th.inspect(*c.single) + ">"
	}
	if c.name == "" {
		return "#<Class:0x" + th.address(Value{o: c}) + ">"
	}
	return c.name
}

func (th *thread) address(v Value) string {
	return strconv.FormatUint(0x1000000000000+uint64(th.objectID(v))*8, 16)[1:]
}

// anyToS is Object#to_s.
func (th *thread) anyToS(v Value) string {
	return "#<" + th.className(classOf(v).real()) + ":0x0000" + th.address(v) + ">"
}

func (th *thread) inspect(v Value) string {
	switch x := v.o.(type) {
	case nil:
		return "nil"
	case *String:
		return inspectString(x)
	case *Symbol:
		return inspectSymbol(x.name)
	case *tag, *BigInt, *Class:
		return th.toS(v)
	case *Array:
		if len(x.list(th)) == 0 {
			return "[]"
		}
		if !th.enterNested(x) {
			return "[...]"
		}
		var b strings.Builder
		b.WriteByte('[')
		for i, e := range x.list(th) {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(th.inspect(e))
			th.step()
		}
		b.WriteByte(']')
		th.leaveNested()
		th.charge(b.Len())
		return b.String()
	case *Hash:
		if x.size(th) == 0 {
			return "{}"
		}
		if !th.enterNested(x) {
			return "{...}"
		}
		var b strings.Builder
		b.WriteByte('{')
		first := true
		for _, e := range x.entries(th) {
			if !e.live {
				continue
			}
			if !first {
				b.WriteString(", ")
			}
			first = false
			b.WriteString(th.inspect(e.k))
			b.WriteString("=>")
			b.WriteString(th.inspect(e.v))
			th.step()
		}
		b.WriteByte('}')
		th.leaveNested()
		th.charge(b.Len())
		return b.String()
	}
	m := th.inst.find(classOf(v), "inspect")
	if m == nil { // a BasicObject; a NoMethodError would want to show it again
		return th.anyToS(v)
	}
	th.deeper()
	r := th.invoke(m, v, nil, nil)
	th.depth--
	if s, ok := r.o.(*String); ok {
		return s.s
	}
	return th.anyToS(v)
}

// enterNested remembers that a container is being walked; false when it contains itself.
func (th *thread) enterNested(o any) bool {
	for _, g := range th.guard {
		if g == o {
			return false
		}
	}
	th.deeper()
	th.guard = append(th.guard, o)
	return true
}

func (th *thread) leaveNested() {
	th.depth--
	th.guard = th.guard[:len(th.guard)-1]
}

// formatFloat is Float#to_s of JRuby: decimal from 1e-4 to below 1e19.
func formatFloat(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case math.IsNaN(f):
		return "NaN"
	case f == 0:
		if math.Signbit(f) {
			return "-0.0"
		}
		return "0.0"
	}
	if f == 5e-324 || f == -5e-324 {
		// Java prints two digits at least.
		return strings.Replace(strconv.FormatFloat(f, 'g', -1, 64), "5e", "4.9e", 1)
	}
	digits := strconv.FormatFloat(math.Abs(f), 'e', -1, 64)
	mant, exps, _ := strings.Cut(digits, "e")
	exp, _ := strconv.Atoi(exps)
	mant = strings.Replace(mant, ".", "", 1)
	var s string
	switch {
	case exp < -4 || exp >= 19:
		frac := mant[1:]
		if frac == "" {
			frac = "0"
		}
		sign := "+"
		if exp < 0 {
			sign, exp = "-", -exp
		}
		s = mant[:1] + "." + frac + "e" + sign
		if exp < 10 {
			s += "0"
		}
		s += strconv.Itoa(exp)
	case exp < 0:
		s = "0." + strings.Repeat("0", -exp-1) + mant
	case len(mant) <= exp+1:
		s = mant + strings.Repeat("0", exp+1-len(mant)) + ".0"
	default:
		s = mant[:exp+1] + "." + mant[exp+1:]
	}
	if f < 0 {
		return "-" + s
	}
	return s
}
