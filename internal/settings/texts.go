package settings

import (
	"strings"

	"sluice/internal/diag"
	"sluice/internal/event"
)

// Pipeline is one entry of pipelines.yml.
type Pipeline struct {
	ID       string
	At       diag.Span
	Settings *Settings
	Config   *diag.Source // of config.string; nil when path.config says where it is
}

// ReadPipelines reads pipelines.yml. Each pipeline has the general settings and its own
// on top of them. Source: Logstash's "Multiple pipelines".
func ReadPipelines(src *diag.Source, general *Settings) ([]Pipeline, diag.List) {
	nodes, mistakes := entries(src, "pipeline")
	var pipelines []Pipeline
	seen := map[string]diag.Span{}
	for _, n := range nodes {
		if n.kind != mapping {
			mistakes.Add(diag.New(wrongShape, n.at, "found %s where a pipeline was expected", n.kind).
				WithHelp("a pipeline looks like this:\n- pipeline.id: main\n  path.config: /etc/logstash/conf.d/*.conf"))
			continue
		}
		p := Pipeline{At: n.at, Settings: general.Clone()}
		hasPath := general.IsSet("path.config")
		flatten("", n, func(name string, keyAt diag.Span, v node) {
			d := byName[name]
			switch {
			case name == "config.reload.automatic" || name == "config.reload.interval":
				mistakes.Add(diag.New(withoutEffect, keyAt, "%s has no effect here", name).WithHelp("it is a setting of the whole program: set it in logstash.yml"))
			case d == nil || !d.Pipeline:
				mistakes.Add(pipelineSetting(name, keyAt, d))
			default:
				mistakes.Add(p.Settings.setNode(name, keyAt, v)...)
			}
			if name == "config.string" {
				p.Config = v.source
			}
			hasPath = hasPath || name == "path.config" // even with a mistake in it
		})
		p.ID = p.Settings.String("pipeline.id")
		if first, taken := seen[p.ID]; taken {
			mistakes.Add(diag.New(duplicateKey, p.At, "there are two pipelines with the id %s", p.ID).WithRelated(first, "the other one is here"))
		}
		seen[p.ID] = p.At
		if p.Config == nil && !hasPath {
			mistakes.Add(diag.New(missingKey, p.At, "the pipeline %s has neither config.string nor path.config", p.ID))
		}
		pipelines = append(pipelines, p)
	}
	return pipelines, mistakes
}

func pipelineSetting(name string, at diag.Span, d *Def) diag.Diagnostic {
	if d != nil {
		return diag.New(notForPipeline, at, "%s is a setting of the whole program", name).WithHelp("set it in logstash.yml or on the command line")
	}
	return unknown(name, at, true)
}

// Subscription is an event subscription: which events of the sensor go to which port.
type Subscription struct {
	At        diag.Span
	Terms     *diag.Source // mongodb_terms, a query as JSON text
	History   bool         // start with the events that have been kept
	Port      int
	Protocol  string // beats or http
	UniqueID  string
	TermsJSON event.Value
}

var badTerms = diag.Define("SL7001", diag.Error, "mongodb_terms is not a JSON object",
	"mongodb_terms is a MongoDB query as JSON text, in quotes: '{}' is all events, "+
		"'{\"type\": \"instruments.suricata.event\"}' those of one type. Names and texts in it need double quotes.")

