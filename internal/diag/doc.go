// Package diag holds diagnostics: what is wrong in a text that a person wrote,
// where, why, and what to do about it.
//
// Way in: a package declares its codes with Define and reports a Diagnostic at a
// Span of a Source. Way out: a List prints as text with the source line and a
// caret, or as JSON. A Source may be embedded in another one (a pipeline inside
// pipelines.yml, Ruby inside a pipeline): positions are shown in the outermost text.
//
// It never decides what is wrong, and never prints by itself.
package diag
