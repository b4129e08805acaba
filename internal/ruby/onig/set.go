package onig

import (
	"slices"
	"strings"
	"sync"
	"unicode"
)

// set is a set of characters: ASCII as bits, the rest as sorted ranges.
type set struct {
	ascii  [2]uint64
	ranges []span // sorted, apart, all above ASCII
}

type span struct{ lo, hi rune }

const maxRune = unicode.MaxRune

func (s *set) has(r rune) bool {
	if r < 128 {
		return s.ascii[r>>6]&(1<<(r&63)) != 0
	}
	rs := s.ranges
	if len(rs) <= 8 {
		for i := range rs {
			if r <= rs[i].hi {
				return r >= rs[i].lo
			}
		}
		return false
	}
	lo, hi := 0, len(rs)
	for lo < hi {
		m := (lo + hi) / 2
		if r > rs[m].hi {
			lo = m + 1
		} else {
			hi = m
		}
	}
	return lo < len(rs) && r >= rs[lo].lo
}

func (s *set) clone() *set { return &set{s.ascii, slices.Clone(s.ranges)} }

// add returns the set with lo..hi in it; the receiver may be changed.
func (s *set) add(lo, hi rune) *set {
	for r := lo; r <= hi && r < 128; r++ {
		s.ascii[r>>6] |= 1 << (r & 63)
	}
	if hi >= 128 {
		s.ranges = append(s.ranges, span{max(lo, 128), hi})
		s.normalize()
	}
	return s
}

func (s *set) normalize() {
	slices.SortFunc(s.ranges, func(a, b span) int { return int(a.lo - b.lo) })
	out := s.ranges[:0]
	for _, r := range s.ranges {
		if n := len(out); n > 0 && r.lo <= out[n-1].hi+1 {
			out[n-1].hi = max(out[n-1].hi, r.hi)
		} else {
			out = append(out, r)
		}
	}
	s.ranges = out
}

func (s *set) union(t *set) *set {
	u := s.clone()
	u.ascii[0] |= t.ascii[0]
	u.ascii[1] |= t.ascii[1]
	u.ranges = append(u.ranges, t.ranges...)
	u.normalize()
	return u
}

func (s *set) negated() *set {
	u := &set{ascii: [2]uint64{^s.ascii[0], ^s.ascii[1]}}
	at := rune(128)
	for _, r := range s.ranges {
		if r.lo > at {
			u.ranges = append(u.ranges, span{at, r.lo - 1})
		}
		at = r.hi + 1
	}
	if at <= maxRune {
		u.ranges = append(u.ranges, span{at, maxRune})
	}
	return u
}

func (s *set) intersect(t *set) *set {
	return s.negated().union(t.negated()).negated()
}

// folded returns the set with the other cases of its characters.
func (s *set) folded() *set {
	u := s.clone()
	for r := rune('a'); r <= 'z'; r++ {
		if u.has(r) || u.has(r-32) {
			u.add(r, r)
			u.add(r-32, r-32)
		}
	}
	var extra []span
	for _, sp := range s.ranges {
		if sp.hi-sp.lo > 2000 {
			continue // whole planes hold their other cases already
		}
		for r := sp.lo; r <= sp.hi; r++ {
			for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
				if f >= 128 {
					extra = append(extra, span{f, f})
				}
			}
		}
	}
	u.ranges = append(u.ranges, extra...)
	u.normalize()
	return u
}

func hasFold(r rune) bool { return unicode.SimpleFold(r) != r }

func fromTables(tabs ...*unicode.RangeTable) *set {
	s := &set{}
	for _, t := range tabs {
		for _, r := range t.R16 {
			for c := rune(r.Lo); c <= rune(r.Hi); c += rune(r.Stride) {
				hi := c
				if r.Stride == 1 {
					hi = rune(r.Hi)
				}
				s.push(c, hi)
				if r.Stride == 1 {
					break
				}
			}
		}
		for _, r := range t.R32 {
			for c := rune(r.Lo); c <= rune(r.Hi); c += rune(r.Stride) {
				hi := c
				if r.Stride == 1 {
					hi = rune(r.Hi)
				}
				s.push(c, hi)
				if r.Stride == 1 {
					break
				}
			}
		}
	}
	s.normalize()
	return s
}

func (s *set) push(lo, hi rune) {
	for r := lo; r <= hi && r < 128; r++ {
		s.ascii[r>>6] |= 1 << (r & 63)
	}
	if hi >= 128 {
		s.ranges = append(s.ranges, span{max(lo, 128), hi})
	}
}