// ReadSubscriptions reads the text of a sensor's event subscriptions.
func ReadSubscriptions(src *diag.Source) ([]Subscription, diag.List) {
	nodes, mistakes := entries(src, "subscription")
	var all []Subscription
	seen := map[string]diag.Span{}
	ports := map[int]diag.Span{}
	for _, n := range nodes {
		e, ok := newEntry(n, "a subscription", &mistakes, "mongodb_terms", "get_history", "logstash_port", "logstash_proto", "unique_id")
		if !ok {
			continue
		}
		s := Subscription{At: n.at, History: e.boolean("get_history", false), Port: e.number("logstash_port", 1, 65535, true)}
		terms, ok := e.field("mongodb_terms", true)
		if ok && terms.kind != scalar {
			mistakes.Add(diag.New(badTerms, terms.at, "found %s where a query as JSON text was expected", terms.kind).
				WithHelp("put the query in quotes: mongodb_terms: '{}'"))
		}
		if terms.kind == scalar {
			s.Terms = terms.source
			s.TermsJSON = readTerms(terms, &mistakes)
		}
		proto, at := e.text("logstash_proto", false)
		switch proto {
		case "":
			s.Protocol = "beats"
		case "beats", "http":
			s.Protocol = proto
		default:
			d := diag.New(wrongShape, at.at, "found %q where beats or http was expected", proto)
			if near := diag.Nearest(proto, []string{"beats", "http"}); near != "" {
				d = d.WithHelp("did you mean %s?", near)
			}
			mistakes.Add(d)
		}
		id, at := e.text("unique_id", true)
		s.UniqueID = id
		if first, taken := seen[id]; taken && id != "" {
			mistakes.Add(diag.New(duplicateKey, at.at, "two subscriptions have the unique_id %s", id).WithRelated(first, "the other one is here"))
		}
		seen[id] = at.at
		if first, taken := ports[s.Port]; taken && s.Port != 0 {
			mistakes.Add(diag.New(duplicateKey, n.at, "two subscriptions feed the port %d", s.Port).WithRelated(first, "the other one is here").
				WithHelp("every event that matches both would be delivered twice; join the queries with {\"$or\": [ … ]}"))
		}
		ports[s.Port] = n.at
		all = append(all, s)
	}
	return all, mistakes
}

func readTerms(n node, mistakes *diag.List) event.Value {
	v, err := event.ParseJSON([]byte(n.text))
	if syntax, ok := err.(*event.SyntaxError); ok {
		at := n.source.At(syntax.Offset, syntax.Offset+1)
		mistakes.Add(diag.New(badTerms, at, "mongodb_terms is not JSON: %s", syntax.Message).
			WithHelp(`a query is a JSON object such as {} or {"type": "instruments.suricata.event"}`))
	} else if v.Kind() != event.Object {
		mistakes.Add(diag.New(badTerms, n.at, "mongodb_terms is %s, not an object", withArticle(v.Kind().String())).
			WithHelp(`a query is a JSON object such as {} or {"type": "instruments.suricata.event"}`))
	}
	return v
}

func withArticle(word string) string {
	if strings.ContainsAny(word[:1], "aeiou") {
		return "an " + word
	}
	return "a " + word
}

// File is a file of an Instrument, given as text.
type File struct {
	At   diag.Span
	Name string
	Text *diag.Source
}

// ReadFiles reads the text of an Instrument's files.
func ReadFiles(src *diag.Source) ([]File, diag.List) {
	nodes, mistakes := entries(src, "file")
	var all []File
	seen := map[string]diag.Span{}
	for _, n := range nodes {
		e, ok := newEntry(n, "a file", &mistakes, "file_name", "file_text")
		if !ok {
			continue
		}
		name, at := e.text("file_name", true)
		_, text := e.text("file_text", true)
		if name != "" && (strings.ContainsAny(name, "/\\\x00") || name == "." || name == "..") {
			mistakes.Add(diag.New(wrongShape, at.at, "%q is not the name of a file", name).WithHelp("a name has no slashes; the folder is always the Instrument's own"))
		}
		if first, taken := seen[name]; taken && name != "" {
			mistakes.Add(diag.New(duplicateKey, at.at, "two files have the name %s", name).WithRelated(first, "the other one is here"))
		}
		seen[name] = at.at
		if strings.Contains(text.text, "-----BEGIN ") && !strings.Contains(text.text, "\n") {
			mistakes.Add(diag.New(wrongShape, e.keyAt("file_text"), "the lines of file_text have become one line, because there is no | after its name").
				WithHelp("write file_text: | and the text below it, indented"))
		} else if text.source != nil {
			named := *text.source // messages call it by the name that the user gave it
			named.Name = name
			all = append(all, File{n.at, name, &named})
		}
	}
	return all, mistakes
}
