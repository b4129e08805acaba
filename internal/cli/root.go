package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"sluice/internal/diag"
)

// Version is what `sluice version` shows. The build sets it.
var Version = "dev"

// exit is an error that only carries an exit code: everything has been said already.
type exit struct{ code int }

func (e exit) Error() string { return fmt.Sprintf("exit code %d", e.code) }

// Main runs the command that the words name and returns the exit code. Called by the
// name logstash, the program is `sluice run`; by the name logstash-keystore, `sluice keystore`.
func Main(args []string) int {
	root := newRoot()
	words := args[1:]
	switch strings.TrimSuffix(filepath.Base(args[0]), ".exe") {
	case "logstash":
		words = append([]string{"run"}, words...)
	case "logstash-keystore":
		words = append([]string{"keystore"}, words...)
	}
	root.SetArgs(words)
	err := root.Execute()
	var code exit
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return code.code
	}
	showError(err)
	return 1
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "sluice",
		Short: "Carries the events of network security sensors to a SIEM",
		Long: `Sluice carries the events of network security sensors (Suricata, Zeek, …) to a SIEM.

  sluice demo            see it all on one machine, within a minute
  sluice run -f FILE     run a Logstash configuration
  sluice sensor run FILE run a sensor
  sluice certs           make certificates for mutual TLS`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(newRunCommand(), newKeystoreCommand(), newSensorCommand(), newInstrumentCommand(), newCertsCommand(), newPluginsCommand(), newDemoCommand(), newFmtCommand(), newGrokCommand(), newLintCommand(), newMigrateCommand(), newRubyCommand(), newTestCommand(), newQueueCommand(), newDLQCommand(), newVersionCommand(), newDocsCommand())
	return root
}

// style returns how diagnostics are printed on a file: in colour on terminals only.
func style(f *os.File) diag.Style {
	if os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return diag.Plain
	}
	if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
		return diag.Color
	}
	return diag.Plain
}

// showError prints an error on stderr; diagnostics with their excerpts.
func showError(err error) {
	var list diag.List
	var one diag.Diagnostic
	switch {
	case errors.As(err, &list):
		fmt.Fprint(os.Stderr, list.Sort().Text(style(os.Stderr)))
	case errors.As(err, &one):
		fmt.Fprint(os.Stderr, diag.List{one}.Text(style(os.Stderr)))
	default:
		fmt.Fprintln(os.Stderr, "sluice:", err)
	}
}
