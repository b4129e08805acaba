package demo

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is a part of the demo: the program itself, as a user would start it.
type process struct {
	name   string
	cmd    *exec.Cmd
	log    *os.File
	logged string // path of the log
	exited chan struct{}
	err    error
	once   sync.Once
}

// startProcess starts the program. What it says goes to a file; lines of its standard
// output go to show, too.
func startProcess(name, program string, args []string, log string, show func(string)) (*process, error) {
	f, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	p := &process{name: name, cmd: exec.Command(program, args...), log: f, logged: log, exited: make(chan struct{})}
	p.cmd.Stderr = f
	// A group of its own: an interrupt at the terminal is for the demo, which ends its
	// parts in order.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		f.Close()
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		f.Close()
		return nil, fmt.Errorf("the %s cannot be started: %w", name, err)
	}
	go func() {
		readLines(out, show)
		p.err = p.cmd.Wait()
		f.Close()
		close(p.exited)
	}()
	return p, nil
}

func readLines(r io.Reader, show func(string)) {
	s := bufio.NewScanner(r)
	s.Buffer(nil, 16<<20)
	for s.Scan() {
		if show != nil {
			show(s.Text())
		}
	}
	_, _ = io.Copy(io.Discard, r)
}

// stop ends the process in good order, and for good after a while.
func (p *process) stop() {
	p.once.Do(func() {
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-p.exited:
		case <-time.After(15 * time.Second):
			_ = p.cmd.Process.Kill()
			<-p.exited
		}
	})
}

// failure tells why the process ended though nobody stopped it.
func (p *process) failure() error {
	text, _ := os.ReadFile(p.logged)
	return fmt.Errorf("the %s ended (%v); its last words:\n%s", p.name, p.err, lastWords(string(text)))
}

// lastWords returns the errors in a log with what belongs to them, or its end if there are
// none. Errors may stand before pages of warnings.
func lastWords(text string) string {
	const most = 12
	lines := strings.Split(strings.TrimSpace(text), "\n")
	var errors []string
	within := false // an error with its excerpt and help
	for _, line := range lines {
		starts := strings.Contains(line, ": error SL") || strings.Contains(line, "[ERROR]") || strings.Contains(line, "[FATAL]")
		if within = starts || within && strings.HasPrefix(line, " "); within {
			errors = append(errors, line)
		}
	}
	if len(errors) > 0 {
		return strings.Join(errors[:min(len(errors), most)], "\n")
	}
	return strings.Join(lines[max(len(lines)-most, 0):], "\n")
}

// awaitPort waits until the process listens.
func (p *process) awaitPort(ctx context.Context, addr string) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if c, err := net.DialTimeout("tcp", addr, time.Second); err == nil {
			return c.Close()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-p.exited:
			return p.failure()
		case <-tick.C:
		}
	}
}
