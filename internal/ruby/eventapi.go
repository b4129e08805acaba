package ruby

import (
	"errors"
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

// Timestamp is LogStash::Timestamp.
type Timestamp struct{ t time.Time }

func (*Timestamp) class() *Class { return cTimestamp }

// refArg compiles a field reference given at run time.
func (th *thread) refArg(v Value) event.Ref { return *th.refOf(v) }

// refOf is refArg without copying the reference.
func (th *thread) refOf(v Value) *event.Ref {
	s, ok := v.o.(*String)
	if !ok {
		th.raise(cTypeError, "wrong argument type %s (expected String)", classOf(v).real().name)
	}
	return th.refText(s.s)
}

func (th *thread) refText(s string) *event.Ref {
	r, err := th.inst.refs.Find(s)
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
	h.src = th.arena.origins.take()
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
