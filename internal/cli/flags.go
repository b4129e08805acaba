package cli

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sluice/internal/diag"
	"sluice/internal/secret"
	"sluice/internal/settings"
)

var (
	badFlag = diag.Define("SL9001", diag.Error, "the command line cannot be understood",
		"`--help` shows what can be written.")
	oldFlag = diag.Define("SL9003", diag.Warning, "the flag has another name today",
		"It still works. Logstash has renamed it; the message says how.")
	unreadableSettings = diag.Define("SL3024", diag.Error, "logstash.yml cannot be read",
		"The file is there, but this user may not read it.")
)

// oldFlags are flags that Logstash had, and the settings that they stand for. A value
// is what the flag sets; without one, the flag has a value of its own.
var oldFlags = []struct{ name, setting, value string }{
	{"verbose", "log.level", "info"}, {"debug", "log.level", "debug"}, {"quiet", "log.level", "error"},
	{"http.host", "api.http.host", ""}, {"http.port", "api.http.port", ""}, {"http.enabled", "api.enabled", ""},
}

// addSettingFlags declares the flags of all settings that have one.
func addSettingFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.SortFlags = false
	for _, d := range settings.All() {
		if d.Flag == "" {
			continue
		}
		usage := d.Explained()
		if d.NoEffect != "" {
			usage += " Accepted without effect."
		}
		switch {
		case d.Type == settings.Bool && !d.FlagValue:
			flags.BoolP(d.Flag, d.Short, d.Default == "true", usage)
		case d.Type == settings.Strings:
			flags.StringArrayP(d.Flag, d.Short, nil, usage)
		default:
			flags.StringP(d.Flag, d.Short, d.Default, usage)
		}
		if d.NoEffect != "" || d.Refuse != "" {
			_ = flags.MarkHidden(d.Flag)
		}
		completeFlag(cmd, d)
	}
	for _, f := range oldFlags {
		if f.value != "" {
			flags.Bool(f.name, false, "Is --"+f.setting+" "+f.value+" today")
		} else {
			flags.String(f.name, "", "Is --"+f.setting+" today")
		}
		_ = flags.MarkHidden(f.name)
	}
	flags.StringArrayP("setting", "S", nil, "Any setting, as name=value; can be repeated")
	flags.Bool("probe", false, "With -t: connect to everything that the pipelines connect to as well, and see whether their ports are free")
	flags.String("error.format", "text", "How mistakes are shown: text, or json (one object a line)")
	_ = cmd.RegisterFlagCompletionFunc("error.format", cobra.FixedCompletions([]string{"text", "json"}, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("setting", completeSettings)
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return explainFlag(cmd.Flags(), err) })
}

