package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sluice/internal/event"
	"sluice/internal/queue"
)

// newDLQCommand is `sluice dlq` with its subcommands.
func newDLQCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "dlq",
		Short: "Look at events that nobody took, and send them again",
		Long: `A dead letter is an event that an output or a filter has rejected for good, such as one that
the SIEM has answered with status 400. It is kept in the dead letter queue of its pipeline, with
the reason and the answer, so that somebody can correct what is wrong and send it again.

Entries are named by their number. list and show may be used while the pipeline runs; drop and
replay need it to be stopped. To work on dead letters while everything runs, read them with
a pipeline of its own: input { dead_letter_queue { path => "/var/lib/sluice/dead_letter_queue" pipeline_id => "main" } }.`,
		Example: `  sluice dlq list main                  one line each
  sluice dlq show main 17               one entry with its event
  sluice dlq drop main 17 20-25         forget some
  sluice dlq replay main --all          put all into the pipeline's queue again`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	addKeptDataFlags(cmd, "path.data", "path.queue", "path.dead_letter_queue")
	cmd.AddCommand(
		&cobra.Command{
			Use: "list PIPELINE", Short: "Show the entries, one a line", Args: words(1, 1, "Which pipeline?"),
			Long: `Shows each entry on a line: number, time, plugin, HTTP status, attempts, reason; oldest first.`,
			RunE: func(cmd *cobra.Command, args []string) error {
				dir, err := lettersDir(cmd, args[0])
				if err != nil {
					return err
				}
				return listLetters(cmd.Context(), dir, cmd.OutOrStdout())
			},
		},
		&cobra.Command{
			Use: "show PIPELINE N...", Short: "Show entries with their events", Args: words(2, 0, "Which pipeline, and which entries?"),
			Long: `Shows everything about entries: why and where they were rejected, what the receiver said, and
the event as JSON, with @metadata.`,
			RunE: func(cmd *cobra.Command, args []string) error {
				dir, err := lettersDir(cmd, args[0])
				if err != nil {
					return err
				}
				want, err := parseNumbers(args[1:], false)
				if err != nil {
					return err
				}
				return showLetters(cmd.Context(), dir, want, cmd.OutOrStdout())
			},
		},
		newLettersChange("drop", "Remove entries for good", `Removes entries for good. The pipeline must be stopped.`, dropLetters),
		newLettersChange("replay", "Put entries into the pipeline's queue again",
			`Appends the events of entries to the persisted queue of their pipeline, and removes the entries
when that is safe on disk. The events go through filters and outputs when the pipeline runs again,
as they were when they were rejected: correct first what they were rejected for.

The pipeline must be stopped, and have queue.type: persisted. Otherwise read the dead letters with
a pipeline: input { dead_letter_queue { } }.`, replayLetters),
	)
	return cmd
}

func lettersDir(cmd *cobra.Command, pipeline string) (string, error) {
	k, err := readKeptData(cmd)
	if err != nil {
		return "", err
	}
	return pipelineDir(k.letters(), pipeline, "dead letter queue")
}

// newLettersChange is a command that takes numbers, or --all.
func newLettersChange(name, short, long string, do func(*cobra.Command, *queue.DeadLetters, string, []queue.DeadLetter) error) *cobra.Command {
	cmd := &cobra.Command{
		Use: name + " PIPELINE N...|--all", Short: short, Long: long + "\n\nN is the number of an entry, or a range such as 20-25.", Args: words(1, 0, "Which pipeline, and which entries?"),
	}
	all := cmd.Flags().Bool("all", false, "All entries")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		want, err := parseNumbers(args[1:], *all)
		if err != nil {
			return err
		}
		dir, err := lettersDir(cmd, args[0])
		if err != nil {
			return err
		}
		if _, err := queue.Stat(nil, dir); err != nil {
			return noQueue(err, dir)
		}
		letters, _, err := queue.OpenDeadLetters(cmd.Context(), queue.DeadLetterOptions{Dir: dir})
		if err != nil {
			return inUse(err, "the pipeline is running: stop it first, or read its dead letters with a pipeline: input { dead_letter_queue { } }")
		}
		entries, err := chooseLetters(letters, want)
		if err == nil {
			err = do(cmd, letters, args[0], entries)
		}
		return errors.Join(err, letters.Close())
	}
	return cmd
}

// parseNumbers reads N and N-M; no ranges at all stand for all entries.
func parseNumbers(words []string, all bool) ([]queue.Range, error) {
	switch {
	case all && len(words) > 0:
		return nil, errors.New("give either numbers or --all, not both")
	case !all && len(words) == 0:
		return nil, errors.New("which entries? Give their numbers, which sluice dlq list shows, or --all")
	}
	var ranges []queue.Range
	for _, w := range words {
		from, to, isRange := strings.Cut(w, "-")
		if !isRange {
			to = from
		}
		first, err := strconv.ParseUint(from, 10, 64)
		last, err2 := strconv.ParseUint(to, 10, 64)
		if err != nil || err2 != nil || first > last || first == 0 {
			return nil, fmt.Errorf("found %q where the number of an entry (17) or a range (20-25) was expected; sluice dlq list shows the numbers", w)
		}
		ranges = append(ranges, queue.Range{First: first, Last: last})
	}
	return ranges, nil
}

func chosen(ranges []queue.Range, seq uint64) bool {
	for _, r := range ranges {
		if r.First <= seq && seq <= r.Last {
			return true
		}
	}
	return len(ranges) == 0
}

