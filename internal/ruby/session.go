package ruby

import (
	"fmt"
	"strings"

	"sluice/internal/diag"
	"sluice/internal/event"
)

// sessionVars is how many local variables a session may have.
const sessionVars = 1000

// Session runs code piece by piece, as somebody types it: variables, methods and
// classes of one piece are there for the next. It is not safe for concurrent use. The
// batches of its events must live as long as it does.
type Session struct {
	in    *Instance
	th    *thread
	b     *builder
	fr    *frame
	names []string
}

// NewSession makes a session. Init and File of the options are not used; the limits are
// those of one piece. host may be nil.
func NewSession(opts Options, host Host) (*Session, error) {
	opts.Init, opts.File = nil, false
	script, list := Compile(diag.NewSource("ruby", ""), opts)
	if err := list.Err(); err != nil {
		return nil, err
	}
	// Whatever comes later may do these things.
	script.retains, script.tracks = true, true
	in, err := script.NewInstance(host)
	if err != nil {
		return nil, err
	}
	s := &Session{in: in, th: in.newThread(), names: eventNames}
	s.b = &builder{script: script, defs: map[string]bool{}}
	s.fr = in.topFrame(s.th, &program{src: script.main.src, nvars: sessionVars})
	return s, nil
}

// Eval runs a piece of code for an event, which it changes in place, and returns what
// its last expression inspects as. New events go to emit. The error is a diag.List when
// the piece cannot be compiled, else as of Instance.Run.
func (s *Session) Eval(src *diag.Source, ev *event.Event, emit func(*event.Event)) (result string, err error) {
	var diags diag.List
	s.b.diags = &diags
	p, top := s.b.build(src, s.names...)
	if err := diags.Err(); err != nil {
		return "", diags.Sort()
	}
	if len(top.vars) > sessionVars {
		return "", fmt.Errorf("a session has at most %d variables; begin a new one", sessionVars)
	}
	s.names = s.names[:0:0]
	for _, v := range top.vars {
		s.names = append(s.names, v.name)
	}
	th := s.th
	th.ev, th.emit = ev, emit
	err = s.in.guarded(th, func() {
		th.src = p.src
		s.fr.vars[0] = Value{o: th.eventObject(ev)}
		s.fr.vars[1] = Value{o: newEventBlock}
		v := p.code(s.fr)
		if v.o == vJump.o { // a return
			v = vNil
		}
		result = strings.Clone(th.inspect(v))
	})
	th.ev, th.emit, th.cur = nil, nil, nil
	th.shared.reset()
	return result, err
}

// Incomplete tells whether the error of Session.Eval may be that the code goes on:
// something is open where it ends.
func Incomplete(err error) bool {
	list, ok := err.(diag.List)
	if !ok {
		return false
	}
	for _, d := range list {
		if d.Code == codeSyntax && (strings.Contains(d.Message, " has no ") ||
			d.At.Valid() && d.At.Start >= len(strings.TrimRight(d.At.Source.Text, " \t\r\n"))) {
			return true
		}
	}
	return false
}

// Tests returns how many test blocks a script file has; all have passed.
func (in *Instance) Tests() int { return len(in.tests) }
