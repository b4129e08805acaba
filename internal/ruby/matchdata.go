package ruby

import (
	"slices"
	"strings"
)

// MatchData is what a regular expression found.
type MatchData struct {
	re  *Regexp
	str String
	loc []int
}

func (*MatchData) class() *Class { return cMatchData }

func (m *MatchData) charPos(at int) int { return m.str.charIndex(at) }

func (m *MatchData) pre() string { return m.str.s[:m.loc[0]] }

func (m *MatchData) post() string { return m.str.s[m.loc[1]:] }

func (m *MatchData) group(th *thread, i int) Value {
	if i < 0 {
		if i += len(m.loc) / 2; i == 0 {
			return vNil // the whole is group 0 only
		}
	}
	if i < 0 || i >= len(m.loc)/2 || m.loc[2*i] < 0 || m.loc[2*i+1] < 0 {
		return vNil
	}
	return th.strEnc(m.str.s[m.loc[2*i]:m.loc[2*i+1]], m.str.enc)
}

// captures returns the groups without the whole.
func (m *MatchData) captures(th *thread) []Value {
	out := th.arena.values(len(m.loc)/2 - 1)
	for i := range out {
		out[i] = m.group(th, i+1)
	}
	return out
}

// named returns a group by name: the last one of that name that took part.
func (m *MatchData) named(th *thread, name string) (Value, bool) {
	list := m.re.re.Indexes(name)
	if list == nil {
		return vNil, false
	}
	for i := len(list) - 1; i >= 0; i-- {
		if m.loc[2*list[i]] >= 0 {
			return m.group(th, list[i]), true
		}
	}
	return vNil, true
}

func (m *MatchData) get(th *thread, key Value) Value {
	switch x := key.o.(type) {
	case *Symbol, *String:
		v, ok := m.named(th, th.nameArg(key))
		if !ok {
			th.raise(cIndexError, "undefined group name reference: %s", th.nameArg(key))
		}
		return v
	case *Range:
		return arraySlice(th, th.array(m.list(th)), []Value{{o: x}}, nil)
	}
	return m.group(th, th.intArg(key))
}

func (m *MatchData) list(th *thread) []Value {
	out := th.arena.values(len(m.loc) / 2)
	for i := range out {
		out[i] = m.group(th, i)
	}
	return out
}

func init() {
	mdef := cMatchData.def
	md := func(v Value) *MatchData { return v.o.(*MatchData) }
	mdef("[]", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if len(a) == 2 {
			return arraySlice(th, th.array(md(self).list(th)), a, nil)
		}
		return md(self).get(th, a[0])
	})
	mdef("to_a", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.array(md(self).list(th)) })
	mdef("captures deconstruct", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.array(md(self).captures(th)) })
	mdef("names", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.strings(md(self).re.re.Names()) })
	mdef("named_captures", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := th.newHash(0)
		for _, n := range md(self).re.re.Names() {
			v, _ := md(self).named(th, n)
			h.set(th, th.str(n), v)
		}
		return Value{o: h}
	})
	mdef("deconstruct_keys", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := th.newHash(0)
		for _, n := range md(self).re.re.Names() {
			v, _ := md(self).named(th, n)
			h.set(th, sym(n), v)
		}
		return Value{o: h}
	})
	mdef("values_at", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		var out []Value
		all := th.arrayOf(md(self).list(th))
		for _, k := range a {
			if _, ok := k.o.(*Range); ok {
				if arraySlice(th, all, []Value{k}, nil).isNil() {
					th.raise(cRangeError, "%s out of range", th.inspect(k))
				}
				out = append(out, th.send(all, "values_at", k).o.(*Array).list(th)...)
				continue
			}
			out = append(out, md(self).get(th, k))
		}
		return th.array(out)
	})
	mdef("pre_match", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.strEnc(md(self).pre(), md(self).str.enc)
	})
	mdef("post_match", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.strEnc(md(self).post(), md(self).str.enc)
	})
	mdef("to_s", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return md(self).group(th, 0) })
	mdef("string", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.frozenStr(md(self).str.s, md(self).str.enc)
	})
	mdef("regexp", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Value{o: md(self).re} })
	mdef("size length", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(int64(len(md(self).loc) / 2)) })
	groupIndex := func(th *thread, m *MatchData, v Value) int {
		switch v.o.(type) {
		case *String, *Symbol:
			l := m.re.re.Indexes(th.nameArg(v))
			if l == nil {
				th.raise(cIndexError, "undefined group name reference: %s", th.nameArg(v))
			}
			return l[len(l)-1]
		}
		i := th.intArg(v)
		if i < 0 || i >= len(m.loc)/2 {
			th.raise(cIndexError, "index %d out of matches", i)
		}
		return i
	}
	edge := func(off int) func(th *thread, self Value, a []Value) Value {
		return func(th *thread, self Value, a []Value) Value {
			m := md(self)
			at := m.loc[2*groupIndex(th, m, a[0])+off]
			if at < 0 {
				return vNil
			}
			return Int(int64(m.charPos(at)))
		}
	}
	mdef("begin", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return edge(0)(th, self, a) })
	mdef("end", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return edge(1)(th, self, a) })
	mdef("offset", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.array([]Value{edge(0)(th, self, a), edge(1)(th, self, a)})
	})
	mdef("match", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return md(self).group(th, groupIndex(th, md(self), a[0]))
	})
	mdef("match_length", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		v := md(self).group(th, groupIndex(th, md(self), a[0]))
		if s, ok := v.o.(*String); ok {
			return Int(int64(s.length()))
		}
		return vNil
	})
	mdef("== eql?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		o, ok := a[0].o.(*MatchData)
		return Bool(ok && o.str.s == md(self).str.s && o.re.src == md(self).re.src && slices.Equal(o.loc, md(self).loc))
	})
	mdef("inspect", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		m := md(self)
		var b strings.Builder
		b.WriteString("#<MatchData " + th.inspect(m.group(th, 0)))
		names := map[int]string{}
		for _, n := range m.re.re.Names() {
			for _, i := range m.re.re.Indexes(n) {
				names[i] = n
			}
		}
		for i := 1; i < len(m.loc)/2; i++ {
			n := names[i]
			if n == "" {
				n = th.toS(Int(int64(i)))
			}
			b.WriteString(" " + n + ":" + th.inspect(m.group(th, i)))
		}
		return th.str(b.String() + ">")
	})
}