// missing tells which single numbers name no entry.
func missing(ranges []queue.Range, found map[uint64]bool) error {
	for _, r := range ranges {
		if r.First == r.Last && !found[r.First] {
			return fmt.Errorf("there is no entry %d; sluice dlq list shows the numbers", r.First)
		}
	}
	return nil
}

func chooseLetters(letters *queue.DeadLetters, want []queue.Range) ([]queue.DeadLetter, error) {
	var entries []queue.DeadLetter
	found := map[uint64]bool{}
	for next := uint64(1); next > 0; {
		list, after, err := letters.List(next, 1000)
		if err != nil {
			return nil, err
		}
		for _, e := range list {
			if chosen(want, e.Seq) {
				entries = append(entries, e)
				found[e.Seq] = true
			}
		}
		next = after
	}
	return entries, missing(want, found)
}

func rangesOf(entries []queue.DeadLetter) []queue.Range {
	rs := make([]queue.Range, len(entries))
	for i, e := range entries {
		rs[i] = queue.Range{First: e.Seq, Last: e.Seq}
	}
	return rs
}

func dropLetters(cmd *cobra.Command, letters *queue.DeadLetters, _ string, entries []queue.DeadLetter) error {
	if err := letters.Drop(rangesOf(entries)...); err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "Dropped %s.\n", plural(len(entries), "dead letter"))
	return nil
}

// replayLetters stores the events in the queue before it drops the entries: a crash in
// between makes duplicates and loses nothing.
func replayLetters(cmd *cobra.Command, letters *queue.DeadLetters, pipeline string, entries []queue.DeadLetter) error {
	k, err := readKeptData(cmd)
	if err != nil {
		return err
	}
	dir := filepath.Join(k.queues(), pipeline)
	if _, err := queue.Stat(nil, dir); errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("the pipeline %s has no persisted queue in %s, so there is nothing to put events into. "+
			"Give it queue.type: persisted and start it once, name the folder with --path.queue, or read the dead letters with a pipeline: input { dead_letter_queue { } }", pipeline, k.queues())
	}
	payloads := make([][]byte, len(entries))
	for i, e := range entries {
		b := event.NewBatch()
		_, err := b.DecodeRecord(e.Event)
		b.Release()
		if err != nil {
			return fmt.Errorf("entry %d has no event that can be read (%w); leave it out, or drop it with sluice dlq drop", e.Seq, err)
		}
		payloads[i] = e.Event
	}
	j, _, err := queue.Open(cmd.Context(), queue.Options{Dir: dir, CacheBytes: -1})
	if err != nil {
		return inUse(err, "the pipeline is running: stop it first, or read its dead letters with a pipeline: input { dead_letter_queue { } }")
	}
	_, err = j.TryAppend(payloads)
	if err = errors.Join(err, j.Close()); err != nil {
		return fmt.Errorf("the dead letters stay where they are: %w", err)
	}
	if err := letters.Drop(rangesOf(entries)...); err != nil {
		return fmt.Errorf("the events are in the queue, but their dead letters stay and would be sent twice: %w", err)
	}
	fmt.Fprintf(cmd.OutOrStdout(), "Put %s into the queue of %s.\n", plural(len(entries), "event"), pipeline)
	return nil
}

func listLetters(ctx context.Context, dir string, out io.Writer) error {
	n := 0
	err := queue.PeekDeadLetters(ctx, nil, dir, func(e queue.DeadLetter) error {
		n++
		_, err := fmt.Fprintf(out, "%d  %s  %s  status %s  %s  %s\n", e.Seq, e.Time.UTC().Format(time.RFC3339), pluginText(e), statusText(e.Status), plural(e.Attempts, "attempt"), oneLine(e.Reason))
		return err
	})
	if err == nil && n == 0 {
		_, err = fmt.Fprintln(out, "There are no dead letters.")
	}
	return noQueue(err, dir)
}

func showLetters(ctx context.Context, dir string, want []queue.Range, out io.Writer) error {
	found := map[uint64]bool{}
	err := queue.PeekDeadLetters(ctx, nil, dir, func(e queue.DeadLetter) error {
		if !chosen(want, e.Seq) {
			return nil
		}
		found[e.Seq] = true
		fmt.Fprintf(out, "number    %d\ntime      %s\nplugin    %s\nreason    %s\nstatus    %s\nattempts  %d\n", e.Seq, e.Time.UTC().Format(time.RFC3339Nano), pluginText(e), oneLine(e.Reason), statusText(e.Status), e.Attempts)
		if len(e.Answer) > 0 {
			fmt.Fprintf(out, "answer    %s\n", oneLine(string(e.Answer)))
		}
		var pretty bytes.Buffer
		if err := json.Indent(&pretty, appendRecordJSON(nil, e.Event, true), "", "  "); err != nil {
			return err
		}
		_, err := fmt.Fprintf(out, "event     %s\n", pretty.Bytes())
		return err
	})
	if err != nil {
		return noQueue(err, dir)
	}
	return missing(want, found)
}

func pluginText(e queue.DeadLetter) string {
	switch {
	case e.PluginType == "" || e.PluginType == e.PluginID:
		return e.PluginID
	case e.PluginID == "":
		return e.PluginType
	}
	return e.PluginType + " " + e.PluginID
}

func statusText(status int) string {
	if status == 0 {
		return "-"
	}
	return strconv.Itoa(status)
}
