package ruby

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"strings"
	"sync"
	"time"

	"sluice/internal/diag"
	"sluice/internal/event"
)

// Limits bound what one run of a script may use. A zero field means the default.
type Limits struct {
	Steps  int64         // calls, loop rounds and the like; default 10 million
	Memory int64         // bytes that grow with the data; default 256 MiB
	Time   time.Duration // wall time; default 10 s
	Depth  int           // nested calls; default 2000
}

// Options say how a script is compiled and what it may do.
type Options struct {
	// Init is the code that runs once per instance, before the first event.
	Init *diag.Source
	// File tells that the source is a script file with register(params), filter(event)
	// and test blocks, not inline code.
	File bool
	// Params are the file's script_params: nil, bool, int64, float64, string, []any or
	// map[string]any.
	Params map[string]any
	Policy Policy
	Limits Limits
	// TagOnException and the like are the filter plugin's; scripts only see the values
	// of the plugin's options through instance variables they set themselves.
}

// Policy says what a script may reach outside of itself. The zero Policy allows nothing.
type Policy struct {
	// ReadFile and Glob give File, Dir, IO, CSV.read and YAML.load_file their files.
	ReadFile func(name string) ([]byte, error)
	Glob     func(pattern string) ([]string, error)
	// Stat tells what a file is.
	Stat func(name string) (fs.FileInfo, error)
	// Getenv is what ENV shows; Environ are the names that ENV lists if Getenv has them.
	Getenv  func(name string) (string, bool)
	Environ func() []string
	// Lookup resolves names and addresses for Resolv and Socket; forward tells a name
	// from an address.
	Lookup func(name string, forward bool) ([]string, error)
	// HTTP makes a request for Net::HTTP.
	HTTP func(*HTTPRequest) (*HTTPResponse, error)
	// Hostname is what Socket.gethostname returns; empty is localhost.
	Hostname string
}

// Host is what an instance gets from the filter that runs it. Log must not keep what it
// is given.
type Host interface {
	Log(level, message string, fields map[string]string)
	Metric(name string, delta int64)
	Version() string // of the Logstash that is spoken for, such as "8.19.0"
}

// Script is compiled code. It is immutable and safe for concurrent use.
type Script struct {
	opts     Options
	main     *program
	init     *program
	retains  bool
	tracks   bool // changes strings in place: event strings need their home
	assigned map[string]bool
}

// program is a text compiled to code.
type program struct {
	code  code
	nvars int
	src   *codeSource
}

// RetainsState tells whether values may live from one event to the next: the script
// uses instance, class or global variables, or defines something. Its runs are one after
// the other then, and it pins the batches of which it may keep something.
func (s *Script) RetainsState() bool { return s.retains }

// Compile compiles the code of a ruby filter: inline code, or a script file when
// Options.File is set. All that is known to be wrong is in the list; the Script is nil
// when that holds an error.
func Compile(src *diag.Source, opts Options) (*Script, diag.List) {
	sealOnce.Do(seal)
	def := func(v *int64, d int64) {
		if *v <= 0 {
			*v = d
		}
	}
	def(&opts.Limits.Steps, 10_000_000)
	def(&opts.Limits.Memory, 256<<20)
	if opts.Limits.Time == 0 {
		opts.Limits.Time = 10 * time.Second
	}
	if opts.Limits.Depth <= 0 {
		opts.Limits.Depth = 2000
	}
	opts.Limits.Depth = min(opts.Limits.Depth, 10_000)
	s := &Script{opts: opts, assigned: map[string]bool{}}
	var diags diag.List
	b := &builder{script: s, diags: &diags, defs: map[string]bool{}}
	var init, main *parsed
	if opts.Init != nil {
		init = b.parse(opts.Init)
	}
	if opts.File {
		s.retains = true
		main = b.parse(src)
	} else {
		main = b.parse(src, eventNames...)
	}
	b.declare(init.node())
	b.declare(main.node())
	s.tracks = changesStrings(init.node(), main.node())
	s.init, s.main = b.compile(init), b.compile(main)
	if diags.Err() != nil {
		return nil, diags.Sort()
	}
	return s, diags.Sort()
}

// eventNames are the variables that inline code begins with.
var eventNames = []string{"event", "new_event_block"}

// builder compiles the texts of a script, which may use what the others define.
type builder struct {
	script  *Script
	diags   *diag.List
	defs    map[string]bool // methods that the script defines
	patched bool            // the script reopens a core class
}

