package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"sluice/internal/diag"
	"sluice/internal/event"
	"sluice/internal/ruby"
)

// lineReader gives what somebody types. more tells that the line belongs to the one
// before.
type lineReader interface {
	readLine(more bool) (string, error)
}

// terminalLines edits lines on a terminal.
type terminalLines struct{ *term.Terminal }

func (t terminalLines) readLine(more bool) (string, error) {
	if more {
		t.SetPrompt("  ... ")
	} else {
		t.SetPrompt("ruby> ")
	}
	return t.ReadLine()
}

// plainLines reads lines from what is no terminal.
type plainLines struct{ r *bufio.Reader }

func (p plainLines) readLine(bool) (string, error) {
	line, err := p.r.ReadString('\n')
	if line != "" && errors.Is(err, io.EOF) {
		err = nil
	}
	return strings.TrimRight(line, "\r\n"), err
}

// converse runs code as it is typed.
func (b *rubyBench) converse(initCode, input string, in io.Reader) error {
	ev, err := readEvent([]byte(input))
	if err != nil {
		return err
	}
	session, err := ruby.NewSession(ruby.Options{Policy: rubyPolicy()}, b)
	if err != nil {
		return err
	}
	if initCode != "" {
		if _, err := session.Eval(diag.NewSource("init", initCode), ev, nil); err != nil {
			return placed(err)
		}
	}
	lines := lineReader(plainLines{bufio.NewReader(in)})
	if f, ok := in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		state, err := term.MakeRaw(int(f.Fd()))
		if err != nil {
			return err
		}
		defer term.Restore(int(f.Fd()), state) //nolint:errcheck // there is nothing to do about it
		t := term.NewTerminal(struct {
			io.Reader
			io.Writer
		}{f, os.Stdout}, "")
		lines, b.out, b.messages = terminalLines{t}, t, t
		fmt.Fprintf(t, "The event is in the variable event: %s\n:event JSON begins with another one, :quit or ^D ends.\n", ev.AppendJSON(nil))
	}
	return b.converseOn(session, ev, lines)
}

func (b *rubyBench) converseOn(session *ruby.Session, ev *event.Event, lines lineReader) error {
	before := string(ev.AppendJSON(nil))
	code := ""
	for {
		line, err := lines.readLine(code != "")
		ended := errors.Is(err, io.EOF)
		if err != nil && !ended {
			return err
		}
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch {
		case ended && code == "", code == "" && (word == ":quit" || word == "exit" || word == "quit"):
			return nil
		case code == "" && word == ":event":
			next, err := readEvent([]byte(rest))
			if err != nil {
				b.showTyped(err)
				continue
			}
			ev, before = next, string(next.AppendJSON(nil))
			fmt.Fprintf(b.out, "event %s\n", before)
			continue
		case code == "" && word == "":
			continue
		}
		blank := code != "" && word == ""
		code += line + "\n"
		var made []*event.Event
		result, err := session.Eval(diag.NewSource("code", code), ev, func(e *event.Event) { made = append(made, e) })
		if err != nil && ruby.Incomplete(err) && !blank && !ended {
			continue
		}
		code = ""
		if err != nil {
			b.showTyped(placed(err))
		} else {
			fmt.Fprintf(b.out, "=> %s\n", result)
		}
		if now := string(ev.AppendJSON(nil)); now != before {
			before = now
			fmt.Fprintf(b.out, "event %s\n", now)
		}
		for _, e := range made {
			fmt.Fprintf(b.out, "new event %s\n", e.AppendJSON(nil))
		}
		if ev.Cancelled() {
			fmt.Fprintln(b.out, "the event is cancelled")
			ev.Uncancel()
		}
		if ended {
			return nil
		}
	}
}

// showTyped shows a mistake in what was just typed.
func (b *rubyBench) showTyped(err error) {
	var list diag.List
	var one diag.Diagnostic
	switch {
	case errors.As(err, &list):
		fmt.Fprint(b.messages, list.Text(diag.Plain))
	case errors.As(err, &one):
		fmt.Fprint(b.messages, diag.List{one}.Text(diag.Plain))
	default:
		fmt.Fprintln(b.messages, err)
	}
}
