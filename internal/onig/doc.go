// Package onig gives regular expressions the syntax and meaning that they have in Ruby
// (Oniguruma, Onigmo, JRuby's Joni): ^ and $ are line anchors, \w is ASCII, [[:alpha:]]
// Unicode, named groups turn plain ones off, possessive and atomic groups, look-around.
//
// Way in: Compile. Way out: Regexp, with Match, Find, Each and GSub; positions are in
// bytes. A pattern is parsed to a tree and compiled to a program that decides by the
// next byte where it can, goes back where it must, and remembers where it has failed.
// Only patterns with back-references can use up the budget of steps.
//
// It knows nothing of grok's %{NAME} and of events.
package onig
