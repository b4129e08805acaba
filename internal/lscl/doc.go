// Package lscl reads and writes the Logstash configuration language (LSCL).
//
// Way in: Parse for one text, ParseAll for the files of one pipeline. What
// Logstash's grammar accepts is accepted, what it refuses is refused; all mistakes of
// a text are found in one run, with the likely fix. Way out: a syntax tree in which
// every node knows its place in the text, and the comments. Format prints a tree
// with its comments, in one style.
//
// It never looks at plugin names, option names or environment variables, and never
// reads files.
package lscl
