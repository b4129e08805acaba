package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sluice/internal/diag"
	"sluice/internal/pki"
)

const certsLong = `Make what two machines need for mutual TLS: a CA, a certificate for the server and one
for the client, each with its key, under the file names that the guide's pipelines use.

  ca.crt                   the CA; both sides need it
  ca.key                   makes further certificates; keep it off the sensors
  logstash_server.crt      for the receiver (ssl_certificate)
  logstash_server_pk8.key  its key as PKCS#8 (ssl_key); every program reads this form
  logstash_server.key      the same key as PKCS#1 (RSA) or SEC 1 (EC), for older programs
  logstash_client.crt      for the sender (client_cert, ssl_certificate)
  logstash_client.key      its key (client_key, ssl_key)

Give with --server every name and address that stands in the URLs of the senders; a
client refuses a server by another name. Nothing is ever overwritten. Keys are RSA with
3072 bits, which everything reads; --ec makes smaller and faster ones on the curve P-256.`

const certsExample = `  # all files for the receiver siem.example.net, in ./certs
  sluice certs --dir certs --server siem.example.net --server 10.1.2.3

  # the same, and files.yml to paste into a Log Forwarder
  sluice certs --dir certs --server siem.example.net --files-yml files.yml

  # a second sensor with the same CA, and its files.yml
  sluice certs client sensor-2 --dir certs
  sluice certs files --dir certs --client sensor-2

  # what is wrong with these files, or with that server?
  sluice certs check certs
  sluice certs check siem.example.net:8899 --ca certs/ca.crt --cert certs/logstash_client.crt --key certs/logstash_client.key`

// newCertsCommand is `sluice certs` with its subcommands.
func newCertsCommand() *cobra.Command {
	var r pki.Request
	var days int
	var filesYAML string
	c := &cobra.Command{
		Use:           "certs",
		Short:         "Make and check certificates for mutual TLS",
		Long:          certsLong,
		Example:       certsExample,
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(c *cobra.Command, _ []string) error {
			var err error
			if r.Life, err = lifeOf(days); err != nil {
				return err
			}
			return makeAll(c, r, filesYAML)
		},
	}
	f := c.Flags()
	f.StringVar(&r.Dir, "dir", ".", "folder for the files; made when missing")
	f.StringSliceVar(&r.Servers, "server", nil, "host name or IP address of the server; may be repeated (default this machine's name, localhost, 127.0.0.1, ::1)")
	f.StringVar(&r.Client, "client", pki.DefaultClient, "name in the client's certificate; its files are logstash_client.* all the same")
	f.StringVar(&filesYAML, "files-yml", "", "also write the files.yml of the client to this file, or - for standard output")
	addKeyFlags(c, &r.EC, &days)
	c.AddCommand(newCertsClientCommand(), newCertsServerCommand(), newCertsFilesCommand(), newCertsCheckCommand())
	return c
}

func addKeyFlags(c *cobra.Command, ec *bool, days *int) {
	c.Flags().BoolVar(ec, "ec", false, "make EC keys (P-256) instead of RSA")
	c.Flags().IntVar(days, "days", int(pki.DefaultLife/(24*time.Hour)), "how long the certificates are valid; the CA lives at least ten years")
}

// lifeOf turns --days into a duration, which holds no more than 292 years.
func lifeOf(days int) (time.Duration, error) {
	if days < 1 || days > 36500 {
		return 0, fmt.Errorf("--days %d: give a number from 1 to 36500", days)
	}
	return time.Duration(days) * 24 * time.Hour, nil
}

