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
		if !strings.HasSuffix(s, "Z") && !strings.ContainsAny(s[10:], "+-") {
			text += " UTC"
		}
		if v, exc := th.try(func() Value { return th.send(Value{o: cTime}, "parse", th.str(text)) }, cStandardError); exc == nil {
			return v, cTime
		}
	}
	return th.str(s), nil
}
