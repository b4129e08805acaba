package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"sluice/internal/diag"
	"sluice/internal/secret"
	"sluice/internal/settings"
)

// keystorePass is the environment variable with the keystore's password, as in Logstash.
const keystorePass = "LOGSTASH_KEYSTORE_PASS"

var (
	badKeystore = diag.Define("SL3025", diag.Error, "the keystore cannot be used",
		"The keystore holds values for `${NAME}`. Its password is taken from the environment variable LOGSTASH_KEYSTORE_PASS.")
	foreignKeystore = diag.Define("SL3026", diag.Warning, "Logstash's own keystore is not read",
		"logstash.keystore is a Java keystore. Its entries are needed in sluice.keystore: `bin/logstash-keystore list` shows the names, "+
			"`sluice keystore create` and `sluice keystore add NAME` make the new one.")
	badKey = diag.Define("SL9002", diag.Error, "this cannot be the name of a secret",
		"A name has letters, digits, _ and dots, and does not start with a digit: it stands as `${NAME}` in configurations.")
)

// keystoreFile returns where the keystore is: keystore.file, or sluice.keystore in
// path.settings; "" when neither is known.
func keystoreFile(s *settings.Settings) string {
	if s.IsSet("keystore.file") {
		return s.String("keystore.file")
	}
	if s.IsSet("path.settings") {
		return filepath.Join(s.String("path.settings"), "sluice.keystore")
	}
	return ""
}

// openKeystore returns the variables of the keystore, nil where there is none.
func openKeystore(file string) (secret.Variables, diag.List) {
	if file == "" {
		return nil, nil
	}
	k, err := secret.OpenKeystore(file, os.Getenv(keystorePass))
	switch {
	case errors.Is(err, secret.ErrNoKeystore):
		foreign := filepath.Join(filepath.Dir(file), "logstash.keystore")
		if _, err := os.Stat(foreign); err == nil {
			return nil, diag.List{diag.New(foreignKeystore, diag.Span{}, "%s is not read", foreign).
				WithHelp("copy its entries: bin/logstash-keystore list shows their names; then sluice keystore create, and sluice keystore add NAME for each")}
		}
		return nil, nil
	case err != nil:
		return nil, diag.List{diag.New(badKeystore, diag.Span{}, "%s: %v", file, err)}
	}
	return k.Lookup, nil
}

func newKeystoreCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "keystore",
		Short: "Keep secrets for ${NAME} in configurations",
		Long: `Keeps secrets in a file, sluice.keystore in the settings folder. Where a pipeline or a
settings file says ${NAME}, the keystore is asked first, then the environment.

The file is encrypted with the password in the environment variable LOGSTASH_KEYSTORE_PASS.
Without that variable only the file's permissions protect it.`,
		Example: `  sluice keystore --path.settings /etc/logstash create
  sluice keystore --path.settings /etc/logstash add ES_PASSWORD
  echo -n 'secret' | sluice keystore --path.settings /etc/logstash add ES_PASSWORD
  sluice keystore --path.settings /etc/logstash list`,
	}
	dir := cmd.PersistentFlags().String("path.settings", os.Getenv("LS_SETTINGS_DIR"), "The folder of the keystore; the environment variable LS_SETTINGS_DIR names it, too")
	force := cmd.PersistentFlags().BoolP("force", "f", false, "Replace what is there without asking")
	cmd.AddCommand(
		&cobra.Command{Use: "create", Short: "Make an empty keystore", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
			return withKeystoreFile(*dir, func(file string) error { return createKeystore(cmd, file, *force) })
		}},
		addCommand(dir, force),
		&cobra.Command{Use: "list", Short: "Show the names", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
			return withKeystore(*dir, func(k *secret.Keystore) error {
				for _, name := range k.Names() {
					fmt.Fprintln(cmd.OutOrStdout(), name)
				}
				return nil
			})
		}},
		&cobra.Command{Use: "remove NAME...", Short: "Remove secrets", Args: cobra.MinimumNArgs(1), RunE: func(cmd *cobra.Command, names []string) error {
			return withKeystore(*dir, func(k *secret.Keystore) error {
				for _, name := range names {
					if !k.Remove(name) {
						return fmt.Errorf("there is no %s in the keystore%s", name, didYouMean(name, k.Names()))
					}
				}
				return k.Save()
			})
		}},
	)
	return cmd
}

