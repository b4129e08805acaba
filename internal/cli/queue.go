package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"sluice/internal/event"
	"sluice/internal/queue"
	"sluice/internal/vfs"
)

// newQueueCommand is `sluice queue` with its subcommands.
func newQueueCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "queue",
		Short: "Look at a queue on disk, check it, take its events out, repair it",
		Long: `Looks after what pipelines keep on disk: persisted queues, dead letter queues and the
history of a sensor, which have one format.

A queue is named by its folder, or by the id of its pipeline. Opening never fails on a damaged
queue and never deletes anything, so nothing here is needed to start a pipeline again. stat,
check and export change nothing and may be used while the pipeline runs; repair needs the queue
for itself.`,
		Example: `  sluice queue stat main                           the queue of the pipeline main
  sluice queue stat --path.data /srv/sluice main
  sluice queue check /var/lib/sluice/queue/main    a queue by its folder
  sluice queue export main > events.jsonl
  sluice queue repair main`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	addKeptDataFlags(cmd, "path.data", "path.queue")
	cmd.AddCommand(
		&cobra.Command{
			Use: "stat DIR|PIPELINE", Short: "Show how much lies in a queue, at once", Args: words(1, 1, whichQueue),
			Long: `Shows what lies in a queue: events, bytes, what is still to be delivered. It reads headers
only, so it takes no time whatever the size. While the pipeline runs the newest events may be missing.`,
			RunE: func(cmd *cobra.Command, args []string) error { return showQueue(cmd, args[0], queue.Stat) },
		},
		&cobra.Command{
			Use: "check DIR|PIPELINE", Short: "Read a queue and verify every checksum", Args: words(1, 1, whichQueue),
			Long: `Reads the whole queue and verifies every checksum. It changes nothing. The exit code is 1 when
something is damaged or missing. While the pipeline runs, what is just being written shows as a
torn tail.`,
			RunE: func(cmd *cobra.Command, args []string) error { return showQueue(cmd, args[0], queue.Check) },
		},
		newQueueExportCommand(),
		&cobra.Command{
			Use: "repair DIR|PIPELINE", Short: "Put damage aside now, which a pipeline does when it gets there", Args: words(1, 1, whichQueue),
			Long: `Cuts a torn end, copies what is damaged into the folder quarantine beside the queue, and writes
damaged headers again. A pipeline does the same by itself when it opens and reads the queue.
The pipeline must be stopped. Events that can be read are kept; nothing is deleted.`,
			RunE: func(cmd *cobra.Command, args []string) error {
				return showQueue(cmd, args[0], func(_ vfs.FS, dir string) (*queue.Inspection, error) {
					x, err := queue.Repair(cmd.Context(), nil, dir)
					return x, inUse(err, "repair needs the queue for itself: stop the pipeline first")
				})
			},
		},
	)
	return cmd
}

const whichQueue = "Which queue? Name its folder or its pipeline."

// inUse says what to do when another process holds a queue.
func inUse(err error, what string) error {
	var locked *vfs.LockedError
	if errors.As(err, &locked) {
		pid := ""
		if locked.PID != "" {
			pid = " (process " + locked.PID + ")"
		}
		return fmt.Errorf("%s is in use%s; %s", filepath.Dir(locked.Name), pid, what)
	}
	return err
}

// queueDir finds a queue by its folder or by the id of its pipeline.
func queueDir(cmd *cobra.Command, name string) (string, error) {
	if strings.ContainsRune(name, filepath.Separator) || strings.ContainsRune(name, '/') || name == "." {
		return name, nil
	}
	k, err := readKeptData(cmd)
	if err != nil {
		return "", err
	}
	dir, err := pipelineDir(k.queues(), name, "persisted queue")
	if err != nil {
		if _, statErr := queue.Stat(nil, name); statErr == nil {
			return name, nil
		}
	}
	return dir, err
}

func showQueue(cmd *cobra.Command, name string, look func(vfs.FS, string) (*queue.Inspection, error)) error {
	dir, err := queueDir(cmd, name)
	if err != nil {
		return err
	}
	x, err := look(nil, dir)
	if err != nil {
		return noQueue(err, dir)
	}
	printInspection(cmd.OutOrStdout(), dir, x)
	if cmd.Name() == "check" && (x.Lost > 0 || len(x.Problems) > 0) {
		return exit{1}
	}
	return nil
}

func noQueue(err error, dir string) error {
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s holds no queue; a queue is a folder with files such as 0000000001-0000000000000001.segment, by default queue/PIPELINE in path.data", dir)
	}
	return err
}

