package settings

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"sluice/internal/diag"
	"sluice/internal/secret"
)

// Settings is a set of values. Getters panic for a name that is not in the table or has
// another type: that is a mistake in the program.
type Settings struct {
	// Variables fills in ${NAME} in what ReadFile and ReadPipelines read; nil leaves
	// texts as they are.
	Variables secret.Variables

	values map[string]value
	told   map[string]bool // the reasons of settings without effect, which are told once
}

type value struct {
	text string
	list []string
	at   diag.Span
}

// New returns settings with their defaults.
func New() *Settings { return &Settings{values: map[string]value{}, told: map[string]bool{}} }

// Clone returns a copy, for the settings of one pipeline on top of the general ones.
func (s *Settings) Clone() *Settings {
	return &Settings{Variables: s.Variables, values: maps.Clone(s.values), told: s.told}
}

var (
	unknownSetting = diag.Define("SL3001", diag.Error, "there is no such setting",
		"The name is not one of Logstash's settings, nor one of Sluice's own. The reference page lists them all.")
	wrongSetting = diag.Define("SL3002", diag.Error, "a setting has a value that it cannot have",
		"The message says what the setting can be.")
	notForPipeline = diag.Define("SL3003", diag.Error, "the setting is not one of a pipeline",
		"In pipelines.yml only settings of single pipelines can stand; all others belong into logstash.yml or on the command line.")
	withoutEffect = diag.Define("SL3004", diag.Warning, "the setting has no effect",
		"It is accepted so that existing files work. What it does in Logstash has no meaning here; the message says why.")
	oldSetting = diag.Define("SL3005", diag.Warning, "the setting has another name today",
		"It still works. Logstash has renamed it; the message says how.")
	noVariable = diag.Define("SL3006", diag.Error, "a variable in a setting has no value",
		"`${NAME}` stands for an entry of the keystore or an environment variable; there is neither. `${NAME:default}` gives a default.")
	goneSetting = diag.Define("SL3007", diag.Error, "the setting cannot be used",
		"Logstash has removed it, or it asks for something that this program does not have.")
)

// Set gives a setting its value, given as text, with the place where it stands.
func (s *Settings) Set(name, text string, at diag.Span) diag.List {
	return s.set(name, value{text: text, at: at})
}

func (s *Settings) set(name string, v value) (list diag.List) {
	if today, old := oldNames[name]; old {
		list.Add(diag.New(oldSetting, v.at, "%s is called %s today", name, today))
		name = today
	}
	d := byName[name]
	switch {
	case gone[name] != "":
		return append(list, diag.New(goneSetting, v.at, "%s cannot be used", name).WithHelp("%s", gone[name]))
	case d == nil:
		return append(list, unknown(name, v.at, false))
	case d.Refuse != "":
		return append(list, diag.New(goneSetting, v.at, "%s cannot be used", name).WithHelp("%s", d.Refuse))
	}
	if err := d.check(&v); err != nil {
		return append(list, diag.New(wrongSetting, v.at, "%s: %v", name, err))
	}
	if d.quiet(v.text) && !s.told[d.NoEffect] {
		s.told[d.NoEffect] = true
		list.Add(diag.New(withoutEffect, v.at, "%s has no effect", name).WithHelp("%s", d.NoEffect))
	}
	s.values[name] = v
	return list
}

// quiet tells whether a value asks for something that does not happen.
func (d *Def) quiet(text string) bool {
	return d.NoEffect != "" && text != d.Default && !(d.AlwaysOn && text == "true")
}

func unknown(name string, at diag.Span, ofPipeline bool) diag.Diagnostic {
	d := diag.New(unknownSetting, at, "there is no setting %s", name)
	if near := diag.Nearest(name, Names(ofPipeline)); near != "" {
		return d.WithHelp("did you mean %s?", near)
	}
	return d.WithHelp("docs/reference/settings.md lists all settings")
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
		if dur, e := parseDuration(v.text); e != nil {
			err = fmt.Errorf("found %q where a time such as 3s was expected", v.text)
		} else if d.Min > 0 && dur < time.Duration(d.Min) {
			err = fmt.Errorf("%q is too short; write a time with its unit, such as 3s", v.text)
		}
	case Ports:
		if _, _, e := parsePorts(v.text); e != nil {
			err = fmt.Errorf("found %q where a port or a range such as 9600-9700 was expected", v.text)
		}
	case Strings:
		if v.list == nil && v.text != "" {
			v.list = strings.Split(v.text, ",")
		}
		for _, text := range v.list {
			err = errors.Join(err, d.checkChoice(text))
		}
		return err
	}
	if err == nil {
		err = d.checkChoice(v.text)
	}
	return err
}

func (d *Def) checkChoice(text string) error {
	if len(d.Values) == 0 || slices.Contains(d.Values, text) {
		return nil
	}
	err := fmt.Errorf("found %q; it can be %s", text, strings.Join(d.Values, ", "))
	if near := diag.Nearest(text, d.Values); near != "" {
		err = fmt.Errorf("%w (did you mean %s?)", err, near)
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

// Text returns the value of a setting as it was given, or its default.
func (s *Settings) Text(name string) string {
	if v, ok := s.values[name]; ok {
		return v.text
	}
	return s.get(name, byName[name].Type).text
}

// Equal tells whether two sets give every setting the same value.
func (s *Settings) Equal(other *Settings) bool {
	return maps.EqualFunc(s.values, other.values, func(a, b value) bool { return a.text == b.text && slices.Equal(a.list, b.list) })
}

// At returns where the setting was given its value.
func (s *Settings) At(name string) diag.Span { return s.values[name].at }

// String returns a text or a path.
func (s *Settings) String(name string) string { return s.get(name, String, Path).text }

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

// Secret returns a password.
func (s *Settings) Secret(name string) secret.Text { return secret.New(s.get(name, Password).text) }

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
