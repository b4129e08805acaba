package cli

import (
	"os"
	"strings"

	"github.com/spf13/pflag"

	"sluice/internal/diag"
	"sluice/internal/settings"
)

var wrongVariable = diag.Define("SL3042", diag.Warning, "an environment variable is not taken as a setting",
	"A variable with the name of a setting in upper case, with _ for dots, gives the setting its value, as in Logstash's container image. This one has a value that the setting cannot have. Correct it, or ignore the message if it is meant for another program.")

// variableOf returns the environment variable that gives a setting its value, as
// Logstash's container image has it: pipeline.workers is PIPELINE_WORKERS. "" is for
// settings that have none: names of one word are too common, and the folder of settings
// has its own, LS_SETTINGS_DIR.
func variableOf(setting string) string {
	if !strings.ContainsAny(setting, "._") || setting == "path.settings" {
		return ""
	}
	return strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(setting))
}

// readEnvironment takes settings from environment variables, and returns the names of
// those that it has taken. What the command line says about the same, or about where the
// configuration is, wins.
func readEnvironment(flags *pflag.FlagSet, s *settings.Settings) (taken []string, list diag.List) {
	configured := flags.Changed("path.config") || flags.Changed("config.string")
	for _, d := range settings.All() {
		name := variableOf(d.Name)
		if name == "" || configured && (d.Name == "path.config" || d.Name == "config.string") {
			continue
		}
		value, ok := os.LookupEnv(name)
		if !ok || value == "" {
			continue
		}
		at := diag.Span{}
		if d.Type != settings.Password && !strings.Contains(value, "\n") {
			at = diag.NewSource("environment", name+"="+value).At(len(name)+1, len(name)+1+len(value))
		}
		told := s.Set(d.Name, value, at)
		if told.Err() != nil {
			for _, x := range told {
				list.Add(diag.New(wrongVariable, at, "the environment variable %s is not taken as a setting: %s", name, x.Message).WithHelp("correct it, or unset it if it is meant for another program"))
			}
			continue
		}
		list.Add(told...)
		taken = append(taken, name)
	}
	return taken, list
}
