package casetest

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"sluice/internal/diag"
)

var cannotUpdate = diag.Define("SL9039", diag.Error, "a case file cannot be updated",
	"What has come out could not be written into the file so that it is read again as what is expected. Nothing was changed; change the case by hand.")

// edit is a piece of a text that becomes another one.
type edit struct {
	from, to int
	text     string
}

// Update writes what has come out into the cases of a file that have failed, in place of
// what was expected. Comments, order and all else stay.
func Update(f *File, results []Result) error {
	var edits []edit
	for i := range results {
		res := &results[i]
		if res.Status != Failed {
			continue
		}
		if f.language != golden && !res.Case.outputAt.Valid() {
			return diag.New(cannotUpdate, res.Case.At, "the case %s has no key expected that could be filled", res.Case.Name).WithHelp("add it, with an empty list: []")
		}
		edits = append(edits, f.rewrite(res))
	}
	if len(edits) == 0 {
		return nil
	}
	slices.SortFunc(edits, func(a, b edit) int { return b.from - a.from })
	body := f.source.Text
	for _, e := range edits {
		body = body[:e.from] + e.text + body[e.to:]
	}
	if err := f.check(body, results); err != nil {
		return err
	}
	// Written in place, so that the file keeps its owner, its mode and its links.
	if err := os.WriteFile(f.Name, []byte(body), 0o644); err != nil {
		return err
	}
	for i := range results {
		if results[i].Status == Failed {
			results[i].Status = Updated
		}
	}
	return nil
}

// check reads the new text of a file as if it were written already.
func (f *File) check(body string, results []Result) error {
	src := diag.NewSource(f.Name, body)
	var again *File
	var list diag.List
	if f.language == golden {
		again, list = readGolden(src)
	} else {
		again, list = readVerifier(src, f.language)
	}
	if list.Err() != nil || len(again.Cases) != len(f.Cases) {
		return diag.New(cannotUpdate, diag.Span{}, "%s cannot be updated: its new text would not be a case file", f.Name)
	}
	for i := range results {
		res := &results[i]
		c := again.Cases[slices.Index(f.Cases, res.Case)]
		if res.Status == Failed && len(differences(c.expected, res.outcomes, f.language == golden)) > 0 {
			return diag.New(cannotUpdate, res.Case.At, "the case %s cannot be updated: what is written would be read as something else", res.Case.Name)
		}
	}
	return nil
}

// rewrite returns what becomes of the expectations of a case.
func (f *File) rewrite(res *Result) edit {
	switch f.language {
	case jsonCases:
		return f.rewriteJSON(res)
	case yamlCases:
		return f.rewriteYAML(res)
	}
	return f.rewriteGolden(res)
}

// unchanged tells whether an event is as expected, so that its text can stay.
func (f *File) unchanged(res *Result, i int) bool {
	return i < len(res.Case.expected) && !slices.ContainsFunc(res.Differences, func(d Difference) bool { return d.Expected == i+1 }) &&
		len(compareEvents(&res.Case.expected[i], &res.outcomes[i], f.language == golden)) == 0
}

func (f *File) rewriteGolden(res *Result) edit {
	c := res.Case
	withOutputs := res.severalOutputs && len(c.expected) == 0
	for _, e := range c.expected {
		withOutputs = withOutputs || e.to != nil
	}
	var b strings.Builder
	at := edit{from: c.insertAt, to: c.insertAt}
	end := ""
	if c.outputAt.Valid() {
		place := c.outputAt.Outer()
		at.from, at.to = place.Start, place.End
		old := c.outputAt.Text()
		end = strings.TrimPrefix(old[len(strings.TrimRight(old, "\n")):], "\n")
	} else {
		if c.insertAt > 0 && f.source.Text[c.insertAt-1] != '\n' {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "-- %s --\n", c.insertName)
	}
	for i := range res.outcomes {
		o := &res.outcomes[i]
		if i < len(c.expected) {
			for _, comment := range c.expected[i].comments {
				b.WriteString(comment + "\n")
			}
		}
		if f.unchanged(res, i) {
			if to := c.expected[i].to; to != nil {
				fmt.Fprintf(&b, "to %s\n", outputsText(to))
			}
			b.WriteString(c.expected[i].at.Text() + "\n")
			continue
		}
		b.WriteString(goldenText(o, withOutputs))
	}
	for i := len(res.outcomes); i < len(c.expected); i++ {
		for _, comment := range c.expected[i].comments {
			b.WriteString(comment + "\n")
		}
	}
	for _, comment := range c.comments {
		b.WriteString(comment + "\n")
	}
	at.text = b.String() + end
	return at
}

func (f *File) rewriteJSON(res *Result) edit {
	c := res.Case
	indent, unit := f.indentAt(c.outputAt.Start), f.unit()
	at := edit{from: c.outputAt.Start, to: c.outputAt.End, text: "[]"}
	if len(res.outcomes) == 0 {
		return at
	}
	var b strings.Builder
	for i := range res.outcomes {
		b.WriteByte("[,"[min(i, 1)])
		b.WriteString("\n" + indent + unit)
		if f.unchanged(res, i) {
			b.WriteString(c.expected[i].at.Text())
			continue
		}
		var like *value
		if i < len(c.expected) {
			like = &c.expected[i].event
		}
		e := res.outcomes[i].event.ordered(like)
		b.WriteString(reindent(string(e.pretty(nil, "", false)), indent+unit, unit))
	}
	at.text = b.String() + "\n" + indent + "]"
	return at
}

// indentAt returns the blanks at the beginning of the line of a place.
func (f *File) indentAt(offset int) string {
	line := f.source.Text[strings.LastIndexByte(f.source.Text[:offset], '\n')+1:]
	return line[:len(line)-len(strings.TrimLeft(line, " \t"))]
}

// unit returns how much deeper the file indents what stands in something else.
func (f *File) unit() string {
	for line := range strings.SplitSeq(f.source.Text, "\n") {
		if n := len(line) - len(strings.TrimLeft(line, " \t")); n > 0 && n < len(line) {
			return line[:n]
		}
	}
	return "  "
}

// reindent gives text that is indented by two blanks a level another indentation.
func reindent(text, indent, unit string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		trimmed := strings.TrimLeft(line, " ")
		level := strings.Repeat(unit, (len(line)-len(trimmed))/2)
		if i > 0 {
			level = indent + level
		}
		lines[i] = level + trimmed
	}
	return strings.Join(lines, "\n")
}
