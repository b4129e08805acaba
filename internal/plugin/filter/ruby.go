package filter

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"time"

	"sluice/internal/diag"
	"sluice/internal/event"
	"sluice/internal/plugin"
	"sluice/internal/ruby"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.FilterKind,
		Name: "ruby",
		Doc: "Runs Ruby code for every event. The code is read once, at start, and compiled; what it cannot run is an error then, with its place in the configuration. " +
			"An exception tags the event and leaves what has been done so far. A script that uses too much time, too many steps or too much memory loses its event to the dead letter queue.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-filters-ruby.html",
		Examples: []plugin.Example{
			{Title: "Count the words of a message", Config: `ruby { code => "event.set('words', event.get('message').to_s.split.size)" }`},
			{Title: "Remember the last host", Config: `ruby { init => "@last = nil" code => "event.set('last_host', @last); @last = event.get('host').to_s" }`},
		},
		New: func() plugin.Plugin { return &rubyFilter{tagOnException: "_rubyexception"} },
	})
}

// rubyFilter is the filter ruby.
type rubyFilter struct {
	common
	code, init, path     plugin.Setting
	params               []plugin.TableEntry
	tagOnException       string
	tagExceptionsMessage bool

	env      *plugin.Env
	script   *ruby.Script
	instance *ruby.Instance

	rubyFailures
}

func (r *rubyFilter) Options() []plugin.Option {
	return append([]plugin.Option{
		plugin.Any("code", "Ruby", &r.code, "The code to run for every event, which it finds in `event`."),
		plugin.Any("init", "Ruby", &r.init, "Code to run once, at start. Instance variables that it sets are there in `code`."),
		plugin.Any("path", "path", &r.path, "A script file that defines `filter(event)`, and may define `register(params)` and tests, in place of `code`."),
		plugin.Hash("script_params", &r.params, "What `register` of a script file is given."),
		plugin.String("tag_on_exception", &r.tagOnException, "The tag of an event at which the code raised an exception."),
		plugin.Bool("tag_with_exception_message", &r.tagExceptionsMessage, "Whether an exception also tags the event with its message."),
	}, r.Common()...)
}

var rubyStart = diag.Define("SL6901", diag.Error, "the Ruby code cannot start",
	"The init code, the script file, its register method or one of its tests raised an exception. Logstash refuses the pipeline, too.")

func (r *rubyFilter) Open(env *plugin.Env) error {
	r.prepare(env)
	r.env = env
	src, file, err := r.source()
	if err != nil {
		return err
	}
	opts := ruby.Options{File: file, Policy: r.policy(), Limits: env.Ruby}
	if env.IsSet("init") {
		opts.Init = textSource(r.init)
	}
	if opts.Params, err = r.scriptParams(); err != nil {
		return err
	}
	script, list := ruby.Compile(src, opts)
	if err := list.Err(); err != nil {
		return err
	}
	for _, d := range list {
		env.Log.Warn(d.Message, "code", d.Code.ID)
	}
	instance, err := script.NewInstance(&rubyHost{env.Log})
	if err != nil {
		at := env.At("code")
		if e, ok := ruby.IsException(err); ok && e.At.Valid() {
			at = e.At
		}
		return diag.New(rubyStart, at, "%v", err)
	}
	r.script, r.instance = script, instance
	return nil
}

// source returns the code, and whether it is a script file.
func (r *rubyFilter) source() (src *diag.Source, file bool, err error) {
	switch {
	case r.env.IsSet("code") && r.env.IsSet("path"):
		return nil, false, r.env.Invalid("path", "use one of them", "the ruby filter has both code and path")
	case r.env.IsSet("path"):
		name := r.path.Flat()
		text, err := r.env.Access.ReadFile(name)
		if err != nil {
			return nil, false, r.env.Invalid("path", "", "the script %s cannot be read: %v", name, err)
		}
		return diag.NewSource(name, string(text)), true, nil
	case r.env.IsSet("code"):
		return textSource(r.code), false, nil
	case r.env.IsSet("init"):
		return diag.NewSource("code", ""), false, nil
	}
	return nil, false, r.env.Invalid("code", "give the code to run as code => '…'", "the ruby filter has neither code nor path")
}

