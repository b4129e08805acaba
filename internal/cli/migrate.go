package cli

import (
	"os"

	"github.com/spf13/cobra"

	"sluice/internal/diag"
	"sluice/internal/migrate"
)

// newMigrateCommand is `sluice migrate`.
func newMigrateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "migrate [DIR]",
		Short: "Tell what of a Logstash installation runs here, what differs, what is missing",
		Long: `Reads the settings folder of a Logstash (/etc/logstash unless another one is given): logstash.yml,
pipelines.yml, the configuration of every pipeline, and what Logstash has left on disk. It tells,
the most important first, what keeps a pipeline from running, what differs from Logstash, what
does something that most readers do not expect, and what else there is to know. It changes
nothing and connects to nothing.

The exit code is 0 when every pipeline runs, and 1 when something is missing.`,
		Example: `  sluice migrate
  sluice migrate /srv/logstash/config
  sluice migrate --format markdown > report.md`,
		Args: cobra.MaximumNArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
	}
	flags := cmd.Flags()
	format := flags.String("format", "text", "How the report is written: text, markdown or json")
	color := flags.String("color", "auto", "Whether to use colours: auto (on terminals), always, never")
	set := flags.StringArrayP("setting", "S", nil, "Any setting, as name=value; can be repeated")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"text", "markdown", "json"}, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("color", cobra.FixedCompletions([]string{"auto", "always", "never"}, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("setting", completeSettings)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		dir := "/etc/logstash"
		if len(args) > 0 {
			dir = args[0]
		}
		return reportMigration(cmd, dir, *set, *format, *color)
	}
	return cmd
}

func reportMigration(cmd *cobra.Command, dir string, set []string, format, color string) error {
	painted, err := colors(color, os.Stdout)
	if err != nil {
		return err
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return diag.New(unreadableSettings, commandLine("sluice migrate ", dir), "%s is no folder with the settings of a Logstash", dir).
			WithHelp("name the folder of logstash.yml and pipelines.yml")
	}
	s, list := folderSettings(dir, set)
	access, err := readAccess(s)
	if err != nil {
		return err
	}
	report := migrate.Look(migrate.Options{Dir: dir, Settings: s, Mistakes: list, Access: access})
	switch format {
	case "text":
		report.Text(cmd.OutOrStdout(), painted)
	case "markdown":
		report.Markdown(cmd.OutOrStdout())
	case "json":
		if err := report.JSON(cmd.OutOrStdout()); err != nil {
			return err
		}
	default:
		return diag.New(badFlag, commandLine("--format ", format), "found %q; it can be text, markdown or json", format)
	}
	if !report.OK() {
		return exit{1}
	}
	return nil
}
