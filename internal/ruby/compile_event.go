package ruby

import (
	"strings"

	"sluice/internal/event"
)

// eventCall compiles event.get, set and remove, with references known at compile time
// or built of plain names, without going through a method call. nil when the call is
// another one.
func (c *compiler) eventCall(n *callNode) code {
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
	if want == 2 {
		val = c.expr(n.args[1])
	}
	slow := func(fr *frame, r Value) Value {
		th := fr.th
		base := len(th.stack)
		th.stack = append(th.stack, ref.text(fr))
		if val != nil {
			v := th.cooked(val(fr))
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
			x := ref.resolve(fr)
			if x.direct {
				o := x.obj(e.ev)
				if o == nil {
					return th.eventGet(e.ev, x.prefix.Child(x.key))
				}
				v, _ := o.Get(x.key)
				return th.fromEvent(v, nil)
			}
			return th.eventGet(e.ev, x.ref)
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
			x := ref.resolve(fr)
			if x.direct && x.prefix == nil {
				if v, ok := e.ev.Root().Delete(x.key); ok && !n.void {
					return th.fromEvent(v, nil)
				}
				return vNil
			}
			if x.direct {
				x.ref = x.prefix.Child(x.key)
			}
			return th.fromEvent(e.ev.Remove(x.ref), nil)
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
			th.at = at
			return th.eventSet(e.ev, *ref.fixed, v)
		}
		x := ref.resolve(fr)
		v := val(fr)
		th.at = at
		if x.direct {
			o := x.obj(e.ev)
			if o == nil {
				o = e.ev.MakeObject(*x.prefix)
			}
			if o != nil {
				o.Set(x.key, th.toEvent(v))
				return v
			}
			x.ref = x.prefix.Child(x.key)
		}
		return th.eventSet(e.ev, x.ref, th.cooked(v))
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

type resolvedRef struct {
	direct bool // key in the object that prefix names
	key    string
	prefix *event.Ref
	ref    event.Ref
}

// resolve evaluates the reference; it is direct when the open name is a plain one.
func (r *eventRef) resolve(fr *frame) resolvedRef {
	th := fr.th
	if r.last == nil {
		v := r.text(fr)
		th.at = r.at
		return resolvedRef{ref: th.refArg(v)}
	}
	v := r.last(fr)
	th.at = r.at
	s, ok := v.o.(*String)
	if r.bare && !ok {
		return resolvedRef{ref: th.refArg(v)}
	}
	name := ""
	if ok {
		name = s.s
	} else {
		name = th.toS(v)
	}
	if name != "" && name[0] != '@' && name != "tags" && strings.IndexByte(name, '[') < 0 && strings.IndexByte(name, ']') < 0 && !allDigits(name) {
		return resolvedRef{direct: true, key: name, prefix: r.prefix}
	}
	if r.bare {
		return resolvedRef{ref: th.refText(name)}
	}
	text := "[" + name + "]"
	if r.prefix != nil {
		text = r.prefix.String() + text
	}
	return resolvedRef{ref: th.refText(text)}
}

func allDigits(s string) bool {
	if s[0] == '-' {
		s = s[1:]
	}
	return isDigits(s)
}

// obj returns the object that the name belongs to; nil when there is none yet.
func (x *resolvedRef) obj(ev *event.Event) *event.ObjectData {
	if x.prefix == nil {
		return ev.Root()
	}
	v := ev.Open(*x.prefix)
	if v.Kind() != event.Object {
		return nil
	}
	return v.Object()
}
