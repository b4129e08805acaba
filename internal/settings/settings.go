package settings

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"sluice/internal/diag"
)

// Settings is a set of values. Getters panic for a name that is not in the table or has
// another type: that is a mistake in the program.
type Settings struct {
	values map[string]value
}

type value struct {
	text string
	list []string
	at   diag.Span
}

// New returns settings with their defaults.
func New() *Settings { return &Settings{values: map[string]value{}} }

// Clone returns a copy, for the settings of one pipeline on top of the general ones.
func (s *Settings) Clone() *Settings { return &Settings{values: maps.Clone(s.values)} }

var (
	unknownSetting = diag.Define("SL3001", diag.Error, "there is no such setting",
		"The name is not one of Logstash's settings, nor one of Sluice's own. The reference page lists them all.")
	wrongSetting = diag.Define("SL3002", diag.Error, "a setting has a value that it cannot have",
		"The message says what the setting can be.")
	notForPipeline = diag.Define("SL3003", diag.Error, "the setting is not one of a pipeline",
		"In pipelines.yml only settings of single pipelines can stand; all others belong into logstash.yml or on the command line.")
	withoutEffect = diag.Define("SL3004", diag.Warning, "the setting has no effect",
		"It is accepted so that existing files work. What it does in Logstash has no meaning here; the message says why.")
)

// Set gives a setting its value, given as text, with the place where it stands.
func (s *Settings) Set(name, text string, at diag.Span) diag.List {
	return s.set(name, value{text: text, at: at})
}

func (s *Settings) set(name string, v value) (list diag.List) {
	d := byName[name]
	if d == nil {
		x := diag.New(unknownSetting, v.at, "there is no setting %s", name)
		if near := diag.Nearest(name, Names(false)); near != "" {
			x = x.WithHelp("did you mean %s?", near)
		}
		return diag.List{x}
	}
	if err := d.check(&v); err != nil {
		return diag.List{diag.New(wrongSetting, v.at, "%s: %v", name, err)}
	}
	if d.NoEffect != "" {
		list.Add(diag.New(withoutEffect, v.at, "%s has no effect", name).WithHelp("%s", d.NoEffect))
	}
	s.values[name] = v
	return list
}

// check tells whether a value is right for the setting, and fills the list of Strings.
func (d *Def) check(v *value) error {
	var err error
	switch d.Type {
	case Bool:
		if v.text != "true" && v.text != "false" {
			err = fmt.Errorf("found %q where true or false was expected", v.text)
		}
	case Int:
		var n int64
		if n, err = strconv.ParseInt(strings.TrimSpace(v.text), 10, 64); err != nil {
			err = fmt.Errorf("found %q where a whole number was expected", v.text)
		} else if n < d.Min {
			err = fmt.Errorf("%d is too small; the least is %d", n, d.Min)
		}
	case Bytes:
		if _, e := ParseBytes(v.text); e != nil {
			err = fmt.Errorf("found %q where a size such as 64mb was expected", v.text)
		}
	case Duration:
		if _, e := parseDuration(v.text); e != nil {
			err = fmt.Errorf("found %q where a time such as 3s was expected", v.text)
		}
	case Ports:
		if _, _, e := parsePorts(v.text); e != nil {
			err = fmt.Errorf("found %q where a port or a range such as 9600-9700 was expected", v.text)
		}
	case Strings:
		if v.list == nil && v.text != "" {
			v.list = strings.Split(v.text, ",")
		}
	}
	if err == nil && len(d.Values) > 0 && !slices.Contains(d.Values, v.text) {
		err = fmt.Errorf("found %q; it can be %s", v.text, strings.Join(d.Values, ", "))
		if near := diag.Nearest(v.text, d.Values); near != "" {
			err = fmt.Errorf("%w (did you mean %s?)", err, near)
		}
	}
	return err
}

func (s *Settings) get(name string, types ...Type) value {
	d := byName[name]
	if d == nil || !slices.Contains(types, d.Type) {
		panic("settings: " + name + " is not a setting of this type")
	}
	if v, ok := s.values[name]; ok {
		return v
	}
	return value{text: d.Default}
}

// IsSet tells whether the setting has been given a value.
func (s *Settings) IsSet(name string) bool {
	_, ok := s.values[name]
	return ok
}

// At returns where the setting was given its value.
func (s *Settings) At(name string) diag.Span { return s.values[name].at }

// String returns a text, a path or a password.
func (s *Settings) String(name string) string { return s.get(name, String, Path, Password).text }

// Bool returns a truth value.
func (s *Settings) Bool(name string) bool { return s.get(name, Bool).text == "true" }

// Int returns a whole number; 0 when there is neither a value nor a default.
func (s *Settings) Int(name string) int {
	n, _ := strconv.Atoi(strings.TrimSpace(s.get(name, Int).text))
	return n
}

// Bytes returns a size in bytes.
func (s *Settings) Bytes(name string) int64 {
	n, _ := ParseBytes(s.get(name, Bytes).text)
	return n
}

// Duration returns a length of time.
func (s *Settings) Duration(name string) time.Duration {
	d, _ := parseDuration(s.get(name, Duration).text)
	return d
}

// Strings returns a list of texts.
func (s *Settings) Strings(name string) []string { return s.get(name, Strings).list }

// Ports returns the first and the last port of a range.
func (s *Settings) Ports(name string) (first, last int) {
	first, last, _ = parsePorts(s.get(name, Ports).text)
	return first, last
}

// ParseBytes reads a size as Logstash does: "64mb", "1.5gb" or "100"; units are powers of 1024.
func ParseBytes(text string) (int64, error) {
	t := strings.ToLower(strings.TrimSpace(text))
	for i, unit := range []string{"kb", "mb", "gb", "tb", "pb"} {
		if number, ok := strings.CutSuffix(t, unit); ok {
			f, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
			return int64(f * float64(int64(1)<<(10*(i+1)))), err
		}
	}
	return strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(t, "b")), 10, 64)
}

// parseDuration reads "3s", "500ms", "1m", "2h", "1d", "100micros", "5nanos", "-1".
func parseDuration(text string) (time.Duration, error) {
	t := strings.ReplaceAll(strings.TrimSpace(text), " ", "")
	if n, err := strconv.ParseInt(t, 10, 64); err == nil {
		return time.Duration(n), nil // without a unit: nanoseconds, as in Logstash
	}
	for _, u := range []struct{ from, to string }{{"micros", "us"}, {"nanos", "ns"}} {
		if n, ok := strings.CutSuffix(t, u.from); ok {
			t = n + u.to
		}
	}
	if n, ok := strings.CutSuffix(t, "d"); ok {
		days, err := strconv.ParseFloat(n, 64)
		return time.Duration(days * 24 * float64(time.Hour)), err
	}
	return time.ParseDuration(t)
}

func parsePorts(text string) (first, last int, err error) {
	from, to, ranged := strings.Cut(strings.ReplaceAll(text, "..", "-"), "-")
	if first, err = strconv.Atoi(strings.TrimSpace(from)); err != nil {
		return 0, 0, err
	}
	last = first
	if ranged {
		last, err = strconv.Atoi(strings.TrimSpace(to))
	}
	if first < 0 || last > 65535 || last < first {
		err = fmt.Errorf("no range of ports")
	}
	return first, last, err
}
