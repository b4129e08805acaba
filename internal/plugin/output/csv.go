package output

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"sluice/internal/event"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.OutputKind, Name: "csv",
		Doc:    "Writes fields of events into files as rows of CSV. In all else it is the output file: paths with fields, rotation, compression, and when an event counts as delivered.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-outputs-csv.html, logstash-output-csv 3.0",
		Examples: []plugin.Example{
			{Title: "Three columns", Config: `csv { path => "/var/log/requests-%{+YYYY-MM-dd}.csv" fields => ["@timestamp", "[source][ip]", "message"] }`},
			{Title: "Tabs", Config: `csv { path => "/var/log/requests.tsv" fields => ["message"] csv_options => { "col_sep" => "	" "row_sep" => "\r\n" } }`},
		},
		New: func() plugin.Plugin {
			return &csvOutput{fileOutput: fileOutput{
				failureName: "_filepath_failures", createIfDeleted: true, dirMode: -1, fileMode: -1,
				behavior: "append", stale: 10 * time.Second, files: map[string]*openFile{},
			}, safe: true}
		},
	})
}

// csvOutput is the output csv: the output file with a codec of its own.
type csvOutput struct {
	fileOutput
	fields  []string
	options []plugin.TableEntry
	safe    bool
}

func (o *csvOutput) Options() []plugin.Option {
	return append(o.fileOutput.Options(),
		plugin.Strings("fields", &o.fields, "The fields that are the columns, in order. A field that is not there is an empty column, an object is JSON.").Must(),
		plugin.Hash("csv_options", &o.options, "How rows are written, by the names of Ruby's CSV: `col_sep`, `row_sep`, `quote_char`, `force_quotes`, `quote_empty`, `write_nil_value`, `write_empty_value`."),
		plugin.Bool("spreadsheet_safe", &o.safe, "Whether texts that a spreadsheet would take for a formula (they begin with `=`, `+`, `-` or `@`) get a `'` in front."),
	)
}

func (o *csvOutput) Open(env *plugin.Env) error {
	if err := o.fileOutput.Open(env); err != nil { // which opens the codec that is configured; it is not used, as in Logstash
		return err
	}
	rows := &csvRows{separator: ",", end: "\n", quote: `"`, quoteEmpty: true, safe: o.safe}
	for _, name := range o.fields {
		ref, err := event.ParseRef(name)
		if err != nil {
			return env.Invalid("fields", "write a field as name or as [outer][inner]", "%v", err)
		}
		rows.fields = append(rows.fields, ref)
	}
	for _, e := range o.options {
		if err := rows.option(env, e.Key, e.Value.Flat()); err != nil {
			return err
		}
	}
	o.codec = rows
	return nil
}

// csvReading are options of Ruby's CSV that change nothing of what is written here.
var csvReading = []string{"converters", "field_size_limit", "header_converters", "headers", "liberal_parsing", "max_field_size", "return_headers", "skip_blanks", "skip_lines", "strip", "unconverted_fields", "write_headers"}

// csvRows writes events as rows. Source: Ruby's CSV.generate_line.
type csvRows struct {
	fields     []event.Ref
	separator  string
	end        string
	quote      string
	force      bool
	quoteEmpty bool
	null       string // what stands for a field that is not there
	empty      string // what stands for an empty text
	safe       bool
}

func (r *csvRows) option(env *plugin.Env, name, value string) error {
	bad := func(help string) error {
		return env.Invalid("csv_options", help, "%s cannot be %q", name, value)
	}
	truth := func(p *bool) error {
		if value != "true" && value != "false" {
			return bad("write true or false")
		}
		*p = value == "true"
		return nil
	}
	switch name {
	case "col_sep":
		if r.separator = value; value == "" {
			return bad("write at least one character")
		}
	case "row_sep":
		if r.end = value; value == "auto" {
			r.end = "\n"
		}
	case "quote_char":
		if r.quote = value; len([]rune(value)) != 1 {
			return bad("write one character")
		}
	case "force_quotes":
		return truth(&r.force)
	case "quote_empty":
		return truth(&r.quoteEmpty)
	case "write_nil_value":
		r.null = value
	case "write_empty_value":
		r.empty = value
	default:
		if !slices.Contains(csvReading, name) {
			return env.Invalid("csv_options", "they are: col_sep, row_sep, quote_char, force_quotes, quote_empty, write_nil_value, write_empty_value", "Ruby's CSV has no option %s", name)
		}
		env.Log.Warn("an option in csv_options changes nothing of what is written", "option", name)
	}
	return nil
}

// Options, Open and NewDecoder make a codec of csvRows; nobody calls them.
func (r *csvRows) Options() []plugin.Option   { return nil }
func (r *csvRows) Open(*plugin.Env) error     { return nil }
func (r *csvRows) NewDecoder() plugin.Decoder { return nil }

// Encode appends the row of an event.
func (r *csvRows) Encode(dst []byte, e *event.Event) ([]byte, error) {
	var buffer [256]byte
	for i, ref := range r.fields {
		if i > 0 {
			dst = append(dst, r.separator...)
		}
		v := e.Get(ref)
		text, null := buffer[:0], v.IsNil()
		switch {
		case null:
			text = append(text, r.null...)
		case v.Kind() == event.Object:
			text = v.AppendJSON(text)
		default:
			if v.Kind() == event.String && r.safe && v.Str() != "" && strings.IndexByte("=+-@", v.Str()[0]) >= 0 {
				text = append(text, '\'')
			}
			text = v.AppendRuby(text)
			if len(text) == 0 {
				text = append(text, r.empty...)
			}
		}
		dst = r.cell(dst, string(text), null)
	}
	return append(dst, r.end...), nil
}

func (r *csvRows) cell(dst []byte, text string, null bool) []byte {
	quoted := r.force || !null && text == "" && r.quoteEmpty || strings.ContainsAny(text, "\r\n") ||
		strings.Contains(text, r.separator) || strings.Contains(text, r.quote)
	if !quoted {
		return append(dst, text...)
	}
	return fmt.Append(dst, r.quote, strings.ReplaceAll(text, r.quote, r.quote+r.quote), r.quote)
}
