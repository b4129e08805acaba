package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	"sluice/internal/diag"
	"sluice/internal/lscl"
)

// newFmtCommand is `sluice fmt`.
func newFmtCommand() *cobra.Command {
	f := &formatter{}
	cmd := &cobra.Command{
		Use:   "fmt [FILE...]",
		Short: "Format pipeline configurations",
		Long: `Prints pipeline configurations in one style: two blanks a level, one option a line, blanks
around operators. Comments and strings stay as they are, and the pipeline means the same.
Without a file, standard input is formatted.

A file with mistakes is left alone; the mistakes are shown, and the exit code is 1.`,
		Example: `  sluice fmt pipeline.conf                     print it formatted
  sluice fmt -w /etc/logstash/conf.d/*.conf    change the files
  sluice fmt -d pipeline.conf                  show what would change
  sluice fmt --check *.conf                    list files that are not formatted; exit code 1 if any`,
		RunE: func(cmd *cobra.Command, files []string) error {
			f.in, f.out = cmd.InOrStdin(), cmd.OutOrStdout()
			return f.run(files)
		},
	}
	flags := cmd.Flags()
	flags.BoolVarP(&f.write, "write", "w", false, "Write the files instead of printing them")
	flags.BoolVar(&f.check, "check", false, "Print the names of files that are not formatted; the exit code is 1 if there are any")
	flags.BoolVarP(&f.diff, "diff", "d", false, "Print what would change, as a unified diff")
	cmd.MarkFlagsMutuallyExclusive("write", "check")
	return cmd
}

// formatter formats files in the way that the flags say.
type formatter struct {
	write, check, diff bool

	in  io.Reader
	out io.Writer
}

func (f *formatter) run(files []string) error {
	if len(files) == 0 {
		if f.write {
			return errors.New("standard input cannot be written; give a file, or leave -w out")
		}
		files = []string{"-"}
	}
	failed := false
	for _, name := range files {
		changed, err := f.file(name)
		if err != nil {
			showError(err)
		}
		failed = failed || err != nil || changed && f.check
	}
	if failed {
		return exit{1}
	}
	return nil
}

// file formats one file and tells whether that changes it.
func (f *formatter) file(name string) (changed bool, err error) {
	var old []byte
	shown := name
	if name == "-" {
		shown = "standard input"
		old, err = io.ReadAll(f.in)
	} else {
		old, err = os.ReadFile(name)
	}
	if err != nil {
		return false, err
	}
	tree, list := lscl.Parse(diag.NewSource(shown, string(old)), lscl.Options{})
	if err := list.Err(); err != nil {
		return false, err
	}
	formatted := []byte(lscl.Format(tree))
	changed = !bytes.Equal(old, formatted)
	if changed && f.check && !f.diff {
		fmt.Fprintln(f.out, shown)
	}
	if changed && f.diff {
		f.out.Write(diff.Diff(shown, old, shown+" (formatted)", formatted))
	}
	switch {
	case f.write && changed && name != "-":
		// Written in place, so that the file keeps its owner, its mode and its links.
		return true, os.WriteFile(name, formatted, 0o644)
	case !f.write && !f.check && !f.diff:
		f.out.Write(formatted)
	}
	return changed, nil
}
