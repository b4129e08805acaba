package onig

import (
	"strings"
	"unicode/utf8"
)

type op uint8

const (
	opMatch     op = iota
	opStr          // s
	opFold         // r, any case
	opSet          // set
	opAny          // any but a line break
	opAnyNL        // any
	opSplit        // try x, then y
	opJmp          // x
	opSave         // n
	opAnchor       // mode
	opLoop         // one-character loop: arg x is opSet/opAny/... of prog[x], min, max, mode
	opLook         // x is the body, y is behind it
	opAtomic       // x, y
	opBackref      // names
	opCall         // x
	opRet          //
	opKeep         //
	opEmpty        // n: remember the position; opEmptyEnd n: leave the loop if it has not moved
	opEmptyEnd     // n, x
	opAbsent       // x, y
	opCond         // names, x yes, y no
	opFail         //
	opLinebreak    //
	opGrapheme     //
)

type inst struct {
	op       op
	mode     byte
	neg      bool
	fold     bool
	n        int
	x, y     int
	min, max int
	s        string
	r        rune
	set      *set
	names    []int
}

// Regexp is a compiled pattern. It is safe for concurrent use.
type Regexp struct {
	prog    []inst
	groups  int
	names   map[string][]int
	order   []string
	flags   Flags
	slots   int // of opEmpty
	linear  bool
	prefix  string
	first   *[256]bool // bytes a match can begin with
	anchorA bool
	states  int
}

const maxProg = 60000

type compiler struct {
	re    *Regexp
	prog  []inst
	group map[int]int // where a group's body begins, for calls
	fix   []int
	p     *parser
	size  int
	calls bool
}

// Compile compiles a pattern. The error is a *SyntaxError.
func Compile(pattern string, flags Flags) (re *Regexp, err error) {
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(*SyntaxError)
			if !ok {
				panic(r)
			}
			re, err = nil, e
		}
	}()
	p := &parser{src: pattern, flags: flags, names: map[string][]int{}, named: hasNamed(pattern)}
	root := p.alt()
	if p.more() {
		p.fail("unmatched close parenthesis")
	}
	re = &Regexp{groups: p.groups, names: p.names, order: p.order, flags: flags, linear: true}
	c := &compiler{re: re, group: map[int]int{}, p: p, calls: p.calls}
	c.group[0] = 0
	if c.calls {
		// The whole pattern is group 0, so that \g<0> can call it.
		call := c.emit(inst{op: opCall, n: 0})
		c.emit(inst{op: opMatch})
		c.group[0] = len(c.prog)
		c.prog[call].x = c.group[0]
		c.comp(root)
		c.emit(inst{op: opRet})
		re.linear = false
	} else {
		c.comp(root)
		c.emit(inst{op: opMatch})
	}
	for _, i := range c.fix {
		at, ok := c.group[c.prog[i].n]
		if !ok {
			p.fail("undefined group reference")
		}
		c.prog[i].x = at
	}
	re.prog = c.prog
	re.analyse()
	return re, nil
}

func (c *compiler) emit(i inst) int {
	if len(c.prog) > maxProg {
		c.p.fail("too big pattern")
	}
	c.prog = append(c.prog, i)
	return len(c.prog) - 1
}

func encode(n *node) string {
	if n.raw {
		return string([]byte{byte(n.lit)})
	}
	return string(n.lit)
}

