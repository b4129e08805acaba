package output

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"sluice/internal/plugin/plugintest"
)

func TestUpstreamSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := &upstream{env: plugintest.Env(t), name: "siem"}
		stop := u.watch()
		time.Sleep(3 * time.Second)
		u.answered()
		time.Sleep(3 * time.Second)
		if c := codes(u.env.Conditions); c != "" {
			t.Errorf("after 3 s: %s", c)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if c := u.env.Conditions.List(); len(c) != 1 || c[0].Code != "upstream-unreachable" || c[0].Cause != "siem: no answer for 4s" {
			t.Errorf("after 5 s: %+v", c)
		}
		u.answered()
		if c := codes(u.env.Conditions); c != "" {
			t.Errorf("after an answer: %s", c)
		}
		stop()
		time.Sleep(time.Minute)
		synctest.Wait()
		if c := codes(u.env.Conditions); c != "" {
			t.Errorf("after the end: %s", c)
		}
	})
}

// TestUpstreamKinds: of the three conditions there is one at a time.
func TestUpstreamKinds(t *testing.T) {
	u := &upstream{env: plugintest.Env(t), name: "siem"}
	u.failed(errors.New("strange"))
	u.refused("no")
	if c := u.env.Conditions.List(); len(c) != 1 || c[0].Code != "upstream-refuses" || c[0].Cause != "siem: no" {
		t.Errorf("%+v", c)
	}
	u.answered()
	u.answered()
	if c := codes(u.env.Conditions); c != "" {
		t.Error(c)
	}
}

func TestRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for value, want := range map[string]time.Duration{
			"": 0, "7": 7 * time.Second, "-3": 0, "99999999": time.Hour, "soon": 0,
			time.Now().Add(time.Minute).UTC().Format(http.TimeFormat):  time.Minute,
			time.Now().Add(-time.Minute).UTC().Format(http.TimeFormat): 0,
		} {
			if got := retryAfter(http.Header{"Retry-After": {value}}); got != want {
				t.Errorf("%q: %v, want %v", value, got, want)
			}
		}
	})
}

// TestUpstreamWithoutTLS: where there is no TLS, nobody is sent looking for certificates.
func TestUpstreamWithoutTLS(t *testing.T) {
	for _, plain := range []bool{false, true} {
		for _, err := range []error{syscall.ECONNRESET, syscall.EPIPE, io.ErrUnexpectedEOF, os.ErrDeadlineExceeded} {
			u := &upstream{env: plugintest.Env(t), name: "siem", plain: plain}
			u.failed(err)
			c := u.env.Conditions.List()
			if len(c) != 1 || c[0].Code != "upstream-unreachable" {
				t.Fatalf("%v: %+v", err, c)
			}
			if misleads := strings.Contains(c[0].Cause, "client certificate") || strings.Contains(c[0].Cause, "than TLS"); misleads == plain {
				t.Errorf("plain %v, %v: %s", plain, err, c[0].Cause)
			}
		}
	}
}
