package ruby

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"testing"
)

// TestLikeCRuby runs generated programs here and with CRuby 3.1, whose language is
// JRuby 9.4's. It runs where SLUICE_CRUBY is set (make ruby-differential);
// SLUICE_PROGRAMS says how many programs, SLUICE_SEED with which seed they begin.
func TestLikeCRuby(t *testing.T) {
	if os.Getenv("SLUICE_CRUBY") == "" {
		t.Skip("SLUICE_CRUBY is not set")
	}
	number := func(name string, otherwise uint64) uint64 {
		if n, err := strconv.ParseUint(os.Getenv(name), 10, 64); err == nil {
			return n
		}
		return otherwise
	}
	count, first := number("SLUICE_PROGRAMS", 2000), number("SLUICE_SEED", 1)
	var input bytes.Buffer
	for seed := first; seed < first+count; seed++ {
		line, err := json.Marshal(generated(seed))
		if err != nil {
			t.Fatal(err)
		}
		input.Write(append(line, '\n'))
	}
	cmd := exec.Command("sh", "-c", "ulimit -v 2000000; exec timeout 1200 ruby -W0 --disable=did_you_mean testdata/cruby.rb")
	cmd.Stdin, cmd.Stderr = &input, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("ruby: %v", err)
	}
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 1<<30)
	same, limited := 0, 0
	if version, err := exec.Command("ruby", "-e", "print RUBY_VERSION").Output(); err == nil {
		t.Logf("ruby %s", version)
	}
	seed := first
	for ; lines.Scan(); seed++ {
		text, err := hex.DecodeString(lines.Text())
		if err != nil {
			t.Fatal(err)
		}
		want := plainResult(string(text))
		got, err := run(t, generated(seed), `{}`, Options{})
		var limit *LimitError
		switch e, raised := IsException(err); {
		case errors.As(err, &limit):
			limited++
			continue
		case raised:
			got = "raised " + e.Class
		case err != nil:
			got = err.Error()
		default:
			var fields struct{ R string }
			if err := json.Unmarshal([]byte(got), &fields); err != nil {
				t.Fatal(err)
			}
			got = plainResult(fields.R)
		}
		if got == want {
			same++
			continue
		}
		t.Errorf("seed %d:\n%s\n here  %s\n CRuby %s", seed, generated(seed), got, want)
	}
	if seed != first+count {
		t.Fatalf("ruby answered %d programs of %d: %v", seed-first, count, lines.Err())
	}
	t.Logf("%d programs from seed %d: %d with the same result, %d stopped at a limit", count, first, same, limited)
}

// plainResult is the text that a result stands for in hexadecimal, if it does.
func plainResult(s string) string {
	if text, err := hex.DecodeString(s); err == nil {
		return string(text)
	}
	return s
}
