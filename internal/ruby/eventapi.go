package ruby

import (
	"errors"
	"math/big"
	"strings"
	"time"

	"sluice/internal/event"
)

var (
	_              = defModule("LogStash")
	cEvent         = defClass("LogStash::Event", cObject)
	cTimestamp     = defClass("LogStash::Timestamp", cObject)
	cTimestampErr  = defClass("LogStash::TimestampParserError", cStandardError)
	mLSJson        = defModule("LogStash::Json")
	cLSJsonError   = defClass("LogStash::Json::ParserError", cStandardError)
	_              = defClass("LogStash::Json::GeneratorError", cStandardError)
	cLSError       = defClass("LogStash::Error", cStandardError)
	_              = defClass("LogStash::ConfigurationError", cLSError)
	mFilters       = defModule("LogStash::Filters")
	_              = defModule("Java")
	_              = defModule("Java::OrgLogstash")
	cMissingConv   = defClass("Java::OrgLogstash::MissingConverterException", cStandardError)
	_              = defModule("Java::OrgLogstash::Accessors")
	_              = defModule("Java::OrgLogstash::Event")
	cInvalidTags   = defClass("Java::OrgLogstash::Event::InvalidTagsTypeException", cStandardError)
	cInvalidSet    = defClass("Java::OrgLogstash::Accessors::InvalidFieldSetException", cStandardError)
	_              = defModule("Java::OrgLogstash::FieldReference")
	cIllegalSyntax = defClass("Java::OrgLogstash::FieldReference::IllegalSyntaxException", cStandardError)
	_              = defModule("Java::JavaLang")
	cIllegalArg    = defClass("Java::JavaLang::IllegalArgumentException", cStandardError)
	cNumberFormat  = defClass("Java::JavaLang::NumberFormatException", cStandardError)
)

// EventObj is the script's event.
type EventObj struct{ ev *event.Event }

func (*EventObj) class() *Class { return cEvent }

func (th *thread) eventObject(ev *event.Event) *EventObj { return &EventObj{ev} }

// Timestamp is LogStash::Timestamp.
type Timestamp struct{ t time.Time }

func (*Timestamp) class() *Class { return cTimestamp }

// origin is what a Hash or Array is a view of.
type origin struct {
	val event.Value
	ev  *event.Event // with ref: where it was taken from, when strings need their home
	ref event.Ref
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
		p := th.arena.str()
		*p = String{s: v.Str()}
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
		return Value{o: &Timestamp{v.Time()}}
	case event.Array:
		src := th.arena.origin()
		src.val = v
		if o != nil {
			src.ev, src.ref = o.ev, o.ref
		}
		return Value{o: &Array{src: src}}
	case event.Object:
		h := th.arena.hash()
		h.src = th.arena.origin()
		h.src.val = v
		if o != nil {
			h.src.ev, h.src.ref = o.ev, o.ref
		}
		return Value{o: h}
	}
	return vNil
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
	p.homes = &home{ev: o.ev, ref: o.ref}
	if th.shared.strs == nil {
		th.shared.strs = map[textKey]*String{}
	}
	th.shared.strs[key] = p
	return Value{o: p}
}

