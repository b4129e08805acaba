package ruby

import (
	"math"
	"math/big"
	"strings"
	"sync"
)

// What plain texts of YAML 1.1 stand for, as Psych reads them.
var (
	yamlInt = sync.OnceValue(func() *Regexp {
		return mustRegexp(`\A[-+]?(?:0[0-7_,]+|(?:0|[1-9](?:[0-9]|,[0-9]|_[0-9])*)(?:_|,)?|0x[0-9a-fA-F_,]+|0b[01_,]+)\z`)
	})
	yamlFloat = sync.OnceValue(func() *Regexp { return mustRegexp(`\A[-+]?(?:[0-9][0-9_,]*)?\.[0-9]*(?:[eE][+-][0-9]+)?\z`) })
	yamlSixty = sync.OnceValue(func() *Regexp { return mustRegexp(`\A[-+]?[0-9][0-9_]*(?::[0-5]?[0-9]){1,2}\z`) })
	yamlDate  = sync.OnceValue(func() *Regexp { return mustRegexp(`\A\d{4}-(?:1[012]|0\d|\d)-(?:[12]\d|3[01]|0\d|\d)\z`) })
	yamlStamp = sync.OnceValue(func() *Regexp {
		return mustRegexp(`\A-?\d{4}-\d{1,2}-\d{1,2}(?:[Tt]|\s+)\d{1,2}:\d\d:\d\d(?:\.\d*)?(?:\s*(?:Z|[-+]\d{1,2}:?(?:\d\d)?))?\z`)
	})
)

// yamlPlain returns the value of a text without quotes, and its class if only some
// readers may have it.
func (th *thread) yamlPlain(s string) (Value, *Class) {
	is := func(re *Regexp) bool { return th.runRegexp(re, &String{s: s}, 0, false) != nil }
	switch s {
	case "", "~", "null", "Null", "NULL":
		return vNil, nil
	}
	switch strings.ToLower(s) {
	case "true", "yes", "on":
		return vTrue, nil
	case "false", "no", "off":
		return vFalse, nil
	case ".inf", "+.inf":
		return Float(inf), nil
	case "-.inf":
		return Float(-inf), nil
	case ".nan":
		return Float(math.NaN()), nil
	}
	if s[0] == ':' && len(s) > 1 && s[1] != ':' && s[1] != ' ' {
		return sym(strings.Trim(s[1:], `"'`)), cSymbol
	}
	if !isDigit(s[0]) && strings.IndexByte("+-.", s[0]) < 0 {
		return th.str(s), nil
	}
	digits := strings.NewReplacer(",", "", "_", "").Replace(s)
	switch {
	case is(yamlInt()):
		if i, ok := parseInteger(digits, 0); ok {
			return bigValue(new(big.Int).Set(i)), nil
		}
		if i, ok := parseInteger(digits, 10); ok {
			return bigValue(new(big.Int).Set(i)), nil
		}
	case is(yamlFloat()) && strings.Trim(s, "+-.") != "":
		if f, ok := parseFloat(strings.TrimSuffix(strings.Replace("0"+strings.TrimLeft(digits, "+-"), ".e", ".0e", 1), ".")); ok {
			if s[0] == '-' {
				f = -f
			}
			return Float(f), nil
		}
	case is(yamlSixty()):
		// The first part counts hours, however many there are.
		n, unit := int64(0), int64(3600)
		for part := range strings.SplitSeq(strings.TrimLeft(digits, "+-"), ":") {
			if i, ok := parseInteger(part, 10); ok && i.IsInt64() {
				n += i.Int64() * unit
			}
			unit /= 60
		}
		if s[0] == '-' {
			n = -n
		}
		return Int(n), nil
	case is(yamlDate()):
		if v, exc := th.try(func() Value { return th.send(Value{o: cDate}, "strptime", th.str(s), th.str("%Y-%m-%d")) }, cStandardError); exc == nil {
			return v, cDate
		}
	case is(yamlStamp()):
		text := s
		if !strings.HasSuffix(s, "Z") && strings.IndexAny(s[10:], "+-") < 0 {
			text += " UTC"
		}
		if v, exc := th.try(func() Value { return th.send(Value{o: cTime}, "parse", th.str(text)) }, cStandardError); exc == nil {
			return v, cTime
		}
	}
	return th.str(s), nil
}

