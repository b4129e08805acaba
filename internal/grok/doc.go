// Package grok compiles grok expressions, %{IPORHOST:client} %{WORD:verb:int}, and matches
// texts with them. It has the patterns that Logstash brings along, with the field names
// from before the Elastic Common Schema and with those of it.
//
// Way in: Core gives a Library of patterns, Compile a Pattern of an expression. Way out:
// Pattern.Match and the Captures that say what becomes of its groups; Explain and
// Pattern.Trace for people.
//
// An expression becomes one regular expression of package onig. What it costs is bounded:
// see Options.Steps. It knows nothing of events.
package grok
