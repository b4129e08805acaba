package ruby

import (
	"strings"

	"sluice/internal/event"
)

// origin is what a Hash or Array is a view of.
type origin struct {
	val event.Value
	ev  *event.Event // with ref: where it was taken from, when strings need their home
	ref event.Ref

	fields []event.Field // of val, once somebody has looked
	inner  bool          // it was found in another view
	node   event.Node    // in the arena's tree, when it has been read into it
}

// home is a field that holds a String.
type home struct {
	ev   *event.Event
	ref  event.Ref
	next *home
}

// sharing remembers which String stands for which text of the event, so that getting a
// field twice gives one object, as in Logstash.
type sharing struct {
	strs map[textKey]*String
}

type textKey struct {
	p string
	e *event.Event
	r string
}

func (s *sharing) reset() {
	if len(s.strs) > 0 {
		clear(s.strs)
	}
}

// fromEvent converts a value of the event. Objects and arrays become views that are
// converted when somebody looks inside.
func (th *thread) fromEvent(v event.Value, o *origin) Value {
	switch v.Kind() {
	case event.String:
		if v.IsSymbol() {
			return sym(v.Str())
		}
		p := th.arena.strs.take()
		*p = String{s: th.textIn(v)}
		if o != nil && th.inst.script.tracks {
			return th.track(p, o)
		}
		return Value{o: p}
	case event.Bool:
		return Bool(v.Bool())
	case event.Int:
		return Int(v.Int())
	case event.Float:
		return Float(v.Float())
	case event.BigInt:
		return bigValue(v.Big())
	case event.Decimal:
		return Value{o: &BigDecimal{r: ratOfText(v.NumberText())}}
	case event.Time:
		return th.timestamp(Timestamp{v.Time()})
	case event.Array:
		a := th.arena.arrays.take()
		*a = Array{src: th.origin(v, o)}
		return Value{o: a}
	case event.Object:
		h := th.arena.hash()
		h.src = th.origin(v, o)
		return Value{o: h}
	}
	return vNil
}

// origin notes what a view is a view of, and where it stands if that is known.
func (th *thread) origin(v event.Value, at *origin) *origin {
	o := th.arena.origins.take()
	if at == nil {
		*o = origin{val: v}
	} else {
		*o = origin{val: v, ev: at.ev, ref: at.ref}
	}
	return o
}

// textIn returns the text of an event's string.
func (th *thread) textIn(v event.Value) string {
	if text, ok := v.Plain(); ok {
		return text
	}
	if v.Kind() == event.String && th.inBatch(64) {
		return th.ev.Batch().Str(v)
	}
	return v.Str()
}

// track gives a String its home in the event, or returns the one that is there already.
func (th *thread) track(p *String, o *origin) Value {
	if o.ev == nil {
		return Value{o: p}
	}
	key := textKey{p.s, o.ev, o.ref.String()}
	if s, ok := th.shared.strs[key]; ok {
		return Value{o: s}
	}
	p.homes = th.home(o.ev, o.ref, nil)
	if th.shared.strs == nil {
		th.shared.strs = map[textKey]*String{}
	}
	th.shared.strs[key] = p
	return Value{o: p}
}

func (th *thread) home(ev *event.Event, ref event.Ref, next *home) *home {
	h := th.arena.homes.take()
	*h = home{ev, ref, next}
	return h
}

// settle makes a field the home of a String that was set.
func (th *thread) settle(v Value, ev *event.Event, ref event.Ref) {
	switch x := v.o.(type) {
	case *String:
		if x.frozen {
			return
		}
		x.homes = th.home(ev, ref, x.homes)
		if th.shared.strs == nil {
			th.shared.strs = map[textKey]*String{}
		}
		th.shared.strs[textKey{x.s, ev, ref.String()}] = x
	case *Array:
		if x.src == nil && len(x.items) <= 1000 {
			for i, e := range x.items {
				if _, ok := e.o.(*String); ok {
					th.settle(e, ev, ref.Child(th.toS(Int(int64(i)))))
				}
			}
		}
	case *Hash:
		if x.src == nil && len(x.ents) <= 1000 {
			for _, e := range x.ents {
				if _, ok := e.v.o.(*String); ok && e.live && th.plainName(e.k) != "" {
					th.settle(e.v, ev, ref.Child(th.plainName(e.k)))
				}
			}
		}
	}
}

