package plugin

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"sluice/internal/diag"
	"sluice/internal/event"
	"sluice/internal/secret"
	"sluice/internal/settings"
)

// Option declares one option of a plugin and binds it to a field.
type Option struct {
	Name     string
	Type     string // for people: "text", "number", "list of texts", …
	Doc      string // one or two sentences, Markdown
	Default  string // as one would write it; "" for none
	Required bool
	Values   []string // the values it can have, where there are few
	Old      string   // not empty: works, but is discouraged; says what to use instead
	Gone     string   // not empty: refused; says what to use instead
	Secret   bool     // never shown

	set func(s Setting, c *reader)
}

// reader collects the mistakes of one plugin's options.
type reader struct {
	list   *diag.List
	lookup Variables
	env    *Env
}

var (
	wrongType = diag.Define("SL2003", diag.Error, "an option has a value of the wrong kind",
		"Every option takes one kind of value: a text, a number, a list in brackets, a hash in braces. "+
			"The reference page of the plugin says which.")
	wrongValue = diag.Define("SL2004", diag.Error, "an option has a value that it cannot have",
		"The option takes one of a few values, or a value in a range. The message says which.")
)

func (c *reader) wrong(s Setting, wanted string) {
	c.list.Add(diag.New(wrongType, s.At, "found %s where %s was expected", s.Kind, wanted))
}

func (c *reader) bad(s Setting, help, format string, args ...any) {
	c.list.Add(diag.New(wrongValue, s.At, format, args...).WithHelp("%s", help))
}

// single lets the value of an option stand in a list of its own, [value], as Logstash
// does for every option that has one value.
func single(o Option) Option {
	set := o.set
	o.set = func(s Setting, c *reader) {
		if s.Kind == List {
			if len(s.List) != 1 {
				c.list.Add(diag.New(wrongType, s.At, "found a list of %d where one value was expected", len(s.List)))
				return
			}
			s = s.List[0]
		}
		set(s, c)
	}
	return o
}

// Must makes the option required.
func (o Option) Must() Option {
	o.Required, o.Default = true, ""
	return o
}

// Deprecated marks an option that works but has a successor.
func (o Option) Deprecated(instead string) Option {
	o.Old = instead
	return o
}

// String is an option that holds a text. A number is taken as its text.
func String(name string, p *string, doc string) Option {
	return single(Option{Name: name, Type: "text", Doc: doc, Default: quoted(*p), set: func(s Setting, c *reader) {
		if s.Kind == Nested || s.Kind == Table {
			c.wrong(s, "a text")
			return
		}
		*p = s.Flat()
	}})
}

func quoted(s string) string {
	if s == "" {
		return ""
	}
	return strconv.Quote(s)
}

// Path is an option that holds the path of a file or folder.
func Path(name string, p *string, doc string) Option {
	o := String(name, p, doc)
	o.Type = "path"
	return o
}

// Password is an option whose value is never printed.
func Password(name string, p *secret.Text, doc string) Option {
	return single(Option{Name: name, Type: "password", Doc: doc, Secret: true, set: func(s Setting, c *reader) {
		if s.Kind != Text { // a number is refused, as in Logstash
			c.wrong(s, "a text in quotes")
			return
		}
		*p = secret.New(s.Text)
	}})
}

// Strings is an option that holds a list of texts. A single text is a list of one.
func Strings(name string, p *[]string, doc string) Option {
	var quotedDefault string
	if len(*p) > 0 {
		parts := make([]string, len(*p))
		for i, v := range *p {
			parts[i] = strconv.Quote(v)
		}
		quotedDefault = "[" + strings.Join(parts, ", ") + "]"
	}
	return Option{Name: name, Type: "list of texts", Doc: doc, Default: quotedDefault, set: func(s Setting, c *reader) {
		if s.Kind == Nested || s.Kind == Table {
			c.wrong(s, "a list of texts")
			return
		}
		*p = s.Texts()
	}}
}

// Int is an option that holds a whole number from least to most.
func Int(name string, p *int, least, most int, doc string) Option {
	return single(Option{Name: name, Type: "number", Doc: doc, Default: strconv.Itoa(*p), set: func(s Setting, c *reader) {
		n, err := s.int()
		if err != nil {
			c.list.Add(diag.New(wrongType, s.At, "found %s where a whole number was expected", describe(s)))
			return
		}
		if n < int64(least) || n > int64(most) {
			c.bad(s, fmt.Sprintf("it can be from %d to %d", least, most), "%d is out of range", n)
			return
		}
		*p = int(n)
	}})
}

func describe(s Setting) string {
	if s.Kind == Text || s.Kind == Number {
		return strconv.Quote(s.Text)
	}
	return s.Kind.String()
}

// Port is an option that holds a TCP or UDP port.
func Port(name string, p *int, doc string) Option {
	o := Int(name, p, 0, 65535, doc)
	if *p == 0 {
		o.Default = ""
	}
	o.Type = "port"
	return o
}

// Float is an option that holds a number.
func Float(name string, p *float64, doc string) Option {
	return single(Option{Name: name, Type: "number", Doc: doc, Default: strconv.FormatFloat(*p, 'g', -1, 64), set: func(s Setting, c *reader) {
		f, err := strconv.ParseFloat(s.Text, 64)
		if err != nil || s.Kind != Text && s.Kind != Number {
			c.list.Add(diag.New(wrongType, s.At, "found %s where a number was expected", describe(s)))
			return
		}
		*p = f
	}})
}

