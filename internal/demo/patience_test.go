package demo

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// A destination that is slow or answers with failures is not given up like one where
// nothing moves.
func TestPatience(t *testing.T) {
	start := time.Now()
	l := Ledger{Played: 100, Delivered: 40, DeadLettered: 2}
	for _, c := range []struct {
		name string
		then func(second int) (Ledger, exchange)
		ends int // after so many seconds; 0 is not within 20 minutes
		why  string
	}{
		{"nothing moves", func(int) (Ledger, exchange) { return l, exchange{answered: 3, last: "200 OK"} }, 32, "nothing has moved for 31s: of 100 records that were played 40 have arrived and 2 are dead letters; the destination has answered 3 requests, the last one with 200 OK"},
		{"nothing is sent", func(int) (Ledger, exchange) { return l, exchange{} }, 32, "the receiver has sent nothing to the destination"},
		{"no answer", func(s int) (Ledger, exchange) { return l, exchange{open: time.Duration(s) * time.Second} }, 302, "although it is tried: of 100 records that were played 40 have arrived and 2 are dead letters; a request has waited for its answer for 5m"},
		{"always 503", func(s int) (Ledger, exchange) {
			return l, exchange{answered: s, last: "503 Service Unavailable"}
		}, 302, "the last one with 503"},
		{"slow", func(s int) (Ledger, exchange) {
			l := l
			l.Delivered += s / 200
			return l, exchange{answered: 1 + s/60, open: time.Second}
		}, 0, ""},
		{"dead letters", func(s int) (Ledger, exchange) {
			l := l
			l.DeadLettered += s / 25
			return l, exchange{answered: 1}
		}, 0, ""},
		{"repeats", func(s int) (Ledger, exchange) {
			l := l
			l.Repeated += s / 25
			return l, exchange{answered: 1}
		}, 0, ""},
	} {
		p, ended := newPatience(start), 0
		for s := 1; s < 1200 && ended == 0; s++ {
			l, x := c.then(s)
			why := p.over(start.Add(time.Duration(s)*time.Second), l, x)
			if why != "" {
				ended = s
				if !strings.Contains(why, c.why) {
					t.Errorf("%s: %s", c.name, why)
				}
			}
		}
		if ended != c.ends {
			t.Errorf("%s: it ended after %d s, want %d", c.name, ended, c.ends)
		}
	}
}

// A document that the server refuses is a dead letter of the receiver, and --once does not
// wait for it.
func TestRefusedDocument(t *testing.T) {
	other, err := startStandIn(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer other.close()
	var refused atomic.Bool
	inner := other.server.Handler
	other.server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := httptest.NewRecorder()
		inner.ServeHTTP(a, r)
		body := a.Body.Bytes()
		// Replay's records begin after the first statistics.
		if played, _, _ := other.arrived(); played > 20 && bytes.Contains(body, []byte(`"status":201`)) && refused.CompareAndSwap(false, true) {
			body = bytes.ReplaceAll(body, []byte(`"errors":false`), []byte(`"errors":true`))
			body = bytes.ReplaceAll(body, []byte(`"status":201`), []byte(`"status":400,"error":{"type":"document_parsing_exception","reason":"Limit of total fields [1000] has been exceeded"}`))
		}
		for k, v := range a.Header() {
			w.Header()[k] = v
		}
		w.WriteHeader(a.Code)
		_, _ = w.Write(body)
	})
	out, err := exec.Command(program(t), "demo", "--once", "--records", "200", "--elasticsearch", "http://"+other.addr).Output()
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	var l Ledger
	if err != nil || json.Unmarshal([]byte(lines[len(lines)-1]), &l) != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if l.Played != 300 || l.DeadLettered == 0 || l.Delivered+l.DeadLettered != 300 {
		t.Errorf("ledger %+v", l)
	}
}
