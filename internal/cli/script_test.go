package cli

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// The scripts in testdata/scripts run the whole program, under the names that it is
// called by.
func TestMain(m *testing.M) {
	program := func() { os.Exit(Main(os.Args)) }
	testscript.Main(m, map[string]func(){"sluice": program, "logstash": program, "logstash-keystore": program})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("..", "..", "testdata", "scripts"),
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("XDG_STATE_HOME", filepath.Join(env.WorkDir, "state"))
			examples, err := filepath.Abs(filepath.Join("..", "..", "docs", "examples"))
			env.Setenv("EXAMPLES", examples)
			return err
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"freeport": freePort, "waitfor": waitForLine, "get": getURL, "put": putURL, "signal": sendSignal, "mode": fileMode,
		},
	})
}

// patience is how long a script waits for what must happen.
const patience = 20 * time.Second

// eventually tries until f is satisfied.
func eventually(ts *testscript.TestScript, f func() error) {
	deadline := time.Now().Add(patience)
	for {
		err := f()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("not within %v: %v", patience, err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// freeport NAME...: sets variables to ports that nobody listens on.
func freePort(ts *testscript.TestScript, _ bool, names []string) {
	var open []net.Listener
	for _, name := range names {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		ts.Check(err)
		open = append(open, l)
		ts.Setenv(name, strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
	}
	for _, l := range open {
		l.Close()
	}
}

// waitfor FILE PATTERN [N]: waits until a file has N matches.
func waitForLine(ts *testscript.TestScript, neg bool, args []string) {
	n := 1
	if len(args) == 3 {
		n, _ = strconv.Atoi(args[2])
	}
	pattern := regexp.MustCompile("(?m)" + args[1])
	eventually(ts, func() error {
		text, err := os.ReadFile(ts.MkAbs(args[0]))
		if err == nil && len(pattern.FindAllIndex(text, -1)) < n {
			err = fmt.Errorf("no %d times %q in %s:\n%s", n, args[1], args[0], text)
		}
		return err
	})
}

// get [-status N] [-user NAME:PASSWORD] [-accept TYPE] URL PATTERN...: waits until an
// answer matches all patterns.
func getURL(ts *testscript.TestScript, neg bool, args []string) {
	request(ts, http.MethodGet, "", args)
}

// put [-status N] [-post] URL BODY PATTERN...: sends a body.
func putURL(ts *testscript.TestScript, neg bool, args []string) {
	method := http.MethodPut
	if args[0] == "-post" {
		method, args = http.MethodPost, args[1:]
	}
	i := 0
	for strings.HasPrefix(args[i], "-") {
		i += 2
	}
	body := args[i+1]
	request(ts, method, body, append(append([]string(nil), args[:i+1]...), args[i+2:]...))
}

func request(ts *testscript.TestScript, method, body string, args []string) {
	status, user, accept := http.StatusOK, "", ""
	for strings.HasPrefix(args[0], "-") {
		switch args[0] {
		case "-status":
			status, _ = strconv.Atoi(args[1])
		case "-user":
			user = args[1]
		case "-accept":
			accept = args[1]
		}
		args = args[2:]
	}
	eventually(ts, func() error {
		r, err := http.NewRequest(method, args[0], strings.NewReader(body))
		ts.Check(err)
		if name, password, ok := strings.Cut(user, ":"); ok {
			r.SetBasicAuth(name, password)
		}
		r.Header.Set("Accept", accept)
		r.Header.Set("Content-Type", "application/json")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err == nil && answer.StatusCode != status {
			err = fmt.Errorf("%s: status %d: %s", args[0], answer.StatusCode, text)
		}
		for _, pattern := range args[1:] {
			if err == nil && !regexp.MustCompile(pattern).Match(bytes.TrimSpace(text)) {
				err = fmt.Errorf("%s: no %q in %s", args[0], pattern, text)
			}
		}
		return err
	})
}

// signal NAME: sends a signal to all programs in the background.
func sendSignal(ts *testscript.TestScript, _ bool, args []string) {
	s, ok := map[string]syscall.Signal{"TERM": syscall.SIGTERM, "INT": syscall.SIGINT, "HUP": syscall.SIGHUP}[args[0]]
	if !ok {
		ts.Fatalf("no signal %s", args[0])
	}
	for _, c := range ts.BackgroundCmds() {
		ts.Check(c.Process.Signal(s))
	}
}

// mode FILE OCTAL: checks the permissions of a file.
func fileMode(ts *testscript.TestScript, _ bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if got := fmt.Sprintf("%o", info.Mode().Perm()); got != args[1] {
		ts.Fatalf("%s has mode %s", args[0], got)
	}
}