// properties takes the anchors and tags off the beginning of a text.
func (p *yamlParser) properties(s string) (props []string, rest string) {
	for s != "" && (s[0] == '&' || s[0] == '!') {
		end := strings.IndexAny(s, " ,]}")
		if end < 0 {
			end = len(s)
		}
		props = append(props, s[:end])
		s = strings.TrimLeft(s[end:], " ")
	}
	return props, s
}

// apply gives a value its tag, and an anchor the value.
func (p *yamlParser) apply(props []string, v Value) Value {
	th := p.th
	for _, prop := range props {
		if prop[0] == '&' {
			continue
		}
		switch prop {
		case "!!str", "!str":
			if v.isNil() {
				v = th.str("")
			}
			v = th.str(th.toS(v))
		case "!!int":
			v = th.integer(v, 0, true)
		case "!!float":
			v = Float(th.floatArg(th.send(v, "to_f")))
		case "!!null", "!!bool", "!!map", "!!seq", "!!omap", "!!timestamp", "!":
		case "!binary", "!!binary":
			v = th.send(Value{o: mBase64}, "decode64", th.str(th.toS(v)))
		case "!ruby/symbol", "!ruby/sym":
			p.permitSymbol(th.toS(v))
			v = sym(th.toS(v))
		default:
			name := strings.TrimPrefix(prop, "!ruby/object:")
			if name == prop {
				continue // an own tag changes nothing
			}
			th.raise(cDisallowed, "Tried to load unspecified class: %s", name)
		}
	}
	for _, prop := range props {
		if prop[0] == '&' {
			p.names[prop[1:]] = v
		}
	}
	return v
}

// alias returns what an anchor has named.
func (p *yamlParser) alias(name string) Value {
	if !p.opts.aliases {
		p.th.raise(cBadAlias, "Unknown alias: %s", name)
	}
	v, ok := p.names[name]
	if !ok {
		p.th.raise(cBadAlias, "Unknown alias: %s", name)
	}
	return v
}

// pair sets a key; << takes over the pairs of other maps.
func (p *yamlParser) pair(h *Hash, key, v Value) {
	th := p.th
	th.charge(64)
	if s, ok := key.o.(*String); ok && s.s == "<<" {
		maps := []Value{v}
		if l, ok := v.o.(*Array); ok {
			maps = l.list(th)
		}
		if len(maps) > 0 && classIs(maps[0], cHash) {
			for _, m := range maps {
				if from, ok := m.o.(*Hash); ok {
					hashMerge(th, h, []Value{{o: from}}, nil)
				}
			}
			return
		}
	}
	h.set(th, key, v)
}

// explicitKeys reads a map of which the keys are marked by a question mark.
func (p *yamlParser) explicitKeys(indent int) Value {
	h := p.th.newHash(0)
	part := func(mark string) (Value, bool) {
		p.skip()
		if p.pos >= len(p.lines) || p.lines[p.pos].indent != indent || !strings.HasPrefix(p.lines[p.pos].text, mark) {
			return vNil, false
		}
		p.th.step()
		l := &p.lines[p.pos]
		rest := strings.TrimLeft(l.text[1:], " ")
		if rest == "" {
			p.pos++
		} else {
			l.indent, l.text = l.indent+len(l.text)-len(rest), rest
		}
		return p.block(indent + 1), true
	}
	for {
		key, ok := part("?")
		if !ok {
			return Value{o: h}
		}
		v, _ := part(":")
		p.pair(h, key, v)
	}
}
