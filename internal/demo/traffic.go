package demo

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"
)

// traffic makes plausible records of a small network, for those who have no logs at
// hand. Addresses are from the ranges for documentation (RFC 5737), names from the
// domains for it (RFC 2606). The same seed gives the same records.
type traffic struct {
	r   *rand.Rand
	now time.Time
}

func newTraffic(seed uint64) *traffic {
	return &traffic{rand.New(rand.NewPCG(seed, 1)), time.Date(2026, 3, 4, 14, 35, 33, 0, time.UTC)}
}

type record = map[string]any

var (
	hosts   = []string{"www.example.com", "mail.example.net", "updates.example.org", "cdn.example.com", "login.example.net", "files.example.org"}
	paths   = []string{"/", "/index.html", "/api/v1/status", "/login", "/static/app.js", "/download/setup.exe"}
	agents  = []string{"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "curl/8.5.0", "python-requests/2.31"}
	methods = []string{"GET", "GET", "GET", "POST", "HEAD"}
	alerts  = []record{
		{"action": "allowed", "gid": 1, "signature_id": 9000001, "rev": 3, "signature": "DEMO Possible port scan", "category": "Attempted Information Leak", "severity": 2},
		{"action": "allowed", "gid": 1, "signature_id": 9000002, "rev": 1, "signature": "DEMO Executable download over HTTP", "category": "Potentially Bad Traffic", "severity": 2},
		{"action": "blocked", "gid": 1, "signature_id": 9000003, "rev": 7, "signature": "DEMO Known command and control domain", "category": "A Network Trojan was detected", "severity": 1},
	}
)

func pick[T any](t *traffic, from []T) T { return from[t.r.IntN(len(from))] }

func (t *traffic) inside() string  { return fmt.Sprintf("192.0.2.%d", 1+t.r.IntN(60)) }
func (t *traffic) outside() string { return fmt.Sprintf("198.51.100.%d", 1+t.r.IntN(250)) }

// flow returns what all records of Suricata have.
func (t *traffic) flow(kind, proto string, port int) record {
	t.now = t.now.Add(time.Duration(t.r.IntN(40_000)) * time.Microsecond)
	return record{
		"timestamp": t.now.Format("2006-01-02T15:04:05.000000-0700"), "flow_id": t.r.Int64N(1 << 50), "in_iface": "mon0",
		"event_type": kind, "src_ip": t.inside(), "src_port": 32768 + t.r.IntN(28000), "dest_ip": t.outside(), "dest_port": port,
		"proto": proto, "ip_v": 4, "community_id": fmt.Sprintf("1:%027x=", t.r.Uint64()), "pkt_src": "wire/pcap",
	}
}

// suricata returns one record of Suricata's EVE log.
func (t *traffic) suricata() record {
	switch t.r.IntN(8) {
	case 0, 1:
		e := t.flow("dns", "UDP", 53)
		e["dns"] = record{"version": 3, "type": "request", "tx_id": 0, "id": t.r.IntN(65536), "flags": "100", "rd": true, "opcode": 0, "rcode": "NOERROR",
			"queries": []record{{"rrname": pick(t, hosts), "rrtype": "A"}}}
		return e
	case 2, 3:
		e := t.flow("http", "TCP", 80)
		e["tx_id"] = t.r.IntN(4)
		e["http"] = t.http()
		return e
	case 4:
		e := t.flow("tls", "TCP", 443)
		host := pick(t, hosts)
		e["tls"] = record{"sni": host, "version": "TLS 1.3", "subject": "CN=" + host, "issuerdn": "CN=Demo CA", "ja3": record{"hash": fmt.Sprintf("%016x%016x", t.r.Uint64(), t.r.Uint64())}}
		return e
	case 5:
		e := t.flow("alert", "TCP", 80)
		e["alert"] = pick(t, alerts)
		e["http"] = t.http()
		e["app_proto"] = "http"
		e["flow"] = record{"pkts_toserver": 4, "pkts_toclient": 3, "bytes_toserver": 700 + t.r.IntN(900), "bytes_toclient": 4096, "start": t.now.Format("2006-01-02T15:04:05.000000-0700")}
		return e
	}
	e := t.flow("flow", "TCP", 443)
	e["app_proto"] = "tls"
	e["flow"] = record{"pkts_toserver": 12 + t.r.IntN(80), "pkts_toclient": 14 + t.r.IntN(80), "bytes_toserver": 1200 + t.r.IntN(90_000), "bytes_toclient": 5000 + t.r.IntN(900_000),
		"start": t.now.Add(-time.Second).Format("2006-01-02T15:04:05.000000-0700"), "end": t.now.Format("2006-01-02T15:04:05.000000-0700"), "age": 1, "state": "closed", "reason": "timeout", "alerted": false}
	e["tcp"] = record{"tcp_flags": "1b", "syn": true, "fin": true, "psh": true, "ack": true, "state": "closed"}
	return e
}

func (t *traffic) http() record {
	return record{"hostname": pick(t, hosts), "url": pick(t, paths), "http_user_agent": pick(t, agents), "http_method": pick(t, methods),
		"protocol": "HTTP/1.1", "status": 200, "length": t.r.IntN(100_000), "http_content_type": "text/html"}
}

// writeSuricata writes n records as Suricata's eve.json.
func (t *traffic) writeSuricata(file string, n int) error {
	return writeFile(file, func(w *bufio.Writer) error {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		for range n {
			if err := enc.Encode(t.suricata()); err != nil {
				return err
			}
		}
		return nil
	})
}

// writeZeek writes n records each as Zeek's conn.log, in Zeek's own format, and as
// http.log in JSON.
func (t *traffic) writeZeek(dir string, n int) error {
	err := writeFile(filepath.Join(dir, "conn.log"), func(w *bufio.Writer) error {
		fmt.Fprint(w, "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n"+
			"#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\tconn_state\tlocal_orig\ttunnel_parents\n"+
			"#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tinterval\tcount\tcount\tstring\tbool\tset[string]\n")
		for range n {
			t.now = t.now.Add(20 * time.Millisecond)
			fmt.Fprintf(w, "%d.%06d\tC%016x\t%s\t%d\t%s\t443\ttcp\t%s\t%.6f\t%d\t%d\tSF\tT\t(empty)\n", t.now.Unix(), t.now.Nanosecond()/1000, t.r.Uint64(),
				t.inside(), 32768+t.r.IntN(28000), t.outside(), pick(t, []string{"ssl", "http", "-"}), t.r.Float64()*3, t.r.IntN(9000), t.r.IntN(90000))
		}
		return nil
	})
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, "http.log"), func(w *bufio.Writer) error {
		enc := json.NewEncoder(w)
		for range n {
			t.now = t.now.Add(20 * time.Millisecond)
			if err := enc.Encode(record{
				"ts": float64(t.now.UnixMicro()) / 1e6, "uid": fmt.Sprintf("C%016x", t.r.Uint64()), "id.orig_h": t.inside(), "id.orig_p": 32768 + t.r.IntN(28000),
				"id.resp_h": t.outside(), "id.resp_p": 80, "trans_depth": 1, "method": pick(t, methods), "host": pick(t, hosts), "uri": pick(t, paths),
				"version": "1.1", "user_agent": pick(t, agents), "request_body_len": 0, "response_body_len": t.r.IntN(100_000), "status_code": 200, "tags": []string{},
			}); err != nil {
				return err
			}
		}
		return nil
	})
}

func writeFile(file string, write func(w *bufio.Writer) error) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	if err := write(w); err != nil {
		f.Close()
		return err
	}
	if err := w.Flush(); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