func (c *compiler) comp(n *node) {
	// Repeating what compiles to nothing must end too.
	if c.size++; c.size > 10*maxProg {
		c.p.fail("too big pattern")
	}
	switch n.kind {
	case kEmpty:
	case kLit:
		if n.fold {
			c.emit(inst{op: opFold, r: n.lit})
			return
		}
		c.emit(inst{op: opStr, s: encode(n)})
	case kSet:
		c.emit(inst{op: opSet, set: n.set})
	case kAny:
		if n.dotAll {
			c.emit(inst{op: opAnyNL})
		} else {
			c.emit(inst{op: opAny})
		}
	case kCat:
		for i := 0; i < len(n.subs); i++ {
			// Neighbouring letters become one string.
			if s := n.subs[i]; s.kind == kLit && !s.fold {
				text := encode(s)
				for i+1 < len(n.subs) && n.subs[i+1].kind == kLit && !n.subs[i+1].fold {
					i++
					text += encode(n.subs[i])
				}
				c.emit(inst{op: opStr, s: text})
				continue
			}
			c.comp(n.subs[i])
		}
	case kAlt:
		var ends []int
		for i, s := range n.subs {
			if i == len(n.subs)-1 {
				c.comp(s)
				break
			}
			split := c.emit(inst{op: opSplit})
			c.prog[split].x = len(c.prog)
			c.comp(s)
			ends = append(ends, c.emit(inst{op: opJmp}))
			c.prog[split].y = len(c.prog)
		}
		for _, e := range ends {
			c.prog[e].x = len(c.prog)
		}
	case kRep:
		c.rep(n)
	case kGroup:
		if c.calls {
			call := c.emit(inst{op: opCall})
			jmp := c.emit(inst{op: opJmp})
			c.prog[call].x = len(c.prog)
			if _, ok := c.group[n.n]; !ok {
				c.group[n.n] = len(c.prog)
			}
			c.emit(inst{op: opSave, n: 2 * n.n})
			c.comp(n.subs[0])
			c.emit(inst{op: opSave, n: 2*n.n + 1})
			c.emit(inst{op: opRet})
			c.prog[jmp].x = len(c.prog)
			return
		}
		c.emit(inst{op: opSave, n: 2 * n.n})
		c.comp(n.subs[0])
		c.emit(inst{op: opSave, n: 2*n.n + 1})
	case kLook:
		c.re.linear = false
		i := inst{op: opLook, neg: n.neg}
		if n.behind {
			i.mode = 'b'
			lo, hi := width(n.subs[0])
			if hi < 0 {
				c.p.fail("invalid pattern in look-behind")
			}
			i.min, i.max = lo, hi
		}
		at := c.emit(i)
		c.prog[at].x = len(c.prog)
		c.comp(n.subs[0])
		c.emit(inst{op: opMatch})
		c.prog[at].y = len(c.prog)
	case kAtomic:
		c.atomic(func() { c.comp(n.subs[0]) })
	case kAnchor:
		if n.mode == 'G' {
			c.re.linear = false
		}
		c.emit(inst{op: opAnchor, mode: n.mode})
	case kBackref:
		c.re.linear = false
		names := n.names
		if n.name != "" {
			if names = c.p.names[n.name]; names == nil {
				c.p.fail("undefined name <%s> reference", n.name)
			}
		}
		for _, k := range names {
			if k > c.p.groups || k < 0 {
				c.p.fail("invalid backref number/name")
			}
		}
		c.emit(inst{op: opBackref, names: names, fold: n.fold})
	case kCall:
		k := n.n
		if k < 0 {
			list := c.p.names[n.name]
			if list == nil {
				c.p.fail("undefined name <%s> call", n.name)
			}
			k = list[0]
		}
		c.fix = append(c.fix, c.emit(inst{op: opCall, n: k}))
	case kKeep:
		c.re.linear = false
		c.emit(inst{op: opKeep})
	case kAbsent:
		c.re.linear = false
		at := c.emit(inst{op: opAbsent})
		c.prog[at].x = len(c.prog)
		c.comp(n.subs[0])
		c.emit(inst{op: opMatch})
		c.prog[at].y = len(c.prog)
	case kCond:
		c.re.linear = false
		names := n.names
		if n.name != "" {
			if names = c.p.names[n.name]; names == nil {
				c.p.fail("undefined name <%s> reference", n.name)
			}
		}
		for _, k := range names {
			if k > c.p.groups || k < 0 {
				c.p.fail("invalid backref number/name")
			}
		}
		at := c.emit(inst{op: opCond, names: names})
		c.prog[at].x = len(c.prog)
		c.comp(n.subs[0])
		jmp := c.emit(inst{op: opJmp})
		c.prog[at].y = len(c.prog)
		c.comp(n.subs[1])
		c.prog[jmp].x = len(c.prog)
	case kLinebreak:
		c.emit(inst{op: opLinebreak})
	case kGrapheme:
		c.emit(inst{op: opGrapheme})
	default:
		c.emit(inst{op: opFail})
	}
}

func (c *compiler) atomic(body func()) {
	c.re.linear = false
	at := c.emit(inst{op: opAtomic})
	c.prog[at].x = len(c.prog)
	body()
	c.emit(inst{op: opMatch})
	c.prog[at].y = len(c.prog)
}

func (c *compiler) rep(n *node) {
	sub := n.subs[0]
	for sub.kind == kCat && len(sub.subs) == 1 {
		sub = sub.subs[0]
	}
	single := sub.kind == kSet || sub.kind == kAny || sub.kind == kLit
	if single && !(n.min == 0 && n.max == 1 && n.mode == 'g') {
		// The character to repeat follows the loop instruction.
		if n.mode == 'p' {
			c.re.linear = false
		}
		at := c.emit(inst{op: opLoop, min: n.min, max: n.max, mode: n.mode})
		c.comp(sub)
		c.prog[at].x = at + 1
		c.prog[at].y = len(c.prog)
		return
	}
	if n.mode == 'p' {
		c.atomic(func() {
			m := *n
			m.mode = 'g'
			c.rep(&m)
		})
		return
	}
	start := len(c.prog)
	for range n.min {
		c.comp(sub)
		if len(c.prog)-start > maxProg {
			c.p.fail("too big pattern")
		}
	}
	split := func() int {
		return c.emit(inst{op: opSplit, mode: n.mode})
	}
	set := func(at, body, exit int) {
		if n.mode == 'l' {
			c.prog[at].x, c.prog[at].y = exit, body
		} else {
			c.prog[at].x, c.prog[at].y = body, exit
		}
	}
	if n.max < 0 {
		lo, _ := width(sub)
		at := split()
		body := len(c.prog)
		slot := -1
		if lo == 0 {
			slot = c.re.slots
			c.re.slots++
			c.emit(inst{op: opEmpty, n: slot})
		}
		c.comp(sub)
		if slot >= 0 {
			e := c.emit(inst{op: opEmptyEnd, n: slot})
			c.prog[e].x = e + 2
		}
		c.emit(inst{op: opJmp, x: at})
		set(at, body, len(c.prog))
		return
	}
	var splits []int
	for range n.max - n.min {
		at := split()
		splits = append(splits, at)
		set(at, len(c.prog), 0)
		c.comp(sub)
	}
	for _, at := range splits {
		if n.mode == 'l' {
			c.prog[at].x = len(c.prog)
		} else {
			c.prog[at].y = len(c.prog)
		}
	}
}

