package filter

import (
	"fmt"
	"strings"
	"sync"

	"sluice/internal/diag"
	"sluice/internal/event"
	"sluice/internal/onig"
	"sluice/internal/plugin"
)

var badPattern = diag.Define("SL8010", diag.Error, "a regular expression of a filter does not compile",
	"Regular expressions have Ruby's syntax. The message says what is wrong and at which character.")

// compilePattern compiles a regular expression of an option.
func compilePattern(env *plugin.Env, option, pattern string) (*onig.Regexp, error) {
	r, err := onig.Compile(pattern)
	if err != nil {
		return nil, diag.New(badPattern, env.At(option), "%v", err).WithHelp("correct the regular expression in %s", option)
	}
	return r, nil
}

func (m *mutate) gsubSteps(env *plugin.Env) error {
	if len(m.gsub)%3 != 0 {
		return env.Invalid("gsub", "give the field, the regular expression and the replacement for each change",
			"gsub has %d elements, which are no groups of three", len(m.gsub))
	}
	for i := 0; i < len(m.gsub); i += 3 {
		g := &substitution{
			pattern:     patternTemplate{template: event.ParseTemplate(m.gsub[i+1])},
			replacement: event.ParseTemplate(m.gsub[i+2]),
		}
		if !strings.Contains(m.gsub[i+1], "%{") {
			var err error
			if g.pattern.fixed, err = compilePattern(env, "gsub", m.gsub[i+1]); err != nil {
				return err
			}
		}
		if g.replacement.Static() {
			g.parsed = onig.ParseReplacement(m.gsub[i+2])
		}
		m.steps = append(m.steps, g.step(newField(m.gsub[i])))
	}
	return nil
}

// substitution is one group of three of gsub.
type substitution struct {
	pattern     patternTemplate
	replacement event.Template
	parsed      onig.Replacement // of a replacement without fields
}

func (g *substitution) step(f field) step {
	return func(e *event.Event) error {
		if f.err != nil {
			return f.err
		}
		v := e.Get(f.ref)
		switch v.Kind() {
		case event.String:
			changed, err := g.apply(e, v)
			if err != nil {
				return err
			}
			return e.Set(f.ref, changed)
		case event.Array:
			return mapItems(e, f.ref, v, func(item event.Value) (event.Value, error) {
				if item.Kind() != event.String {
					return item, nil
				}
				return g.apply(e, item)
			})
		}
		return nil
	}
}

var buffers = sync.Pool{New: func() any { return new([]byte) }}

// withBuffer lends a buffer; what f returns is kept for the next.
func withBuffer(f func(buf []byte) []byte) {
	b := buffers.Get().(*[]byte)
	if buf := f((*b)[:0]); cap(buf) <= 1<<20 {
		*b = buf
	}
	buffers.Put(b)
}

func (g *substitution) apply(e *event.Event, v event.Value) (result event.Value, err error) {
	re, err := g.pattern.of(e)
	if err != nil {
		return v, err
	}
	with := g.parsed
	if !g.replacement.Static() {
		text, err := g.replacement.Expand(e)
		if err != nil {
			return v, err
		}
		with = onig.ParseReplacement(text)
	}
	result = v
	withBuffer(func(buf []byte) []byte {
		text, changed, matchErr := re.GSub(buf, v.Str(), with)
		if err = matchErr; changed && err == nil {
			result = textValue(e, text)
		}
		return text
	})
	return result, err
}

// patternTemplate is a regular expression that may hold %{field}. What events make of
// it is compiled once and kept, up to a number.
type patternTemplate struct {
	fixed    *onig.Regexp
	template event.Template

	mu   sync.Mutex
	made map[string]*onig.Regexp
}

const maxMadePatterns = 1000

func (p *patternTemplate) of(e *event.Event) (*onig.Regexp, error) {
	if p.fixed != nil {
		return p.fixed, nil
	}
	text, err := p.template.Expand(e)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	re := p.made[text]
	p.mu.Unlock()
	if re != nil {
		return re, nil
	}
	text = strings.Clone(text)
	if re, err = onig.Compile(text); err != nil {
		return nil, err
	}
	p.mu.Lock()
	if p.made == nil || len(p.made) >= maxMadePatterns {
		p.made = make(map[string]*onig.Regexp)
	}
	p.made[text] = re
	p.mu.Unlock()
	return re, nil
}

// textSteps adds steps that change strings, and strings in arrays.
func (m *mutate) textSteps(names []string, change func(string) string) {
	for _, name := range names {
		f := newField(name)
		m.steps = append(m.steps, func(e *event.Event) error {
			if f.err != nil {
				return f.err
			}
			v := e.Get(f.ref)
			switch v.Kind() {
			case event.String:
				return e.Set(f.ref, event.StringValue(change(v.Str())))
			case event.Array:
				return mapItems(e, f.ref, v, func(item event.Value) (event.Value, error) {
					if item.Kind() != event.String {
						return item, nil
					}
					return event.StringValue(change(item.Str())), nil
				})
			}
			return nil
		})
	}
}

func (m *mutate) stripSteps() {
	for _, name := range m.stripping {
		f := newField(name)
		m.steps = append(m.steps, func(e *event.Event) error {
			if f.err != nil {
				return f.err
			}
			v := e.Get(f.ref)
			switch v.Kind() {
			case event.String:
				return e.Set(f.ref, event.StringValue(strip(v.Str())))
			case event.Array:
				return mapItems(e, f.ref, v, func(item event.Value) (event.Value, error) {
					if item.Kind() != event.String {
						return item, fmt.Errorf("a value of the kind %s cannot be stripped", item.Kind())
					}
					return event.StringValue(strip(item.Str())), nil
				})
			}
			return nil
		})
	}
}
