// Package onig matches Ruby's regular expressions: the syntax of Onigmo as Ruby 3.1
// uses it, on UTF-8 text or on bytes.
//
// Way in: Compile. Way out: Regexp.Match gives byte offsets. It backtracks, because
// Ruby's semantics are a backtracker's; a match that takes long remembers which states
// have failed, which makes it quadratic at worst for patterns without back-references, look-around
// and atomic groups. All others end with ErrBudget after a number of steps. The
// decision is in design/0004-ruby.md.
package onig
