package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"sluice/internal/diag"
	"sluice/internal/event"
	"sluice/internal/ruby"
)

// snippet is a piece of Ruby in bench/ruby, with the event that it works on.
type snippet struct {
	file, event string
	instance    *ruby.Instance
}

// benchRuby runs the snippets here, with CRuby and, if a jar is given, with JRuby, one
// after the other in several rounds, and prints the median CPU time of an event.
func benchRuby(jar string, rounds int, only string) error {
	dir := filepath.Join("bench", "ruby")
	snippets, err := loadSnippets(dir, only)
	if err != nil {
		return err
	}
	programs := []rubyProgram{ourRuby{}}
	names := []string{"sluice"}
	start := func(name, program string, args ...string) error {
		if _, err := exec.LookPath(program); err != nil {
			fmt.Printf("%s is not measured: %v\n", name, err)
			return nil
		}
		p, err := startRuby(dir, program, args...)
		if err == nil {
			programs, names = append(programs, p), append(names, name)
		}
		return err
	}
	if err := start("CRuby", "ruby", "stub.rb"); err != nil {
		return err
	}
	if jar != "" {
		if jar, err = filepath.Abs(jar); err != nil {
			return err
		}
		if err := start("JRuby", "java", "-jar", jar, "stub.rb"); err != nil {
			return err
		}
	}
	out := tabwriter.NewWriter(os.Stdout, 18, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(out, "snippet\t%s ns\t\n", strings.Join(names, " ns\t"))
	for _, s := range snippets {
		if err := sameResults(programs, s); err != nil {
			return err
		}
		times := make([][]float64, len(programs))
		for _, p := range programs {
			if err := p.warmUp(s); err != nil {
				return err
			}
		}
		for range rounds {
			for i, p := range programs {
				ns, err := p.run(s, 20_000)
				if err != nil {
					return err
				}
				times[i] = append(times[i], ns)
			}
		}
		fmt.Fprintf(out, "%s\t", strings.TrimSuffix(s.file, ".rb"))
		ours := medianOf(times[0])
		for i := range programs {
			fmt.Fprintf(out, "%.0f", medianOf(times[i]))
			if i > 0 {
				fmt.Fprintf(out, " (%.1fx)", medianOf(times[i])/ours)
			}
			fmt.Fprint(out, "\t")
		}
		fmt.Fprintln(out)
		out.Flush()
	}
	return nil
}

func loadSnippets(dir, only string) ([]*snippet, error) {
	files, err := filepath.Glob(filepath.Join(dir, "[0-9]*.rb"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no snippets in %s: run this in the folder of the module", dir)
	}
	var list []*snippet
	for _, file := range files {
		if !strings.Contains(file, only) {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		s := &snippet{file: filepath.Base(file)}
		_, rest, _ := strings.Cut(string(text), "# event: ")
		s.event, _, _ = strings.Cut(rest, "\n")
		script, diags := ruby.Compile(diag.NewSource(s.file, string(text)), ruby.Options{File: strings.HasPrefix(string(text), "# script.")})
		if script == nil {
			return nil, diags.Err()
		}
		if s.instance, err = script.NewInstance(nil); err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}

// rubyProgram is something that runs snippets.
type rubyProgram interface {
	warmUp(s *snippet) error
	run(s *snippet, events int) (nsPerEvent float64, err error)
	result(s *snippet) (jsonText string, err error)
}

// ourRuby runs them in this process, as the filter does.
type ourRuby struct{}

func (ourRuby) warmUp(s *snippet) error {
	_, err := ourRuby{}.run(s, 1000)
	return err
}

func (ourRuby) run(s *snippet, events int) (float64, error) {
	var spent time.Duration
	text := []byte(s.event)
	for done := 0; done < events; done += 100 {
		batch := event.NewBatch()
		for range 100 {
			if _, _, err := batch.Decode(batch.Copy(text)); err != nil {
				return 0, err
			}
		}
		start := cpuTime()
		if err := s.filter(batch); err != nil {
			return 0, err
		}
		spent += cpuTime() - start
		batch.Release()
	}
	return float64(spent.Nanoseconds()) / float64(events), nil
}

// filter runs the snippet on a batch's events.
func (s *snippet) filter(batch *event.Batch) error {
	for _, e := range batch.Events {
		if err := s.instance.Run(e, nil); err != nil {
			return err
		}
	}
	return nil
}

func (ourRuby) result(s *snippet) (string, error) {
	batch := event.NewBatch()
	e, _, err := batch.Decode([]byte(s.event))
	if err != nil {
		return "", err
	}
	err = s.filter(batch)
	return string(e.AppendJSON(nil)), err
}

// cpuTime is the CPU time of the process, the garbage collector's included.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// otherRuby runs them in a process of its own, by bench/ruby/stub.rb.
type otherRuby struct {
	in   io.Writer
	out  *bufio.Reader
	warm int // events that make it warm
}

func startRuby(dir, program string, args ...string) (*otherRuby, error) {
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p := &otherRuby{in: in, out: bufio.NewReader(out), warm: 1000}
	if program == "java" {
		p.warm = 60_000
	}
	return p, cmd.Start() // it ends with its input, when this program does
}

func (p *otherRuby) ask(s *snippet, what string) (string, error) {
	if _, err := fmt.Fprintln(p.in, s.file, what); err != nil {
		return "", err
	}
	line, err := p.out.ReadString('\n')
	if errors.Is(err, io.EOF) {
		err = fmt.Errorf("%s ended the Ruby that ran it", s.file)
	}
	return strings.TrimSpace(line), err
}

func (p *otherRuby) warmUp(s *snippet) error {
	_, err := p.ask(s, strconv.Itoa(p.warm))
	return err
}

func (p *otherRuby) run(s *snippet, events int) (float64, error) {
	answer, err := p.ask(s, strconv.Itoa(events))
	if err != nil {
		return 0, err
	}
	return strconv.ParseFloat(answer, 64)
}

func (p *otherRuby) result(s *snippet) (string, error) { return p.ask(s, "?") }

// sameResults checks that a snippet leaves the same fields wherever it runs. The time
// when an event without one was made is left out.
func sameResults(programs []rubyProgram, s *snippet) error {
	var first map[string]any
	for _, p := range programs {
		text, err := p.result(s)
		if err != nil {
			return err
		}
		var fields map[string]any
		if err := json.Unmarshal([]byte(text), &fields); err != nil {
			return fmt.Errorf("%s: %w: %s", s.file, err, text)
		}
		if !strings.Contains(s.event, "@timestamp") {
			delete(fields, "@timestamp")
		}
		if first == nil {
			first = fields
		} else if !reflect.DeepEqual(first, fields) {
			return fmt.Errorf("%s leaves %v here and %v elsewhere", s.file, first, fields)
		}
	}
	return nil
}

// medianOf is the middle of the times.
func medianOf(times []float64) float64 {
	if len(times) == 0 {
		return math.NaN()
	}
	list := append([]float64(nil), times...)
	slices.Sort(list)
	return list[len(list)/2]
}
