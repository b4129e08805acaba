package ruby

// equalsText compiles x == "text", for which the text need not become a String.
func (c *compiler) equalsText(n *callNode, text string) code {
	recv, at := c.operand(n.recv), n.at()
	site := &callSite{name: "==", pos: at}
	lit := &String{s: text, frozen: true}
	return func(fr *frame) Value {
		v := recv.get(fr)
		switch x := v.o.(type) {
		case nil:
			return vFalse
		case *String:
			return Bool(x.s == text && x.comparable(lit))
		}
		th := fr.th
		th.cur = fr.act
		return th.dispatch1(site, at, v, th.str(text), false)
	}
}
