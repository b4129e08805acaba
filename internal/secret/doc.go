// Package secret holds values that must never be printed.
//
// Way in: New. Way out: Text.Reveal, at the one place that needs the value. Everything
// that prints, logs or encodes a Text shows stars instead.
package secret
