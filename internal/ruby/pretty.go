package ruby

import "strings"

// prettyWidth is where pp breaks lines.
const prettyWidth = 79

// pretty is what pp shows of a value: on one line if it fits, else the parts of lists
// and hashes on lines of their own. room is what is left of the line, indent where it
// begins.
func (th *thread) pretty(v Value, indent, room int) string {
	one := th.inspect(v)
	if len(one) <= room && !strings.Contains(one, "\n") {
		return one
	}
	th.deeper()
	defer func() { th.depth-- }()
	lead := "\n" + strings.Repeat(" ", indent+1)
	th.charge(len(one) + indent)
	var b strings.Builder
	switch x := v.o.(type) {
	case *Array:
		if !th.enterNested(x) {
			return one
		}
		defer th.leaveNested()
		b.WriteByte('[')
		for i, e := range x.list(th) {
			if i > 0 {
				b.WriteString("," + lead)
			}
			b.WriteString(th.pretty(e, indent+1, prettyWidth-indent-2))
		}
		b.WriteByte(']')
	case *Hash:
		if !th.enterNested(x) {
			return one
		}
		defer th.leaveNested()
		b.WriteByte('{')
		first := true
		for _, e := range x.entries(th) {
			if !e.live {
				continue
			}
			if !first {
				b.WriteString("," + lead)
			}
			first = false
			key := th.inspect(e.k) + "=>"
			b.WriteString(key)
			room := prettyWidth - indent - 2 - len(key)
			if text := th.inspect(e.v); len(text) <= room {
				b.WriteString(text)
				continue
			}
			b.WriteString(lead + " ")
			b.WriteString(th.pretty(e.v, indent+2, prettyWidth-indent-3))
		}
		b.WriteByte('}')
	default:
		return one
	}
	return b.String()
}

func init() {
	mKernel.def("pretty_inspect", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.str(th.pretty(self, 0, prettyWidth) + "\n")
	})
	kernel("pp", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		for _, v := range a {
			th.inst.print(th, th.pretty(v, 0, prettyWidth)+"\n")
		}
		switch len(a) {
		case 0:
			return vNil
		case 1:
			return a[0]
		}
		return th.arrayOf(a)
	})
}
