// Package onig gives regular expressions the syntax and meaning that they have in Ruby
// (Oniguruma, Onigmo): ^ and $ are line anchors, \w is ASCII, [[:alpha:]] Unicode,
// named groups turn plain ones off, possessive and atomic groups, look-around, [a&&b].
//
// Way in: Compile. Way out: Regexp, with Match, Find, Each and GSub; positions are in
// bytes. A pattern is parsed to a tree and written again for one of two engines: Go's
// regexp, in linear time, where it gives the same result, and regexp2, which backtracks,
// for the rest. Which one a pattern got is told by Regexp.Linear.
//
// It knows nothing of grok's %{NAME} and of events.
package onig
