package casetest

import (
	"regexp"
	"time"

	"sluice/internal/diag"
	"sluice/internal/plugin"
	"sluice/internal/settings"
)

// Options say how case files are run.
type Options struct {
	Settings *settings.Settings // that every pipeline begins with
	Access   plugin.Access

	// What the case files of logstash-filter-verifier test, which do not name it.
	Config    []string // files, folders or patterns of one pipeline
	Pipelines string   // a pipelines.yml
	Base      string   // the folder that relative paths in Pipelines start from; "" for its own
	Mocks     string   // a file of mocks

	Run *regexp.Regexp // cases whose name "file: case" it does not match are left out; nil for all
}

// File is a case file.
type File struct {
	Name  string // as it was found
	Cases []*Case

	source   *diag.Source
	language language
	setup    setup
	input    assignment   // the id of the input that cases come in by; "" for none
	codec    *diag.Source // nil for that of the input
	fields   value        // an object: what every event of the file gets
	ignore   [][]string
	metadata bool // whether @metadata is compared
	outputs  bool // whether the id of the output is compared, for a daemon
	daemon   bool // a case file of logstash-filter-verifier's daemon mode
}

// language is the form of a case file.
type language uint8

const (
	golden language = iota
	jsonCases
	yamlCases
)

// Case is what goes in, and what is expected to come out.
type Case struct {
	Name string
	At   diag.Span

	lines    []string
	events   []string // JSON texts of whole events
	fields   value    // an object, for the events of this case only
	expected []expectation

	// For Update.
	outputAt   diag.Span // golden: the section's body; JSON: the list; YAML: its key. The zero Span when there is none
	insertAt   int       // where a missing output goes
	insertName string
	comments   []string // golden: those behind the last event
}

// expectation is an event that has to come out.
type expectation struct {
	event    value
	to       []string // the outputs that it goes to; nil when that does not matter
	at       diag.Span
	comments []string // golden: the lines above it
}

// outcome is an event that has come out.
type outcome struct {
	event    value
	metadata value
	to       []string
	clocked  bool // its @timestamp is the time of the run
}

// Status is how a case has ended.
type Status string

// The ends of a case. Broken is for a case that could not be run.
const (
	Passed  Status = "passed"
	Failed  Status = "failed"
	Broken  Status = "error"
	Updated Status = "updated"
)

// Result is what became of a case.
type Result struct {
	File        string
	Case        *Case
	Status      Status
	Took        time.Duration
	Differences []Difference
	Refused     []string // what filters and conditions have refused, and why
	Logged      []string // warnings of plugins
	Mistakes    diag.List

	outcomes       []outcome
	severalOutputs bool // the configuration has more than one
}