// parsed is the syntax tree of a text.
type parsed struct {
	src  *diag.Source
	body node
	top  *scope // of the whole text
}

func (p *parsed) node() node {
	if p == nil {
		return nil
	}
	return p.body
}

// build parses and compiles a text whose first variables have these names. The scope is
// that of the whole text; both are nil when it cannot be compiled.
func (b *builder) build(x *diag.Source, names ...string) (*program, *scope) {
	t := b.parse(x, names...)
	b.declare(t.node())
	if p := b.compile(t); p != nil {
		return p, t.top
	}
	return nil, nil
}

// parse returns nil when the text is not Ruby.
func (b *builder) parse(x *diag.Source, names ...string) (t *parsed) {
	defer b.internalError(x, func() { t = nil })
	body, top, err := parse(x, names...)
	if err != nil {
		d := diag.New(codeSyntax, x.At(err.start, err.end), "%s", err.msg)
		d.Help = err.help
		b.diags.Add(d)
		return nil
	}
	return &parsed{x, body, top}
}

// internalError turns a panic into a diagnostic.
func (b *builder) internalError(x *diag.Source, undo func()) {
	if r := recover(); r != nil {
		b.diags.Add(diag.New(codeUnsupported, x.At(0, 1), "internal error while compiling: %v", r))
		undo()
	}
}

func (b *builder) compile(t *parsed) (p *program) {
	if t == nil {
		return nil
	}
	defer b.internalError(t.src, func() { p = nil })
	c := &compiler{script: b.script, src: &codeSource{t.src}, diags: b.diags, assigned: b.script.assigned, defs: b.defs, patchedCore: b.patched}
	c.scope = t.top
	c.body = &bodyCtx{kind: bodyTop}
	p = &program{src: c.src}
	p.code = c.stmt(t.body)
	if c.body.panics {
		p.code = catching(p.code)
	}
	for _, f := range c.unknown {
		f()
	}
	p.nvars = len(t.top.vars)
	return p
}

var sealOnce sync.Once

// assigns tells whether the script may give a constant a value of its own.
func (s *Script) assigns(name string) bool { return s.assigned[name] }

// Instance is a script with its state: one for each filter plugin. Run is safe for
// concurrent use: scripts without state run in parallel, others one at a time.
type Instance struct {
	script *Script
	host   Host

	mu    sync.Mutex // held while a script with state runs
	keeps bool       // a run may leave something behind for the next one

	captures bool // a method that the script has defined holds values
	threads  sync.Pool

	methods     *generation
	patched     map[*Class]map[string]*Method
	mixed       map[*Class][]*Class
	coreConsts  map[*Class]map[string]Value
	coreIvars   Object
	gvars       map[string]Value
	required    map[string]bool
	filterClass *Class
	self        *Object
	stdout      Value
	regexps     regexpCache
	filterSite  callSite
	refs        event.RefCache
	ids         idTable
	hasFilter   bool
	tests       []scriptTest
}

// regexpCache keeps patterns that are made at run time.
type regexpCache struct {
	mu sync.RWMutex
	m  map[regexpKey]*Regexp
}

func (c *regexpCache) get(k regexpKey) *Regexp {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.m[k]
}

func (c *regexpCache) put(k regexpKey, r *Regexp) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.m == nil || len(c.m) >= regexpCacheSize {
		c.m = map[regexpKey]*Regexp{}
	}
	c.m[k] = r
}

// idTable gives objects their object_id. It is emptied when it grows, after which an
// object has another one.
type idTable struct {
	mu   sync.Mutex
	ids  map[object]int
	next int
}

func (in *Instance) idOf(o object) int {
	t := &in.ids
	t.mu.Lock()
	defer t.mu.Unlock()
	if id, ok := t.ids[o]; ok {
		return id
	}
	if t.ids == nil || len(t.ids) > 10000 {
		t.ids = map[object]int{}
	}
	t.next += 8
	t.ids[o] = t.next
	return t.next
}

type noHost struct{}

func (noHost) Log(string, string, map[string]string) {}
func (noHost) Metric(string, int64)                  {}
func (noHost) Version() string                       { return "8.19.0" }

