package casetest

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"sluice/internal/diag"
)

// Report is what a run has given.
type Report struct {
	Results  []Result
	Mistakes diag.List // of case files that could not be read; warnings about configurations
	Took     time.Duration
}

// Count tells how many cases have ended in a way.
func (r *Report) Count(s Status) int {
	n := 0
	for i := range r.Results {
		if r.Results[i].Status == s {
			n++
		}
	}
	return n
}

// OK tells whether all is as expected.
func (r *Report) OK() bool {
	return r.Mistakes.Err() == nil && r.Count(Failed)+r.Count(Broken) == 0
}

// painter colours text for terminals.
type painter struct{ on bool }

func (p painter) paint(code, text string) string {
	if !p.on {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

const (
	red, green, yellow, dim, bold = "31", "32", "33", "2", "1"
)

// Text prints the report. verbose names the cases that have passed, too.
func (r *Report) Text(out io.Writer, style diag.Style, verbose bool) {
	p := painter{style == diag.Color}
	told, same := "", 0 // the mistakes of a configuration are shown once for all its cases
	for i := range r.Results {
		res := &r.Results[i]
		title := res.File + ": " + res.Case.Name
		switch res.Status {
		case Passed:
			if verbose {
				fmt.Fprintf(out, "%s %s %s\n", p.paint(green, "ok   "), title, p.paint(dim, shownTime(res.Took)))
			}
			continue
		case Updated:
			fmt.Fprintf(out, "%s %s\n", p.paint(yellow, "wrote"), title)
			continue
		case Broken:
			text := res.Mistakes.Text(style)
			if text == told {
				same++
			} else {
				fmt.Fprintf(out, "%s %s\n%s", p.paint(red, "ERROR"), p.paint(bold, title), indented(text, "  "))
			}
			if told = text; i+1 < len(r.Results) && r.Results[i+1].Status == Broken && r.Results[i+1].Mistakes.Text(style) == told {
				continue
			}
			if same > 0 {
				fmt.Fprintf(out, "  %s for the same reason\n", counted(same, "further case"))
			}
			same = 0
			continue
		}
		fmt.Fprintf(out, "%s %s\n", p.paint(red, "FAIL "), p.paint(bold, title))
		for j := range res.Differences {
			res.Differences[j].text(out, p, res)
		}
		for _, refused := range res.Refused {
			fmt.Fprintf(out, "  an event was refused and would be in the dead letter queue: %s\n", refused)
		}
		for _, message := range res.Logged {
			fmt.Fprintf(out, "  %s %s\n", p.paint(yellow, "log:"), strings.ReplaceAll(message, "\n", "\n       "))
		}
	}
	fmt.Fprint(out, r.Mistakes.Sort().Text(style))
	r.summary(out, p)
	if hint := r.hint(); hint != "" {
		fmt.Fprintf(out, "%s %s\n", p.paint(yellow, "hint:"), hint)
	}
}

func indented(text, by string) string {
	return by + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n"+by) + "\n"
}

func shownTime(d time.Duration) string {
	if d < 10*time.Millisecond {
		return fmt.Sprintf("(%.1f ms)", float64(d.Microseconds())/1000)
	}
	return fmt.Sprintf("(%d ms)", d.Milliseconds())
}

func (r *Report) summary(out io.Writer, p painter) {
	files := map[string]bool{}
	for i := range r.Results {
		files[r.Results[i].File] = true
	}
	parts := []string{p.paint(green, fmt.Sprintf("%d passed", r.Count(Passed)))}
	for _, s := range []struct {
		status      Status
		color, word string
	}{{Failed, red, "failed"}, {Broken, red, "could not be run"}, {Updated, yellow, "written"}} {
		if n := r.Count(s.status); n > 0 {
			parts = append(parts, p.paint(s.color, fmt.Sprintf("%d %s", n, s.word)))
		}
	}
	fmt.Fprintf(out, "%s in %s: %s %s\n", counted(len(r.Results), "case"), counted(len(files), "file"), strings.Join(parts, ", "), p.paint(dim, shownTime(r.Took)))
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// text prints a difference, field by field.
func (d *Difference) text(out io.Writer, p painter, res *Result) {
	place := ""
	if d.At.Valid() {
		at := d.At.Position()
		place = p.paint(dim, fmt.Sprintf("  %s:%d:%d", at.File, at.Line, at.Column))
	}
	switch {
	case d.Got == 0:
		fmt.Fprintf(out, "  event %d is missing%s\n    %s\n", d.Expected, place, p.paint(red, "- "+d.Event))
		return
	case d.Expected == 0:
		fmt.Fprintf(out, "  event %d was not expected\n    %s\n", d.Got, p.paint(green, "+ "+d.Event))
		return
	}
	fmt.Fprintf(out, "  event %d of %d%s\n", d.Got, len(res.outcomes), place)
	width := 0
	for _, f := range d.Fields {
		width = max(width, utf8.RuneCountInString(f.Field))
	}
	for _, f := range d.Fields {
		name := f.Field + strings.Repeat(" ", width-utf8.RuneCountInString(f.Field))
		note := f.Note
		switch {
		case f.Want == "" && note == "":
			note = "was not expected"
		case f.Got == "" && note == "":
			note = "is missing"
		}
		if note != "" {
			note = p.paint(dim, "  ("+note+")")
		}
		if f.Want != "" {
			end := ""
			if f.Got == "" {
				end = note
			}
			fmt.Fprintf(out, "    %s%s\n", p.paint(red, "- "+name+"  "+f.Want), end)
		}
		if f.Got != "" {
			fmt.Fprintf(out, "    %s%s\n", p.paint(green, "+ "+name+"  "+f.Got), note)
		}
	}
}

// hint looks for one reason behind many failures.
func (r *Report) hint() string {
	failed, original := 0, 0
	for i := range r.Results {
		res := &r.Results[i]
		if res.Status != Failed {
			continue
		}
		failed++
		only := true
		for _, d := range res.Differences {
			for _, f := range d.Fields {
				only = only && f.Want == "" && (strings.HasPrefix(f.Field, "[event][original]") || f.Field == "[event]" && strings.HasPrefix(f.Got, `{"original": `) && !strings.Contains(f.Got, `", "`))
			}
			only = only && len(d.Fields) > 0
		}
		if only {
			original++
		}
	}
	if original > 0 && original == failed {
		return "only [event][original] differs, which codecs set with ECS: the cases seem to be from before Logstash 8. Run them with -S pipeline.ecs_compatibility=disabled, or ignore [event]"
	}
	return ""
}