func printInspection(w io.Writer, dir string, x *queue.Inspection) {
	fmt.Fprintf(w, "%s\n  id         %s\n  on disk    %s in %s, %s\n", dir, x.ID, plural(int(x.Events), "event"), plural(len(x.Segments), "segment"), sizeText(x.Bytes))
	if x.Events > 0 {
		fmt.Fprintf(w, "  numbers    %d to %d\n", x.First, x.End-1)
	}
	for _, c := range x.Cursors {
		fmt.Fprintf(w, "  to read    %s, about %s, by %q\n", plural(int(c.Lag.Events), "event"), sizeText(c.Lag.Bytes), c.Name)
	}
	if x.QuarantineFiles > 0 {
		fmt.Fprintf(w, "  quarantine %s in %s\n", sizeText(x.QuarantineBytes), plural(x.QuarantineFiles, "file"))
	}
	if x.Lost > 0 {
		fmt.Fprintf(w, "  lost       %s damaged or missing on disk\n", plural(int(x.Lost), "event"))
	}
	for _, p := range x.Problems {
		fmt.Fprintf(w, "  problem    %s\n", p)
	}
}

func sizeText(n int64) string {
	units := []string{"KiB", "MiB", "GiB", "TiB"}
	if n < 1024 {
		return plural(int(n), "byte")
	}
	f, u := float64(n)/1024, 0
	for ; f >= 1024 && u < len(units)-1; u++ {
		f /= 1024
	}
	return fmt.Sprintf("%.1f %s", f, units[u])
}

func newQueueExportCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "export DIR|PIPELINE", Short: "Print the events of a queue as JSON, one a line", Args: words(1, 1, whichQueue),
		Long: `Prints the events that are still to be delivered as JSON, one a line, oldest first. It changes
nothing and may be used while the pipeline runs. Damaged events are left out and counted on
standard error; the exit code is 1 then.

Another pipeline can take the events in: input { stdin { codec => json_lines } }.`,
		Example: `  sluice queue export main > events.jsonl
  sluice queue export --all --metadata /var/lib/sluice/queue/main`,
	}
	all := cmd.Flags().Bool("all", false, "Also the events that have been delivered and are still on disk")
	metadata := cmd.Flags().Bool("metadata", false, "Add @metadata, which is otherwise left out as in all outputs")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		dir, err := queueDir(cmd, args[0])
		if err != nil {
			return err
		}
		cursor := ""
		if !*all {
			x, err := queue.Stat(nil, dir)
			if err != nil {
				return noQueue(err, dir)
			}
			if cursor, err = readerOf(dir, x); err != nil {
				return err
			}
		}
		return exportQueue(cmd.Context(), dir, cursor, *metadata, cmd.OutOrStdout(), cmd.ErrOrStderr())
	}
	return cmd
}

// readerOf returns the cursor whose events are still to be delivered, "" where nothing
// has read yet.
func readerOf(dir string, x *queue.Inspection) (string, error) {
	var names []string
	for _, c := range x.Cursors {
		if c.Name == queue.KeptCursor {
			return c.Name, nil
		}
		names = append(names, c.Name)
	}
	switch len(names) {
	case 0:
		return "", nil
	case 1:
		return names[0], nil
	}
	return "", fmt.Errorf("%s has several readers (%s), each with events of its own to read; --all prints the events of all", dir, strings.Join(names, ", "))
}

func exportQueue(ctx context.Context, dir, cursor string, metadata bool, out, messages io.Writer) error {
	w := bufio.NewWriterSize(out, 1<<16)
	var line []byte
	x, err := queue.Export(ctx, nil, dir, cursor, func(r queue.Record) error {
		line = append(appendRecordJSON(line[:0], r.Payload, metadata), '\n')
		_, err := w.Write(line)
		return err
	})
	if err = errors.Join(err, w.Flush()); err != nil {
		return noQueue(err, dir)
	}
	for _, p := range x.Problems {
		fmt.Fprintln(messages, "sluice:", p)
	}
	if x.Lost > 0 {
		fmt.Fprintf(messages, "sluice: %s damaged or missing on disk; what is left of them is in the folder quarantine after sluice queue repair\n", plural(int(x.Lost), "event"))
		return exit{1}
	}
	return nil
}

// appendRecordJSON appends a payload of a queue as JSON: the event of a persisted queue,
// the event of a dead letter, JSON itself (a sensor's history), or else its bytes.
func appendRecordJSON(dst, payload []byte, metadata bool) []byte {
	b := event.NewBatch()
	defer b.Release()
	e, err := b.DecodeRecord(payload)
	if err != nil {
		if letter, notLetter := queue.DecodeDeadLetter(payload); notLetter == nil {
			e, err = b.DecodeRecord(letter.Event)
		}
	}
	switch {
	case err == nil && metadata && e.Metadata().Len() > 0:
		dst = e.AppendJSON(dst)
		if dst[len(dst)-2] != '{' {
			dst = append(dst[:len(dst)-1], ',')
		} else {
			dst = dst[:len(dst)-1]
		}
		dst = append(dst, `"@metadata":`...)
		return append(e.Metadata().AppendJSON(dst), '}')
	case err == nil:
		return e.AppendJSON(dst)
	case json.Valid(payload):
		return append(dst, payload...)
	}
	text, _ := json.Marshal(map[string]any{"undecodable_record": payload}) // bytes always can be encoded
	return append(dst, text...)
}
