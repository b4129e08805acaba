package ruby

import "fmt"

// mismatch says why the last pattern did not match, for the text of the exception. It is
// filled in by the matchers, which run for every event, so it holds values only.
type mismatch struct {
	kind      mismatchKind
	want, got Value
	n, expect int
	more      bool
}

type mismatchKind uint8

const (
	notCase mismatchKind = iota
	notLong
	notList
	notHash
	notThere
	notEmpty
)

// raiseNoMatch raises what a pattern without another choice does. The texts are JRuby's,
// which shows values as to_s does and knows no reason of a guard.
func (th *thread) raiseNoMatch(v Value, alone bool) {
	m := th.miss
	if !alone {
		th.raise(cNoMatchingPattern, "%s", th.inspect(v))
	}
	whole, got := th.toS(v), th.toS(m.got)
	switch m.kind {
	case notCase:
		th.raise(cNoMatchingPattern, "%s: %s === %s does not return true", whole, th.toS(m.want), got)
	case notLong:
		expect := fmt.Sprint(m.expect)
		if m.more {
			expect += "+"
		}
		th.raise(cNoMatchingPattern, "%s: %s length mismatch (given %d, expected %s)", got, got, m.n, expect)
	case notList:
		th.raise(cNoMatchingPattern, "%s: %s does not respond to #deconstruct", whole, got)
	case notHash:
		th.raise(cNoMatchingPattern, "%s: %s does not respond to #deconstruct_keys", whole, got)
	case notEmpty:
		th.raise(cNoMatchingPattern, "%s is not empty", got)
	}
	e := th.newException(cNoMatchingKey, "%s: key not found: %s", whole, th.inspect(m.want))
	e.key, e.recv = m.want, m.got
	panic(e)
}
