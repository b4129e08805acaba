package ruby

import (
	"math"
	"sync/atomic"
	"time"

	"sluice/internal/event"
	"sluice/internal/onig"
)

// thread runs one script for one event at a time. Each worker that runs an instance
// has one of its own; what it hands out during a run is used again in the next one
// when the script keeps nothing.
type thread struct {
	inst    *Instance
	at      int // where the code that runs stands in th.src
	src     *codeSource
	stack   []Value // arguments of the calls that run
	frames  []*frame
	fp      int
	depth   int
	deepest int // what depth may be

	keptFrames  []*frame // of this run, for closures that may live on
	spareFrames []*frame

	steps    int64
	mem      int64
	deadline time.Time
	sinceNow int

	ev         *event.Event // of this run
	emit       func(*event.Event)
	arena      arena
	kept       bool // this run leaves something behind
	shared     sharing
	opened     []opened // parts of the event
	nextOpened int
	cleanup    []func()
	nesting    int // of inspect, ==, hash over containers
	guard      []any

	cur       *activation // of the code that called the running core method: its $~
	brk       *breakTag
	running   *frame   // of the method that runs
	lastError Value    // $!
	miss      mismatch // why the last pattern did not match
	catches   []Value
	fields    []event.Field // of the objects that are iterated over
	carry     carried
	held      Value  // on its way from one part of a chain to the next
	spare     []byte // see scratch
	sets      map[string]*charSet
	parts     []string // of split
	searcher  onig.Searcher
	places    []int // of the last match
	// lastPlaces is what sub and gsub found last.
	lastPlaces []int
	reSteps    int64 // of the match that runs
}

// frame holds the variables of one running body: a method, a block, the program.
type frame struct {
	th   *thread
	self Value
	vars []Value
	up   *frame
	act  *activation
	jump jumpKind // why a statement returned vJump
	jv   Value
	brk  *breakTag
	cref *Class // where def and constants go
	own  activation
	lent Proc // the block of a call in this body, while that runs
	kept bool // a closure may use it after its body has ended
	slot int  // its place in thread.frames; -1 when the arena has it
}

// activation is what a method's body shares with the blocks in it.
type activation struct {
	blk   *Proc
	meth  *Method
	match *MatchData // $~
	vis   visibility
	modFn bool
}

type jumpKind uint8

const (
	jumpNext jumpKind = iota + 1
	jumpBreak
	jumpReturn
	jumpRedo
	jumpRetry
	jumpRaise // fr.jv is the exception; only inside of begin with rescue
)

// breakTag is what a break in a block unwinds to; a break travels as a *breakPanic, a
// return out of a block as a *returnPanic, a throw as a *throwPanic.
type breakTag struct{ dead bool }

type (
	breakPanic struct {
		tag *breakTag
		v   Value
	}
	returnPanic struct {
		act *activation
		v   Value
	}
	throwPanic struct {
		tag, v Value
	}
	// jumpPanic is a next, break, redo or retry in the middle of an expression.
	jumpPanic struct {
		fr   *frame
		kind jumpKind
		v    Value
	}
)

// mark is how deep a thread is; unwinding returns to it.
type threadMark struct {
	stack, fp, depth, nesting, guard int
	src                              *codeSource
	running                          *frame
}

func (th *thread) mark() threadMark {
	return threadMark{len(th.stack), th.fp, th.depth, th.nesting, len(th.guard), th.src, th.running}
}

func (th *thread) unwind(m threadMark) {
	th.stack, th.fp, th.depth, th.nesting, th.src = th.stack[:m.stack], m.fp, m.depth, m.nesting, m.src
	th.guard, th.running = th.guard[:m.guard], m.running
}

// step counts one step of the script against its limit.
func (th *thread) step() {
	if th.steps--; th.steps < 0 {
		th.overSteps()
	}
}

// stepsPerCheck is how often the clock is looked at.
const stepsPerCheck = 2048

func (th *thread) overSteps() {
	in := th.inst
	if th.sinceNow -= stepsPerCheck; th.sinceNow <= 0 {
		panic(&LimitError{Limit: "steps", Max: in.script.opts.Limits.Steps, At: th.place()})
	}
	if th.timeLeft() < 0 {
		panic(&LimitError{Limit: "time", Max: int64(in.script.opts.Limits.Time), At: th.place()})
	}
	th.steps = stepsPerCheck
}

// timeLeft is how long the run may still go on. The clock runs from when it is looked at
// first, since most runs are over before.
func (th *thread) timeLeft() time.Duration {
	limit := th.inst.script.opts.Limits.Time
	switch {
	case limit <= 0:
		return math.MaxInt64
	case th.deadline.IsZero():
		th.deadline = time.Now().Add(limit)
		return limit
	}
	return time.Until(th.deadline)
}

// work counts n units of work done inside one step.
func (th *thread) work(n int) {
	if n > 64 {
		th.steps -= int64(n >> 6)
		if th.steps < 0 {
			th.sinceNow += int(th.steps)
			th.steps = 0
			th.overSteps()
		}
	}
}

