package settings

import (
	"cmp"
	"slices"
)

// Type is what a setting can hold.
type Type uint8

// The types. Text forms are as in logstash.yml: sizes "64mb", times "3s".
const (
	String Type = iota
	Bool
	Int
	Bytes
	Duration
	Path
	Strings
	Ports // a port or a range, 9600-9700
	Password
)

func (t Type) String() string {
	return [...]string{"text", "true or false", "whole number", "size", "time", "path", "list of texts", "port or range of ports", "password"}[t]
}

// Def declares one setting.
type Def struct {
	Name      string
	Type      Type
	Default   string // "" means none
	Theirs    string // Logstash's default where it is another one; "" for the same
	Values    []string
	Min       int64  // for Int, and in nanoseconds for Duration
	Flag      string // the command line's long name; "" for none but -S
	Short     string // one letter
	FlagValue bool   // for Bool: the flag takes true or false, --api.enabled false
	Pipeline  bool   // can be set for one pipeline in pipelines.yml
	NoEffect  string // accepted; says why it does nothing here
	AlwaysOn  bool   // what it asks for is always so: nothing to tell but when it is switched off
	Refuse    string // refused; says why
	Doc       string
}

// Explained returns what the setting does, and where its default is not Logstash's.
func (d *Def) Explained() string {
	if d.Theirs == "" {
		return d.Doc
	}
	return d.Doc + " (Logstash's default is " + d.Theirs + ".)"
}

var byName = func() map[string]*Def {
	m := make(map[string]*Def, len(table))
	for i := range table {
		if m[table[i].Name] != nil {
			panic("settings: " + table[i].Name + " is declared twice")
		}
		m[table[i].Name] = &table[i]
	}
	return m
}()

// Lookup returns the declaration of a setting, or nil.
func Lookup(name string) *Def { return byName[name] }

// All returns all declarations, sorted by name.
func All() []Def {
	all := slices.Clone(table)
	slices.SortFunc(all, func(a, b Def) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// Names returns the names of all settings that a pipeline can have, or of all.
func Names(pipelineOnly bool) []string {
	var names []string
	for _, d := range All() {
		if d.Pipeline || !pipelineOnly {
			names = append(names, d.Name)
		}
	}
	return names
}
