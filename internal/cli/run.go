package cli

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

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
the program at once. SIGHUP takes over a configuration that has changed.

The exit code is 0 when every pipeline has ended in good order, and 1 otherwise.`,
		Example: `  sluice run -e 'input { stdin { } } output { stdout { } }'
  sluice run -f /etc/logstash/conf.d
  sluice run --path.settings /etc/logstash
  sluice run -t -f pipeline.conf        check only
  sluice run -t --probe -f pipeline.conf    check, and connect to everything`,
		Args: cobra.NoArgs,
	}
	addSettingFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if version, _ := cmd.Flags().GetBool("version"); version {
			fmt.Fprintf(cmd.OutOrStdout(), "logstash %s (sluice %s)\n", engine.LogstashVersion, Version)
			return nil
		}
		report := &reporter{out: cmd.ErrOrStderr(), style: style(os.Stderr)}
		switch format, _ := cmd.Flags().GetString("error.format"); format {
		case "json":
			report.json = true
		case "text":
		default:
			return diag.New(badFlag, commandLine("--error.format ", format), "found %q; it can be text or json", format)
		}
		s, list := collectSettings(cmd.Flags())
		if list.Err() != nil {
			return report.fail(list, "Your settings are invalid.")
		}
		p := &program{settings: s, report: report}
		p.fromEnvironment, _ = readEnvironment(cmd.Flags(), settings.New())
		if p.probe, _ = cmd.Flags().GetBool("probe"); p.probe && !s.Bool("config.test_and_exit") {
			return diag.New(badFlag, commandLine("", "--probe"), "--probe without -t").WithHelp("--probe belongs to the check of a configuration: sluice run -t --probe")
		}
		return p.run(list)
	}
	return cmd
}

// reporter shows mistakes.
type reporter struct {
	out   io.Writer
	style diag.Style
	json  bool
}

func (r *reporter) show(list diag.List) {
	list = list.Sort()
	if !r.json {
		fmt.Fprint(r.out, list.Text(r.style))
		return
	}
	for _, d := range list {
		text, err := d.MarshalJSON()
		if err != nil {
			continue // a diagnostic is made of texts and numbers only
		}
		r.out.Write(append(text, '\n'))
	}
}

// fail shows what keeps the program from running, with the words that people look for
// in Logstash's log, and returns the exit code.
func (r *reporter) fail(err error, words string) error {
	var list diag.List
	list.AddError(cannotRun, diag.Span{}, err)
	r.show(list)
	if words != "" && !r.json {
		errs := 0
		for _, d := range list {
			if d.Code.Severity == diag.Error {
				errs++
			}
		}
		fmt.Fprintf(r.out, "%s Reason: %s above\n", words, plural(errs, "error"))
	}
	return exit{1}
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

var (
	cannotRun = diag.Define("SL9004", diag.Error, "the program cannot run",
		"The message says why: a folder that cannot be written, a port that is in use.")
	superuser = diag.Define("SL9005", diag.Error, "the program may not run as root",
		"allow_superuser is false. Run it as another user, or set allow_superuser: true.")
	reloadOfText = diag.Define("SL9006", diag.Error, "a configuration from the command line cannot be reloaded",
		"-r looks at files again and again; -e gives a text that cannot change. Leave one of them out.")
	ignoredPipelines = diag.Define("SL3028", diag.Warning, "pipelines.yml is ignored",
		"-e and -f give the one pipeline to run. Without them, the pipelines in pipelines.yml run.")
)

// program is one `sluice run`.
type program struct {
	settings *settings.Settings
	report   *reporter
	log      *slog.Logger
	levels   *logLevels
	node     node
	access   plugin.Access

	fromEnvironment []string // variables that give settings
	probe           bool     // with -t: connect, too
}

func (p *program) run(warnings diag.List) error {
	s := p.settings
	list, err := p.conflicts()
	if err != nil {
		return p.report.fail(err, "")
	}
	warnings.Add(list...)
	if p.access, err = readAccess(s); err != nil {
		return p.report.fail(err, "")
	}
	pipelines, list := engine.Load(s, p.access)
	keepGoing := s.Bool("config.reload.automatic") && !s.Bool("config.test_and_exit")
	if list.Err() != nil {
		if pipelines == nil {
			return p.report.fail(list, "")
		}
		if !keepGoing {
			return p.report.fail(append(list, p.checkReadable(pipelines)...), "The given configuration is invalid.")
		}
		pipelines = nil // it is read again after config.reload.interval
	}
	out, err := p.openLog()
	if err != nil {
		return p.report.fail(err, "")
	}
	defer out.close()
	e, mistakes := engine.New(pipelines, engine.Options{
		Log: p.log, DataDir: dataDir(s), Access: p.access, Variables: s.Variables, KeepGoing: keepGoing,
	})
	list = append(append(warnings, list...), mistakes...)
	if e == nil {
		return p.report.fail(list, "The given configuration is invalid.")
	}
	if len(list) > 0 && (list.Err() != nil || p.log.Enabled(context.Background(), levels["warn"])) {
		p.report.show(list)
	}
	if s.Bool("config.test_and_exit") {
		if p.probe {
			if err := p.report.probed(os.Stdout, e.Probe(context.Background())); err != nil {
				return err
			}
		}
		fmt.Println("Configuration OK")
		return nil
	}
	p.debugConfiguration(pipelines)
	release, err := p.openData(pipelines)
	if err != nil {
		return p.report.fail(err, "")
	}
	defer release()
	return p.runEngine(e)
}

// checkReadable compiles the pipelines whose texts could be read, so that their mistakes
// show together with those of the texts that name them.
func (p *program) checkReadable(pipelines []engine.Pipeline) diag.List {
	pipelines = slices.DeleteFunc(pipelines, func(p engine.Pipeline) bool { return len(p.Sources) == 0 })
	return engine.Check(pipelines, engine.Options{Log: slog.New(slog.DiscardHandler), DataDir: dataDir(p.settings), Access: p.access, Variables: p.settings.Variables})
}

// conflicts tells what on the command line does not go together.
func (p *program) conflicts() (warnings diag.List, err error) {
	s := p.settings
	if !s.Bool("allow_superuser") && os.Geteuid() == 0 {
		return nil, diag.New(superuser, s.At("allow_superuser"), "Logstash cannot be run as superuser.").
			WithHelp("run it as another user, or set allow_superuser: true")
	}
	given := s.IsSet("config.string") || s.IsSet("path.config")
	if s.IsSet("config.string") && s.Bool("config.reload.automatic") {
		return nil, diag.New(reloadOfText, s.At("config.reload.automatic"), "Configuration reloading can't be used with 'config.string' (-e).").
			WithHelp("leave -r out, or put the configuration into a file and give it with -f")
	}
	if given && s.IsSet("path.settings") {
		file := filepath.Join(s.String("path.settings"), "pipelines.yml")
		if info, err := os.Stat(file); err == nil && info.Size() > 0 {
			warnings.Add(diag.New(ignoredPipelines, diag.Span{}, "Ignoring the 'pipelines.yml' file because modules or command line options are specified"))
		}
	}
	return warnings, nil
}

// openLog makes the logger of the run.
func (p *program) openLog() (*logWriter, error) {
	s := p.settings
	out := &logWriter{screen: os.Stderr, dir: s.String("path.logs"), name: "logstash-" + s.String("log.format"), separate: s.Bool("pipeline.separate_logs")}
	if out.dir != "" && !s.Bool("config.test_and_exit") {
		if err := os.MkdirAll(out.dir, 0o750); err != nil {
			return nil, diag.New(cannotRun, s.At("path.logs"), "path.logs: %v", err)
		}
	}
	p.levels = newLogLevels(s.String("log.level"))
	for _, level := range []string{"warn", "info", "debug", "trace"} {
		if s.Duration("slowlog.threshold."+level) >= 0 { // what is slow is told whatever log.level is
			p.levels.keep("slowlog", levels["trace"])
		}
	}
	p.log = slog.New(newLogHandler(out, p.levels, s.String("log.format")))
	return out, nil
}

// runEngine runs the pipelines with all that is around them: the monitoring API,
// reloading, signals.
func (p *program) runEngine(e *engine.Engine) error {
	s, log := p.settings, p.log.With(loggerKey, "logstash.runner")
	if len(p.fromEnvironment) > 0 {
		log.Info("Settings are taken from the environment", "variables", strings.Join(p.fromEnvironment, " "))
	}
	log.Info("Starting Logstash", "logstash.version", engine.LogstashVersion, "sluice.version", Version)
	stop, abort, release := signalled(log, s.Bool("pipeline.unsafe_shutdown"))
	defer release()
	if s.Bool("api.enabled") {
		api, err := engine.ServeAPI(e, s, p.apiOptions())
		switch {
		case err == nil:
			defer api.Close()
		case asked(s):
			return p.report.fail(err, "")
		default: // events matter more than numbers about them
			log.Warn("there is no monitoring API", "reason", err.Error())
		}
	}
	reloads := p.reload(stop, e)
	err := e.Run(stop, abort)
	<-reloads()
	if err != nil {
		return p.report.fail(err, "")
	}
	for _, r := range e.Status() {
		log.Info("Pipeline ledger", pipelineKey, r.ID, "in", r.Ledger.In, "made", r.Ledger.Made, "out", r.Ledger.Out,
			"dead_lettered", r.Ledger.DeadLettered, "dropped", r.Ledger.Dropped, "queued", r.Queue.Events, "waiting", r.Ledger.Waiting, "lost", r.Ledger.Lost)
		logAccount(log, r)
	}
	log.Info("Logstash shut down.")
	if abort.Err() != nil && !s.Bool("pipeline.unsafe_shutdown") {
		return exit{1}
	}
	return nil
}

// asked tells whether somebody has said how he wants the monitoring API.
func asked(s *settings.Settings) bool {
	for _, name := range []string{"api.enabled", "api.http.host", "api.http.port", "api.ssl.enabled"} {
		if s.IsSet(name) {
			return true
		}
	}
	return false
}

func (p *program) apiOptions() engine.APIOptions {
	s := p.settings
	return engine.APIOptions{
		Log: p.log, Levels: p.levels, Version: Version, NodeID: p.node.id, NodeName: p.node.name,
		Reload: s.Bool("config.reload.automatic"), ReloadInterval: s.Duration("config.reload.interval"),
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

// logAccount tells the account that goes on over restarts, and whether it adds up.
func logAccount(log *slog.Logger, r engine.PipelineStatus) {
	a := r.Account
	if a.Since.IsZero() {
		return // it has not come to a start
	}
	log.Info("Pipeline account", pipelineKey, r.ID, "since", a.Since.Format(time.RFC3339), "in", a.In, "made", a.Made, "out", a.Out,
		"dead_lettered", a.DeadLettered, "dropped", a.Dropped, "queued", a.Queued, "spilled", a.Spilled, "lost", a.Lost)
	if err := a.Check(); err != nil {
		log.Error("the account of a pipeline does not add up", pipelineKey, r.ID, "reason", err.Error())
	}
}
