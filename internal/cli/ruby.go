package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"sluice/internal/diag"
	"sluice/internal/event"
	"sluice/internal/ruby"
)

var (
	rubyRaised = diag.Define("SL9008", diag.Error, "the Ruby code raised an exception",
		"In a pipeline the event would be tagged with `tag_on_exception`, by default `_rubyexception`, and go on with what had been changed before.")
	rubyTestFailed = diag.Define("SL9010", diag.Error, "a test of the script file fails",
		"What the test expects is not true. Logstash refuses a pipeline whose script's tests fail, and so does `sluice run`.")
	badEventJSON = diag.Define("SL9009", diag.Error, "the event is not a JSON object",
		`An event is given as one JSON object, such as '{"message": "a text"}'.`)
)

// newRubyCommand is `sluice ruby`, the workbench for the code of ruby filters.
func newRubyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "ruby [-e CODE]",
		Short: "Try the code of a ruby filter on an event",
		Long: `Runs the code of a ruby filter on events, as a pipeline would, and prints each event afterwards
as JSON, followed by the new ones. An event that was cancelled is not printed. What the code
prints or logs goes to standard error. An exception is shown with its place; the exit code is 1.

Without -e, code is read line by line: variables and methods stay, the result of each line is
shown, and the event where it has changed. :event JSON begins with another event, :quit ends.

The code may read files and the environment, and nothing else outside of itself.`,
		Example: `  sluice ruby -e 'event.set("n", event.get("message").split.size)' --event '{"message": "a b"}'
  sluice ruby --init '@n = 0' -e 'event.set("n", @n += 1)' --event - < events.jsonl
  sluice ruby                            try code line by line
  sluice ruby check /etc/logstash/*.rb   compile script files and run their tests`,
		Args: cobra.NoArgs,
	}
	code := cmd.Flags().StringP("execute", "e", "", "The code, as in the option code of the filter")
	initCode := cmd.Flags().String("init", "", "Code that runs once, before the first event")
	input := cmd.Flags().String("event", "{}", "The event as JSON; - reads events from standard input, one a line")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		b := &rubyBench{out: cmd.OutOrStdout(), messages: cmd.ErrOrStderr()}
		if cmd.Flags().Changed("execute") {
			return b.run(*code, *initCode, *input, cmd.InOrStdin())
		}
		if *input == "-" {
			return errors.New("standard input cannot be both code and events; give the code with -e")
		}
		return b.converse(*initCode, *input, cmd.InOrStdin())
	}
	cmd.AddCommand(newRubyCheckCommand())
	return cmd
}

// rubyBench runs code for somebody who writes it.
type rubyBench struct{ out, messages io.Writer }

// rubyPolicy is what code on the bench may reach: what helps to write it, and no network.
func rubyPolicy() ruby.Policy {
	return ruby.Policy{ReadFile: os.ReadFile, Glob: filepath.Glob, Stat: os.Stat, Getenv: os.LookupEnv, Environ: ruby.Environ}
}

// Log writes what code prints or logs.
func (b *rubyBench) Log(level, message string, fields map[string]string) {
	if level != "info" {
		message = level + ": " + message
	}
	if len(fields) > 0 {
		text, _ := json.Marshal(fields) // strings always can be encoded
		message += " " + string(text)
	}
	fmt.Fprintln(b.messages, message)
}

// Metric takes what code counts, which nobody looks at here.
func (b *rubyBench) Metric(string, int64) {}

// Version is the Logstash that code is told it runs in.
func (b *rubyBench) Version() string { return "8.19.0" }

// compile makes an instance and shows warnings.
func (b *rubyBench) compile(src *diag.Source, opts ruby.Options) (*ruby.Instance, error) {
	opts.Policy = rubyPolicy()
	script, list := ruby.Compile(src, opts)
	if err := list.Err(); err != nil {
		return nil, list
	}
	if len(list) > 0 {
		fmt.Fprint(b.messages, list.Text(diag.Plain))
	}
	in, err := script.NewInstance(b)
	return in, placed(err)
}

// placed is an error of package ruby with the excerpt of its place.
func placed(err error) error {
	var limit *ruby.LimitError
	var test *ruby.TestError
	if errors.As(err, &test) {
		at := test.At
		bare := *test
		bare.At = diag.Span{}
		return diag.New(rubyTestFailed, at, "%s", bare.Error())
	}
	if e, ok := ruby.IsException(err); ok {
		return diag.New(rubyRaised, e.At, "%s: %s", e.Class, e.Message)
	}
	if errors.As(err, &limit) && limit.At.Valid() {
		at := limit.At
		bare := *limit
		bare.At = diag.Span{}
		return diag.New(rubyRaised, at, "%s", bare.Error())
	}
	return err
}

