package filter

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/miekg/dns"

	"sluice/internal/health"
)

// nameserver answers on a port of this machine and counts the questions.
func nameserver(t *testing.T) (address string, questions *atomic.Int64) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	questions = new(atomic.Int64)
	ready := make(chan struct{})
	server := &dns.Server{PacketConn: conn, NotifyStartedFunc: func() { close(ready) }, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, m *dns.Msg) {
		questions.Add(1)
		q := m.Question[0]
		answer := new(dns.Msg)
		answer.SetReply(m)
		records := map[string]string{
			"www.example.com. A":          "www.example.com. 60 IN A 192.0.2.1",
			"six.example.com. AAAA":       "six.example.com. 60 IN AAAA 2001:db8::6",
			"short.corp.example. A":       "short.corp.example. 60 IN A 192.0.2.9",
			"xn--bcher-kva.example. A":    "xn--bcher-kva.example. 60 IN A 192.0.2.7",
			"7.2.0.192.in-addr.arpa. PTR": "7.2.0.192.in-addr.arpa. 60 IN PTR xn--bcher-kva.example.",
		}
		if strings.HasPrefix(q.Name, "silent") {
			return
		}
		if text, ok := records[q.Name+" "+dns.TypeToString[q.Qtype]]; ok {
			record, err := dns.NewRR(text)
			if err != nil {
				t.Error(err)
			}
			answer.Answer = []dns.RR{record}
		} else if !strings.HasPrefix(q.Name, "six") {
			answer.Rcode = dns.RcodeNameError
		}
		_ = w.WriteMsg(answer)
	})}
	go func() { _ = server.ActivateAndServe() }()
	<-ready
	t.Cleanup(func() { _ = server.Shutdown() })
	return conn.LocalAddr().String(), questions
}

func TestDNS(t *testing.T) {
	address, _ := nameserver(t)
	hosts := filepath.Join(t.TempDir(), "hosts")
	if err := os.WriteFile(hosts, []byte("192.0.2.44 gw gateway # the way out\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	with := `nameserver => "` + address + `"`
	check(t, []sample{
		{"append", `dns { resolve => "a" ` + with + ` add_tag => "t" }`, `{"a":"www.example.com"}`, `{"a":["www.example.com","192.0.2.1"],"tags":["t"]}`},
		{"IPv6", `dns { resolve => "a" action => "replace" ` + with + ` }`, `{"a":["six.example.com"]}`, `{"a":["2001:db8::6"]}`},
		{"beyond ASCII", `dns { resolve => "a" reverse => "b" action => "replace" ` + with + ` }`, `{"a":"bücher.example","b":"192.0.2.7"}`, `{"a":"192.0.2.7","b":"bücher.example"}`},
		{"search", `dns { resolve => "a" action => "replace" nameserver => { "address" => "` + address + `" "search" => ["corp.example"] } }`, `{"a":"short"}`, `{"a":"192.0.2.9"}`},
		{"hosts", `dns { resolve => "a" reverse => "b" action => "replace" hostsfile => "` + hosts + `" }`, `{"a":"gateway","b":"192.0.2.44"}`, `{"a":"192.0.2.44","b":"gw"}`},
		{"not found", `dns { resolve => "a" ` + with + ` add_tag => "t" }`, `{"a":"none.example.com"}`, `{"a":"none.example.com"}`},
		{"no address", `dns { reverse => "a" ` + with + ` add_tag => "t" }`, `{"a":"x"}`, `{"a":"x"}`},
		{"missing", `dns { resolve => ["a", "b"] ` + with + ` add_tag => "t" }`, `{"b":"www.example.com"}`, `{"b":["www.example.com","192.0.2.1"],"tags":["t"]}`},
	})
	refused(t, map[string]string{
		`dns { nameserver => { "search" => "x" } }`: "address",
		`dns { nameserver => { "nope" => "x" } }`:   "nope",
		`dns { hostsfile => "/nowhere/hosts" }`:     "hostsfile",
	})
}

func TestDNSRemembers(t *testing.T) {
	address, questions := nameserver(t)
	env := testEnv()
	env.Conditions = new(health.Conditions)
	filters, err := configure(`dns { resolve => "a" nameserver => "`+address+`" timeout => 0.05 max_retries => 1 hit_cache_size => 10 failed_cache_size => 10 }`, env)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		through(t, filters, `{"a":"www.example.com"}`)
	}
	if n := questions.Load(); n != 1 {
		t.Errorf("%d questions, want 1", n)
	}
	questions.Store(0)
	if got := through(t, filters, `{"a":"silent.example.com"}`); got != normal(t, `{"a":"silent.example.com","tags":["_dnstimeout"]}`) {
		t.Error(got)
	}
	if n := questions.Load(); n != 2 {
		t.Errorf("%d questions, want one and one retry", n)
	}
	if list := env.Conditions.List(); len(list) != 1 || list[0].Code != "nameserver-silent" {
		t.Errorf("conditions: %v", list)
	}
	through(t, filters, `{"a":"silent.example.com"}`)
	if n := questions.Load(); n != 2 {
		t.Errorf("%d questions, though the failure is known", n)
	}
}

func TestTLD(t *testing.T) {
	check(t, []sample{
		{"all", `tld { source => "d" }`, `{"d":"WWW.a.Example.co.uk"}`, `{"d":"WWW.a.Example.co.uk","tld":{"tld":"co.uk","sld":"example","trd":"www.a","domain":"example.co.uk","subdomain":"www.a.example.co.uk","top_level_domain":"co.uk"}}`},
		{"no third", `tld { source => "d" target => "[t][u]" add_tag => "t" }`, `{"d":"example.com"}`, `{"d":"example.com","t":{"u":{"tld":"com","sld":"example","trd":null,"domain":"example.com","subdomain":null,"top_level_domain":"com"}},"tags":["t"]}`},
		{"a suffix", `tld { source => "d" }`, `{"d":"co.uk"}`, `{"d":"co.uk"}`},
		{"not listed", `tld { source => "d" }`, `{"d":"host.localnet"}`, `{"d":"host.localnet"}`},
		{"no text", `tld { source => "d" }`, `{"d":5}`, `{"d":5}`},
	})
}
