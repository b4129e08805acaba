package cli

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"sluice/internal/pki"
	"sluice/internal/plugin/plugintest"
)

// TestPeerFilebeat: a real Filebeat sends a growing file over mutual TLS while the program is
// killed again and again. Filebeat forgets only what was acknowledged: nothing may be lost.
//
// SLUICE_FILEBEAT names the program. It can be built without its packages (Elastic License
// 2.0 and Apache 2.0 parts): `go mod download -json github.com/elastic/beats/v7@v7.17.29`,
// then `CGO_ENABLED=0 go build ./filebeat` in a copy of that folder.
func TestPeerFilebeat(t *testing.T) {
	plugintest.WantPeers(t)
	filebeat := os.Getenv("SLUICE_FILEBEAT")
	if filebeat == "" {
		var err error
		if filebeat, err = exec.LookPath("filebeat"); err != nil {
			t.Skip("there is no filebeat; SLUICE_FILEBEAT names one")
		}
	}
	const lines, kills = 20_000, 5
	work, data := t.TempDir(), t.TempDir()
	certs := filepath.Join(work, "certs")
	if _, err := pki.Create(pki.Request{Dir: certs, Servers: []string{"localhost"}}); err != nil {
		t.Fatal(err)
	}
	r := newReceiver()
	in, out := unusedPort(t), r.serve(t, 0)
	path := build(t)
	config := fmt.Sprintf(`input { beats { host => "127.0.0.1" port => %d ssl_enabled => true ssl_client_authentication => "required"
    ssl_certificate => "%[2]s/logstash_server.crt" ssl_key => "%[2]s/logstash_server_pk8.key" ssl_certificate_authorities => ["%[2]s/ca.crt"] } }
filter { json { source => "message" } prune { whitelist_names => ["^n$"] } }
output { http { url => "http://127.0.0.1:%[3]d/" http_method => "post" format => "json_batch" } }`, in, certs, out)

	log := filepath.Join(work, "in.log")
	settings := fmt.Sprintf(`filebeat.inputs:
- type: log
  paths: [%q]
  scan_frequency: 1s
  backoff: 100ms
  max_backoff: 200ms
path.home: %[2]q
output.logstash:
  hosts: ["localhost:%[3]d"]
  ssl.certificate_authorities: ["%[4]s/ca.crt"]
  ssl.certificate: "%[4]s/logstash_client.crt"
  ssl.key: "%[4]s/logstash_client.key"
  bulk_max_size: 50
  backoff.init: 100ms
  backoff.max: 500ms
logging.to_stderr: true
`, log, filepath.Join(work, "home"), in, certs)
	if err := os.WriteFile(filepath.Join(work, "filebeat.yml"), []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(log)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	write := func(from, to int) {
		var b bytes.Buffer
		for n := from; n < to; n++ {
			fmt.Fprintf(&b, "{\"n\":%d}\n", n)
		}
		if _, err := f.Write(b.Bytes()); err != nil {
			t.Fatal(err)
		}
	}
	beat := exec.Command(filebeat, "-c", filepath.Join(work, "filebeat.yml"), "--strict.perms=false")
	var beatLogs bytes.Buffer
	beat.Stderr = &beatLogs
	if err := beat.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = beat.Process.Kill(); _ = beat.Wait() }()
	p := startPipeline(t, path, data, config)
	for kill := range kills {
		write(kill*lines/(kills+1), (kill+1)*lines/(kills+1))
		before := 0
		r.mu.Lock()
		before = len(r.got)
		r.mu.Unlock()
		r.await(t, "filebeat's events come", func() bool { return len(r.got) > before+300 })
		if err := p.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = p.cmd.Wait()
		p = startPipeline(t, path, data, config)
	}
	write(kills*lines/(kills+1), lines)
	r.await(t, "everything arrives", func() bool { return len(r.got) >= lines })
	time.Sleep(200 * time.Millisecond) // for what comes twice
	p.stop(t)
	lost, repeated := r.account(lines)
	t.Logf("%d lines, %d kills, %d lost, %d came more than once", lines, kills, lost, repeated)
	if lost > 0 {
		t.Errorf("%d of %d lines are lost\n%s", lost, lines, beatLogs.String())
	}
}
