package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// process is the program under test.
type process struct {
	cmd     *exec.Cmd
	said    bytes.Buffer
	started time.Time
	exited  chan struct{}
	peakMB  float64
}

// start writes the configuration into dir and starts the program there.
func start(path string, c config, fill *strings.Replacer, dir string) (*process, error) {
	for name, text := range c.files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(fill.Replace(text)), 0o644); err != nil {
			return nil, err
		}
	}
	var args []string
	for _, a := range c.args {
		args = append(args, fill.Replace(a))
	}
	p := &process{cmd: exec.Command(path, args...), exited: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr, p.cmd.Dir = &p.said, &p.said, dir
	p.started = time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.exited)
	}()
	return p, nil
}

func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.exited:
	case <-time.After(20 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.exited
	}
}

// failed stops the program and adds what it said to an error.
func (p *process) failed(err error) error {
	p.stop()
	return fmt.Errorf("%w\n%s", err, p.said.String())
}

// measure stops the program and returns what it has used.
func (p *process) measure(n int, first time.Duration) result {
	working := time.Since(p.started) - first
	p.lookAtMemory()
	p.stop()
	cpu := p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime()
	return result{cpu: cpu.Seconds() / float64(n), peakMB: p.peakMB, firstMS: float64(first.Milliseconds()), rate: float64(n) / working.Seconds()}
}

// lookAtMemory notes the most memory that the program has had resident, in MB, as long as
// it runs. (What the kernel reports of an ended child counts this process's memory too,
// from before exec.)
func (p *process) lookAtMemory() {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb := 0.0
			_, _ = fmt.Sscan(rest, &kb)
			p.peakMB = kb / 1024
		}
	}
}

func (p *process) waitForPort(addr string) error {
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		if c, err := net.Dial("tcp", addr); err == nil {
			return c.Close()
		}
		select {
		case <-p.exited:
			return p.failed(fmt.Errorf("the program ended"))
		case <-time.After(2 * time.Millisecond):
		}
	}
	return p.failed(fmt.Errorf("nothing listens on %s", addr))
}
