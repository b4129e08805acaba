package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sluice/internal/health"
	"sluice/internal/sensor"
)

// build builds the real program.
func build(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "sluice")
	if out, err := exec.Command("go", "build", "-o", path, "sluice/cmd/sluice").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

// A sensor's day: its file is checked, it runs, tells how it is, shows events, and stops.
func TestSensorCommand(t *testing.T) {
	path := build(t)
	sluice := func(words ...string) (stdout, stderr string, code int) {
		cmd := exec.Command(path, words...)
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		_ = cmd.Run()
		return out.String(), errs.String(), cmd.ProcessState.ExitCode()
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "sensor.yml")
	put := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("eve.json", strings.Repeat(`{"event_type":"dns"}`+"\n", 30))
	put("sensor.yml", "name: testsensor\ndata: data\ninstruments:\n  - kind: replay\n    file: eve.json\n  - kind: replai\n    files: eve.json\n")

	_, errs, code := sluice("sensor", "check", file)
	for _, part := range []string{file + ":5:5: error SL3012", "did you mean files?", file + ":6:11: error SL7202", "did you mean replay?", "6 |   - kind: replai\n"} {
		if !strings.Contains(errs, part) || code != 1 {
			t.Errorf("check of a bad file: exit %d, %q is not in\n%s", code, part, errs)
		}
	}
	if strings.Contains(errs, "\x1b[") {
		t.Error("colour where there is no terminal")
	}
	if _, errs, code = sluice("sensor", "run", file); code != 1 || !strings.Contains(errs, "SL7202") {
		t.Errorf("a bad file runs: exit %d\n%s", code, errs)
	}
	if _, errs, code = sluice("sensor", "status", file); code != 1 || !strings.Contains(errs, "no sensor runs with the data folder") {
		t.Errorf("status without a sensor: exit %d\n%s", code, errs)
	}

	put("sensor.yml", "name: testsensor\ndata: data\ninstruments:\n  - kind: replay\n    files: eve.json\n")
	if out, errs, code := sluice("sensor", "check", file); code != 0 || !strings.Contains(out, "testsensor with 1 Instruments is in order") {
		t.Fatalf("check: exit %d\n%s%s", code, out, errs)
	}
	cmd := exec.Command(path, "sensor", "run", file)
	logs, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	go func() {
		for lines := bufio.NewScanner(logs); lines.Scan(); {
			t.Log(lines.Text())
		}
	}()
	var s sensor.Status
	for deadline := time.Now().Add(20 * time.Second); len(s.Instruments) == 0 || s.Instruments[0].State != "finished"; {
		out, _, _ := sluice("sensor", "status", "--json", file)
		if time.Now().After(deadline) {
			t.Fatalf("Replay has not finished: %s", out)
		}
		s = sensor.Status{}
		_ = json.Unmarshal([]byte(out), &s)
	}
	if s.Status != health.OK || s.History.Events != 30 || s.Events[0].Count != 30 {
		t.Errorf("status %+v", s)
	}
	out, _, _ := sluice("sensor", "status", filepath.Join(dir, "data"))
	for _, part := range []string{"testsensor  OK", "history: 30 events (1 to 30)", "replay_0@testsensor  OK  finished", "30 × instruments.suricata.event"} {
		if !strings.Contains(out, part) {
			t.Errorf("%q is not in\n%s", part, out)
		}
	}
	out, _, _ = sluice("sensor", "events", "-n", "3", file)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != 3 || !strings.Contains(lines[2], `"sensor_event_id":30,`) || !strings.HasSuffix(lines[0], `"data":{"event_type":"dns"}}`) {
		t.Errorf("events:\n%s", out)
	}
	follow := exec.Command(path, "sensor", "events", "--follow", "-n", "30", file)
	followed, err := follow.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := follow.Start(); err != nil {
		t.Fatal(err)
	}
	reader := bufio.NewScanner(followed)
	for range 30 {
		if !reader.Scan() {
			t.Fatal("fewer events are shown than there are")
		}
	}
	if _, errs, code := sluice("sensor", "run", file); code != 1 || !strings.Contains(errs, "history cannot be opened") {
		t.Errorf("a second sensor in the same folder: exit %d\n%s", code, errs)
	}

	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the sensor has stopped with %v", err)
	}
	if err := follow.Wait(); err != nil { // ends with the sensor
		t.Errorf("following has ended with %v", err)
	}
	if err := syscall.Kill(s.Instruments[0].PID, 0); err == nil {
		t.Error("the Instrument outlives its sensor")
	}
	if _, errs, code := sluice("instrument", "replay"); code != 1 || !strings.Contains(errs, "started by a sensor") {
		t.Errorf("an Instrument without a sensor: exit %d\n%s", code, errs)
	}
}