// textSource returns the text of a setting as a source with its places in the
// configuration.
func textSource(s plugin.Setting) *diag.Source {
	if s.String != nil && s.String.Text == s.Text {
		return s.String.TextSource()
	}
	return diag.NewSource("ruby", s.Flat())
}

func (r *rubyFilter) scriptParams() (map[string]any, error) {
	params := map[string]any{}
	for _, e := range r.params {
		v, err := rubyParam(e.Value)
		if err != nil {
			return nil, r.env.Invalid("script_params", "", "%s: %v", e.Key, err)
		}
		params[e.Key] = v
	}
	return params, nil
}

func rubyParam(s plugin.Setting) (any, error) {
	switch s.Kind {
	case plugin.Text:
		return s.Text, nil
	case plugin.Number:
		if i, err := strconv.ParseInt(s.Text, 10, 64); err == nil {
			return i, nil
		}
		return strconv.ParseFloat(s.Text, 64)
	case plugin.List:
		list := make([]any, len(s.List))
		for i, item := range s.List {
			v, err := rubyParam(item)
			if err != nil {
				return nil, err
			}
			list[i] = v
		}
		return list, nil
	case plugin.Table:
		m := map[string]any{}
		for _, e := range s.Table {
			v, err := rubyParam(e.Value)
			if err != nil {
				return nil, err
			}
			m[e.Key] = v
		}
		return m, nil
	}
	return nil, fmt.Errorf("%s cannot be a parameter", s.Kind)
}

// Apply runs the code.
func (r *rubyFilter) Apply(e *event.Event, emit func(*event.Event)) {
	err := r.instance.Run(e, emit)
	if err == nil {
		if !e.Cancelled() {
			r.matched(e)
		}
		return
	}
	r.logOnce(err)
	var limit *ruby.LimitError
	if errors.As(err, &limit) {
		e.Reject(err.Error())
		return
	}
	if r.tagExceptionsMessage {
		message := err.Error()
		if x, ok := ruby.IsException(err); ok {
			message = x.Message
		}
		e.Tag(r.tagOnException + ": " + strings.Clone(message))
	}
	e.Tag(r.tagOnException)
}

func (r *rubyFilter) logOnce(err error) {
	if place, log := r.note(err, time.Now()); log {
		r.env.Log.Error("Ruby exception occurred: "+strings.Clone(err.Error()), "place", place)
	}
}

// policy is what code may reach: the files and the network of this machine, within the
// limits of the security policy.
func (r *rubyFilter) policy() ruby.Policy {
	access := r.env.Access
	p := ruby.Policy{Hostname: r.env.Host}
	limits := access.Policy
	if limits == nil || limits.RubyFiles {
		p.ReadFile = func(name string) ([]byte, error) { return rubyAnswer(access.ReadFile(name)) }
		p.Glob = func(pattern string) ([]string, error) { return access.Files().Glob(access.Path(pattern)) }
		p.Stat = func(name string) (fs.FileInfo, error) { return rubyAnswer(access.Files().Stat(access.Path(name))) }
	}
	if limits == nil || len(limits.Variables) > 0 {
		p.Getenv, p.Environ = r.env.Visible(), ruby.Environ
	}
	if limits == nil || limits.RubyNetwork {
		p.Lookup = rubyLookup
		p.HTTP = newRubyHTTP(access.Dial).do
	}
	return p
}

// rubyAnswer makes what the policy denies an error that Ruby code sees as such.
func rubyAnswer[T any](v T, err error) (T, error) {
	if _, denied := errors.AsType[*plugin.Denied](err); denied {
		err = fmt.Errorf("%w: %w", ruby.ErrDenied, err)
	}
	return v, err
}

func rubyLookup(name string, forward bool) ([]string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if forward {
		return net.DefaultResolver.LookupHost(ctx, name)
	}
	return net.DefaultResolver.LookupAddr(ctx, name)
}

// rubyHost is what a script sees of the filter.
type rubyHost struct{ log *slog.Logger }

func (h *rubyHost) Log(level, message string, fields map[string]string) {
	args := make([]any, 0, 2*len(fields))
	for name, value := range fields {
		args = append(args, name, strings.Clone(value))
	}
	levels := map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError, "fatal": slog.LevelError}
	h.log.Log(context.Background(), levels[level], strings.Clone(message), args...)
}

func (h *rubyHost) Metric(string, int64) {}

func (h *rubyHost) Version() string { return "8.19.0" }
