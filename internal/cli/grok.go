package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"sluice/internal/diag"
	"sluice/internal/grok"
)

var (
	badGrok = diag.Define("SL9020", diag.Error, "the grok expression cannot be compiled",
		"The message says what is wrong, and in which of the named patterns. `sluice grok patterns` lists those that there are.")
	noGrokMatch = diag.Define("SL9021", diag.Error, "the text does not match",
		"In a pipeline the event would be tagged `_grokparsefailure`.")
	badPatternFile = diag.Define("SL9022", diag.Error, "a file of patterns cannot be read",
		"A line is a name, a blank and a regular expression; # begins a comment.")
)

// newGrokCommand is `sluice grok`, the workbench for grok expressions.
func newGrokCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "grok",
		Short: "Try grok expressions",
		Example: `  sluice grok explain '%{COMBINEDAPACHELOG}'
  sluice grok explain '%{IP:client} %{NUMBER:bytes:int}' --text '10.0.0.1 x'
  sluice grok patterns HTTP`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newGrokExplainCommand(), newGrokPatternsCommand())
	return cmd
}

// grokPatterns is where named patterns come from.
type grokPatterns struct {
	ecs  bool
	dirs []string
}

func (g *grokPatterns) addFlags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&g.ecs, "ecs", true, "Field names of the Elastic Common Schema; --ecs=false for those from before it")
	cmd.Flags().StringArrayVar(&g.dirs, "patterns-dir", nil, "A folder with files of patterns, or such a file; can be repeated")
}

// library returns the patterns that come along with those of the folders.
func (g *grokPatterns) library() (*grok.Library, error) {
	lib := grok.Core(g.ecs)
	for _, dir := range g.dirs {
		files := []string{dir}
		if info, err := os.Stat(dir); err != nil {
			return nil, diag.New(badPatternFile, diag.Span{}, "%v", err)
		} else if info.IsDir() {
			if files, err = filepath.Glob(filepath.Join(dir, "*")); err != nil {
				return nil, diag.New(badPatternFile, diag.Span{}, "%s: %v", dir, err)
			}
		}
		for _, file := range files {
			if err := readPatternFile(file, lib); err != nil {
				return nil, diag.New(badPatternFile, diag.Span{}, "%s: %v", file, err)
			}
		}
	}
	return lib, nil
}

func readPatternFile(file string, lib *grok.Library) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil
	}
	return lib.Read(f)
}

func newGrokExplainCommand() *cobra.Command {
	var patterns grokPatterns
	var text string
	var expanded, all bool
	cmd := &cobra.Command{
		Use:   "explain PATTERN",
		Short: "Tell what a grok expression gives and how it is run; with a text, what it finds in it",
		Long: `Tells which fields a grok expression gives, of which types, and which engine runs it:

  one pass   the next character decides everywhere what to do; the fastest
  linear     several ways are tried, each at most once; the time grows with the length of the text
  budget     back-references and conditions; a budget of steps ends a match that takes too long

With --text it shows the fields of the match or, when nothing matches, how far the text
fits and which piece of the expression it fails at. The exit code is 1 then.`,
		Example: `  sluice grok explain '%{SYSLOGLINE}' --ecs=false
  sluice grok explain '%{IP:client} %{NUMBER:bytes:int}' --text '10.0.0.1 x'
  sluice grok explain '%{MINE:x}' --patterns-dir ./patterns`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			lib, err := patterns.library()
			if err != nil {
				return err
			}
			p, err := grok.Compile(args[0], lib, grok.Options{AllCaptures: all})
			if err != nil {
				return placedGrok(err)
			}
			out := cmd.OutOrStdout()
			explainGrok(out, p.Explain(), expanded)
			if !cmd.Flags().Changed("text") {
				return nil
			}
			fmt.Fprintln(out)
			return traceGrok(out, p, text)
		},
	}
	patterns.addFlags(cmd)
	cmd.Flags().StringVar(&text, "text", "", "A text to match")
	cmd.Flags().BoolVar(&expanded, "expanded", false, "Print the whole regular expression, too")
	cmd.Flags().BoolVar(&all, "all-captures", false, "Patterns without a field name give fields, too (named_captures_only => false)")
	return cmd
}

