package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"sluice/internal/diag"
	"sluice/internal/health"
	"sluice/internal/instrument"
	"sluice/internal/sensor"
)

const sensorLong = `A sensor hosts Instruments, keeps the history of their events, and feeds event
subscriptions. One YAML file says all of it:

  name: testsensor
  data: /var/lib/sluice/testsensor   # a folder; relative paths count from this file
  history:                           # may be left out
    max_age: 7d
    max_bytes: 1gb
    min_free: 256mb                  # of the disk, left to others
  stats_interval: 10s
  instruments:
    - kind: replay                   # plays recorded Suricata EVE and Zeek logs
      files: [eve.json.gz, zeek/]
      rate: 500                      # events a second; 0 is as fast as possible
      loop: true
    - kind: logforwarder             # runs Logstash pipelines
      subscriptions: subscription.yml
      pipelines: pipelines.yml
      files: files.yml

subscriptions, pipelines and files are the path of a file, or the text itself after a |.
A Log Forwarder may have access: {paths: {…}, hosts: {…}}, which shows its pipelines other
folders and hosts than they name.`

// newSensorCommand is `sluice sensor` with its subcommands.
func newSensorCommand() *cobra.Command {
	c := &cobra.Command{
		Use:           "sensor",
		Short:         "Run a sensor: Instruments, event history, event subscriptions",
		Long:          sensorLong,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newSensorRunCommand(), newSensorCheckCommand(), newSensorStatusCommand(), newSensorEventsCommand())
	return c
}

func newSensorRunCommand() *cobra.Command {
	var level, format string
	c := &cobra.Command{
		Use:   "run FILE",
		Short: "Run a sensor until SIGTERM or ^C",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if _, known := levels[level]; !known {
				return fmt.Errorf("--log.level %s: give trace, debug, info, warn, error or fatal", level)
			}
			return runSensor(args[0], newLogger(os.Stderr, level, format))
		},
	}
	c.Flags().StringVar(&level, "log.level", "info", "how much is logged: trace, debug, info, warn, error, fatal")
	c.Flags().StringVar(&format, "log.format", "plain", "plain or json")
	return c
}

func runSensor(file string, log *slog.Logger) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	config, list, err := sensor.ReadFile(file)
	if err != nil {
		return err
	}
	if sensor.Blocking(list).Err() != nil {
		return list
	}
	if len(list) > 0 {
		fmt.Fprint(os.Stderr, list.Sort().Text(style(os.Stderr)))
	}
	s, err := sensor.Open(ctx, config, sensor.Options{Log: log})
	if err != nil {
		return err
	}
	return s.Run(ctx)
}

func newSensorCheckCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check FILE",
		Short: "Check a sensor's file and all it names: queries, pipelines, certificates, ports",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			config, list, err := sensor.ReadFile(args[0])
			if err != nil {
				return err
			}
			if list.Err() != nil {
				return list
			}
			fmt.Fprint(os.Stderr, list.Sort().Text(style(os.Stderr)))
			fmt.Fprintf(c.OutOrStdout(), "%s: the sensor %s with %d Instruments is in order\n", args[0], config.Name, len(config.Instruments))
			return nil
		},
	}
}

func newSensorStatusCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "status FILE",
		Short: "Tell how a running sensor is",
		Long:  "Tells how a running sensor is. FILE is the sensor's file, or its data folder.",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			folder, err := sensor.DataFolder(args[0])
			if err != nil {
				return err
			}
			s, err := sensor.NewClient(folder).Status(c.Context())
			if err != nil {
				return err
			}
			if asJSON {
				e := json.NewEncoder(c.OutOrStdout())
				e.SetIndent("", "  ")
				return e.Encode(s)
			}
			printStatus(c.OutOrStdout(), s, style(os.Stdout) == diag.Color)
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print everything as one JSON object")
	return c
}

