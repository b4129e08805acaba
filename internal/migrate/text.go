package migrate

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"sluice/internal/diag"
)

var headings = map[Level]string{
	Missing: "missing: this keeps it from running", Differs: "differs from Logstash",
	Odd: "does what most readers do not expect, in Logstash as well", Found: "to know",
}

var colors = map[Level]string{Missing: "1;31", Differs: "1;33", Odd: "1;36", Found: "1"}

// mostPlaces is how many places of one finding are shown.
const mostPlaces = 3

// Text prints the report for a terminal.
func (r *Report) Text(out io.Writer, style diag.Style) {
	paint := func(code, text string) string {
		if style == diag.Plain || text == "" {
			return text
		}
		return "\x1b[" + code + "m" + text + "\x1b[0m"
	}
	for i := range r.Sections {
		s := &r.Sections[i]
		title := r.Dir
		if i > 0 {
			title = "pipeline " + s.Title
		}
		verdict := "  " + paint("32", "runs")
		switch {
		case i == 0:
			verdict = ""
		case s.count(Missing) > 0:
			verdict = "  " + paint("31", "does not run")
		}
		fmt.Fprintf(out, "%s%s%s\n", paint("1", title), verdict, paint("2", s.facts()))
		for _, level := range levels {
			if s.count(level) == 0 {
				continue
			}
			fmt.Fprintf(out, "  %s\n", paint(colors[level], headings[level]))
			for _, f := range s.Findings {
				if f.Level != level {
					continue
				}
				fmt.Fprintf(out, "  - %s%s\n", f.Message, paint("2", f.code()))
				if places := f.places(); places != "" {
					fmt.Fprintf(out, "      %s\n", paint("2", "at "+places))
				}
				if f.Help != "" {
					fmt.Fprintf(out, "      %s\n", strings.ReplaceAll(f.Help, "\n", "\n      "))
				}
			}
		}
		fmt.Fprintln(out)
	}
	fmt.Fprintln(out, r.summary())
}

// facts says in a line what a pipeline is.
func (s *Section) facts() string {
	if s.Title == "" {
		return ""
	}
	text := fmt.Sprintf("  (%d plugins", s.Plugins)
	if len(s.Listens) > 0 {
		text += "; listens: " + strings.Join(s.Listens, ", ")
	}
	if engines := s.engines(); engines != "" {
		text += "; grok: " + engines
	}
	return text + ")"
}

func (f *Finding) code() string {
	if f.Code == "" {
		return ""
	}
	return "  " + f.Code
}

func (f *Finding) places() string {
	var all []string
	for _, p := range f.Places {
		all = append(all, fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column))
	}
	all = slices.Compact(all)
	if n := len(all); n > mostPlaces {
		return strings.Join(all[:mostPlaces], ", ") + fmt.Sprintf(" and %d more", n-mostPlaces)
	}
	return strings.Join(all, ", ")
}

func (r *Report) summary() string {
	running := 0
	for i := range r.Sections[1:] {
		if r.Sections[i+1].count(Missing) == 0 {
			running++
		}
	}
	return fmt.Sprintf("%d of %d pipelines run; missing: %d, differs: %d, odd: %d, to know: %d",
		running, len(r.Sections)-1, r.Count(Missing), r.Count(Differs), r.Count(Odd), r.Count(Found))
}

// Markdown prints the report for an issue or a wiki.
func (r *Report) Markdown(out io.Writer) {
	fmt.Fprintf(out, "# %s\n\n%s.\n", r.Dir, r.summary())
	for i := range r.Sections {
		s := &r.Sections[i]
		if i > 0 {
			verdict := "runs"
			if s.count(Missing) > 0 {
				verdict = "does not run"
			}
			fmt.Fprintf(out, "\n## Pipeline %s: %s\n\n%s\n", s.Title, verdict, strings.TrimSpace(s.facts()))
		}
		for _, level := range levels {
			if s.count(level) == 0 {
				continue
			}
			fmt.Fprintf(out, "\n### %s%s\n\n", strings.ToUpper(headings[level][:1]), headings[level][1:])
			for _, f := range s.Findings {
				if f.Level != level {
					continue
				}
				line := "- " + f.Message
				if f.Code != "" {
					line += " (" + f.Code + ")"
				}
				if places := f.places(); places != "" {
					line += " at " + places
				}
				if f.Help != "" {
					line += ": " + strings.ReplaceAll(f.Help, "\n", " ")
				}
				fmt.Fprintln(out, line)
			}
		}
	}
}

// JSON prints the report with all places.
func (r *Report) JSON(out io.Writer) error {
	type place struct {
		File   string `json:"file"`
		Line   int    `json:"line"`
		Column int    `json:"column"`
	}
	type finding struct {
		Level   Level   `json:"level"`
		Code    string  `json:"code,omitempty"`
		Message string  `json:"message"`
		Help    string  `json:"help,omitempty"`
		Places  []place `json:"places,omitempty"`
	}
	type section struct {
		Pipeline string         `json:"pipeline,omitempty"`
		Runs     bool           `json:"runs"`
		Plugins  int            `json:"plugins,omitempty"`
		Listens  []string       `json:"listens,omitempty"`
		Grok     map[string]int `json:"grok,omitempty"`
		Findings []finding      `json:"findings"`
	}
	doc := struct {
		Dir      string    `json:"dir"`
		Runs     bool      `json:"runs"`
		Sections []section `json:"sections"`
	}{Dir: r.Dir, Runs: r.OK()}
	for _, s := range r.Sections {
		one := section{s.Title, s.count(Missing) == 0, s.Plugins, s.Listens, s.Grok, []finding{}}
		for _, f := range s.Findings {
			shown := finding{Level: f.Level, Code: f.Code, Message: f.Message, Help: f.Help}
			for _, p := range f.Places {
				shown.Places = append(shown.Places, place(p))
			}
			one.Findings = append(one.Findings, shown)
		}
		doc.Sections = append(doc.Sections, one)
	}
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(doc)
}
