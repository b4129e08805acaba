package cli

import (
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sluice/internal/casetest"
	"sluice/internal/diag"
	"sluice/internal/settings"
)

// newTestCommand is `sluice test`.
func newTestCommand() *cobra.Command {
	t := &caseTester{}
	cmd := &cobra.Command{
		Use:   "test PATH...",
		Short: "Run test cases of pipelines",
		Long: `Runs case files, and those in folders and below them. A case is what goes in, and the events that
are expected to come out of the filters. Inputs and outputs of the configuration are never
started. docs/testing.md explains both forms of case files:

  *.case                 one readable file with the configuration (or its name), input and output
  *.json, *.yaml, *.yml  the form of logstash-filter-verifier, with its standalone and daemon modes

Where a case file does not name its configuration, it is the one given with -f or --pipeline, or
else the files *.conf beside the case file or in the folder above.

The exit code is 0 when all is as expected, and 1 otherwise.`,
		Example: `  sluice test tests/
  sluice test -f /etc/logstash/conf.d tests/syslog.json
  sluice test --pipeline pipelines.yml tests/          several pipelines that work together
  sluice test --run 'ssh.*failed' tests/               some cases only
  sluice test --update tests/                          take what comes out as what is expected`,
		Args: cobra.MinimumNArgs(1),
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringArrayVarP(&t.config, "path.config", "f", nil, "The configuration that is tested: a file, a folder or a pattern; can be repeated")
	flags.StringVar(&t.pipelines, "pipeline", "", "A pipelines.yml whose pipelines are tested together")
	flags.StringVar(&t.base, "pipeline-base", "", "The folder that relative paths in it start from; its own folder unless given")
	flags.StringVar(&t.mocks, "plugin-mock", "", "A file (YAML) with plugins that take the place of others, by their ids")
	flags.StringVar(&t.dir, "path.settings", "", "A folder with logstash.yml, whose settings pipelines get")
	flags.StringArrayVarP(&t.set, "setting", "S", nil, "Any setting, as name=value; can be repeated")
	flags.StringVar(&t.run, "run", "", "Run only the cases whose name, FILE: CASE, this regular expression matches")
	flags.BoolVar(&t.update, "update", false, "Write what comes out into the case files that differ")
	flags.BoolVarP(&t.verbose, "verbose", "v", false, "Name the cases that have passed, too")
	flags.StringVar(&t.format, "format", "text", "How the result is shown: text, or json")
	flags.StringVar(&t.junit, "junit", "", "Write the result to this file, too, as JUnit XML")
	flags.StringVar(&t.color, "color", "auto", "Whether to use colours: auto (on terminals), always, never")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"text", "json"}, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("color", cobra.FixedCompletions([]string{"auto", "always", "never"}, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("run", cobra.NoFileCompletions)
	_ = cmd.RegisterFlagCompletionFunc("setting", completeSettings)
	_ = cmd.MarkFlagFilename("pipeline", "yml", "yaml")
	_ = cmd.MarkFlagFilename("plugin-mock", "yml", "yaml")
	_ = cmd.MarkFlagDirname("pipeline-base")
	_ = cmd.MarkFlagDirname("path.settings")
	_ = cmd.MarkFlagFilename("junit", "xml")
	cmd.MarkFlagsMutuallyExclusive("path.config", "pipeline")
	cmd.ValidArgsFunction = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return []string{"case", "json", "yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt
	}
	cmd.RunE = func(cmd *cobra.Command, paths []string) error { return t.test(cmd, paths) }
	return cmd
}

type caseTester struct {
	config                      []string
	pipelines, base, mocks, dir string
	set                         []string
	run, format, junit, color   string
	update, verbose             bool
}

func (t *caseTester) test(cmd *cobra.Command, paths []string) error {
	painted, err := colors(t.color, os.Stdout)
	if err != nil {
		return err
	}
	if t.format != "text" && t.format != "json" {
		return diag.New(badFlag, commandLine("--format ", t.format), "found %q; it can be text or json", t.format)
	}
	opts, err := t.options()
	if err != nil {
		return err
	}
	// Dates without a zone are read alike on every machine, as logstash-filter-verifier does.
	time.Local = time.UTC
	report, err := t.runCases(paths, opts)
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	if t.format == "json" {
		err = report.JSON(out)
	} else {
		report.Text(out, painted, t.verbose)
	}
	if t.junit != "" && err == nil {
		err = writeJUnit(t.junit, report)
	}
	if err != nil {
		return err
	}
	if !report.OK() {
		return exit{1}
	}
	return nil
}

func (t *caseTester) options() (*casetest.Options, error) {
	opts := &casetest.Options{Config: t.config, Pipelines: t.pipelines, Base: t.base, Mocks: t.mocks}
	if t.run != "" {
		expression, err := regexp.Compile(t.run)
		if err != nil {
			return nil, diag.New(badFlag, commandLine("--run ", t.run), "%v", err)
		}
		opts.Run = expression
	}
	s, list := folderSettings(t.dir, t.set)
	if err := list.Err(); err != nil {
		return nil, err
	}
	opts.Settings = s
	access, err := readAccess(s)
	opts.Access = access
	return opts, err
}

func (t *caseTester) runCases(paths []string, opts *casetest.Options) (*casetest.Report, error) {
	start := time.Now()
	files, mistakes := casetest.Read(paths)
	report := &casetest.Report{Mistakes: mistakes}
	suite := casetest.NewSuite(opts)
	defer suite.Close()
	for _, f := range files {
		results, warnings := suite.Run(f)
		if t.update {
			if err := casetest.Update(f, results); err != nil {
				return nil, err
			}
		}
		report.Results = append(report.Results, results...)
		report.Mistakes.Add(warnings...)
	}
	if len(report.Results) == 0 && report.Mistakes.Err() == nil {
		return nil, diag.New(badFlag, commandLine("--run ", t.run), "no case has a name that matches")
	}
	report.Took = time.Since(start)
	return report, nil
}

func writeJUnit(name string, report *casetest.Report) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := report.JUnit(f); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// colors reads the flag --color.
func colors(choice string, of *os.File) (diag.Style, error) {
	switch choice {
	case "auto":
		return style(of), nil
	case "always":
		return diag.Color, nil
	case "never":
		return diag.Plain, nil
	}
	return diag.Plain, diag.New(badFlag, commandLine("--color ", choice), "found %q; it can be auto, always or never", choice)
}

// completeSettings offers the names of settings for -S.
func completeSettings(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var all []string
	for _, name := range settings.Names(false) {
		all = append(all, name+"=")
	}
	return all, cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
}

// folderSettings puts together what logstash.yml in a folder says and single settings,
// name=value, which win.
func folderSettings(dir string, set []string) (*settings.Settings, diag.List) {
	return readSettings(dir, func(s *settings.Settings) diag.List { return setOneByOne(s, set) })
}

// setOneByOne reads settings given as name=value.
func setOneByOne(s *settings.Settings, set []string) (list diag.List) {
	for _, text := range set {
		name, value, ok := strings.Cut(text, "=")
		if !ok {
			list.Add(diag.New(badFlag, commandLine("-S ", text), "found %q where name=value was expected", text))
			continue
		}
		at := commandLine("-S "+name+"=", value)
		if settings.Lookup(strings.TrimSpace(name)) == nil {
			at = diag.NewSource("command line", "-S "+name).At(3, 3+len(name))
		}
		list.Add(s.Set(strings.TrimSpace(name), value, at)...)
	}
	return list
}