func makeAll(c *cobra.Command, r pki.Request, filesYAML string) error {
	if len(r.Servers) == 0 {
		r.Servers = thisMachine()
	}
	toFile := filesYAML != "" && filesYAML != "-"
	if toFile {
		if err := pki.RefuseExisting(filesYAML); err != nil {
			return err
		}
	}
	made, err := pki.Create(r)
	if err != nil {
		return err
	}
	out := c.OutOrStdout()
	if filesYAML == "-" {
		out = c.ErrOrStderr() // standard output is for the YAML text alone
	}
	fmt.Fprintf(out, "Made in %s:\n", made.Dir)
	printFiles(out, made)
	if filesYAML != "" {
		text, err := pki.ClientFilesYAML(made.Dir, "")
		if err != nil {
			return err
		}
		if toFile {
			if err := pki.WriteSecret(filesYAML, []byte(text)); err != nil {
				return err
			}
			fmt.Fprintf(out, "  %-24s %s\n", filesYAML, "the client's three files, to paste; holds its key")
		} else if _, err := io.WriteString(c.OutOrStdout(), text); err != nil {
			return err
		}
	}
	in := func(name string) string { return filepath.Join(made.Dir, name) }
	fmt.Fprintf(out, `
What to do next:
  1. Copy %s, %s and %s to the receiver
     (the guide's receiver.conf expects them in /etc/logstash/).
  2. Paste the output of
       sluice certs files --dir %s
     as the files of the Log Forwarder. Its URL has to name one of: %s.
  3. When the receiver runs, look whether the two fit:
       sluice certs check %s --ca %s --cert %s --key %s
Keep %s secret and safe: it makes certificates for further clients
(sluice certs client NAME --dir %s).
`, pki.ServerFile, pki.ServerPKCS8KeyFile, pki.CAFile, made.Dir, strings.Join(r.Servers, ", "),
		net.JoinHostPort(strings.Trim(r.Servers[0], "[]"), "8899"), in(pki.CAFile), in(pki.ClientFile), in(pki.ClientKeyFile), in(pki.CAKeyFile), made.Dir)
	return nil
}

// thisMachine gives the names by which programs on this machine, and its neighbours, find it.
func thisMachine() []string {
	names := []string{"localhost", "127.0.0.1", "::1"}
	if host, err := os.Hostname(); err == nil && host != "" && !slices.Contains(names, host) {
		names = append([]string{host}, names...)
	}
	return names
}

