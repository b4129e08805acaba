package cli

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"sluice/internal/demo"
	"sluice/internal/diag"
)

func newDemoCommand() *cobra.Command {
	var o demo.Options
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "See it all on one machine, within a minute",
		Long: `Shows everything on this machine: makes certificates, starts a sensor that plays logs and a
receiver beside the SIEM, sends the events from one to the other over mutual TLS, and shows
what arrives. Nothing is changed outside of its folder.`,
		Example: `  sluice demo
  sluice demo --eve /var/log/suricata/eve.json --rate 1000
  sluice demo --zeek /opt/zeek/logs/current --elasticsearch http://localhost:9200
  sluice demo --once --dir ./demo        play once, print a ledger, keep everything`,
		Args: cobra.NoArgs,
	}
	f := cmd.Flags()
	f.StringVar(&o.Dir, "dir", "", "An empty or new folder for all that is made, which is kept (default: a temporary one)")
	f.StringVar(&o.EVE, "eve", "", "A Suricata EVE log to play, .gz too")
	f.StringVar(&o.Zeek, "zeek", "", "A folder of Zeek logs to play, JSON or Zeek's own format")
	f.StringVar(&o.Texts, "config", "", "A folder with subscription.yml, pipelines.yml, receiver.conf and filter.conf to run in place of the demo's own")
	f.StringVar(&o.Elasticsearch, "elasticsearch", "", "URL of an Elasticsearch or OpenSearch to index into (default: a small stand-in that writes files)")
	f.BoolVar(&o.Once, "once", false, "Play the logs once, wait until everything is delivered, print the ledger as JSON")
	f.IntVar(&o.Rate, "rate", 100, "Events a second; 0 is as fast as they are taken, which is what --once does")
	f.IntVar(&o.Records, "records", 1000, "How many Suricata records to make up when no logs are given")
	f.BoolVar(&o.EC, "ec", false, "Elliptic curve keys in place of RSA")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		program, err := os.Executable()
		if err != nil {
			return err
		}
		o.Program = program
		if o.Once && !cmd.Flags().Changed("rate") {
			o.Rate = 0
		}
		stop, _, release := untilSignalled(false)
		defer release()
		screen := &demo.Screen{Out: os.Stdout, Terminal: style(os.Stdout) == diag.Color, Quiet: o.Once}
		l, err := demo.Run(stop, o, screen)
		if o.Once {
			if text, e := json.Marshal(l); e == nil {
				defer fmt.Println(string(text))
			}
		} else if err == nil {
			fmt.Println(l.Summary())
		}
		if err != nil {
			showError(err)
			return exit{1}
		}
		if o.Once && !l.Balanced() {
			return exit{1}
		}
		return nil
	}
	return cmd
}
