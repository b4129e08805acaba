package output

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"sluice/internal/health"
	"sluice/internal/pki"
	"sluice/internal/plugin"
)

// The conditions of an output that sends to another machine.
var (
	unreachable = health.Define("upstream-unreachable", health.Warning, "the upstream does not answer",
		"Check that the receiver runs, its host and port, and the way to it. Events are kept and sent when it answers again.")
	refusing = health.Define("upstream-refuses", health.Warning, "the upstream does not take events",
		"The cause shows its answer. Look into the receiver's log. Events are kept and sent again.")
	tlsTrouble = health.Define("upstream-tls", health.Error, "no secure connection to the upstream comes about",
		"The cause says what is wrong with the certificates; `sluice certs check HOST:PORT` tells more. Events are kept.")
)

// slow is how long an answer may take before a condition says so.
const slow = 4 * time.Second

// upstream keeps the conditions about the other side.
type upstream struct {
	env    *plugin.Env
	name   string // what the other side is called in messages
	plain  bool   // there is no TLS, so it is not what to look at
	raised atomic.Bool
	last   atomic.Int64 // the last answer, in nanoseconds since 1970
	mu     sync.Mutex   // of changing the conditions
}

// failed tells of an attempt that got no answer, and returns why, for a person.
func (u *upstream) failed(err error) string {
	d := pki.ExplainHandshake(pki.AsClient, err)
	kind := tlsTrouble
	switch d.Code {
	case pki.CodeRefused, pki.CodeUnknownHost, pki.CodeUnreachable, pki.CodeClosed:
		kind = unreachable
	case pki.CodeHandshake: // anything that is not known
		d.Message, kind = "it failed: "+err.Error(), unreachable
	}
	if u.plain {
		switch d.Code {
		case pki.CodeClosed:
			d.Help = "look into the receiver's log: it may have been restarted, have refused the request half-way, or expect TLS on this port; what stands between (a proxy, a firewall) may cut connections, too"
		case pki.CodeUnreachable:
			if strings.Contains(d.Help, "TLS") {
				d.Help = "a firewall may drop the packets, the address may be wrong, or the receiver has too much to do"
			}
		}
	}
	reason := u.name + ": " + d.Message
	cause := reason
	if d.Help != "" {
		cause += "; " + d.Help
	}
	u.raise(kind, cause)
	return reason
}

// refused tells of an answer that says no, for now.
func (u *upstream) refused(reason string) { u.raise(refusing, u.name+": "+reason) }

func (u *upstream) raise(kind *health.Kind, cause string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.raised.Swap(true) {
		u.env.Log.Warn(kind.Title, "cause", cause)
	}
	for _, other := range []*health.Kind{unreachable, refusing, tlsTrouble} {
		if other != kind {
			u.env.Conditions.Clear(other, u.env.ID)
		}
	}
	u.env.Conditions.Raise(kind, u.env.ID, cause)
}

// answered tells that the other side takes events.
func (u *upstream) answered() {
	u.last.Store(time.Now().UnixNano())
	if !u.raised.Load() {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.raised.Swap(false) {
		return
	}
	for _, kind := range []*health.Kind{unreachable, refusing, tlsTrouble} {
		u.env.Conditions.Clear(kind, u.env.ID)
	}
	u.env.Log.Info("the upstream takes events again", "upstream", u.name)
}

// watch raises a condition when there is no answer for a while, until the function that
// it returns is called.
func (u *upstream) watch() (stop func() bool) {
	u.last.Store(time.Now().UnixNano())
	var timer *time.Timer
	var armed sync.Mutex // until timer is set
	armed.Lock()
	defer armed.Unlock()
	timer = time.AfterFunc(slow, func() {
		armed.Lock()
		defer armed.Unlock()
		if left := slow - time.Since(time.Unix(0, u.last.Load())); left > 0 {
			timer.Reset(left)
			return
		}
		u.silent()
	})
	return timer.Stop
}

// silent raises the condition unless an answer has come in this very moment.
func (u *upstream) silent() {
	cause := fmt.Sprintf("%s: no answer for %v", u.name, slow)
	u.raise(unreachable, cause)
	if time.Since(time.Unix(0, u.last.Load())) < slow {
		u.answered()
	}
}

// retryAfter reads the header field Retry-After (RFC 9110, 10.2.3): seconds or a date.
func retryAfter(h http.Header) time.Duration {
	const most = time.Hour
	value := h.Get("Retry-After")
	if value == "" {
		return 0
	}
	if s, err := strconv.Atoi(value); err == nil {
		return min(max(time.Duration(s), 0)*time.Second, most)
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(time.Until(at), 0), most)
	}
	return 0
}

// excerpt is the beginning of an answer, on one line.
func excerpt(body []byte) string {
	const most = 500
	text := strings.Join(strings.Fields(strings.ToValidUTF8(string(body[:min(len(body), 4*most)]), "\uFFFD")), " ")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// intList reads an option that is a list of numbers.
func intList(name string, p *[]int, shownDefault, doc string) plugin.Option {
	return plugin.Check(name, "list of numbers", shownDefault, doc, func(s plugin.Setting) error {
		*p = nil
		for _, text := range s.Texts() {
			n, err := strconv.Atoi(text)
			if err != nil || n < 100 || n > 999 {
				return fmt.Errorf("%q is no HTTP status", text)
			}
			*p = append(*p, n)
		}
		return nil
	})
}
