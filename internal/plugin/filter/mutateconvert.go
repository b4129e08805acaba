package filter

import (
	"errors"
	"fmt"
	"math/big"
	"strings"

	"sluice/internal/event"
	"sluice/internal/onig"
	"sluice/internal/plugin"
)

type conversion func(e *event.Event, v event.Value) (event.Value, error)

var conversions = map[string]conversion{
	"string":     toString,
	"integer":    toInteger,
	"integer_eu": european(toInteger),
	"float":      toFloat,
	"float_eu":   european(toFloat),
	"boolean":    toBoolean,
}

func (m *mutate) convertSteps(env *plugin.Env) error {
	for _, entry := range plugin.InJavaOrder(m.convert) {
		kind := entry.Value.Flat()
		convert := conversions[kind]
		if convert == nil {
			return env.Invalid("convert", "it can be string, integer, float, boolean, integer_eu or float_eu",
				"%s cannot be converted to %q", entry.Key, kind)
		}
		m.steps = append(m.steps, convertStep(newField(entry.Key), convert))
	}
	return nil
}

func convertStep(f field, convert conversion) step {
	return func(e *event.Event) error {
		if f.err != nil {
			return f.err
		}
		v := e.Get(f.ref)
		switch v.Kind() {
		case event.Missing, event.Null, event.Object:
			return nil
		case event.Array:
			return mapItems(e, f.ref, v, func(item event.Value) (event.Value, error) {
				if item.IsNil() {
					return item, nil
				}
				return convert(e, item)
			})
		}
		v, err := convert(e, v)
		if err != nil {
			return err
		}
		return e.Set(f.ref, v)
	}
}

// mapItems sets a field to an array with every item changed. An error leaves the field.
func mapItems(e *event.Event, ref event.Ref, array event.Value, change func(event.Value) (event.Value, error)) error {
	old := array.Array().Items
	items := make([]event.Value, len(old))
	for i, item := range old {
		v, err := change(item)
		if err != nil {
			return err
		}
		items[i] = v
	}
	return e.Set(ref, arrayOf(items))
}

func toString(e *event.Event, v event.Value) (event.Value, error) {
	if v.Kind() == event.String {
		return v, nil
	}
	var buf [64]byte
	return textValue(e, v.AppendRuby(buf[:0])), nil
}

// toInteger is the conversion of logstash-filter-mutate 3.5.9: a text has to be one
// that Float() takes; without a dot it is read by Integer(), so that 010 is octal and
// 1e3 fails.
func toInteger(_ *event.Event, v event.Value) (event.Value, error) {
	switch v.Kind() {
	case event.Bool:
		if v.Bool() {
			return event.IntValue(1), nil
		}
		return event.IntValue(0), nil
	case event.Int, event.BigInt:
		return v, nil
	case event.Float:
		return floatToInteger(v.Float())
	case event.Decimal:
		r, ok := new(big.Rat).SetString(v.NumberText())
		if !ok {
			return v, errors.New("the number is too large")
		}
		return event.BigIntValue(new(big.Int).Quo(r.Num(), r.Denom())), nil
	case event.Time:
		return event.IntValue(v.Time().Unix()), nil
	case event.String:
		text := cleanNumber(v.Str())
		if plainInteger(text) {
			return event.NumberValue(text), nil
		}
		f, err := rubyFloat(text)
		if err != nil {
			return v, err
		}
		if strings.IndexByte(text, '.') < 0 {
			return rubyInteger(text)
		}
		return floatToInteger(f)
	}
	return v, fmt.Errorf("a value of the kind %s cannot be converted to an integer", v.Kind())
}

// plainInteger tells whether a text is a JSON integer that needs no look at its base.
func plainInteger(s string) bool {
	if len(s) == 0 || len(s) > 18 || s[0] == '0' && len(s) > 1 {
		return false
	}
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

func cleanNumber(s string) string {
	return strings.ToLower(strings.ReplaceAll(strip(s), ",", ""))
}

func toFloat(_ *event.Event, v event.Value) (event.Value, error) {
	switch v.Kind() {
	case event.Bool:
		if v.Bool() {
			return event.FloatValue(1), nil
		}
		return event.FloatValue(0), nil
	case event.Float:
		return v, nil
	case event.Int, event.BigInt, event.Decimal:
		return event.FloatValue(v.Float()), nil
	case event.String:
		f, err := rubyFloat(cleanNumber(v.Str()))
		return event.FloatValue(f), err
	}
	return v, fmt.Errorf("a value of the kind %s cannot be converted to a float", v.Kind())
}

// european swaps the comma and the dot of a text.
func european(convert conversion) conversion {
	return func(e *event.Event, v event.Value) (event.Value, error) {
		if v.Kind() == event.String {
			v = event.StringValue(strings.Map(func(r rune) rune {
				switch r {
				case ',':
					return '.'
				case '.':
					return ','
				}
				return r
			}, v.Str()))
		}
		return convert(e, v)
	}
}

// The expressions of logstash-filter-mutate: a line of a text may match, and the dot
// of 1.0 is any character.
var (
	trueWords  = onig.MustCompile(`(?i)^(true|t|yes|y|1|1.0)$`)
	falseWords = onig.MustCompile(`(?i)^(false|f|no|n|0|0.0)$`)
)

func toBoolean(_ *event.Event, v event.Value) (event.Value, error) {
	var buf [64]byte
	var text string
	switch v.Kind() {
	case event.Bool:
		return v, nil
	case event.String:
		text = v.Str()
	default:
		text = string(v.AppendRuby(buf[:0]))
	}
	switch text {
	case "true", "1":
		return event.BoolValue(true), nil
	case "false", "0", "":
		return event.BoolValue(false), nil
	}
	if yes, err := trueWords.Match(text); yes || err != nil {
		return event.BoolValue(true), err
	}
	if no, err := falseWords.Match(text); no || err != nil {
		return event.BoolValue(false), err
	}
	return v, nil
}