// settle makes a field the home of a String that was set.
func (th *thread) settle(v Value, ev *event.Event, ref event.Ref) {
	switch x := v.o.(type) {
	case *String:
		if x.frozen {
			return
		}
		x.homes = &home{ev, ref, x.homes}
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
	fields := th.fieldsOf(src.val)
	th.charge(96 * len(fields))
	if cap(h.ents) < len(fields) {
		h.ents = make([]entry, 0, len(fields))
	}
	for i := range fields {
		f := &fields[i]
		if src.ev != nil && th.inst.script.tracks && src.ref.IsZero() && f.Key != "" {
			h.add(th, f.Key, th.fromEvent(f.Value, th.childOrigin(src, f.Key)))
			continue
		}
		h.add(th, f.Key, th.fromEvent(f.Value, th.childOrigin(src, f.Key)))
	}
}

// fieldsOf returns the fields of an event's object. What is still text is parsed into the
// memory of the event's batch.
func (th *thread) fieldsOf(v event.Value) []event.Field {
	if th.ev != nil {
		return th.ev.Batch().Object(v).Fields()
	}
	return v.Object().Fields()
}

func (th *thread) childOrigin(src *origin, key string) *origin {
	if src.ev == nil || !th.inst.script.tracks || key == "" || strings.ContainsAny(key, "[]") {
		return nil
	}
	o := &origin{ev: src.ev}
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
	k := th.arena.str()
	*k = String{s: key, frozen: true}
	h.ents = append(h.ents, entry{Value{o: k}, v, true})
	h.live++
}

func (a *Array) load(th *thread) {
	src := a.src
	a.src = nil
	items := src.val.Array().Items
	th.charge(24 * len(items))
	a.items = make([]Value, len(items))
	for i, v := range items {
		var o *origin
		if src.ev != nil && th.inst.script.tracks {
			o = &origin{ev: src.ev, ref: src.ref.Child(th.toS(Int(int64(i))))}
		}
		a.items[i] = th.fromEvent(v, o)
	}
}

// eachView iterates over an event's object without making a Hash of it. The fields are
// those of the moment when it starts, whatever the block does to the event.
func (h *Hash) eachView(th *thread, blk *Proc) bool {
	if th.inst.script.tracks || blk.body == nil || !blk.body.simple || len(blk.body.plain) < 2 || blk.lambda {
		return false
	}
	src := h.src
	base := len(th.fields)
	th.fields = append(th.fields, th.fieldsOf(src.val)...)
	n := len(th.fields) - base
	b := blk.body
	for i := range n {
		f := &th.fields[base+i]
		k := th.arena.str()
		*k = String{s: f.Key, frozen: true}
		var v Value
		if b.carries {
			th.carry.v = f.Value
			v.o = &th.carry
		} else {
			v = th.fromEvent(f.Value, nil)
		}
		fr := b.enter(th, blk)
		fr.vars[b.plain[0]], fr.vars[b.plain[1]] = Value{o: k}, v
		b.run(th, fr)
		if h.src == nil {
			// The block looked at the Hash itself; it is a plain one from here on.
			break
		}
	}
	th.fields = th.fields[:base]
	return true
}

// toEvent converts a Ruby value for the event. Views that nobody touched go back as
// what they were.
func (th *thread) toEvent(v Value) event.Value {
	switch x := v.o.(type) {
	case nil:
		return event.NullValue
	case *tag:
		switch x {
		case tagInt:
			return event.IntValue(v.int())
		case tagFloat:
			return event.FloatValue(v.float())
		}
		return event.BoolValue(x == tagTrue)
	case *carried:
		return x.v.Clone()
	case *String:
		if x.enc == encUTF8 || x.isASCII() && x.enc <= encWindows1252 {
			return event.StringValue(x.s)
		}
		return event.StringValue(th.javaText(x))
	case *Symbol:
		return event.SymbolValue(x.name)
	case *BigInt:
		return event.BigIntValue(new(big.Int).Set(x.i))
	case *Timestamp:
		return event.TimeValue(x.t)
	case *Time:
		return event.TimeValue(x.t)
	case *BigDecimal:
		return event.DecimalValue(strings.TrimSuffix(x.plain(), ".0"))
	case *Array:
		if x.src != nil {
			return x.src.val.Clone()
		}
		th.deeper()
		items := make([]event.Value, len(x.items))
		th.charge(24 * len(items))
		for i, e := range x.items {
			items[i] = th.toEvent(e)
		}
		th.depth--
		return event.ArrayValue(&event.ArrayData{Items: items})
	case *Hash:
		if x.src != nil {
			return x.src.val.Clone()
		}
		th.deeper()
		o := &event.ObjectData{}
		th.charge(40 * x.live)
		for _, e := range x.ents {
			if e.live {
				o.Set(th.toS(e.k), th.toEvent(e.v))
			}
		}
		th.depth--
		return event.ObjectValue(o)
	case *Object:
		if d, ok := x.data.(event.Value); ok {
			return d
		}
	}
	th.raise(cMissingConv, "Missing Converter handling for full class name=%s, simple name=%s", "org.jruby.Ruby"+classOf(v).real().name, "Ruby"+classOf(v).real().name)
	return event.NullValue
}

// javaText is how bytes of another encoding become a Java string.
func (th *thread) javaText(s *String) string {
	var b []byte
	switch s.enc {
	case encBinary, encASCII:
		return s.s
	}
	decode(s.s, s.enc, func(r rune) { b, _ = encodeRune(b, r, encUTF8) }, func(string) { b = append(b, "\ufffd"...) })
	return string(b)
}

// refArg compiles a field reference given at run time.
func (th *thread) refArg(v Value) event.Ref {
	s, ok := v.o.(*String)
	if !ok {
		th.raise(cTypeError, "wrong argument type %s (expected String)", classOf(v).real().name)
	}
	return th.refText(s.s)
}

func (th *thread) refText(s string) event.Ref {
	r, err := th.inst.refs.Get(s)
	if err != nil {
		th.raise(cIllegalSyntax, "%s", err)
	}
	return r
}

func (th *thread) raiseSet(err error) {
	switch {
	case errors.Is(err, event.ErrNotTimestamp), errors.Is(err, event.ErrMetadata):
		th.raise(cTypeError, "%s", err)
	case errors.Is(err, event.ErrTags):
		th.raise(cInvalidTags, "%s", err)
	case errors.Is(err, event.ErrUnderScalar):
		th.raise(cInvalidSet, "%s", err)
	}
	th.raise(cIndexError, "%s", err)
}

func (th *thread) eventGet(ev *event.Event, r event.Ref) Value {
	v := ev.Get(r)
	if th.inst.script.tracks && (v.Kind() == event.String || v.Kind() >= event.Array) {
		return th.fromEvent(v, &origin{ev: ev, ref: r})
	}
	return th.fromEvent(v, nil)
}

func (th *thread) eventSet(ev *event.Event, r event.Ref, v Value) Value {
	if name, ok := r.Name(); ok && name == "@timestamp" {
		if _, ok := v.o.(*Timestamp); !ok {
			th.raise(cTypeError, "wrong argument type %s (expected LogStash::Timestamp)", classOf(v).real().name)
		}
	}
	if err := ev.Set(r, th.toEvent(v)); err != nil {
		th.raiseSet(err)
	}
	if th.inst.script.tracks {
		th.settle(v, ev, r)
	}
	return v
}

func evOf(v Value) *event.Event { return v.o.(*EventObj).ev }

// newEventBlock is what inline code finds under that name.
var newEventBlock = &Proc{arity: 1, lambda: true, native: func(th *thread, a []Value, blk *Proc) Value {
	if len(a) > 0 {
		e, ok := a[0].o.(*EventObj)
		if !ok {
			th.raise(cTypeError, "new_event_block takes a LogStash::Event, not %s", th.describe(a[0]))
		}
		if th.emit != nil {
			th.emit(e.ev)
		}
	}
	return vNil
}}

// rootHash is event.to_hash: a view of the fields, and @metadata when wanted.
func (th *thread) rootHash(ev *event.Event, meta bool) Value {
	h := th.arena.hash()
	h.src = th.arena.origin()
	h.src.val = event.ObjectValue(ev.Root())
	h.src.ev = ev
	h.src.ref = event.Ref{}
	if !meta {
		// A view of the event itself must not see later changes, so it is loaded now
		// unless it is iterated over at once.
		return Value{o: h}
	}
	h.load(th)
	m := th.fromEvent(event.ObjectValue(ev.Metadata().Clone()), nil)
	h.set(th, th.str("@metadata"), m)
	return Value{o: h}
}

func (th *thread) newEvent(a []Value) *event.Event {
	base := th.ev
	if base == nil {
		b := event.NewBatch()
		b.Pin()
		base = b.New()
	}
	ev := base.NewEvent()
	if len(a) == 0 || a[0].isNil() {
		return ev
	}
	if _, ok := a[0].o.(*Hash); !ok {
		th.raise(cTypeError, "wrong argument type %s (expected Hash)", classOf(a[0]).real().name)
	}
	v := th.toEvent(a[0])
	ev.Replace(v.Object())
	return ev
}

func init() {
	def := cEvent.def
	cEvent.sdef("new", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Value{o: &EventObj{th.newEvent(a)}}
	})
	cEvent.sdef("from_json", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		v := th.parseJSON(th.strArg(a[0]), jsonOptions{err: cLSJsonError})
		list := []Value{v}
		if l, ok := v.o.(*Array); ok {
			list = l.list(th)
		}
		out := make([]Value, len(list))
		for i, e := range list {
			out[i] = Value{o: &EventObj{th.newEvent([]Value{e})}}
		}
		return th.array(out)
	})
	def("get", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.eventGet(evOf(self), th.refArg(a[0]))
	})
	def("[]", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.raise(cNoMethodError, "Direct event field references (i.e. event['field']) have been disabled in favor of using event get and set methods (e.g. event.get('field')). Please consult the Logstash 5.0 breaking changes documentation for more details.")
		return vNil
	})
	def("[]=", 2, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.raise(cNoMethodError, "Direct event field references (i.e. event['field'] = 'value') have been disabled in favor of using event get and set methods (e.g. event.set('field', 'value')). Please consult the Logstash 5.0 breaking changes documentation for more details.")
		return vNil
	})
	def("set", 2, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.eventSet(evOf(self), th.refArg(a[0]), a[1])
	})
	def("remove", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.fromEvent(evOf(self).Remove(th.refArg(a[0])), nil)
	})
	def("include?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(evOf(self).Has(th.refArg(a[0]))) })
	def("to_hash to_h", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		v := th.rootHash(evOf(self), false)
		v.o.(*Hash).entries(th)
		return v
	})
	delete(cEvent.methods, "to_h")
	def("to_hash_with_metadata", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.rootHash(evOf(self), true) })
	def("to_java", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value { return self })
	def("tag", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		evOf(self).Tag(th.strArg(a[0]))
		return vNil
	})
	def("cancel", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		evOf(self).Cancel()
		return vTrue
	})
	def("uncancel", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		evOf(self).Uncancel()
		return vFalse
	})
	def("cancelled?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(evOf(self).Cancelled()) })
	def("clone dup", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Value{o: &EventObj{evOf(self).Clone()}}
	})
	def("overwrite", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		src, ok := a[0].o.(*EventObj)
		if !ok {
			th.raise(cTypeError, "wrong argument type %s (expected LogStash::Event)", classOf(a[0]).real().name)
		}
		evOf(self).Replace(src.ev.Root().Clone())
		return self
	})
	def("append", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		src, ok := a[0].o.(*EventObj)
		if !ok {
			th.raise(cTypeError, "wrong argument type %s (expected LogStash::Event)", classOf(a[0]).real().name)
		}
		dst := evOf(self).Root()
		for _, f := range src.ev.Root().Clone().Fields() {
			if f.Key == "@timestamp" || f.Key == "@version" {
				continue
			}
			if old, ok := dst.Get(f.Key); ok {
				dst.Set(f.Key, appendValues(old, f.Value))
			} else {
				dst.Set(f.Key, f.Value)
			}
		}
		return self
	})
	def("timestamp", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		t, ok := evOf(self).Timestamp()
		if !ok {
			return vNil
		}
		return Value{o: &Timestamp{t}}
	})
	def("timestamp=", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		t, ok := a[0].o.(*Timestamp)
		if !ok {
			th.raise(cTypeError, "wrong argument type %s (expected LogStash::Timestamp)", classOf(a[0]).real().name)
		}
		evOf(self).SetTimestamp(t.t)
		return a[0]
	})
	def("sprintf", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		b, err := event.ParseTemplate(th.strArg(a[0])).Append(nil, evOf(self))
		if err != nil {
			th.raise(cStandardError, "%s", err)
		}
		th.charge(len(b))
		return th.str(string(b))
	})
	def("to_json", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		b := evOf(self).AppendJSON(nil)
		th.charge(len(b))
		return th.str(string(b))
	})
	def("to_s", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		b, _ := event.ParseTemplate("%{@timestamp} %{host} %{message}").Append(nil, evOf(self))
		return th.str(string(b))
	})
	def("uuid", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(th.uuid()) })
	def("ruby_timestamp", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		t, _ := evOf(self).Timestamp()
		return Value{o: &Timestamp{t}}
	})
}