// completeFlag tells the shell what a flag can be given.
func completeFlag(cmd *cobra.Command, d settings.Def) {
	values := d.Values
	if d.FlagValue {
		values = []string{"true", "false"}
	}
	switch {
	case len(values) > 0:
		_ = cmd.RegisterFlagCompletionFunc(d.Flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	case d.Name == "path.config":
	case d.Type == settings.Path:
		_ = cmd.MarkFlagDirname(d.Flag)
	case d.Type != settings.Bool:
		_ = cmd.RegisterFlagCompletionFunc(d.Flag, cobra.NoFileCompletions)
	}
}

// explainFlag makes a diagnostic of what the flag package says, with the nearest name.
func explainFlag(flags *pflag.FlagSet, err error) error {
	d := diag.New(badFlag, diag.Span{}, "%v", err)
	if name, ok := strings.CutPrefix(err.Error(), "unknown flag: --"); ok {
		var names []string
		flags.VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		if near := diag.Nearest(name, names); near != "" {
			return d.WithHelp("did you mean --%s?", near)
		}
		if settings.Lookup(name) != nil {
			return d.WithHelp("it is a setting without a flag of its own: write -S %s=VALUE", name)
		}
	}
	return d.WithHelp("sluice run --help lists all flags")
}

// collectSettings puts together what logstash.yml, the environment and the command line
// say; the later one wins.
func collectSettings(flags *pflag.FlagSet) (*settings.Settings, diag.List) {
	dir, _ := flags.GetString("path.settings")
	if dir == "" {
		dir = os.Getenv("LS_SETTINGS_DIR")
	}
	if dir != "" {
		if _, err := os.Stat(dir); err != nil {
			return settings.New(), diag.List{diag.New(unreadableSettings, commandLine("--path.settings ", dir), "%v", err)}
		}
	}
	s, list := readSettings(dir, func(s *settings.Settings) diag.List {
		_, list := readEnvironment(flags, s)
		return append(list, readFlags(flags, s)...)
	})
	if list.Err() == nil {
		list.Add(s.Validate()...)
	}
	return s, list
}

// readSettings puts together what logstash.yml in a folder says, which may be missing, and
// what wins over it. The settings know the variables of the keystore and the environment.
func readSettings(dir string, wins func(*settings.Settings) diag.List) (*settings.Settings, diag.List) {
	s, list := settings.New(), diag.List(nil)
	var file *diag.Source
	if dir != "" {
		list.Add(s.Set("path.settings", dir, diag.Span{})...)
		name := filepath.Join(dir, "logstash.yml")
		text, err := os.ReadFile(name)
		switch {
		case err == nil:
			file = diag.NewSource(name, string(text))
		case !os.IsNotExist(err):
			return s, diag.List{diag.New(unreadableSettings, diag.Span{}, "%v", err)}
		}
	}
	variables, mistakes := variablesOf(s, file, wins)
	list.Add(mistakes...)
	s.Variables = variables
	if file != nil {
		list.Add(s.ReadFile(file)...)
	}
	list.Add(wins(s)...)
	return s, list
}

// variablesOf opens the keystore. Where it is can stand in the settings themselves, so
// these are read once before, with variables of the environment only.
func variablesOf(s *settings.Settings, file *diag.Source, wins func(*settings.Settings) diag.List) (secret.Variables, diag.List) {
	first := settings.New()
	first.Variables = os.LookupEnv
	if s.IsSet("path.settings") {
		first.Set("path.settings", s.String("path.settings"), diag.Span{})
	}
	if file != nil {
		first.ReadFile(file)
	}
	wins(first)
	keystore, list := openKeystore(keystoreFile(first))
	return keystore.Or(os.LookupEnv), list
}

func readFlags(flags *pflag.FlagSet, s *settings.Settings) (list diag.List) {
	byFlag := map[string]string{}
	for _, d := range settings.All() {
		if d.Flag != "" {
			byFlag[d.Flag] = d.Name
		}
	}
	for _, f := range oldFlags {
		flag := flags.Lookup(f.name)
		if !flag.Changed || flag.Value.String() == "false" && f.value != "" {
			continue
		}
		value := f.value
		if value == "" {
			value = flag.Value.String()
		}
		list.Add(diag.New(oldFlag, diag.Span{}, "--%s is --%s%s today", f.name, f.setting, strings.TrimRight(" "+f.value, " ")))
		list.Add(s.Set(f.setting, value, commandLine("--"+f.name+" ", value))...)
	}
	flags.Visit(func(f *pflag.Flag) {
		name, ok := byFlag[f.Name]
		if !ok || name == "path.settings" {
			return
		}
		value := f.Value.String()
		if all, ok := f.Value.(pflag.SliceValue); ok {
			value = strings.Join(all.GetSlice(), ",")
		}
		list.Add(s.Set(name, value, commandLine("--"+f.Name+" ", value))...)
	})
	set, _ := flags.GetStringArray("setting")
	return append(list, setOneByOne(s, set)...)
}

// commandLine returns the place of a value on the command line.
func commandLine(before, value string) diag.Span {
	if strings.ContainsRune(value, '\n') {
		return diag.Span{}
	}
	return diag.NewSource("command line", before+value).At(len(before), len(before)+len(value))
}
