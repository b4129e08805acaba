// Package casetest runs test cases of people's own pipelines: what goes in, and the
// events that are expected to come out of the filters.
//
// Way in: Read finds and reads case files, in the format of logstash-filter-verifier
// (JSON, YAML) and in the project's own (.case); Suite.Run compiles each configuration
// once and runs the cases in this process. Way out: a Report, which prints itself as
// text, JSON or JUnit XML, and Update, which writes what came out into the case files.
//
// Inputs and outputs of the tested configuration are never made: nothing listens,
// connects or is written but the case files that Update is told to change.
package casetest