func addCommand(dir *string, force *bool) *cobra.Command {
	cmd := &cobra.Command{Use: "add NAME...", Short: "Add secrets; values are asked for, or read from standard input", Args: cobra.MinimumNArgs(1)}
	cmd.Flags().Bool("stdin", false, "Read the value from standard input, which is done anyway where it is no terminal")
	cmd.RunE = func(cmd *cobra.Command, names []string) error {
		return withKeystore(*dir, func(k *secret.Keystore) error {
			for _, name := range names {
				if !secret.IsName(name) || name[0] >= '0' && name[0] <= '9' {
					return diag.New(badKey, diag.Span{}, "%q cannot be the name of a secret", name).
						WithHelp("use letters, digits, _ and dots, and no digit at the start")
				}
			}
			ask := newAsker(cmd.InOrStdin(), cmd.ErrOrStderr())
			for i, name := range names {
				if k.Has(name) && !*force && !ask.yes(name+" is there already. Replace it?") {
					return fmt.Errorf("%s is there already; --force replaces it", name)
				}
				value, err := ask.value("Value of "+name, len(names) == 1)
				if err == nil && value == "" {
					err = errors.New("it is empty")
				}
				if err != nil {
					return fmt.Errorf("no value for %s: %w (one line for each name is expected on standard input)", names[i], err)
				}
				k.Set(name, secret.New(value))
			}
			if err := k.Save(); err != nil {
				return err
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "Added %s to the keystore.\n", strings.Join(names, ", "))
			return nil
		})
	}
	return cmd
}

func createKeystore(cmd *cobra.Command, file string, force bool) error {
	if _, err := os.Stat(file); err == nil && !force {
		if !newAsker(cmd.InOrStdin(), cmd.ErrOrStderr()).yes(file + " is there already. Replace it by an empty one?") {
			return fmt.Errorf("%s is there already; --force replaces it", file)
		}
	}
	password := os.Getenv(keystorePass)
	if err := secret.CreateKeystore(file, password).Save(); err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "Created %s.\n", file)
	if password == "" {
		fmt.Fprintf(cmd.ErrOrStderr(), "There is no password: whoever can read the file can read the secrets. With a password in %s they are safe.\n", keystorePass)
	}
	return nil
}

func withKeystoreFile(dir string, do func(file string) error) error {
	if dir == "" {
		return errors.New("which keystore? Give its folder with --path.settings, or in LS_SETTINGS_DIR")
	}
	s := settings.New()
	s.Variables = os.LookupEnv
	s.Set("path.settings", dir, diag.Span{})
	// Only keystore.file matters here; other mistakes in logstash.yml are for `sluice run`.
	if text, err := os.ReadFile(filepath.Join(dir, "logstash.yml")); err == nil {
		s.ReadFile(diag.NewSource("logstash.yml", string(text)))
	}
	return do(keystoreFile(s))
}

func withKeystore(dir string, do func(*secret.Keystore) error) error {
	return withKeystoreFile(dir, func(file string) error {
		k, err := secret.OpenKeystore(file, os.Getenv(keystorePass))
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		return do(k)
	})
}

func didYouMean(word string, names []string) string {
	if near := diag.Nearest(word, names); near != "" {
		return "; did you mean " + near + "?"
	}
	return ""
}

// asker asks a person at a terminal, or reads lines where there is none.
type asker struct {
	in       *bufio.Reader
	out      io.Writer
	terminal int // its file descriptor; -1 where there is none
}

func newAsker(in io.Reader, out io.Writer) *asker {
	a := &asker{bufio.NewReader(in), out, -1}
	if f, ok := in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		a.terminal = int(f.Fd())
	}
	return a
}

// yes asks for yes or no; where there is nobody to ask the answer is no.
func (a *asker) yes(question string) bool {
	if a.terminal < 0 {
		return false
	}
	fmt.Fprint(a.out, question, " [y/N] ")
	line, _ := a.in.ReadString('\n')
	return strings.HasPrefix(strings.ToLower(strings.TrimSpace(line)), "y")
}

// value reads a secret without showing it. From a file or pipe it is a line, or all of it.
func (a *asker) value(prompt string, all bool) (string, error) {
	if a.terminal >= 0 {
		fmt.Fprint(a.out, prompt, ": ")
		text, err := term.ReadPassword(a.terminal)
		fmt.Fprintln(a.out)
		return string(text), err
	}
	if all {
		text, err := io.ReadAll(io.LimitReader(a.in, 1<<20))
		return strings.TrimRight(string(text), "\r\n"), err
	}
	line, err := a.in.ReadString('\n')
	if err == io.EOF && line != "" {
		err = nil
	}
	return strings.TrimRight(line, "\r\n"), err
}