// appendValues is how two values of one field become one: lists grow, objects merge.
func appendValues(a, b event.Value) event.Value {
	if a.Kind() == event.Array {
		items := append([]event.Value(nil), a.Array().Items...)
		if b.Kind() == event.Array {
			for _, v := range b.Array().Items {
				items = appendUnique(items, v)
			}
		} else {
			items = appendUnique(items, b)
		}
		return event.ArrayValue(&event.ArrayData{Items: items})
	}
	if a.Kind() == event.Object && b.Kind() == event.Object {
		o := a.Object().Clone()
		for _, f := range b.Object().Fields() {
			if old, ok := o.Get(f.Key); ok {
				o.Set(f.Key, appendValues(old, f.Value))
			} else {
				o.Set(f.Key, f.Value)
			}
		}
		return event.ObjectValue(o)
	}
	if a.Equal(b) {
		return a
	}
	items := []event.Value{a}
	if b.Kind() == event.Array {
		for _, v := range b.Array().Items {
			items = appendUnique(items, v)
		}
	} else {
		items = append(items, b)
	}
	return event.ArrayValue(&event.ArrayData{Items: items})
}

func appendUnique(l []event.Value, v event.Value) []event.Value {
	for _, x := range l {
		if x.Equal(v) {
			return l
		}
	}
	return append(l, v)
}
