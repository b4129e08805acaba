package cli

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sluice/internal/diag"
	"sluice/internal/engine"
	"sluice/internal/plugin"
	"sluice/internal/settings"

	// All plugins.
	_ "sluice/internal/plugin/codec"
	_ "sluice/internal/plugin/filter"
	_ "sluice/internal/plugin/input"
	_ "sluice/internal/plugin/output"
)

func newRunCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run Logstash pipelines",
		Long: `Runs Logstash pipelines: the same configuration language, settings files and flags.

Events go to standard output only where a pipeline says so; messages go to standard error.
A first interrupt (^C) or SIGTERM ends the pipelines in good order; a second interrupt ends
the program at once.`,
		Example: `  sluice run -e 'input { stdin { } } output { stdout { } }'
  sluice run -f /etc/logstash/conf.d
  sluice run --path.settings /etc/logstash
  sluice run -t -f pipeline.conf        check only`,
		Args: cobra.NoArgs,
	}
	flags := cmd.Flags()
	for _, d := range settings.All() {
		if d.Flag == "" {
			continue
		}
		usage := d.Doc
		if d.Type == settings.Bool {
			flags.BoolP(d.Flag, d.Short, d.Default == "true", usage)
		} else {
			flags.StringP(d.Flag, d.Short, d.Default, usage)
		}
	}
	set := flags.StringArrayP("setting", "S", nil, "Any setting, as name=value; can be repeated")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		s, list := collectSettings(cmd.Flags(), *set)
		if list.Err() != nil {
			return list
		}
		return run(s, list)
	}
	return cmd
}

// collectSettings puts together what logstash.yml and the command line say; the command
// line wins.
func collectSettings(flags *pflag.FlagSet, set []string) (*settings.Settings, diag.List) {
	s, list := settings.New(), diag.List(nil)
	dir, _ := flags.GetString("path.settings")
	if dir == "" {
		dir = os.Getenv("LS_SETTINGS_DIR")
	}
	if dir != "" {
		list.Add(s.Set("path.settings", dir, diag.Span{})...)
		file := filepath.Join(dir, "logstash.yml")
		if text, err := os.ReadFile(file); err == nil {
			list.Add(s.ReadFile(diag.NewSource(file, string(text)))...)
		} else if !os.IsNotExist(err) {
			return nil, diag.List{diag.New(unreadableSettings, diag.Span{}, "%v", err)}
		}
	}
	flags.Visit(func(f *pflag.Flag) {
		if settings.Lookup(f.Name) != nil && f.Name != "path.settings" {
			list.Add(s.Set(f.Name, f.Value.String(), commandLine("--"+f.Name+" ", f.Value.String()))...)
		}
	})
	for _, text := range set {
		name, value, ok := strings.Cut(text, "=")
		if !ok {
			list.Add(diag.New(badFlag, commandLine("-S ", text), "found %q where name=value was expected", text))
			continue
		}
		list.Add(s.Set(strings.TrimSpace(name), value, commandLine("-S "+name+"=", value))...)
	}
	return s, list
}

// commandLine returns the place of a value on the command line.
func commandLine(before, value string) diag.Span {
	if strings.ContainsRune(value, '\n') {
		return diag.Span{}
	}
	return diag.NewSource("command line", before+value).At(len(before), len(before)+len(value))
}

var (
	badFlag = diag.Define("SL9001", diag.Error, "the command line cannot be understood",
		"`--help` shows what can be written.")
	unreadableSettings = diag.Define("SL3024", diag.Error, "logstash.yml cannot be read",
		"The file is there, but this user may not read it.")
)

func run(s *settings.Settings, warnings diag.List) error {
	log := newLogger(os.Stderr, s.String("log.level"), s.String("log.format"))
	pipelines, list := engine.Load(s)
	if list.Err() != nil {
		return list
	}
	access, err := readAccess(s)
	if err != nil {
		return err
	}
	opts := engine.Options{Log: log, DataDir: dataDir(s), Access: access}
	e, mistakes := engine.New(pipelines, opts)
	list = append(append(warnings, list...), mistakes...)
	if list.Err() != nil {
		return list
	}
	if len(list) > 0 && log.Enabled(context.Background(), levels["warn"]) {
		fmt.Fprint(os.Stderr, list.Sort().Text(style(os.Stderr)))
	}
	if s.Bool("config.test_and_exit") {
		fmt.Println("Configuration OK")
		return nil
	}
	stop, abort, release := untilSignalled(s.Bool("pipeline.unsafe_shutdown"))
	defer release()
	if err := e.Run(stop, abort); err != nil {
		return err
	}
	for _, p := range e.Status() {
		log.Info("Pipeline ledger", "pipeline.id", p.ID, "in", p.Ledger.In, "made", p.Ledger.Made, "out", p.Ledger.Out,
			"dead_lettered", p.Ledger.DeadLettered, "dropped", p.Ledger.Dropped, "queued", p.Queue.Events, "lost", p.Ledger.Lost)
	}
	return nil
}

// untilSignalled returns a context that ends with the first signal to stop, and one that
// ends with the second, or with the first where it is to end at once.
func untilSignalled(atOnce bool) (stop, abort context.Context, release func()) {
	stop, stopNow := context.WithCancel(context.Background())
	abort, abortNow := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		if _, ok := <-signals; !ok {
			return
		}
		stopNow()
		if atOnce {
			abortNow()
		}
		if _, ok := <-signals; !ok {
			return
		}
		abortNow()
		// A plugin that does not obey cannot keep the program.
		time.AfterFunc(2*time.Second, func() { os.Exit(1) })
	}()
	return stop, abort, func() {
		signal.Stop(signals)
		close(signals)
		stopNow()
		abortNow()
	}
}

// dataDir returns the folder for everything that is kept.
func dataDir(s *settings.Settings) string {
	if s.IsSet("path.data") {
		return s.String("path.data")
	}
	if os.Geteuid() == 0 {
		return "/var/lib/sluice"
	}
	if dir := os.Getenv("XDG_STATE_HOME"); dir != "" {
		return filepath.Join(dir, "sluice")
	}
	if home, err := os.UserHomeDir(); err == nil {
		return filepath.Join(home, ".local", "state", "sluice")
	}
	return "data"
}

// readAccess reads access.paths and access.hosts.
func readAccess(s *settings.Settings) (plugin.Access, error) {
	a := plugin.Access{Paths: map[string]string{}, Hosts: map[string]string{}}
	for name, m := range map[string]map[string]string{"access.paths": a.Paths, "access.hosts": a.Hosts} {
		for _, text := range s.Strings(name) {
			from, to, ok := strings.Cut(text, "=")
			if !ok || from == "" || to == "" {
				return a, diag.New(badFlag, s.At(name), "%s: found %q where from=to was expected", name, text)
			}
			m[from] = to
		}
	}
	return a, nil
}