// charge counts memory that grows with the data. What a step allocates beyond a
// constant must be charged before it is allocated.
func (th *thread) charge(bytes int) {
	if th.mem -= int64(bytes); th.mem < 0 || bytes < 0 {
		panic(&LimitError{Limit: "memory", Max: th.inst.script.opts.Limits.Memory, At: th.place()})
	}
}

// deeper counts one level of calls; the caller takes it back with th.depth--.
func (th *thread) deeper() { th.deeperBy(1) }

// deeperBy counts a call that weighs as much as several; see compiler.weigh.
func (th *thread) deeperBy(weight int) {
	if th.depth += weight; th.depth > th.deepest {
		th.tooDeep()
	}
}

func (th *thread) tooDeep() {
	th.depth = 0 // rescue and ensure need some room
	e := th.newException(cSystemStack, "stack level too deep")
	th.depth = th.deepest
	panic(e)
}

// budget sets the limits for one run.
func (th *thread) budget() {
	l := &th.inst.script.opts.Limits
	th.steps = min(l.Steps, stepsPerCheck)
	th.sinceNow = int(l.Steps)
	th.mem = l.Memory
	th.deadline = time.Time{}
	th.arena.text = textOfRun
	th.opened = th.opened[:0]
	th.depth, th.fp, th.nesting, th.deepest = 0, 0, 0, l.Depth
	th.running = nil
	th.forgetFrames()
	th.stack = th.stack[:0]
	th.guard = th.guard[:0]
}

// callSite is a place in the code where a method is called. It remembers what it found
// last; several workers may use it at the same time.
type callSite struct {
	name string
	pos  int
	last atomic.Pointer[siteEntry]
}

// generation stands for the methods of an instance as they are: when one comes or goes,
// there is another one.
type generation struct{ _ byte }

func (in *Instance) changed() { in.methods = new(generation) }

type siteEntry struct {
	cls  *Class
	of   *generation
	meth *Method    // nil when the class has none
	next *siteEntry // for another class
	n    int        // how many there are from here on
}

// maxEntries is how many classes a call site remembers.
const maxEntries = 6

// method returns what was found last, if that was for this class; nil when find must look.
func (s *callSite) method(th *thread, cls *Class) *Method {
	if e := s.last.Load(); e != nil && e.cls == cls && e.of == th.inst.methods {
		return e.meth
	}
	return nil
}

// find looks the method of a class up; nil when it has none.
func (s *callSite) find(th *thread, cls *Class) *Method {
	first := s.last.Load()
	for e := first; e != nil && e.of == th.inst.methods; e = e.next {
		if e.cls == cls {
			return e.meth
		}
	}
	m := th.inst.find(cls, s.name)
	e := &siteEntry{cls: cls, of: th.inst.methods, meth: m, n: 1}
	if first != nil && first.of == e.of && first.n < maxEntries {
		e.next, e.n = first, first.n+1
	}
	s.last.Store(e)
	return m
}

// invoke runs a method. args are on the thread's stack or otherwise the callee's for
// the time of the call.
func (th *thread) invoke(m *Method, self Value, args []Value, blk *Proc) Value {
	th.step()
	if m.fn != nil {
		if len(args) < m.min || m.max >= 0 && len(args) > m.max {
			th.raiseArity(len(args), m.min, m.max)
		}
		if blk != nil && blk.lent && !m.onlyYields(self) {
			blk = th.keepBlock(blk)
		}
		return m.fn(th, self, args, blk)
	}
	if m.body != nil {
		return m.body.call(th, m, self, args, blk)
	}
	return th.callProcAs(m.proc, self, args, blk, m)
}

// send calls a method by name, private ones too.
func (th *thread) send(self Value, name string, args ...Value) Value {
	return th.sendBlock(self, name, args, nil)
}

func (th *thread) sendBlock(self Value, name string, args []Value, blk *Proc) Value {
	m := th.inst.find(classOf(self), name)
	if m == nil {
		return th.missing(self, name, args, blk, false)
	}
	if m.fn == nil {
		return th.invoke(m, self, args, blk)
	}
	// Core methods that call each other, such as == and <=>, must not do so for ever.
	th.deeper()
	v := th.invoke(m, self, args, blk)
	th.depth--
	return v
}

// missing calls method_missing, or raises NoMethodError.
func (th *thread) missing(self Value, name string, args []Value, blk *Proc, vcall bool) Value {
	if o, ok := self.o.(*Object); ok || self.o != nil && !classOf(self).builtin {
		if m := th.inst.find(classOf(self), "method_missing"); m != nil && (m.body != nil || m.fn != nil || m.proc != nil) {
			all := append([]Value{sym(name)}, args...)
			return th.invoke(m, self, all, blk)
		}
		_ = o
	}
	if len(args) > 0 {
		e := th.noMethod(self, name, vcall)
		e.result = th.arrayOf(args)
		panic(e)
	}
	th.raiseNoMethod(self, name, vcall)
	return vNil
}

// respondTo tells whether a value has a public method.
func (th *thread) respondTo(v Value, name string) bool {
	m := th.inst.find(classOf(v), name)
	if m == nil {
		to, ok := target(v)
		return ok && th.respondTo(to, name)
	}
	return m.vis == public && !(m.owner == mKernel && kernelPrivate[name])
}
