package ruby

// maxDepth is how deep constructs may nest in the compiler. The parser's limits are
// reached first but for chains within chains.
const maxDepth = 2000

// levelsPerCall is how many levels of constructs take about as much of Go's stack as a
// call does.
const levelsPerCall = 25

// enter counts one level of nested constructs; leave takes it back. Where there are too
// many, an error is added, once.
func (c *compiler) enter(n node) bool {
	if c.depth == maxDepth {
		if !c.tooDeep {
			c.errorf(codeSyntax, n.at(), "split the code into methods", "code is nested more than %d deep", maxDepth)
		}
		c.tooDeep = true
		return false
	}
	c.depth++
	c.deepest = max(c.deepest, c.depth)
	return true
}

func (c *compiler) leave() { c.depth-- }

// weigh compiles a body. A call of it counts as weight calls towards the limit of calls
// inside calls, which is there to bound Go's stack: constructs that nest need stack too.
func (c *compiler) weigh(body node) (run code, weight int) {
	from, deepest := c.depth, c.deepest
	c.deepest = from
	run = c.tail(body)
	weight = 1 + (c.deepest-from)/levelsPerCall
	c.deepest = max(c.deepest, deepest)
	return run, weight
}