// width returns how many characters a node can match; hi is -1 without limit.
func width(n *node) (lo, hi int) {
	switch n.kind {
	case kLit, kSet, kAny:
		return 1, 1
	case kCat, kGroup, kAtomic:
		for _, s := range n.subs {
			l, h := width(s)
			lo += l
			if h < 0 || hi < 0 {
				hi = -1
			} else {
				hi += h
			}
		}
		return
	case kAlt, kCond:
		for i, s := range n.subs {
			l, h := width(s)
			if i == 0 {
				lo, hi = l, h
				continue
			}
			lo = min(lo, l)
			if h < 0 || hi < 0 {
				hi = -1
			} else {
				hi = max(hi, h)
			}
		}
		return
	case kRep:
		l, h := width(n.subs[0])
		lo = l * n.min
		if n.max < 0 || h < 0 {
			return lo, -1
		}
		return lo, h * n.max
	case kLinebreak:
		return 1, 2
	case kBackref, kCall, kAbsent, kGrapheme:
		return 0, -1
	}
	return 0, 0
}

// analyse finds what a match must begin with.
func (re *Regexp) analyse() {
	re.states = len(re.prog)
	i := 0
	for i < len(re.prog) && re.prog[i].op == opSave {
		i++
	}
	if i < len(re.prog) {
		switch in := re.prog[i]; {
		case in.op == opStr:
			re.prefix = in.s
		case in.op == opAnchor && in.mode == 'A':
			re.anchorA = true
		}
	}
	if re.prefix == "" && !re.anchorA {
		var f [256]bool
		if re.firstBytes(0, &f, map[int]bool{}) {
			re.first = &f
		}
	}
}

// firstBytes adds the bytes that a match from pc can begin with; false when it may be
// empty or nothing is known.
func (re *Regexp) firstBytes(pc int, f *[256]bool, seen map[int]bool) bool {
	for {
		if seen[pc] {
			return true
		}
		if len(seen) > 500 {
			return false
		}
		seen[pc] = true
		in := &re.prog[pc]
		switch in.op {
		case opSave:
			pc++
		case opJmp:
			pc = in.x
		case opSplit:
			return re.firstBytes(in.x, f, seen) && re.firstBytes(in.y, f, seen)
		case opStr:
			f[in.s[0]] = true
			return true
		case opLoop:
			if !re.firstBytes(in.x, f, map[int]bool{}) {
				return false
			}
			if in.min > 0 {
				return true
			}
			pc = in.y
		case opSet:
			for c := range 128 {
				if in.set.has(rune(c)) {
					f[c] = true
				}
			}
			// A byte that is no ASCII may begin any character of the set.
			for c := 128; c < 256; c++ {
				f[c] = f[c] || len(in.set.ranges) > 0
			}
			return true
		case opFold:
			for r, first := in.r, true; first || r != in.r; first = false {
				var buf [4]byte
				utf8.EncodeRune(buf[:], r)
				f[buf[0]] = true
				r = simpleFold(r)
			}
			return true
		default:
			return false
		}
	}
}

// Groups returns the number of capture groups.
func (re *Regexp) Groups() int { return re.groups }

// Names returns the group names in the order of the pattern.
func (re *Regexp) Names() []string { return re.order }

// Index returns the groups of a name.
func (re *Regexp) Index(name string) []int { return re.names[name] }

// Quote escapes what has a meaning in a pattern, as Regexp.escape does.
func Quote(s string) string {
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; c {
		case '[', ']', '{', '}', '(', ')', '|', '-', '*', '.', '\\', '?', '+', '^', '$', '#':
			b.WriteByte('\\')
			b.WriteByte(c)
		case ' ':
			b.WriteString(`\ `)
		case '\t':
			b.WriteString(`\t`)
		case '\n':
			b.WriteString(`\n`)
		case '\r':
			b.WriteString(`\r`)
		case '\f':
			b.WriteString(`\f`)
		case '\v':
			b.WriteString(`\v`)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