// NewInstance makes an instance: it runs the init code, or the script file's body, its
// register(params) and its tests. host may be nil. The error is an *Exception, a
// *LimitError or a *TestError.
func (s *Script) NewInstance(host Host) (*Instance, error) {
	if host == nil {
		host = noHost{}
	}
	in := &Instance{script: s, host: host, methods: new(generation)}
	in.filterClass = &Class{name: "LogStash::Filters::Ruby", super: cObject}
	in.filterClass.singleton()
	in.filterSite.name = "filter"
	in.self = &Object{cls: in.filterClass}
	in.stdout = Value{o: &Object{cls: cIO, data: ioOut{}}}
	in.setUpFilter()
	th := in.newThread()
	run := func(p *program) error {
		return in.guarded(th, func() {
			fr := in.topFrame(th, p)
			p.code(fr)
		})
	}
	if s.init != nil {
		if err := run(s.init); err != nil {
			return nil, err
		}
	}
	if s.opts.File {
		if err := run(s.main); err != nil {
			return nil, err
		}
		if err := in.startFile(th); err != nil {
			return nil, err
		}
	}
	watched := false
	in.keeps = s.retains && (in.guarded(th, func() { watched = in.shelter(th) }) != nil || !watched)
	return in, nil
}

func (in *Instance) newThread() *thread { return &thread{inst: in} }

func (in *Instance) topFrame(th *thread, p *program) *frame {
	th.src = p.src
	fr := th.arena.frame(p.nvars)
	fr.belongTo(th)
	fr.self = Value{o: in.self}
	fr.act = &fr.own
	fr.cref = in.filterClass
	return fr
}

// guarded runs f and turns what unwinds out of it into an error.
func (in *Instance) guarded(th *thread, f func()) (err error) {
	th.budget()
	th.lastError = vNil
	defer func() {
		r := recover()
		for _, c := range th.cleanup {
			c()
		}
		th.cleanup = th.cleanup[:0]
		th.catches = th.catches[:0]
		switch x := r.(type) {
		case nil:
		case *Exception:
			err = th.finish(x)
		case *LimitError:
			err = x
		case *returnPanic, *jumpPanic: // the code is done
		case *breakPanic, *throwPanic, *stopEach:
			err = th.finish(th.newException(cLocalJumpError, "break from proc-closure"))
		default:
			// A mistake of this package must not take the pipeline down.
			var buf [2048]byte
			n := runtime.Stack(buf[:], false)
			err = &internalError{fmt.Sprintf("%s: internal error: %v", describePlace(th.place()), x), string(buf[:n])}
		}
	}()
	f()
	return nil
}

func describePlace(s diag.Span) string {
	if !s.Valid() {
		return "ruby"
	}
	p := s.Position()
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// internalError is a mistake in this package, not in the script.
type internalError struct{ msg, stack string }

func (e *internalError) Error() string { return e.msg }

// Run runs the script for one event, which it changes in place. New events go to emit,
// in order; emit may be nil when they are not wanted. The error is an *Exception when
// the script raised one, a *LimitError when it used more than it may; changes made
// before are kept.
func (in *Instance) Run(ev *event.Event, emit func(*event.Event)) error {
	if in.script.retains {
		in.mu.Lock()
		defer in.mu.Unlock()
	}
	th, _ := in.threads.Get().(*thread)
	if th == nil {
		th = in.newThread()
	}
	th.ev, th.emit, th.kept = ev, emit, in.keeps
	err := in.guarded(th, func() {
		if in.script.opts.File {
			in.runFile(th, ev)
			return
		}
		p := in.script.main
		fr := in.topFrame(th, p)
		fr.vars[0] = Value{o: th.eventObject(ev)}
		fr.vars[1] = Value{o: newEventBlock}
		p.code(fr)
	})
	th.ev, th.emit = nil, nil
	th.shared.reset()
	switch {
	case !in.script.retains || !th.kept && !in.captures:
		th.arena.reset()
		th.reuseFrames()
	case !in.keeps:
		in.keeps = true
		th.arena.forget()
		fallthrough
	default:
		ev.Batch().Pin()
	}
	th.cur = nil
	in.threads.Put(th)
	return err
}

// print takes what puts and its kin write.
func (in *Instance) print(th *thread, s string) {
	th.charge(len(s))
	if s = strings.TrimSuffix(s, "\n"); s != "" {
		in.host.Log("info", strings.Clone(s), nil)
	}
}

// IsException tells whether an error of Run is an exception of the script.
func IsException(err error) (*Exception, bool) {
	var e *Exception
	ok := errors.As(err, &e)
	return e, ok
}
