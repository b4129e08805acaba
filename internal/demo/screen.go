package demo

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// Screen is what the demo shows: steps, events now and then, and a line that is kept
// up to date.
type Screen struct {
	Out      io.Writer
	Terminal bool // the line is written in place, in colour
	Quiet    bool // steps and status lines only now and then: for --once

	mu       sync.Mutex
	status   string
	block    []string // lines of the event that is being printed
	lastShow time.Time
	shown    int
	rates    []sample
	lastLine time.Time
}

type sample struct {
	at                time.Time
	played, delivered int
}

// Step says what is being done.
func (s *Screen) Step(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.print(s.paint("36", "• ") + fmt.Sprintf(format, args...))
}

func (s *Screen) paint(code, text string) string {
	if !s.Terminal {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// print writes lines above the status line.
func (s *Screen) print(text string) {
	if s.status != "" {
		fmt.Fprint(s.Out, "\r\x1b[K")
	}
	fmt.Fprintln(s.Out, text)
	if s.status != "" {
		fmt.Fprint(s.Out, s.status)
	}
}

// How often an event is shown: the first ones, then one every few seconds, so that
// there is time to read.
const (
	firstShown   = 2
	showInterval = 3 * time.Second
)

// Event takes a line of the receiver's standard output: an event in rubydebug's form,
// from { to }.
func (s *Screen) Event(line string) {
	if s.Quiet {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if line == "{" {
		s.block = s.block[:0]
	}
	s.block = append(s.block, strings.Map(printable, line))
	if len(s.block) > 400 {
		s.block = s.block[:1]
	}
	if line != "}" {
		return
	}
	if s.shown >= firstShown && time.Since(s.lastShow) < showInterval {
		return
	}
	s.shown++
	s.lastShow = time.Now()
	s.print(strings.Join(s.block, "\n"))
}

// printable keeps what comes from the network from steering the terminal.
func printable(r rune) rune {
	if r < ' ' && r != '\t' || r == 0x7f || 0x80 <= r && r < 0xa0 {
		return '.'
	}
	return r
}

// Started tells where everything is.
func (s *Screen) Started(d *demo) {
	if s.Quiet {
		return
	}
	s.Step("documents end up in %s", d.destination())
	s.Step("%s; ^C ends the demo", "everything is in "+d.dir)
}

func (d *demo) destination() string {
	if d.opts.Elasticsearch != "" {
		return "Elasticsearch"
	}
	return d.path("elasticsearch")
}

const rateWindow = 3 * time.Second

// Status brings the line up to date.
func (s *Screen) Status(l Ledger, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rates = append(s.rates, sample{now, l.Played, l.Delivered})
	for len(s.rates) > 2 && now.Sub(s.rates[0].at) > rateWindow {
		s.rates = s.rates[1:]
	}
	first := s.rates[0]
	seconds := max(now.Sub(first.at).Seconds(), 0.001)
	line := fmt.Sprintf("played %d (%.0f/s)  delivered %d (%.0f/s)  queued %d  dead-lettered %d",
		l.Played, float64(l.Played-first.played)/seconds, l.Delivered, float64(l.Delivered-first.delivered)/seconds, l.Queued, l.DeadLettered)
	for _, w := range l.Warnings {
		line += "  " + s.paint("33", w)
	}
	if !s.Terminal {
		if now.Sub(s.lastLine) < 2*time.Second {
			return
		}
		s.lastLine = now
		fmt.Fprintln(s.Out, line)
		return
	}
	s.status = s.paint("1", line)
	fmt.Fprint(s.Out, "\r\x1b[K", s.status)
}

// EndStatus leaves the line as it is.
func (s *Screen) EndStatus() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.status != "" {
		fmt.Fprintln(s.Out)
		s.status = ""
	}
}
