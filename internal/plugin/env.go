package plugin

import (
	"log/slog"
	"time"

	"sluice/internal/diag"
	"sluice/internal/event"
	"sluice/internal/health"
	"sluice/internal/ruby"
)

// ECS says how a plugin names its fields: as it always did, or by the Elastic Common
// Schema (pipeline.ecs_compatibility).
type ECS string

// The modes. V8 is Logstash's default since version 8.
const (
	ECSDisabled ECS = "disabled"
	ECSV1       ECS = "v1"
	ECSV8       ECS = "v8"
)

// Enabled tells whether fields are named by ECS.
func (e ECS) Enabled() bool { return e != ECSDisabled }

// Or returns e, or the pipeline's mode where e has not been set.
func (e ECS) Or(pipeline ECS) ECS {
	if e == "" {
		return pipeline
	}
	return e
}

// ECSOption is the option ecs_compatibility, which overrides the pipeline's mode: see Or.
func ECSOption(p *ECS) Option {
	return Enum("ecs_compatibility", (*string)(p), []string{"disabled", "v1", "v8"},
		"How fields are named: `disabled` as Logstash always did, `v1` and `v8` by the Elastic Common Schema. By default the pipeline's setting.")
}

// Env is what a plugin knows about its surroundings.
type Env struct {
	ID         string // the plugin's id in the pipeline
	Name       string // the plugin's name
	Pipeline   string // pipeline.id
	ECS        ECS
	DataDir    string // a folder of the plugin's own, not made yet; "" where nothing may be kept
	Host       string // this machine's name
	BatchSize  int    // pipeline.batch.size: events that a worker takes at once
	Workers    int    // pipeline.workers
	Log        *slog.Logger
	Conditions *health.Conditions
	Access     Access
	Sockets    *Sockets // what Listen and ListenPacket open; may be nil
	Variables  Variables
	Addresses  *Addresses  // where pipelines hand events to each other; may be nil
	Codecs     *Codecs     // counts what codecs do; nil for nothing
	Ruby       ruby.Limits // of the code of ruby filters; zero fields for the defaults
	Shared     *Shared     // what the plugins of the pipeline share; nil for nothing

	// Clock is what time it is for the plugin: for the year of a date that has none, for
	// timeouts. nil is time.Now.
	Clock func() time.Time

	places map[string]diag.Span
	at     diag.Span
	source map[string]Setting
	listen []string // addresses that have been listened on
}

// Listening returns the addresses that the plugin has been given to listen on.
func (env *Env) Listening() []string { return env.listen }

// Now returns what time it is for the plugin.
func (env *Env) Now() time.Time {
	if env.Clock != nil {
		return env.Clock()
	}
	return time.Now()
}

// At returns the place of an option's value in the configuration, or of the plugin.
func (env *Env) At(option string) diag.Span {
	if at, ok := env.places[option]; ok {
		return at
	}
	return env.at
}

// IsSet tells whether the configuration gives the option.
func (env *Env) IsSet(option string) bool {
	_, ok := env.places[option]
	return ok
}

// Setting returns the option's value as it stands in the configuration.
func (env *Env) Setting(option string) (Setting, bool) {
	s, ok := env.source[option]
	return s, ok
}

// Invalid returns an error at an option's value.
func (env *Env) Invalid(option, help, format string, args ...any) error {
	d := diag.New(wrongValue, env.At(option), format, args...)
	d.Help = help
	return d
}

// original is the reference that inputs and codecs keep the raw text in with ECS.
var original = event.MustRef("[event][original]")

// KeepOriginal sets event.original, as inputs and codecs do with ECS.
func (env *Env) KeepOriginal(e *event.Event, text string) {
	if env.ECS.Enabled() && !e.Has(original) {
		_ = e.Set(original, event.StringValue(text))
	}
}
