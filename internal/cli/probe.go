package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"sluice/internal/diag"
	"sluice/internal/pipeline"
)

// probedLine is one line of `--probe --error.format json`, for what works and what does
// not; the diagnostics of the latter follow on standard error.
type probedLine struct {
	Pipeline     string  `json:"pipeline"`
	Kind         string  `json:"kind"`
	Plugin       string  `json:"plugin"`
	ID           string  `json:"id"`
	Target       string  `json:"target"`
	Listens      bool    `json:"listens"`
	OK           bool    `json:"ok"`
	Found        string  `json:"found,omitempty"`
	Milliseconds float64 `json:"milliseconds"`
}

// probed shows what was tried out, and returns an error when something did not work.
func (r *reporter) probed(out io.Writer, all []pipeline.Probed) error {
	var list diag.List
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, p := range all {
		list.AddError(cannotRun, diag.Span{}, p.Err)
		if r.json {
			text, err := json.Marshal(probedLine{p.Pipeline, p.Kind.String(), p.Name, p.ID, p.Target, p.Listens, p.Err == nil, p.Found, milliseconds(p.Took)})
			if err == nil { // texts and numbers only
				out.Write(append(text, '\n'))
			}
			continue
		}
		verdict, found := "ok", p.Found
		if p.Err != nil {
			verdict, found = "failed", "see below"
		}
		fmt.Fprintf(table, "%s\t%s\t%s %s\t%s\t%.1f ms\t%s\n", verdict, p.Pipeline, p.Kind, p.Name, p.Target, milliseconds(p.Took), found)
	}
	table.Flush()
	if list.Err() != nil {
		return r.fail(list, "The configuration can be read, but not everything around it is there.")
	}
	return nil
}

func milliseconds(d time.Duration) float64 { return float64(d.Round(100*time.Microsecond)) / 1e6 }