// printStatus prints a sensor's status for people.
func printStatus(w io.Writer, s sensor.Status, color bool) {
	fmt.Fprintf(w, "%s  %s  up %s\n", s.Name, severity(s.Status, color), since(s.Started))
	fmt.Fprintf(w, "history: %d events (%d to %d), %s\n", s.History.Events, s.History.First, s.History.Next-1, size(s.History.Bytes))
	for _, i := range s.Instruments {
		fmt.Fprintf(w, "\n%s  %s  %s", i.Name, severity(i.Status, color), i.State)
		if i.Restarts > 0 {
			fmt.Fprintf(w, ", %d restarts", i.Restarts)
		}
		fmt.Fprintln(w)
		for _, e := range s.Events {
			if e.Instrument == i.Name {
				fmt.Fprintf(w, "  %d × %s\n", e.Count, e.Type)
			}
		}
		for _, x := range s.Subscriptions {
			if x.Instrument == i.Name {
				fmt.Fprintf(w, "  subscription %s → %s: %d delivered, %d waiting\n", x.ID, x.Address, x.Delivered, x.Waiting)
			}
		}
		printPipelines(w, i)
		for _, c := range i.Conditions {
			fmt.Fprintf(w, "  %s  %s (%s, for %s)\n    %s\n    %s\n", severity(c.Severity, color), c.Title, c.Subject, since(c.Since), oneLine(c.Cause), c.Next)
		}
	}
	for _, c := range s.Conditions {
		if c.Subject == "history" || strings.HasPrefix(c.Code, "history-") {
			fmt.Fprintf(w, "\n%s  %s (for %s)\n  %s\n  %s\n", severity(c.Severity, color), c.Title, since(c.Since), oneLine(c.Cause), c.Next)
		}
	}
}

// printPipelines prints what the pipelines of a Log Forwarder have made of their events.
func printPipelines(w io.Writer, i sensor.InstrumentStatus) {
	var d instrument.ForwarderDetails
	if json.Unmarshal(i.Details, &d) != nil {
		return // of another kind
	}
	for _, p := range d.Pipelines {
		fmt.Fprintf(w, "  pipeline %s: %d in, %d delivered, %d queued, %d in the dead letter queue\n", p.ID, p.Ledger.In, p.Ledger.Out, p.Queued, p.Ledger.DeadLettered)
	}
}

func severity(s health.Severity, color bool) string {
	if !color {
		return s.String()
	}
	return map[health.Severity]string{health.OK: "\x1b[32m", health.Warning: "\x1b[33m", health.Error: "\x1b[31m"}[s] + s.String() + "\x1b[0m"
}

func since(t time.Time) string { return time.Since(t).Round(time.Second).String() }

func size(n int64) string {
	units := []string{"bytes", "KiB", "MiB", "GiB", "TiB"}
	f := float64(n)
	for f >= 1024 && len(units) > 1 {
		f, units = f/1024, units[1:]
	}
	if units[0] == "bytes" {
		return fmt.Sprintf("%d bytes", n)
	}
	return fmt.Sprintf("%.1f %s", f, units[0])
}

func newSensorEventsCommand() *cobra.Command {
	var follow bool
	var n int
	c := &cobra.Command{
		Use:   "events FILE",
		Short: "Show the newest events of a running sensor, one JSON object a line",
		Long:  "Shows the newest events of a running sensor, one JSON object a line, the oldest first. FILE is\nthe sensor's file, or its data folder.",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			folder, err := sensor.DataFolder(args[0])
			if err != nil {
				return err
			}
			ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
			defer stop()
			out := c.OutOrStdout()
			return sensor.NewClient(folder).Events(ctx, n, follow, func(event []byte) error {
				_, err := out.Write(append(event[:len(event):len(event)], '\n'))
				return err
			})
		},
	}
	c.Flags().BoolVarP(&follow, "follow", "f", false, "go on with events as they come")
	c.Flags().IntVarP(&n, "number", "n", 20, "how many of the newest events; a sensor has the last thousand in memory")
	return c
}

// newInstrumentCommand is the process of an Instrument, which a sensor starts.
func newInstrumentCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "instrument KIND",
		Short:  "The process of an Instrument; a sensor starts it",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
			defer stop()
			// The sensor reads this and writes it into its own log, at its own level.
			log := slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: levels["debug"]}))
			err := instrument.Main(ctx, log)
			if err != nil {
				log.Error(err.Error())
				return exit{1}
			}
			return nil
		},
	}
}
