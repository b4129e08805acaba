package ruby

import "math"

// binaryOp compiles an operator. Integers and floats have short ways; everything else
// is a call.
func (c *compiler) binaryOp(name string, at int, a, b operand) code {
	site := &callSite{name: name, pos: at}
	slow := func(fr *frame, x, y Value) Value {
		fr.th.cur = fr.act
		return fr.th.dispatch1(site, at, x, y, false)
	}
	switch name {
	case "+":
		return func(fr *frame) Value {
			x, y := a.get(fr), b.get(fr)
			if x.isInt() && y.isInt() {
				if s := x.int() + y.int(); (s > x.int()) == (y.int() > 0) {
					return Int(s)
				}
			} else if x.isFloat() && y.isFloat() {
				return Float(x.float() + y.float())
			} else if x.isFloat() && y.isInt() {
				return Float(x.float() + float64(y.int()))
			} else if x.isInt() && y.isFloat() {
				return Float(float64(x.int()) + y.float())
			}
			return slow(fr, x, y)
		}
	case "-":
		return func(fr *frame) Value {
			x, y := a.get(fr), b.get(fr)
			if x.isInt() && y.isInt() {
				if s := x.int() - y.int(); (s < x.int()) == (y.int() > 0) {
					return Int(s)
				}
			} else if x.isFloat() && y.isFloat() {
				return Float(x.float() - y.float())
			} else if x.isFloat() && y.isInt() {
				return Float(x.float() - float64(y.int()))
			} else if x.isInt() && y.isFloat() {
				return Float(float64(x.int()) - y.float())
			}
			return slow(fr, x, y)
		}
	case "*":
		return func(fr *frame) Value {
			x, y := a.get(fr), b.get(fr)
			if x.isInt() && y.isInt() {
				i, j := x.int(), y.int()
				if i == int64(int32(i)) && j == int64(int32(j)) {
					return Int(i * j)
				}
			} else if x.isFloat() && y.isFloat() {
				return Float(x.float() * y.float())
			} else if x.isFloat() && y.isInt() {
				return Float(x.float() * float64(y.int()))
			} else if x.isInt() && y.isFloat() {
				return Float(float64(x.int()) * y.float())
			}
			return slow(fr, x, y)
		}
	case "/":
		return func(fr *frame) Value {
			x, y := a.get(fr), b.get(fr)
			if x.isInt() && y.isInt() && y.int() > 0 {
				return Int(floorDiv(x.int(), y.int()))
			} else if x.isFloat() && y.isFloat() {
				return Float(x.float() / y.float())
			} else if x.isFloat() && y.isInt() {
				return Float(x.float() / float64(y.int()))
			} else if x.isInt() && y.isFloat() {
				return Float(float64(x.int()) / y.float())
			}
			return slow(fr, x, y)
		}
	case "%":
		return func(fr *frame) Value {
			x, y := a.get(fr), b.get(fr)
			if x.isInt() && y.isInt() && y.int() > 0 {
				return Int(floorMod(x.int(), y.int()))
			}
			return slow(fr, x, y)
		}
	case "<", ">", "<=", ">=":
		less, equal := name[0] == '<', len(name) == 2
		return func(fr *frame) Value {
			x, y := a.get(fr), b.get(fr)
			if x.isInt() && y.isInt() {
				i, j := x.int(), y.int()
				return Bool(i == j && equal || i != j && (i < j) == less)
			}
			if x.isFloat() && (y.isFloat() || y.isInt() && y.int() == int64(int32(y.int()))) {
				i, j := x.float(), y.float()
				if y.isInt() {
					j = float64(y.int())
				}
				return Bool(i == j && equal || less && i < j || !less && i > j)
			}
			return slow(fr, x, y)
		}
	case "==":
		return func(fr *frame) Value {
			x, y := a.get(fr), b.get(fr)
			if x.isInt() && y.isInt() {
				return Bool(x.n == y.n)
			}
			if s, ok := x.o.(*String); ok {
				if t, ok := y.o.(*String); ok {
					return Bool(s.s == t.s && s.comparable(t))
				}
				if y.isNil() {
					return vFalse
				}
			}
			if x.isNil() {
				return Bool(y.isNil())
			}
			return slow(fr, x, y)
		}
	case "<<":
		return func(fr *frame) Value {
			x, y := a.get(fr), b.get(fr)
			if arr, ok := x.o.(*Array); ok && fr.th.inst.patched == nil && !arr.frozen {
				th := fr.th
				th.step()
				th.charge(24)
				arr.items = th.arena.push(arr.list(th), y)
				if h, ok := y.o.(*Hash); ok {
					h.kw = false
				}
				return x
			}
			return slow(fr, x, y)
		}
	case "&":
		return func(fr *frame) Value {
			x, y := a.get(fr), b.get(fr)
			if x.isInt() && y.isInt() {
				return Int(x.int() & y.int())
			}
			return slow(fr, x, y)
		}
	case "|":
		return func(fr *frame) Value {
			x, y := a.get(fr), b.get(fr)
			if x.isInt() && y.isInt() {
				return Int(x.int() | y.int())
			}
			return slow(fr, x, y)
		}
	}
	return func(fr *frame) Value {
		x, y := a.get(fr), b.get(fr)
		return slow(fr, x, y)
	}
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

func floorMod(a, b int64) int64 {
	m := a % b
	if m != 0 && (m < 0) != (b < 0) {
		m += b
	}
	return m
}

func floatMod(a, b float64) float64 {
	m := math.Mod(a, b)
	if m != 0 && (m < 0) != (b < 0) {
		m += b
	}
	return m
}