func (b *rubyBench) run(code, initCode, input string, in io.Reader) error {
	opts := ruby.Options{}
	if initCode != "" {
		opts.Init = diag.NewSource("init", initCode)
	}
	instance, err := b.compile(diag.NewSource("code", code), opts)
	if err != nil {
		return err
	}
	if input != "-" {
		in = strings.NewReader(input)
	}
	failed := false
	lines := bufio.NewReader(in)
	for n := 1; ; n++ {
		line, readErr := lines.ReadBytes('\n')
		if input != "-" {
			rest, err := io.ReadAll(lines)
			line, readErr = append(line, rest...), errors.Join(io.EOF, err)
		}
		if len(bytes.TrimSpace(line)) > 0 {
			ev, err := readEvent(line)
			if err != nil {
				return err
			}
			var made []*event.Event
			if err := instance.Run(ev, func(e *event.Event) { made = append(made, e) }); err != nil {
				showError(placed(err))
				failed = true
			}
			b.printEvents(append([]*event.Event{ev}, made...))
		}
		if readErr != nil {
			if !errors.Is(readErr, io.EOF) {
				return readErr
			}
			break
		}
	}
	if failed {
		return exit{1}
	}
	return nil
}

// readEvent reads an event whose memory is not used again.
func readEvent(text []byte) (*event.Event, error) {
	batch := event.NewBatch()
	batch.Pin()
	text = bytes.TrimSpace(text)
	ev, n, err := batch.Decode(batch.Copy(text))
	if err == nil && n < len(text) {
		err = fmt.Errorf("there is more behind it")
	}
	if err != nil {
		at := diag.NewSource("event", string(text)).At(min(n, len(text)), min(n+1, len(text)))
		return nil, diag.New(badEventJSON, at, "%v", err).WithHelp(`write one JSON object, such as {"message": "a text"}`)
	}
	return ev, nil
}

func (b *rubyBench) printEvents(events []*event.Event) {
	for _, e := range events {
		if !e.Cancelled() {
			fmt.Fprintf(b.out, "%s\n", e.AppendJSON(nil))
		}
	}
}

func newRubyCheckCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check FILE...",
		Short: "Compile script files and run their tests",
		Long: `Compiles files with the code of ruby filters, and shows every mistake with its place. A file
that defines filter(event) is a script file as in the option path of the filter: register(params)
and its test blocks run too. Any other file is taken as the code of the option code.`,
		Example: `  sluice ruby check /etc/logstash/scripts/*.rb
  sluice ruby check --params '{"percentage": 0.9}' drop_percentage.rb`,
		Args: cobra.MinimumNArgs(1),
	}
	params := cmd.Flags().String("params", "{}", "script_params as JSON")
	cmd.RunE = func(cmd *cobra.Command, files []string) error {
		b := &rubyBench{out: cmd.OutOrStdout(), messages: cmd.ErrOrStderr()}
		opts := ruby.Options{}
		decoder := json.NewDecoder(strings.NewReader(*params))
		decoder.UseNumber()
		if err := decoder.Decode(&opts.Params); err != nil {
			return fmt.Errorf("--params: %w; give one JSON object", err)
		}
		for name, v := range opts.Params {
			opts.Params[name] = rubyNumbers(v)
		}
		failed := false
		for _, name := range files {
			if err := b.check(name, opts); err != nil {
				showError(err)
				failed = true
			}
		}
		if failed {
			return exit{1}
		}
		return nil
	}
	return cmd
}

// rubyNumbers makes int64 and float64 of the numbers in a value of JSON.
func rubyNumbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		f, _ := v.Float64() // one that is out of range is infinite
		return f
	case []any:
		for i := range v {
			v[i] = rubyNumbers(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = rubyNumbers(v[name])
		}
	}
	return v
}

// definesFilter finds what makes a file a script file.
var definesFilter = regexp.MustCompile(`(?m)^\s*def\s+filter\b`)

func (b *rubyBench) check(name string, opts ruby.Options) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	src := diag.NewSource(name, string(text))
	if opts.File = definesFilter.Match(text); !opts.File {
		// Code without register has nothing that could run without an event.
		_, err := b.compile(src, opts)
		if err == nil {
			fmt.Fprintf(b.out, "%s: compiles\n", name)
		}
		return err
	}
	in, err := b.compile(src, opts)
	if err == nil {
		fmt.Fprintf(b.out, "%s: compiles, %s passed\n", name, plural(in.Tests(), "test"))
	}
	return err
}