// placedGrok is an error of package grok with the place in the expression.
func placedGrok(err error) error {
	var e *grok.Error
	if !errors.As(err, &e) {
		return err
	}
	message := e.Message
	if len(e.Path) > 0 {
		message += fmt.Sprintf(" (at character %d of the pattern %s)", e.At+1, strings.Join(e.Path, " > "))
	}
	d := diag.New(badGrok, diag.NewSource("pattern", e.Expr).At(e.Offset, e.Offset+e.Length), "%s", message)
	if e.Fix != "" {
		return d.WithHelp("%s", e.Fix)
	}
	return d
}

func explainGrok(out io.Writer, e grok.Explanation, expanded bool) {
	fmt.Fprintf(out, "engine    %s: %s\n", e.Engine, e.Why)
	anchor := "no; a text that does not match is searched from every place. Begin with ^ where the whole line is meant"
	if e.Anchored {
		anchor = "yes"
	}
	fmt.Fprintf(out, "anchored  %s\n", anchor)
	if e.Needed != "" {
		fmt.Fprintf(out, "needed    %q; texts without it are told apart at once\n", e.Needed)
	}
	if len(e.Patterns) > 0 {
		fmt.Fprintf(out, "patterns  %s\n", strings.Join(e.Patterns, " "))
	}
	if expanded {
		fmt.Fprintf(out, "expanded  %s\n", e.Expanded)
	}
	if len(e.Captures) == 0 {
		fmt.Fprintln(out, "fields    none")
		return
	}
	fmt.Fprintln(out, "fields")
	// A field that stands in several alternatives is one field.
	type field struct {
		name string
		kind grok.Type
	}
	seen := map[field]bool{}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, c := range e.Captures {
		if f := (field{c.Field, c.Type}); !seen[f] {
			seen[f] = true
			fmt.Fprintf(table, "  %s\t%s\n", c.Field, c.Type)
		}
	}
	table.Flush()
}

// traceGrok shows what an expression finds in a text.
func traceGrok(out io.Writer, p *grok.Pattern, text string) error {
	t, err := p.Trace(text)
	if err != nil {
		return fmt.Errorf("the match was given up: %w", err)
	}
	if t.Matched {
		fmt.Fprintln(out, "match")
		printGrokFields(out, t.Fields)
		if before := text[:t.Start]; before != "" {
			fmt.Fprintf(out, "  before the match: %q\n", before)
		}
		if t.Rest != "" {
			fmt.Fprintf(out, "  behind the match: %q\n", t.Rest)
		}
		return nil
	}
	fmt.Fprintln(out, "no match")
	at := 0
	if t.Fitting != "" {
		at = t.End
		fmt.Fprintf(out, "  fits up to here: %s\n", t.Fitting)
		printGrokFields(out, t.Fields)
	}
	d := diag.New(noGrokMatch, diag.NewSource("text", text).At(at, at), "%s does not match here", t.Failing)
	return d.WithHelp("the text from here on: %q", text[at:])
}

func printGrokFields(out io.Writer, fields []grok.Field) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, f := range fields {
		fmt.Fprintf(table, "  %s\t%s\t%q\n", f.Name, f.Type, f.Value)
	}
	table.Flush()
}

func newGrokPatternsCommand() *cobra.Command {
	var patterns grokPatterns
	cmd := &cobra.Command{
		Use:   "patterns [WORD]",
		Short: "List the named patterns, or those whose name holds a word",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			lib, err := patterns.library()
			if err != nil {
				return err
			}
			for _, name := range lib.Names() {
				if len(args) == 0 || strings.Contains(name, strings.ToUpper(args[0])) {
					text, _ := lib.Lookup(name)
					fmt.Fprintf(cmd.OutOrStdout(), "%s %s\n", name, text)
				}
			}
			return nil
		},
	}
	patterns.addFlags(cmd)
	return cmd
}
