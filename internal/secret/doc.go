// Package secret holds values that must never be printed, and what finds them: the
// keystore and ${NAME:default}.
//
// Way in: New, or a keystore. Way out: Text.Reveal, at the one place that needs the
// value, and Expand, which fills variables into a text. Everything that prints, logs or
// encodes a Text shows stars instead.
package secret
