package ruby

import (
	"strings"

	"sluice/internal/event"
)

// eventCall compiles event.get, set and remove, with references known at compile time
// or built of plain names, without going through a method call. nil when the call is
// another one.
//
// With jumpOK the value to be set may return its exception as a jump.
func (c *compiler) eventCall(n *callNode, jumpOK bool) code {
	at := n.at()
	recv := c.lvar(n.recv.(*lvarNode).v)
	nargs := map[string]int{"get": 1, "set": 2, "remove": 1, "to_hash": 0}
	want, ok := nargs[n.name]
	if !ok || len(n.args) != want {
		return nil
	}
	for _, a := range n.args {
		if _, splat := a.(*splatNode); splat {
			return nil
		}
		if h, ok := a.(*hashNode); ok && !h.braces {
			h.braces = true // event.set "x", "a" => 1 is a plain Hash
		}
	}
	site := &callSite{name: n.name, pos: at}
	if n.name == "to_hash" {
		view := c.wantView == n
		return func(fr *frame) Value {
			r := recv(fr)
			th := fr.th
			th.at = at
			th.step()
			if e, ok := r.o.(*EventObj); ok {
				v := th.rootHash(e.ev, false)
				if !view {
					v.o.(*Hash).entries(th)
				}
				return v
			}
			return th.dispatch(site, r, nil, nil, false)
		}
	}
	ref := c.eventRef(n.args[0], at)
	var val code
	quiet := false // val may return an exception as a jump
	if want == 2 {
		val, quiet = c.quietValue(n.args[1], jumpOK)
	}
	slow := func(fr *frame, r Value) Value {
		th := fr.th
		base := len(th.stack)
		th.stack = append(th.stack, ref.text(fr))
		if val != nil {
			v := th.cooked(val(fr))
			if quiet && v.isJump() {
				th.stack = th.stack[:base]
				return v
			}
			th.stack = append(th.stack, v)
		}
		th.at, th.cur = at, fr.act
		v := th.dispatch(site, r, th.stack[base:], nil, false)
		th.stack = th.stack[:base]
		return v
	}
	switch n.name {
	case "get":
		return func(fr *frame) Value {
			r := recv(fr)
			e, ok := r.o.(*EventObj)
			if !ok {
				return slow(fr, r)
			}
			th := fr.th
			th.step()
			if ref.fixed != nil {
				return th.eventGet(e.ev, *ref.fixed)
			}
			key, whole := ref.resolve(fr)
			if whole != nil {
				return th.eventGet(e.ev, *whole)
			}
			o := ref.obj(e.ev)
			if o == nil {
				return th.eventGet(e.ev, ref.prefix.Child(key))
			}
			v, _ := o.Get(key)
			return th.fromEvent(v, nil)
		}
	case "remove":
		return func(fr *frame) Value {
			r := recv(fr)
			e, ok := r.o.(*EventObj)
			if !ok {
				return slow(fr, r)
			}
			th := fr.th
			th.step()
			if ref.fixed != nil {
				return th.fromEvent(e.ev.Remove(*ref.fixed), nil)
			}
			key, whole := ref.resolve(fr)
			switch {
			case whole != nil:
				return th.fromEvent(e.ev.Remove(*whole), nil)
			case ref.prefix != nil:
				return th.fromEvent(e.ev.Remove(ref.prefix.Child(key)), nil)
			}
			if v, ok := e.ev.Root().Delete(key); ok && !n.void {
				return th.fromEvent(v, nil)
			}
			return vNil
		}
	}
	return func(fr *frame) Value {
		r := recv(fr)
		e, ok := r.o.(*EventObj)
		if !ok {
			return slow(fr, r)
		}
		th := fr.th
		th.step()
		if ref.fixed != nil {
			v := th.cooked(val(fr))
			if quiet && v.isJump() {
				return v
			}
			th.at = at
			return th.eventSet(e.ev, *ref.fixed, v)
		}
		key, whole := ref.resolve(fr)
		v := val(fr)
		if quiet && v.isJump() {
			return v
		}
		th.at = at
		if whole != nil {
			return th.eventSet(e.ev, *whole, th.cooked(v))
		}
		o := ref.obj(e.ev)
		if o == nil {
			if o = e.ev.MakeObject(*ref.prefix); o == nil {
				return th.eventSet(e.ev, ref.prefix.Child(key), th.cooked(v))
			}
		}
		if c, ok := v.o.(*carried); ok {
			o.Set(key, c.v.Clone())
		} else {
			o.Set(key, th.toEvent(v))
		}
		return v
	}
}

