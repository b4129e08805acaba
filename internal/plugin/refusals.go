package plugin

import (
	"errors"
	"strings"
	"sync"

	"sluice/internal/diag"
)

// refusals are what the policy has denied to a plugin while it was opened, so that each
// is told with its place. A nil *refusals takes nothing.
type refusals struct {
	mu   sync.Mutex
	list []*Denied
	over bool
}

func (r *refusals) add(err error) {
	d, ok := errors.AsType[*Denied](err)
	if r == nil || !ok {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, other := range r.list {
		if *other == *d {
			return
		}
	}
	if !r.over {
		r.list = append(r.list, d)
	}
}

// take returns what there is and takes nothing more.
func (r *refusals) take() []*Denied {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.over = true
	return r.list
}

// openLimited opens a plugin and tells everything that the policy denies to it: what it
// has tried to use while opening, and where it says that it will connect and listen.
func openLimited(p Plugin, env *Env, list *diag.List) {
	policy := env.Access.Policy
	if policy == nil {
		list.AddError(cannotOpen, env.at, p.Open(env))
		return
	}
	env.Access.own, env.Access.refused = env.DataDir, new(refusals)
	err := p.Open(env)
	denied := env.Access.refused.take()
	if err == nil || !onlyWarnings(err) {
		if c, ok := p.(Connector); ok && err == nil {
			for _, d := range c.Destinations() {
				if ok, perhaps := policy.mayConnect(d.Address); !ok && !perhaps {
					list.Add(env.denied(policy.deny("connect", d.Address), env.At(d.Option)))
				}
			}
		}
		if s, ok := p.(Server); ok && err == nil {
			for _, address := range s.ListensOn() {
				if !allowed(policy.Listen, address) {
					list.Add(env.denied(policy.deny("listen", address), env.At("port")))
				}
			}
		}
	}
	for _, d := range denied {
		list.Add(env.denied(d, env.placeOf(d.Name)))
	}
	if len(denied) == 0 || nested(err) {
		list.AddError(cannotOpen, env.at, err)
	}
}

// onlyWarnings tells whether an error does not keep a plugin from being used.
func onlyWarnings(err error) bool {
	list, ok := errors.AsType[diag.List](err)
	return ok && list.Err() == nil
}

// nested tells whether an error tells about a denial already, such as that of a codec.
func nested(err error) bool {
	list, ok := errors.AsType[diag.List](err)
	for _, d := range list {
		if ok && d.Code == deniedByPolicy {
			return true
		}
	}
	return false
}

func (env *Env) denied(d *Denied, at diag.Span) diag.Diagnostic {
	return diag.New(deniedByPolicy, at, "%s", d.Error()).WithHelp("%s", d.Help())
}

// placeOf returns the place of the option that has a text, or begins with it.
func (env *Env) placeOf(text string) diag.Span {
	best := env.at
	var look func(s Setting)
	look = func(s Setting) {
		switch s.Kind {
		case Text:
			if s.Text == text || env.Access.Path(s.Text) == text || len(text) > 1 && strings.HasPrefix(s.Text, text) && best == env.at {
				best = s.At
			}
		case List:
			for _, item := range s.List {
				look(item)
			}
		case Table:
			for _, e := range s.Table {
				look(e.Value)
			}
		}
	}
	for _, s := range env.source {
		look(s)
	}
	return best
}