// printFiles lists what was made with the use of each file.
func printFiles(out io.Writer, made *pki.Made) {
	for _, name := range made.Files {
		var what string
		switch {
		case name == pki.CAFile:
			what = fmt.Sprintf("%s, until %s; for both sides", made.CA.Subject.CommonName, day(made.CA.NotAfter))
		case name == pki.CAKeyFile:
			what = "the CA's key; keep it safe, and off the sensors"
		case strings.HasSuffix(name, "_pk8.key"):
			what = "the same key as PKCS#8, which every program reads"
		case strings.HasSuffix(name, ".key") && made.Server != nil && slices.Contains(made.Files, strings.TrimSuffix(name, ".key")+"_pk8.key"):
			what = "its key in the older form, PKCS#1 or SEC 1"
		case strings.HasSuffix(name, ".key"):
			what = "its key, PKCS#8"
		case made.Server != nil && slices.Contains(made.Files, strings.TrimSuffix(name, ".crt")+"_pk8.key"):
			c := made.Server
			names := slices.Clone(c.DNSNames)
			for _, ip := range c.IPAddresses {
				names = append(names, ip.String())
			}
			what = fmt.Sprintf("server %s, until %s", strings.Join(names, ", "), day(c.NotAfter))
		default:
			what = fmt.Sprintf("client %s, until %s", made.Client.Subject.CommonName, day(made.Client.NotAfter))
		}
		fmt.Fprintf(out, "  %-24s %s\n", name, what)
	}
	if made.Trimmed {
		fmt.Fprintf(out, "The CA ends on %s, so nothing it issues is valid for longer.\n", day(made.CA.NotAfter))
	}
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

func newCertsClientCommand() *cobra.Command {
	var r pki.Request
	var days int
	c := &cobra.Command{
		Use:   "client NAME",
		Short: "Make a certificate for one more client with the existing CA",
		Long: `Make NAME.crt and NAME.key with the CA in the folder, so that every sender has a
certificate of its own and the receiver's ca.crt stays as it is.`,
		Example: `  sluice certs client sensor-2 --dir certs
  sluice certs files --dir certs --client sensor-2`,
		Args: cobra.ExactArgs(1), SilenceUsage: true, SilenceErrors: true,
		RunE: func(c *cobra.Command, args []string) error {
			var err error
			if r.Life, err = lifeOf(days); err != nil {
				return err
			}
			r.Client = args[0]
			made, err := pki.AddClient(r)
			if err != nil {
				return err
			}
			out := c.OutOrStdout()
			fmt.Fprintf(out, "Made in %s:\n", made.Dir)
			printFiles(out, made)
			fmt.Fprintf(out, "\nPaste the output of this as the files of its Log Forwarder:\n  sluice certs files --dir %s --client %s\n", made.Dir, r.Client)
			return nil
		},
	}
	c.Flags().StringVar(&r.Dir, "dir", ".", "folder with ca.crt and ca.key")
	addKeyFlags(c, &r.EC, &days)
	return c
}

func newCertsServerCommand() *cobra.Command {
	var r pki.Request
	var days int
	var out string
	c := &cobra.Command{
		Use:   "server NAME...",
		Short: "Make a certificate for one more server, or a newer one, with the existing CA",
		Long: `Make a server certificate with the CA in the folder: for a second receiver, or in place
of one that expires. The names are those that clients use. The files are named after the
first name unless --out says otherwise.

A receiver that finds the new certificate and key in the place of the old ones uses them
for new connections within a second, without a restart.`,
		Example: `  sluice certs server receiver-2.example.net 10.1.2.4 --dir certs
  sluice certs server siem.example.net --dir certs --out logstash_server_2028`,
		Args: cobra.MinimumNArgs(1), SilenceUsage: true, SilenceErrors: true,
		RunE: func(c *cobra.Command, args []string) error {
			var err error
			if r.Life, err = lifeOf(days); err != nil {
				return err
			}
			r.Servers = args
			if out == "" {
				out = args[0]
			}
			made, err := pki.AddServer(r, out)
			if err != nil {
				return err
			}
			fmt.Fprintf(c.OutOrStdout(), "Made in %s:\n", made.Dir)
			printFiles(c.OutOrStdout(), made)
			fmt.Fprintf(c.OutOrStdout(), "\nCopy %s.crt and %s_pk8.key to the server (ssl_certificate, ssl_key).\n", out, out)
			return nil
		},
	}
	c.Flags().StringVar(&r.Dir, "dir", ".", "folder with ca.crt and ca.key")
	c.Flags().StringVar(&out, "out", "", "names the files OUT.crt, OUT.key and OUT_pk8.key")
	addKeyFlags(c, &r.EC, &days)
	return c
}

func newCertsFilesCommand() *cobra.Command {
	var dir, client string
	c := &cobra.Command{
		Use:   "files",
		Short: "Print files.yml, ready to paste",
		Long: `Print a client's certificate, its key and the CA as files.yml, with the indentation that
is needed, to paste into the files of a Log Forwarder. In it the files are always named
logstash_client.crt, logstash_client.key and ca.crt, as the guide's pipelines expect them.

The output holds a private key.`,
		Example: `  sluice certs files --dir certs
  sluice certs files --dir certs --client sensor-2 > files.yml`,
		Args: cobra.NoArgs, SilenceUsage: true, SilenceErrors: true,
		RunE: func(c *cobra.Command, _ []string) error {
			text, err := pki.ClientFilesYAML(dir, client)
			if err != nil {
				return err
			}
			_, err = io.WriteString(c.OutOrStdout(), text)
			return err
		},
	}
	c.Flags().StringVar(&dir, "dir", ".", "folder with the files")
	c.Flags().StringVar(&client, "client", pki.DefaultClient, "the client, as given to `sluice certs client NAME`")
	return c
}

func newCertsCheckCommand() *cobra.Command {
	var t pki.Target
	var passphraseFile string
	c := &cobra.Command{
		Use:   "check PATH...|HOST:PORT...",
		Short: "Say in words what is wrong with certificates or with a TLS server",
		Long: `Look at files, a folder of files, or a running TLS server, and tell what is there and
what is wrong, each with what to do: expired or not yet valid, a key that does not fit, a
wrong CA (whose it is, and which was given), a wrong name (and which names there are), a
client certificate that the server demands or refuses, a port that does not speak TLS.

A server gets nothing but a TLS handshake. The exit status is 1 when something is wrong;
warnings do not count.`,
		Example: `  sluice certs check certs
  sluice certs check logstash_server.crt logstash_server_pk8.key ca.crt
  sluice certs check siem.example.net:8899 --ca ca.crt --cert logstash_client.crt --key logstash_client.key
  sluice certs check 10.1.2.3:8899 --ca ca.crt --server-name siem.example.net`,
		Args: cobra.MinimumNArgs(1), SilenceUsage: true, SilenceErrors: true,
		RunE: func(c *cobra.Command, args []string) error {
			if passphraseFile != "" {
				passphrase, err := firstLine(passphraseFile)
				if err != nil {
					return err
				}
				t.KeyPassphrase = passphrase
			}
			return check(c.Context(), c.OutOrStdout(), t, args)
		},
	}
	f := c.Flags()
	f.StringVar(&t.CA, "ca", "", "CA file to check against (for a server: default the CAs of this system)")
	f.StringVar(&t.Certificate, "cert", "", "client certificate to show to the server, or one more file to check")
	f.StringVar(&t.Key, "key", "", "its key")
	f.StringVar(&t.ServerName, "server-name", "", "name to expect in the server's certificate (default HOST)")
	f.StringVar(&passphraseFile, "passphrase-file", "", "file whose first line is the passphrase of the keys")
	return c
}

func firstLine(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("read the passphrase: %w", err)
	}
	defer f.Close()
	line, err := bufio.NewReader(io.LimitReader(f, 4096)).ReadString('\n')
	if err != nil && err != io.EOF {
		return "", fmt.Errorf("read the passphrase: %w", err)
	}
	return strings.TrimRight(line, "\r\n"), nil
}

