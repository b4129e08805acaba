package plugin

import (
	"fmt"
	"strconv"
	"strings"

	"sluice/internal/diag"
	"sluice/internal/lscl"
	"sluice/internal/secret"
)

// Setting is the value of an option as it stands in a configuration, with variables
// filled in: a text, a number, a list, a table, or a nested plugin (a codec).
type Setting struct {
	At     diag.Span
	Kind   SettingKind
	Text   string // of a Text; of a Number as Ruby prints it ("1.50" is "1.5")
	List   []Setting
	Table  []TableEntry // in written order
	Plugin *lscl.Plugin
	String *lscl.String // the text's place in the configuration, for texts that are programs
}

// TableEntry is one pair of a table.
type TableEntry struct {
	KeyAt diag.Span
	Key   string
	Value Setting
}

// SettingKind is the form of a Setting.
type SettingKind uint8

// The forms.
const (
	Text SettingKind = iota
	Number
	List
	Table
	Nested
)

func (k SettingKind) String() string {
	return [...]string{"a text", "a number", "a list [ ]", "a hash { }", "a plugin"}[k]
}

// Texts returns the texts of a list, or of a single text or number.
func (s Setting) Texts() []string {
	if s.Kind != List {
		return []string{s.Flat()}
	}
	texts := make([]string, len(s.List))
	for i, item := range s.List {
		texts[i] = item.Flat()
	}
	return texts
}

// Flat returns the setting as one text: a list as Ruby's inspect shows it.
func (s Setting) Flat() string {
	switch s.Kind {
	case List:
		parts := make([]string, len(s.List))
		for i, item := range s.List {
			parts[i] = item.inspect()
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case Table:
		return s.inspect()
	}
	return s.Text
}

func (s Setting) inspect() string {
	switch s.Kind {
	case Text:
		return strconv.Quote(s.Text)
	case Table:
		parts := make([]string, len(s.Table))
		for i, e := range s.Table {
			parts[i] = strconv.Quote(e.Key) + "=>" + e.Value.inspect()
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return s.Flat()
}

// Variables finds the value of a variable ${NAME}: in the keystore, then the environment.
type Variables = secret.Variables

// Scope is the variables that a text may use. The zero Scope leaves texts as they
// are.
type Scope struct {
	Variables Variables
	Policy    *Policy
}

// visible returns the variables without those that the policy hides.
func (s Scope) visible() Variables {
	if s.Variables == nil || s.Policy == nil {
		return s.Variables
	}
	return func(name string) (string, bool) {
		if !s.Policy.shows(name) {
			return "", false
		}
		return s.Variables(name)
	}
}

func (env *Env) variables() Scope { return Scope{env.Variables, env.Access.Policy} }

// Visible returns the variables that the plugin may see.
func (env *Env) Visible() Variables { return env.variables().visible() }

var undefinedVariable = diag.Define("SL2010", diag.Error, "a variable has no value",
	"`${NAME}` stands for the value of an environment variable or of an entry of the keystore. "+
		"There is neither. Set the variable, add it with `sluice keystore add NAME`, or give a default: `${NAME:default}`.")

// newSetting reads a value of the syntax tree.
func newSetting(v lscl.Value, scope Scope, list *diag.List) Setting {
	switch v := v.(type) {
	case *lscl.String:
		s := Setting{At: v.At, Kind: Text, Text: Substitute(v.Text, v.At, scope, list), String: v}
		if s.Text != v.Text && strings.HasPrefix(s.Text, "[") && strings.HasSuffix(s.Text, "]") {
			return textList(s)
		}
		return s
	case *lscl.Number:
		var text string
		if v.IsFloat {
			text = strconv.FormatFloat(v.Float, 'f', -1, 64)
			if !strings.Contains(text, ".") {
				text += ".0"
			}
		} else {
			text = strconv.FormatInt(v.Int, 10)
		}
		return Setting{At: v.At, Kind: Number, Text: text}
	case *lscl.Array:
		s := Setting{At: v.At, Kind: List, List: make([]Setting, 0, len(v.Values))}
		for _, item := range v.Values {
			s.List = append(s.List, newSetting(item, scope, list))
		}
		return s
	case *lscl.Hash:
		s := Setting{At: v.At, Kind: Table, Table: make([]TableEntry, 0, len(v.Entries))}
		for _, e := range v.Entries {
			if e.Value == nil {
				continue
			}
			if n, ok := e.Key.(*lscl.Number); ok { // Logstash's compiler fails at it
				list.Add(diag.New(wrongType, n.At, "the key %s of a hash is a number", n.Text).
					WithHelp("write it as a text: %q", n.Text))
			}
			s.Table = append(s.Table, TableEntry{e.Key.Span(), newSetting(e.Key, Scope{}, list).Text, newSetting(e.Value, scope, list)})
		}
		return s
	case *lscl.Plugin:
		return Setting{At: v.At, Kind: Nested, Plugin: v, Text: v.Name}
	}
	return Setting{}
}

// textList reads "[a, b]", made by a variable, as a list, as Logstash does.
func textList(s Setting) Setting {
	l := Setting{At: s.At, Kind: List}
	for _, item := range strings.Split(s.Text[1:len(s.Text)-1], ",") {
		item = strings.Trim(strings.TrimSpace(item), `"'`)
		if item != "" {
			l.List = append(l.List, Setting{At: s.At, Kind: Text, Text: item, String: s.String})
		}
	}
	return l
}

// Substitute fills in ${NAME} and ${NAME:default}, once: a value is not read again. A
// variable that has no value goes to list. The zero Scope leaves the text as it is.
func Substitute(text string, at diag.Span, scope Scope, list *diag.List) string {
	text, missing := secret.Expand(text, scope.visible())
	for _, name := range missing {
		if !scope.Policy.shows(name) {
			d := scope.Policy.deny("variables", name)
			list.Add(diag.New(deniedByPolicy, at, "the variable %s", d.Error()).WithHelp("%s", d.Help()))
			continue
		}
		list.Add(diag.New(undefinedVariable, at, "the variable %s has no value", name).
			WithHelp("set the environment variable %s, or give a default: ${%s:default}", name, name))
	}
	return text
}

func (s Setting) int() (int64, error) {
	if s.Kind != Text && s.Kind != Number {
		return 0, fmt.Errorf("found %s", s.Kind)
	}
	return strconv.ParseInt(s.Text, 10, 64)
}
