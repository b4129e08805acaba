package cli

import (
	"fmt"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"sluice/internal/diag"
	"sluice/internal/engine"
	"sluice/internal/lscl"
	"sluice/internal/plugin"
	"sluice/internal/settings"
)

// newLintCommand is `sluice lint`.
func newLintCommand() *cobra.Command {
	l := &configLinter{}
	cmd := &cobra.Command{
		Use:   "lint FILE...",
		Short: "Point at what a configuration does in another way than most readers expect",
		Long: `Looks at the files of one pipeline, as Logstash reads them from conf.d, and points at oddities:
lists of one element, and and or without parentheses, fields that no input sets, hashes whose
order matters, operations of mutate that run in another order, discouraged options, names that
are missing. They are warnings and hints, each with a code that docs/reference/messages.md explains.

Whether the pipeline can run on this machine, with its files and variables, is told by
sluice run -t. The exit code is 1 when a text cannot be understood, and with --strict when there
is a warning.`,
		Example: `  sluice lint pipeline.conf
  sluice lint /etc/logstash/conf.d
  sluice lint --strict conf.d/*.conf`,
		Args: cobra.MinimumNArgs(1),
	}
	flags := cmd.Flags()
	flags.BoolVar(&l.strict, "strict", false, "Warnings make the exit code 1")
	format := flags.String("error.format", "text", "How the findings are shown: text, or json (one object a line)")
	_ = cmd.RegisterFlagCompletionFunc("error.format", cobra.FixedCompletions([]string{"text", "json"}, cobra.ShellCompDirectiveNoFileComp))
	cmd.RunE = func(cmd *cobra.Command, files []string) error {
		if *format != "text" && *format != "json" {
			return diag.New(badFlag, commandLine("--error.format ", *format), "found %q; it can be text or json", *format)
		}
		l.report = &reporter{out: cmd.OutOrStdout(), style: style(os.Stdout), json: *format == "json"}
		return l.run(files)
	}
	return cmd
}

type configLinter struct {
	strict bool
	report *reporter
}

func (l *configLinter) run(files []string) error {
	var srcs []*diag.Source
	for _, file := range files {
		s := settings.New()
		s.Set("path.config", file, diag.Span{})
		pipelines, list := engine.Load(s, plugin.Access{})
		if err := list.Err(); err != nil {
			return err
		}
		srcs = append(srcs, pipelines[0].Sources...)
	}
	config, found := lscl.ParseAll(srcs, lscl.Options{})
	mistakes := 0
	if found.Err() == nil {
		for _, f := range config.Files {
			found.Add(lscl.Lint(f)...)
		}
		found.Add(engine.Lint(config)...)
		warnings, errors := checkedForLint(srcs)
		found.Add(warnings...)
		mistakes = errors
	}
	found = found.Sort()
	l.report.show(found)
	if mistakes > 0 && !l.report.json {
		fmt.Fprintf(l.report.out, "%s would keep the pipeline from running here; sluice run -t tells them\n", plural(mistakes, "mistake"))
	}
	for _, d := range found {
		if d.Code.Severity == diag.Error || l.strict && d.Code.Severity == diag.Warning {
			return exit{1}
		}
	}
	return nil
}

// checkedForLint returns the warnings of compiling a pipeline, such as discouraged options,
// and the number of errors, which depend on files and variables.
func checkedForLint(srcs []*diag.Source) (warnings diag.List, errors int) {
	p := engine.Pipeline{ID: "main", Settings: settings.New(), Sources: srcs}
	for _, d := range engine.Check([]engine.Pipeline{p}, engine.Options{Log: slog.New(slog.DiscardHandler), Variables: os.LookupEnv}).Sort() {
		if d.Code.Severity == diag.Error {
			errors++
		} else {
			warnings.Add(d)
		}
	}
	return warnings, errors
}
