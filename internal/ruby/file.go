package ruby

import (
	"fmt"
	"strings"

	"sluice/internal/diag"
	"sluice/internal/event"
)

// TestError tells that a script file's own test failed.
type TestError struct {
	Test, Expect string
	Cause        error // nil when the expectation was false
	At           diag.Span
}

func (e *TestError) Error() string {
	s := fmt.Sprintf("test %q: %q is not true", e.Test, e.Expect)
	if e.Cause != nil {
		s = fmt.Sprintf("test %q: %q: %v", e.Test, e.Expect, e.Cause)
	}
	if e.At.Valid() {
		p := e.At.Position()
		s = fmt.Sprintf("%s:%d: %s", p.File, p.Line, s)
	}
	return s
}

// scriptTest is a test block of a script file.
type scriptTest struct {
	name    string
	params  *Proc
	inputs  []*Proc
	expects []expectation
}

type expectation struct {
	what string
	body *Proc
}

var cTestContext = defClass("LogStash::Filters::RubyTestContext", cObject)

// startFile checks a script file after its body has run, calls register(params) and
// runs the tests.
func (in *Instance) startFile(th *thread) error {
	in.hasFilter = in.find(in.self.class(), "filter") != nil
	if !in.hasFilter {
		return &diag.List{diag.New(codeUnknownName, in.script.main.src.src.At(0, 1), "the script has no method filter(event)")}
	}
	if err := in.register(th, in.goValue(in.script.opts.Params)); err != nil {
		return err
	}
	for _, t := range in.tests {
		if err := in.runTest(th, t); err != nil {
			return err
		}
	}
	if len(in.tests) > 0 {
		// Logstash runs tests on instances of their own; register sets the state anew.
		return in.register(th, in.goValue(in.script.opts.Params))
	}
	return nil
}

func (in *Instance) register(th *thread, params Value) error {
	if in.find(in.self.class(), "register") == nil {
		return nil
	}
	return in.guarded(th, func() {
		th.src = in.script.main.src
		th.send(Value{o: in.self}, "register", params)
	})
}

// runFile calls filter(event) and hands on what it returns.
func (in *Instance) runFile(th *thread, ev *event.Event) {
	th.src = in.script.main.src
	self := th.eventObject(ev)
	base := len(th.stack)
	th.stack = append(th.stack, Value{o: self})
	res := th.dispatch(&in.filterSite, Value{o: in.self}, th.stack[base:], nil, true)
	th.stack = th.stack[:base]
	list, ok := res.o.(*Array)
	if !ok {
		if !res.isNil() {
			th.raise(cTypeError, "the script's filter method must return an array of events, not %s", classOf(res).real().name)
		}
		ev.Cancel()
		return
	}
	kept := false
	for _, v := range list.list(th) {
		e, ok := v.o.(*EventObj)
		if !ok {
			th.raise(cTypeError, "the script's filter method must return an array of events, not of %s", classOf(v).real().name)
		}
		if e.ev == ev {
			kept = true
		} else if th.emit != nil {
			th.emit(e.ev)
		}
	}
	if !kept {
		ev.Cancel()
	}
}

func (in *Instance) runTest(th *thread, t scriptTest) error {
	params := Value{o: th.newHash(0)}
	if t.params != nil {
		err := in.guarded(th, func() { params = th.callProc(t.params, nil, nil) })
		if err != nil {
			return &TestError{Test: t.name, Expect: "parameters", Cause: err}
		}
		if h, ok := params.o.(*Hash); ok {
			// Parameters come from the configuration, so their names are strings.
			s := th.newHash(0)
			for _, e := range h.entries(th) {
				if e.live {
					s.set(th, th.str(th.toS(e.k)), e.v)
				}
			}
			params = Value{o: s}
		}
	}
	if err := in.register(th, params); err != nil {
		return &TestError{Test: t.name, Expect: "register", Cause: err}
	}
	batch := event.NewBatch()
	batch.Pin()
	base := batch.New()
	var out []Value
	err := in.guarded(th, func() {
		th.ev = base
		th.emit = func(e *event.Event) { out = append(out, Value{o: &EventObj{e}}) }
		for _, p := range t.inputs {
			v := th.callProc(p, nil, nil)
			list := []Value{v}
			if l, ok := v.o.(*Array); ok {
				list = l.list(th)
			}
			for _, d := range list {
				ev := th.newEvent([]Value{d})
				in.runFile(th, ev)
				if !ev.Cancelled() {
					out = append(out, Value{o: &EventObj{ev}})
				}
			}
		}
	})
	if err != nil {
		return &TestError{Test: t.name, Expect: "in_event", Cause: err}
	}
	for _, x := range t.expects {
		var ok Value
		err := in.guarded(th, func() {
			th.ev = base
			ok = th.callProc(x.body, []Value{th.array(out)}, nil)
		})
		if err != nil || !ok.truthy() {
			return &TestError{Test: t.name, Expect: x.what, Cause: err, At: x.body.body.src.src.At(x.body.body.at, x.body.body.at+1)}
		}
	}
	th.ev, th.emit = nil, nil
	return nil
}

// goValue converts a plain Go value.
func (in *Instance) goValue(v any) Value {
	switch x := v.(type) {
	case bool:
		return Bool(x)
	case int:
		return Int(int64(x))
	case int64:
		return Int(x)
	case float64:
		return Float(x)
	case string:
		return Value{o: &String{s: x}}
	case []any:
		items := make([]Value, len(x))
		for i, e := range x {
			items[i] = in.goValue(e)
		}
		return Value{o: &Array{items: items}}
	case map[string]any:
		h := &Hash{}
		var keys []string
		for k := range x {
			keys = append(keys, k)
		}
		sortStrings(keys)
		th := in.newThread()
		th.budget()
		for _, k := range keys {
			h.setKey(th, Value{o: &String{s: k, frozen: true}}, in.goValue(x[k]))
		}
		return Value{o: h}
	}
	return vNil
}

func init() {
	kernel("test", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		t := &scriptTest{name: strings.Clone(th.strArg(a[0]))}
		th.callProcAs(blk, Value{o: &Object{cls: cTestContext, data: t}}, nil, nil, nil)
		th.inst.tests = append(th.inst.tests, *t)
		return vNil
	})
	test := func(v Value) *scriptTest { return v.o.(*Object).data.(*scriptTest) }
	cTestContext.def("parameters", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		test(self).params = blk
		return vNil
	})
	cTestContext.def("in_event", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		test(self).inputs = append(test(self).inputs, blk)
		return vNil
	})
	cTestContext.def("expect", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		test(self).expects = append(test(self).expects, expectation{strings.Clone(th.strArg(a[0])), blk})
		return vNil
	})
}