func (th *thread) plainName(k Value) string {
	s, ok := k.o.(*String)
	if !ok || s.s == "" || strings.ContainsAny(s.s, "[]") {
		return ""
	}
	return s.s
}

// writeBack puts the new text of a String into the fields that hold it still.
func (th *thread) writeBack(s *String, old string) {
	for h := s.homes; h != nil; h = h.next {
		cur := h.ev.Get(h.ref)
		if cur.Kind() == event.String && cur.Str() == old {
			_ = h.ev.Set(h.ref, event.StringValue(s.s))
			if th.shared.strs != nil {
				th.shared.strs[textKey{s.s, h.ev, h.ref.String()}] = s
			}
		}
	}
}

// load converts the fields of a view.
func (h *Hash) load(th *thread) {
	src := h.src
	h.src = nil
	fields, tree := th.fieldsOf(src)
	th.charge(96 * len(fields))
	if cap(h.ents) < len(fields) {
		h.ents = make([]entry, 0, len(fields))
	}
	for i := range fields {
		f := &fields[i]
		v := th.fromEvent(f.Value, th.childOrigin(src, f.Key))
		th.within(v, f.Value, tree)
		h.add(th, f.Key, v)
	}
}

// within notes that a view was found in another one, and where it stands in the tree if
// the other is there.
func (th *thread) within(view Value, v event.Value, tree bool) {
	var src *origin
	switch x := view.o.(type) {
	case *Hash:
		src = x.src
	case *Array:
		src = x.src
	default:
		return
	}
	src.inner = true
	if tree {
		src.node = th.arena.tree.Node(v)
	}
}

// nodeOf reads a part of the event through all its levels at once, if it is one of which
// a script mostly looks at all levels: a list, or what stands in something that has been
// looked into already. It returns none for others.
func (th *thread) nodeOf(src *origin) event.Node {
	if src.node != 0 || !src.val.IsText() || !src.inner && src.val.Kind() != event.Array {
		return src.node
	}
	p := th.openedView(src.val)
	if p.node == 0 && p.fields == nil && p.items == nil && th.inBatch(viewSize) {
		t := &th.arena.tree
		before := t.Len()
		p.node = t.Read(th.ev.Batch(), src.val)
		th.charge(64 * (t.Len() - before))
	}
	src.node = p.node
	return p.node
}

// viewSize is what the fields of an opened object count towards textOfRun.
const viewSize = 256

// fieldsOf returns the fields of an event's object, and whether they are those of the
// arena's tree. What is still text is parsed into the memory of the event's batch.
func (th *thread) fieldsOf(src *origin) (fields []event.Field, tree bool) {
	v := src.val
	if !v.IsText() {
		return v.Object().Fields(), false
	}
	if n := th.nodeOf(src); n != 0 {
		return th.arena.tree.Fields(n), true
	}
	p := th.openedView(v)
	if p.fields == nil {
		if th.inBatch(viewSize) {
			p.fields = th.ev.Batch().Object(v).Fields()
		} else {
			p.fields = v.Object().Fields()
		}
	}
	return p.fields, false
}

// opened is a part of the event that was text, and what has been found in it. A script
// often gets a field more than once; nobody changes what it is given of it.
type opened struct {
	text   event.Value
	fields []event.Field
	items  []event.Value
	node   event.Node // instead, in the arena's tree
}

// openedViews is how many of them a run remembers.
const openedViews = 16

// openedView returns the place of a text among those that have been opened.
func (th *thread) openedView(v event.Value) *opened {
	for i := range th.opened {
		if th.opened[i].text == v {
			return &th.opened[i]
		}
	}
	if len(th.opened) < openedViews {
		th.opened = append(th.opened, opened{text: v})
		return &th.opened[len(th.opened)-1]
	}
	p := &th.opened[th.nextOpened]
	th.nextOpened = (th.nextOpened + 1) % openedViews
	*p = opened{text: v}
	return p
}