// Seconds is an option that holds a length of time in seconds, or a text such as "5s".
func Seconds(name string, p *time.Duration, doc string) Option {
	return single(Option{Name: name, Type: "seconds", Doc: doc, Default: strconv.FormatFloat(p.Seconds(), 'g', -1, 64), set: func(s Setting, c *reader) {
		if f, err := strconv.ParseFloat(s.Text, 64); err == nil && (s.Kind == Text || s.Kind == Number) {
			*p = time.Duration(f * float64(time.Second))
			return
		}
		d, err := time.ParseDuration(strings.ReplaceAll(s.Text, " ", ""))
		if err != nil || s.Kind != Text {
			c.list.Add(diag.New(wrongType, s.At, "found %s where a number of seconds was expected", describe(s)))
			return
		}
		*p = d
	}})
}

// Bytes is an option that holds a size: a number of bytes, or a text such as "64mb".
func Bytes(name string, p *int64, doc string) Option {
	return single(Option{Name: name, Type: "bytes", Doc: doc, Default: strconv.FormatInt(*p, 10), set: func(s Setting, c *reader) {
		n, err := settings.ParseBytes(s.Text)
		if err != nil || s.Kind != Text && s.Kind != Number {
			c.list.Add(diag.New(wrongType, s.At, "found %s where a size such as 64mb was expected", describe(s)))
			return
		}
		*p = n
	}})
}

// Bool is an option that is true or false.
func Bool(name string, p *bool, doc string) Option {
	return single(Option{Name: name, Type: "boolean", Doc: doc, Default: strconv.FormatBool(*p), Values: []string{"true", "false"}, set: func(s Setting, c *reader) {
		switch {
		case s.Kind == Text && s.Text == "true":
			*p = true
		case s.Kind == Text && s.Text == "false":
			*p = false
		default:
			c.list.Add(diag.New(wrongType, s.At, "found %s where true or false was expected", describe(s)))
		}
	}})
}

// Enum is an option that has one of a few values.
func Enum(name string, p *string, values []string, doc string) Option {
	return single(Option{Name: name, Type: "one of " + strings.Join(values, ", "), Doc: doc, Default: quoted(*p), Values: values, set: func(s Setting, c *reader) {
		if s.Kind != Text && s.Kind != Number || !slices.Contains(values, s.Text) {
			help := "it can be " + strings.Join(values, ", ")
			if near := diag.Nearest(s.Text, values); near != "" {
				help = fmt.Sprintf("did you mean %q? %s", near, help)
			}
			c.bad(s, help, "found %s", describe(s))
			return
		}
		*p = s.Text
	}})
}

// Hash is an option that holds pairs, in written order.
func Hash(name string, p *[]TableEntry, doc string) Option {
	return Option{Name: name, Type: "hash", Doc: doc, set: func(s Setting, c *reader) {
		switch {
		case s.Kind == Table:
			*p = s.Table
		case s.Kind == List && len(s.List)%2 == 0: // ["a", "b"] is { "a" => "b" }
			table := []TableEntry(nil)
			for i := 0; i < len(s.List); i += 2 {
				key := s.List[i]
				if key.Kind != Text && key.Kind != Number {
					c.wrong(key, "a key")
					return
				}
				table = append(table, TableEntry{key.At, key.Text, s.List[i+1]})
			}
			*p = table
		default:
			c.wrong(s, "a hash { }")
		}
	}}
}

// Ref is an option that holds a field reference.
func Ref(name string, p *event.Ref, doc string) Option {
	return single(Option{Name: name, Type: "field reference", Doc: doc, Default: quoted(p.String()), set: func(s Setting, c *reader) {
		if s.Kind != Text && s.Kind != Number {
			c.wrong(s, "a field reference")
			return
		}
		r, err := event.ParseRef(s.Text)
		if err != nil {
			c.bad(s, "write a field as name or as [outer][inner]", "%v", err)
			return
		}
		*p = r
	}})
}

// Template is an option that holds a text with %{field} in it.
func Template(name string, p *event.Template, doc string) Option {
	return single(Option{Name: name, Type: "text with fields", Doc: doc, Default: quoted(p.String()), set: func(s Setting, c *reader) {
		if s.Kind != Text && s.Kind != Number {
			c.wrong(s, "a text")
			return
		}
		*p = event.ParseTemplate(s.Text)
		if err := p.Err(); err != nil {
			c.bad(s, "correct the reference or the date pattern", "%v", err)
		}
	}})
}

// Any is an option whose plugin reads the setting itself.
func Any(name, kind string, p *Setting, doc string) Option {
	return Option{Name: name, Type: kind, Doc: doc, set: func(s Setting, _ *reader) { *p = s }}
}

// Check is an option with a reader of its own. The error, if any, is shown at the value.
func Check(name, kind, shownDefault, doc string, set func(s Setting) error) Option {
	return Option{Name: name, Type: kind, Doc: doc, Default: shownDefault, set: func(s Setting, c *reader) {
		if err := set(s); err != nil {
			c.list.AddError(wrongValue, s.At, err)
		}
	}}
}

// Removed is an option that Logstash had once. Using it is an error that says what to
// do instead.
func Removed(name, instead string) Option {
	return Option{Name: name, Gone: instead, Doc: "Removed. " + instead}
}

// Ignored is an option without meaning here. Using it gives a warning that says why.
func Ignored(name, kind, why string) Option {
	return Option{Name: name, Type: kind, Doc: "Accepted without effect: " + why, Old: why, set: func(Setting, *reader) {}}
}
