package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"sluice/internal/diag"
	"sluice/internal/settings"
)

// keptData finds what pipelines keep on disk, where `sluice run` with the same settings
// would keep it.
type keptData struct{ settings *settings.Settings }

// keptDataFlags are the settings that say where pipelines keep things.
var keptDataFlags = []struct{ name, usage string }{
	{"path.data", "The folder in which `sluice run` keeps everything"},
	{"path.queue", "The folder of the persisted queues, where it is not queue in path.data"},
	{"path.dead_letter_queue", "The folder of the dead letter queues, where it is not dead_letter_queue in path.data"},
}

func addKeptDataFlags(cmd *cobra.Command, names ...string) {
	flags := cmd.PersistentFlags()
	for _, f := range keptDataFlags {
		for _, name := range names {
			if f.name == name {
				flags.String(name, "", strings.ReplaceAll(f.usage, "`", ""))
				_ = cmd.MarkPersistentFlagDirname(name)
			}
		}
	}
	flags.String("path.settings", os.Getenv("LS_SETTINGS_DIR"), "A folder whose logstash.yml says where things are kept; the environment variable LS_SETTINGS_DIR names it, too")
	_ = cmd.MarkPersistentFlagDirname("path.settings")
}

func readKeptData(cmd *cobra.Command) (keptData, error) {
	s := settings.New()
	s.Variables = os.LookupEnv
	if dir, _ := cmd.Flags().GetString("path.settings"); dir != "" {
		text, err := os.ReadFile(filepath.Join(dir, "logstash.yml"))
		if err != nil {
			return keptData{}, err
		}
		// Only the folders matter here; other mistakes in logstash.yml are for `sluice run`.
		s.ReadFile(diag.NewSource(filepath.Join(dir, "logstash.yml"), string(text)))
	}
	for _, f := range keptDataFlags {
		if flag := cmd.Flags().Lookup(f.name); flag != nil && flag.Changed {
			if list := s.Set(f.name, flag.Value.String(), diag.Span{}); list.Err() != nil {
				return keptData{}, list.Err()
			}
		}
	}
	return keptData{s}, nil
}

// root is the folder that has one folder for each pipeline.
func (k keptData) root(setting, name string) string {
	if k.settings.IsSet(setting) {
		return k.settings.String(setting)
	}
	return filepath.Join(dataDir(k.settings), name)
}

func (k keptData) queues() string  { return k.root("path.queue", "queue") }
func (k keptData) letters() string { return k.root("path.dead_letter_queue", "dead_letter_queue") }

// pipelineDir returns the folder of a pipeline, or an error that names those that exist.
func pipelineDir(root, pipeline, what string) (string, error) {
	dir := filepath.Join(root, pipeline)
	if info, err := os.Stat(dir); err == nil && info.IsDir() && pipeline != "" && !strings.ContainsAny(pipeline, `/\`) {
		return dir, nil
	}
	entries, _ := os.ReadDir(root)
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	if len(names) == 0 {
		return "", fmt.Errorf("there is no %s of a pipeline %s: %s has none at all; name the folder that the pipelines use with --path.data", what, pipeline, root)
	}
	return "", fmt.Errorf("there is no %s of a pipeline %s in %s; there is one of %s%s", what, pipeline, root, strings.Join(names, ", "), didYouMean(pipeline, names))
}

// words checks that a command is given the words that its usage line names.
func words(least, most int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return fmt.Errorf("%s Write: %s; --help tells more", what, cmd.UseLine())
		case most > 0 && len(args) > most:
			return fmt.Errorf("%q is one word too many. Write: %s; --help tells more", args[most], cmd.UseLine())
		}
		return nil
	}
}
