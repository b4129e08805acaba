package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// scenario is one piece of work, with a configuration for each program that can do it.
// PORT, SINK and DIR stand for the program's port, the destination's URL and a folder.
// Without send the events are the lines of DIR/in.log, and the destination is DIR/out.log.
type scenario struct {
	name    string
	events  func(records [][]byte) [][]byte
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
	rate    float64 // events a second, as long as there is work
}

func median(rs []result) result {
	slices.SortFunc(rs, func(a, b result) int { return int(1e12 * (a.cpu - b.cpu)) })
	return rs[len(rs)/2]
}

// run starts the program, gives it n events, waits until all have arrived, and stops it.
func (s scenario) run(path string, c config, records [][]byte, n int) (result, error) {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return result{}, err
	}
	defer os.RemoveAll(dir)
	events := s.events(records)
	var r result
	if s.send == nil {
		err = s.readFile(path, c, dir, events, n, &r)
	} else {
		err = s.receive(path, c, dir, events, n, &r)
	}
	return r, err
}

// receive measures a program that is sent the events and sends them on.
func (s scenario) receive(path string, c config, dir string, events [][]byte, n int, r *result) error {
	sink, err := newSink()
	if err != nil {
		return err
	}
	defer sink.close()
	port, err := freePort()
	if err != nil {
		return err
	}
	p, err := start(path, c, strings.NewReplacer("PORT", fmt.Sprint(port), "SINK", "http://"+sink.addr, "DIR", dir), dir)
	if err != nil {
		return err
	}
	defer p.stop()
	addr := fmt.Sprintf("127.0.0.1:%d", port)
	if err := p.waitForPort(addr); err != nil {
		return err
	}
	if err := s.send(addr, events, 1); err != nil {
		return p.failed(err)
	}
	sink.wait(1, 20*time.Second)
	first := time.Since(p.started)
	if err := s.send(addr, events, n-1); err != nil {
		return p.failed(err)
	}
	if got := sink.wait(n, 120*time.Second); got < n {
		return p.failed(fmt.Errorf("%d of %d events arrived", got, n))
	}
	*r = p.measure(n, first)
	return nil
}

// readFile measures a program that reads a file and writes another one.
func (s scenario) readFile(path string, c config, dir string, events [][]byte, n int, r *result) error {
	in, err := os.Create(filepath.Join(dir, "in.log"))
	if err != nil {
		return err
	}
	defer in.Close()
	lines := bufio.NewWriterSize(in, 1<<20)
	for i := range n {
		lines.Write(events[i%len(events)])
		lines.WriteByte('\n')
	}
	if err := lines.Flush(); err != nil {
		return err
	}
	p, err := start(path, c, strings.NewReplacer("DIR", dir), dir)
	if err != nil {
		return err
	}
	defer p.stop()
	out := &growing{path: filepath.Join(dir, "out.log")}
	defer out.close()
	if err := out.wait(1, 20*time.Second, p); err != nil {
		return p.failed(err)
	}
	first := time.Since(p.started)
	if err := out.wait(n, 120*time.Second, p); err != nil {
		return p.failed(err)
	}
	*r = p.measure(n, first)
	return nil
}

// growing counts the lines of a file that is being written.
type growing struct {
	path  string
	file  *os.File
	lines int
	buf   [256 << 10]byte
}

// wait waits for n lines. Meanwhile it looks at the memory of the program, which may end
// by itself after the last one.
func (g *growing) wait(n int, most time.Duration, p *process) (err error) {
	for deadline := time.Now().Add(most); ; time.Sleep(5 * time.Millisecond) {
		p.lookAtMemory()
		if g.file == nil {
			if g.file, err = os.Open(g.path); err != nil {
				g.file = nil
			}
		}
		for g.file != nil {
			got, _ := g.file.Read(g.buf[:])
			if got == 0 {
				break
			}
			g.lines += bytes.Count(g.buf[:got], []byte("\n"))
		}
		if g.lines >= n {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d of %d events arrived", g.lines, n)
		}
	}
}

func (g *growing) close() {
	if g.file != nil {
		g.file.Close()
	}
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