// peek returns a field of a view without converting the others. It answers for what is
// the same whenever it is looked at: no objects, nothing that may have been changed.
func (th *thread) peek(o *origin, key string) (Value, bool) {
	if !o.val.IsText() || th.inst.script.tracks {
		return vNil, false
	}
	if o.fields == nil {
		o.fields, _ = th.fieldsOf(o)
	}
	if len(o.fields) > 48 {
		return vNil, false
	}
	for i := range o.fields {
		if f := &o.fields[i]; f.Key == key {
			if f.Value.Kind() >= event.Array {
				return vNil, false
			}
			return th.fromEvent(f.Value, nil), true
		}
	}
	return vNil, true
}

// itemsOf does the same for an array.
func (th *thread) itemsOf(v event.Value) []event.Value {
	if !v.IsText() {
		return v.Array().Items
	}
	p := th.openedView(v)
	if p.items == nil {
		if th.inBatch(viewSize) {
			p.items = th.ev.Batch().Array(v).Items
		} else {
			p.items = v.Array().Items
		}
	}
	return p.items
}

func (th *thread) childOrigin(src *origin, key string) *origin {
	if src.ev == nil || !th.inst.script.tracks || key == "" || strings.ContainsAny(key, "[]") {
		return nil
	}
	o := th.origin(event.Value{}, src)
	if src.ref.IsZero() {
		r, err := event.ParseRef(key)
		if err != nil {
			return nil
		}
		o.ref = r
	} else {
		o.ref = src.ref.Child(key)
	}
	return o
}

func (h *Hash) add(th *thread, key string, v Value) {
	k := th.arena.strs.take()
	*k = String{s: key, frozen: true}
	h.ents = append(h.ents, entry{Value{o: k}, v, true})
	h.live++
}

// load converts the items of a view.
func (a *Array) load(th *thread) {
	src := a.src
	a.src = nil
	if n := th.nodeOf(src); n != 0 {
		fields := th.arena.tree.Fields(n)
		th.charge(24 * len(fields))
		a.items = th.arena.values(len(fields))
		for i := range fields {
			v := th.fromEvent(fields[i].Value, th.itemOrigin(src, i))
			th.within(v, fields[i].Value, true)
			a.items[i] = v
		}
		return
	}
	items := th.itemsOf(src.val)
	th.charge(24 * len(items))
	a.items = th.arena.values(len(items))
	for i, v := range items {
		a.items[i] = th.fromEvent(v, th.itemOrigin(src, i))
		th.within(a.items[i], v, false)
	}
}

// itemOrigin is childOrigin for an item of an array.
func (th *thread) itemOrigin(src *origin, i int) *origin {
	if src.ev == nil || !th.inst.script.tracks {
		return nil
	}
	o := th.origin(event.Value{}, src)
	o.ref = src.ref.Child(th.toS(Int(int64(i))))
	return o
}

// eachView iterates over an event's object without making a Hash of it. The fields are
// those of the moment when it starts, whatever the block does to the event.
func (h *Hash) eachView(th *thread, blk *Proc) bool {
	if th.inst.script.tracks || !blk.quick() || len(blk.body.slots) < 2 {
		return false
	}
	src := h.src
	base := len(th.fields)
	fields, tree := th.fieldsOf(src)
	th.fields = append(th.fields, fields...)
	n := len(th.fields) - base
	r := th.rounds(blk)
	for i := range n {
		f := &th.fields[base+i]
		k := th.arena.strs.take()
		*k = String{s: f.Key, frozen: true}
		var v Value
		if blk.body.carries {
			th.carry.v = f.Value
			v.o = &th.carry
		} else {
			v = th.fromEvent(f.Value, nil)
			th.within(v, f.Value, tree)
		}
		r.two(Value{o: k}, v)
		if h.src == nil {
			// The block looked at the Hash itself; it is a plain one from here on.
			break
		}
	}
	r.end()
	th.fields = th.fields[:base]
	return true
}
