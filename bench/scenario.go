package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// scenario is one piece of work, with a configuration for each program that can do it.
// PORT, SINK and DIR stand for the program's port, the destination's URL and a folder.
type scenario struct {
	name    string
	send    func(addr string, events [][]byte, n int) error
	configs map[string]config
}

type config struct {
	files map[string]string // by name
	args  []string
}

type result struct {
	cpu     float64 // seconds per event, user and system
	peakMB  float64
	firstMS float64
}

func median(rs []result) result {
	slices.SortFunc(rs, func(a, b result) int { return int(1e12 * (a.cpu - b.cpu)) })
	return rs[len(rs)/2]
}

// run starts the program, sends n events, waits until all have arrived, and stops it.
func (s scenario) run(program string, c config, events [][]byte, n int) (result, error) {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return result{}, err
	}
	defer os.RemoveAll(dir)
	sink, err := newSink()
	if err != nil {
		return result{}, err
	}
	defer sink.close()
	port, err := freePort()
	if err != nil {
		return result{}, err
	}
	fill := strings.NewReplacer("PORT", fmt.Sprint(port), "SINK", "http://"+sink.addr, "DIR", dir).Replace
	for name, text := range c.files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(fill(text)), 0o644); err != nil {
			return result{}, err
		}
	}
	var args []string
	for _, a := range c.args {
		args = append(args, fill(a))
	}
	cmd := exec.Command(program, args...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.Dir = &said, &said, dir
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return result{}, err
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	stop := func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-exited:
		case <-time.After(20 * time.Second):
			_ = cmd.Process.Kill()
			<-exited
		}
	}
	addr := fmt.Sprintf("127.0.0.1:%d", port)
	if err := waitForPort(addr, exited); err != nil {
		stop()
		return result{}, fmt.Errorf("%w\n%s", err, said.String())
	}
	if err := s.send(addr, events, 1); err != nil {
		stop()
		return result{}, err
	}
	sink.wait(1, 20*time.Second)
	first := time.Since(start)
	if err := s.send(addr, events, n-1); err != nil {
		stop()
		return result{}, fmt.Errorf("%w\n%s", err, said.String())
	}
	if got := sink.wait(n, 120*time.Second); got < n {
		stop()
		return result{}, fmt.Errorf("%d of %d events arrived\n%s", got, n, said.String())
	}
	peak := peakMemory(cmd.Process.Pid)
	stop()
	cpu := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return result{
		cpu: cpu.Seconds() / float64(n), peakMB: peak, firstMS: float64(first.Milliseconds()),
	}, nil
}

// peakMemory returns the most memory a process has had resident, in MB. (What the kernel
// reports of an ended child counts this process's memory too, from before exec.)
func peakMemory(pid int) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb := 0.0
			_, _ = fmt.Sscan(rest, &kb)
			return kb / 1024
		}
	}
	return 0
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func waitForPort(addr string, exited <-chan error) error {
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		if c, err := net.Dial("tcp", addr); err == nil {
			return c.Close()
		}
		select {
		case err := <-exited:
			return fmt.Errorf("the program ended: %v", err)
		case <-time.After(2 * time.Millisecond):
		}
	}
	return fmt.Errorf("nothing listens on %s", addr)
}
