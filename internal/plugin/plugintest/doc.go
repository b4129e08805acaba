// Package plugintest is the conformance suite that every plugin passes, and what tests
// of plugins need: a plugin made of configuration text, an environment, a sink.
//
// Way in: a test of a package of plugins calls Conform with its kind, and tests of one
// plugin call New, Chunks, Same and RoundTrip. Way out: t.Error.
//
// It is for tests only; nothing but tests may import it.
package plugintest
