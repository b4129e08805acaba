package sensor

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"sluice/internal/health"
	"sluice/internal/instrument"
)

// process runs one Instrument, in a process of its own, and starts it again when it dies.
type process struct {
	config     InstrumentConfig
	program    string // this program
	conditions *health.Conditions
	log        *slog.Logger
	put        func(context.Context, []instrument.Event) error
	once       func(context.Context) error // runs the process until it ends

	mu       sync.Mutex
	state    string
	pid      int
	started  time.Time
	restarts int
	status   instrument.Status
	lastLine string // of its error output
}

var instrumentDied = health.Define("instrument-died", health.Error, "an Instrument has ended and is started again",
	"Look at the cause. The Instrument is started again after a while that grows up to half a minute; it keeps its events and its place.")

// Times of an Instrument's life.
const (
	stopGrace  = 10 * time.Second // between SIGTERM and SIGKILL
	steadyFor  = 5 * time.Second  // after which a started process counts as running
	healthyFor = time.Minute      // after which the next restart is quick again
)

func newProcess(c InstrumentConfig, program string, log *slog.Logger) *process {
	p := &process{config: c, program: program, conditions: new(health.Conditions), log: log.With("instrument", c.Name), state: "starting"}
	p.once = p.runOnce
	return p
}

// run keeps the process alive until ctx ends.
func (p *process) run(ctx context.Context) {
	pause := backoff{first: 500 * time.Millisecond, most: 30 * time.Second}
	for {
		start := time.Now()
		err := p.once(ctx)
		if ctx.Err() != nil {
			p.setState("stopped")
			return
		}
		p.log.Error("the Instrument has ended and is started again", "error", err)
		p.conditions.Raise(instrumentDied, p.config.Name, err.Error())
		if time.Since(start) > healthyFor {
			pause.reset()
		}
		p.mu.Lock()
		p.state, p.pid = "restarting", 0
		p.restarts++
		p.mu.Unlock()
		if !pause.wait(ctx) {
			p.setState("stopped")
			return
		}
	}
}

func (p *process) setState(state string) {
	p.mu.Lock()
	p.state, p.pid = state, 0
	p.mu.Unlock()
}

// runOnce starts the process and waits for its end. The error says why it ended.
func (p *process) runOnce(ctx context.Context) error {
	// The kernel ends the process when the thread that started it ends, so that no
	// Instrument outlives its sensor; the thread has to stay as long as the process.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	ours, theirs, err := socketPair()
	if err != nil {
		return err
	}
	defer ours.Close()
	cmd := exec.Command(p.program, "instrument", p.config.Kind.Name)
	cmd.ExtraFiles = []*os.File{theirs} // the descriptor instrument.ConnectionFD
	cmd.Stdout = os.Stdout              // of the output stdout, which is for people who look
	cmd.SysProcAttr = processAttributes()
	errorOutput, err := cmd.StderrPipe()
	if err != nil {
		theirs.Close()
		return err
	}
	err = cmd.Start()
	theirs.Close()
	if err != nil {
		return fmt.Errorf("the process cannot be started: %w", err)
	}
	p.mu.Lock()
	p.state, p.pid, p.started, p.status, p.lastLine = "starting", cmd.Process.Pid, time.Now(), instrument.Status{}, ""
	p.mu.Unlock()
	p.log.Info("the Instrument has started", "pid", cmd.Process.Pid)

	var readers sync.WaitGroup
	readers.Go(func() { p.relayLog(errorOutput) })
	steady := time.AfterFunc(steadyFor, func() { p.conditions.Clear(instrumentDied, p.config.Name) })
	defer steady.Stop()
	served := make(chan error, 1)
	serving, stopServing := context.WithCancel(context.Background())
	defer stopServing()
	go func() { served <- p.serve(serving, ours) }()
	ended := make(chan struct{})
	go func() {
		select {
		case <-ctx.Done():
			p.setStopping()
			_ = cmd.Process.Signal(syscall.SIGTERM)
		case err := <-served:
			served <- err // for the caller
		case <-ended:
			return
		}
		select { // stopped, or its connection is broken: it has to end by itself now
		case <-time.After(stopGrace):
			_ = cmd.Process.Kill()
		case <-ended:
		}
	}()
	readers.Wait()
	err = cmd.Wait()
	close(ended)
	stopServing()
	ours.Close()
	linkErr := <-served
	return p.explain(err, linkErr)
}

func (p *process) setStopping() {
	p.mu.Lock()
	p.state = "stopping"
	p.mu.Unlock()
}

// serve talks with the process until the connection ends.
func (p *process) serve(ctx context.Context, conn net.Conn) error {
	c := p.config
	peer, err := instrument.NewPeer(conn, instrument.Spec{Name: c.Name, Kind: c.Kind.Name, Folder: c.Folder, Config: c.Config})
	if err != nil {
		return err
	}
	return peer.Serve(ctx, p.put, func(s instrument.Status) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.state != "stopping" {
			p.state = s.State
		}
		p.status = s
	})
}

// explain says why a process has ended.
func (p *process) explain(waitErr, linkErr error) error {
	p.mu.Lock()
	said, line := p.status.Error, p.lastLine
	p.mu.Unlock()
	if said != "" {
		return errors.New(said)
	}
	how := "it ended by itself"
	var exit *exec.ExitError
	switch {
	case errors.As(waitErr, &exit):
		how = "its process ended with " + exit.Error()
	case waitErr != nil:
		how = waitErr.Error()
	case linkErr != nil && !errors.Is(linkErr, io.EOF):
		how = linkErr.Error()
	}
	if line != "" {
		how += ": " + line
	}
	return errors.New(how)
}

// relayLog puts what the process logs, one JSON object a line, into the sensor's log.
// What is no JSON, such as a panic, is logged as an error.
func (p *process) relayLog(r io.Reader) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var record map[string]any
		if json.Unmarshal(lines.Bytes(), &record) != nil {
			p.noteLine(lines.Text())
			p.log.Error(lines.Text())
			continue
		}
		var level slog.Level
		text, _ := record["level"].(string)
		_ = level.UnmarshalText([]byte(text)) // an unknown one is INFO
		message, _ := record["msg"].(string)
		if level >= slog.LevelError {
			p.noteLine(message)
		}
		var attrs []any
		for _, key := range slices.Sorted(maps.Keys(record)) {
			if key != "level" && key != "msg" && key != "time" {
				attrs = append(attrs, key, record[key])
			}
		}
		p.log.Log(context.Background(), level, message, attrs...)
	}
	_, _ = io.Copy(io.Discard, r) // a line that is too long must not block the process
}

func (p *process) noteLine(line string) {
	if line = strings.TrimSpace(line); line == "" {
		return
	}
	p.mu.Lock()
	if p.lastLine == "" || strings.HasPrefix(line, "panic:") || strings.HasPrefix(line, "fatal error:") {
		p.lastLine = line // of a panic, its first line says most
	}
	p.mu.Unlock()
}

// socketPair returns a connection and the other end of it as a file.
func socketPair() (net.Conn, *os.File, error) {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("the connection to the Instrument cannot be made: %w", err)
	}
	syscall.CloseOnExec(fds[0])
	syscall.CloseOnExec(fds[1])
	ours, theirs := os.NewFile(uintptr(fds[0]), "instrument"), os.NewFile(uintptr(fds[1]), "sensor")
	conn, err := net.FileConn(ours)
	ours.Close()
	if err != nil {
		theirs.Close()
		return nil, nil, fmt.Errorf("the connection to the Instrument cannot be made: %w", err)
	}
	return conn, theirs, nil
}