func check(ctx context.Context, out io.Writer, t pki.Target, args []string) error {
	if ctx == nil {
		ctx = context.Background()
	}
	var paths []string
	errors := 0
	show := func(title string, r pki.Report) {
		fmt.Fprintf(out, "%s\n", title)
		for line := range strings.Lines(r.Text(diag.Plain)) {
			if line != "\n" {
				fmt.Fprint(out, "  ")
			}
			fmt.Fprint(out, line)
		}
		if len(r.Findings) == 0 {
			fmt.Fprintln(out, "  nothing is wrong")
		}
		for _, d := range r.Findings {
			if d.Code.Severity == diag.Error {
				errors++
			}
		}
	}
	servers := 0
	for _, arg := range args {
		if !isServer(arg) {
			paths = append(paths, arg)
			continue
		}
		servers++
		t.Address = arg
		show(arg, pki.CheckServer(ctx, t))
	}
	if len(paths) > 0 {
		title := strings.Join(paths, ", ")
		if servers == 0 {
			for _, path := range []string{t.Certificate, t.Key, t.CA} {
				if path != "" && !slices.Contains(paths, path) {
					paths = append(paths, path)
				}
			}
		}
		show(title, pki.CheckPaths(paths, t.KeyPassphrase, time.Time{}))
	}
	switch errors {
	case 0:
		return nil
	case 1:
		return fmt.Errorf("1 problem found")
	}
	return fmt.Errorf("%d problems found", errors)
}

// isServer tells a HOST:PORT from a path.
func isServer(arg string) bool {
	if _, err := os.Lstat(arg); err == nil {
		return false
	}
	host, port, err := net.SplitHostPort(arg)
	if err != nil || host == "" || strings.ContainsAny(host, `/\`) {
		return false
	}
	_, err = strconv.ParseUint(port, 10, 16)
	return err == nil
}