func ascii(text string) *set {
	s := &set{}
	for i := 0; i+1 < len(text); i += 2 {
		s.add(rune(text[i]), rune(text[i+1]))
	}
	return s
}

var (
	setWord  = ascii("azAZ09__")
	setDigit = ascii("09")
	setSpace = ascii("\t\r  ") // tab to carriage return, blank
	setHex   = ascii("09afAF")
)

// cache keeps the sets of Unicode properties, which take a while to make.
var cache = map[string]func() *set{}

func init() {
	m := cache
	lazy := func(name string, f func() *set) {
		m[name] = sync.OnceValue(f)
	}
	lazy("alpha", func() *set { return fromTables(unicode.Letter, unicode.Nl, unicode.Other_Alphabetic) })
	lazy("digit", func() *set { return fromTables(unicode.Nd) })
	lazy("alnum", func() *set {
		return fromTables(unicode.Letter, unicode.Nl, unicode.Other_Alphabetic, unicode.Nd)
	})
	lazy("upper", func() *set { return fromTables(unicode.Upper, unicode.Other_Uppercase) })
	lazy("lower", func() *set { return fromTables(unicode.Lower, unicode.Other_Lowercase) })
	lazy("space", func() *set { return fromTables(unicode.White_Space) })
	lazy("blank", func() *set { return fromTables(unicode.Zs).add('\t', '\t') })
	lazy("cntrl", func() *set { return fromTables(unicode.Cc) })
	lazy("punct", func() *set {
		s := fromTables(unicode.P)
		for _, c := range "$+<=>^`|~" {
			s.add(c, c)
		}
		return s
	})
	lazy("graph", func() *set {
		return fromTables(unicode.White_Space, unicode.Cc, unicode.Cs).union(property("Cn")).negated()
	})
	lazy("print", func() *set { return posix("graph").union(fromTables(unicode.Zs)) })
	lazy("xdigit", func() *set { return setHex })
	lazy("word", func() *set {
		return fromTables(unicode.Letter, unicode.M, unicode.Nd, unicode.Nl, unicode.Pc, unicode.Other_Alphabetic)
	})
	lazy("ascii", func() *set { return ascii("\x00\x7f") })
	lazy("any", func() *set { return (&set{}).negated() })
	lazy("cn", func() *set {
		var all []*unicode.RangeTable
		for _, t := range unicode.Categories {
			all = append(all, t)
		}
		return fromTables(all...).negated()
	})
	for name, t := range unicode.Categories {
		if name == "Cn" || name == "LC" {
			continue
		}
		lazy(strings.ToLower(name), func() *set { return fromTables(t) })
	}
	for name, t := range unicode.Scripts {
		lazy(strings.ToLower(strings.ReplaceAll(name, "_", "")), func() *set { return fromTables(t) })
	}
	for name, t := range unicode.Properties {
		lazy(strings.ToLower(strings.ReplaceAll(name, "_", "")), func() *set { return fromTables(t) })
	}
	for long, short := range map[string]string{"letter": "l", "uppercaseletter": "lu", "lowercaseletter": "ll", "titlecaseletter": "lt", "mark": "m", "number": "n",
		"decimalnumber": "nd", "punctuation": "p", "symbol": "s", "separator": "z", "other": "c", "control": "cc", "currencysymbol": "sc", "mathsymbol": "sm",
		"spaceseparator": "zs", "alphabetic": "alpha", "uppercase": "upper", "lowercase": "lower", "whitespace": "space", "assigned": ""} {
		if f, ok := m[short]; ok {
			m[long] = f
		}
	}
	lazy("emoji", func() *set {
		return (&set{}).add(0x1f300, 0x1faff).add(0x2600, 0x27bf).add(0x1f000, 0x1f2ff).add('#', '#').add('*', '*').add('0', '9').add(0xa9, 0xa9).add(0xae, 0xae)
	})
}

// posix returns a POSIX bracket, property a Unicode property; nil when there is none.
func posix(name string) *set {
	switch name {
	case "alpha", "digit", "alnum", "upper", "lower", "space", "blank", "cntrl", "punct", "graph", "print", "xdigit", "word", "ascii":
		return cache[name]()
	}
	return nil
}

func property(name string) *set {
	key := strings.ToLower(strings.NewReplacer("_", "", " ", "", "-", "").Replace(name))
	if f, ok := cache[key]; ok {
		return f()
	}
	return nil
}
