// Package plugin says what a plugin is: one declaration (Spec) with its options, docs
// and examples, and one of four interfaces: Input, Filter, Output, Codec.
//
// Way in: a plugin's file calls Register in its init. Way out: Configure makes a plugin
// from its text in a configuration, with every mistake as a diagnostic; the option
// parser, defaults, checks, reference page and completion all come from the Spec.
//
// It knows nothing of pipelines and queues: a plugin learns about its surroundings
// through Env only.
package plugin