// eventRef is a compiled reference argument: a fixed one, "[a][b][#{x}]" with its last
// name open, or any expression.
type eventRef struct {
	fixed  *event.Ref
	prefix *event.Ref // of "[a][#{x}]"; with last set and no prefix it is "[#{x}]"
	last   code
	bare   bool // last is the whole reference, not a name in brackets
	text   code
	at     int
}

func (c *compiler) eventRef(n node, at int) *eventRef {
	r := &eventRef{at: at}
	if s, ok := plainString(n); ok {
		ref, err := event.ParseRef(s)
		r.text = func(fr *frame) Value { return fr.th.str(s) }
		if err == nil {
			r.fixed = &ref
			return r
		}
		if c.rescued == 0 {
			c.errorf(codeUnknownName, n.at(), "write [outer][inner]", "%q is not a field reference", s)
		}
		return r
	}
	r.text = c.expr(n)
	if c.script.tracks {
		return r
	}
	s, ok := n.(*strNode)
	if !ok {
		if _, lvar := n.(*lvarNode); lvar {
			r.last, r.bare = r.text, true
		}
		return r
	}
	// "[a][b]" + #{x} + "]"
	if len(s.parts) != 3 {
		return r
	}
	open, ok1 := s.parts[0].(*rawNode)
	_, ok2 := s.parts[1].(*rawNode)
	closing, ok3 := s.parts[2].(*rawNode)
	if !ok1 || ok2 || !ok3 || closing.s != "]" || !strings.HasSuffix(open.s, "[") {
		return r
	}
	if pre := open.s[:len(open.s)-1]; pre != "" {
		ref, err := event.ParseRef(pre)
		if err != nil || pre[0] != '[' || ref.IsMetadata() {
			return r
		}
		r.prefix = &ref
	}
	r.last = c.expr(s.parts[1])
	return r
}

// resolve evaluates the reference. It returns the open name when that is a plain one,
// direct in the object that prefix names, and a whole reference otherwise.
func (r *eventRef) resolve(fr *frame) (key string, ref *event.Ref) {
	th := fr.th
	if r.last == nil {
		v := r.text(fr)
		th.at = r.at
		return "", th.refOf(v)
	}
	v := r.last(fr)
	th.at = r.at
	s, ok := v.o.(*String)
	switch {
	case ok:
		key = s.s
	case r.bare:
		return "", th.refOf(v)
	default:
		key = th.toS(v)
	}
	if plainName(key) {
		return key, nil
	}
	if !r.bare {
		key = "[" + key + "]"
		if r.prefix != nil {
			key = r.prefix.String() + key
		}
	}
	return "", th.refText(key)
}

// plainName tells whether a name means the same in a reference as in an object: no
// brackets, no index, none of the names that Logstash treats in ways of their own.
func plainName(name string) bool {
	if name == "" || name[0] == '@' || name == "tags" {
		return false
	}
	digits := true
	for i := 0; i < len(name); i++ {
		c := name[i]
		if c == '[' || c == ']' {
			return false
		}
		digits = digits && (c-'0' <= 9 || c == '-' && i == 0)
	}
	return !digits
}

// obj returns the object that the open name belongs to; nil when there is none yet.
func (r *eventRef) obj(ev *event.Event) *event.ObjectData {
	if r.prefix == nil {
		return ev.Root()
	}
	v := ev.Open(*r.prefix)
	if v.Kind() != event.Object {
		return nil
	}
	return v.Object()
}
