package demo

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"sluice/internal/pki"
)

// Options say what the demo plays and where it goes.
type Options struct {
	Program       string // the sluice binary
	Dir           string // everything that is made; a temporary folder that is removed if ""
	EVE           string // a Suricata log of the user's own
	Zeek          string // a folder of Zeek logs of the user's own
	Texts         string // a folder with configurations in place of the demo's own
	Elasticsearch string // URL of a real one
	Once          bool   // play the logs once, wait until all is delivered, end
	Rate          int    // events a second; 0 is as fast as they are taken
	EC            bool   // elliptic curve keys in place of RSA
	Records       int    // to make where the user gives no logs
}

// The names that stand in the configurations, and that the demo resolves by itself.
const (
	sensorName   = "testsensor"
	upstream     = "elastic.my-upstream-siem.net"
	receiverPort = "8899"
)

// demo is a running demo.
type demo struct {
	opts     Options
	dir      string
	logs     []string
	standIn  *standIn
	sensor   *process
	receiver *process
	ports    ports
}

// ports are where the demo listens in place of what the configurations say.
type ports struct{ subscription, receiver int }

// Run runs the demo until it is over or ctx ends. What it shows goes to screen.
func Run(ctx context.Context, o Options, screen *Screen) (Ledger, error) {
	d := &demo{opts: o, dir: o.Dir}
	if d.dir == "" {
		dir, err := os.MkdirTemp("", "sluice-demo-")
		if err != nil {
			return Ledger{}, err
		}
		defer os.RemoveAll(dir)
		d.dir = dir
	}
	abs, err := filepath.Abs(d.dir)
	if err != nil {
		return Ledger{}, err
	}
	d.dir = abs
	if err := d.prepare(screen); err != nil {
		return Ledger{}, err
	}
	if d.standIn, err = startStandIn(d.path("elasticsearch"), o.Elasticsearch); err != nil {
		return Ledger{}, err
	}
	defer d.standIn.close()
	return d.run(ctx, screen)
}

func (d *demo) path(parts ...string) string {
	return filepath.Join(append([]string{d.dir}, parts...)...)
}

// prepare makes certificates, logs and configurations.
func (d *demo) prepare(screen *Screen) error {
	if entries, err := os.ReadDir(d.dir); err == nil && len(entries) > 0 {
		return fmt.Errorf("the folder %s is not empty; give another one, or remove what is in it", d.dir)
	}
	if err := os.MkdirAll(d.dir, 0o755); err != nil {
		return err
	}
	texts, err := readTexts(d.opts.Texts)
	if err != nil {
		return err
	}
	screen.Step("certificates for mutual TLS, as `sluice certs --server %s` makes them", upstream)
	if _, err := pki.Create(pki.Request{Dir: d.path("certs"), Servers: []string{upstream}, EC: d.opts.EC}); err != nil {
		return err
	}
	files, err := pki.ClientFilesYAML(d.path("certs"), pki.DefaultClient)
	if err != nil {
		return err
	}
	texts["files.yml"] = []byte(files)
	if err := d.makeLogs(screen); err != nil {
		return err
	}
	if d.ports, err = choosePorts(); err != nil {
		return err
	}
	texts["sensor.yml"] = []byte(d.sensorText())
	for name, text := range texts {
		file := d.path("sensor", name)
		if strings.HasSuffix(name, ".conf") {
			file = d.path("receiver", name)
		}
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		mode := os.FileMode(0o644)
		if name == "files.yml" {
			mode = 0o600 // there is a key in it
		}
		if err := os.WriteFile(file, text, mode); err != nil {
			return err
		}
	}
	return nil
}

func (d *demo) makeLogs(screen *Screen) error {
	for _, path := range []string{d.opts.EVE, d.opts.Zeek} {
		if path == "" {
			continue
		}
		abs, err := filepath.Abs(path)
		if err != nil {
			return err
		}
		if _, err := os.Stat(abs); err != nil {
			return fmt.Errorf("the logs cannot be read: %w", err)
		}
		d.logs = append(d.logs, abs)
	}
	if len(d.logs) > 0 {
		return nil
	}
	n := d.opts.Records
	screen.Step("%d Suricata and %d Zeek records, made up (--eve FILE and --zeek DIR play your own)", n, n/4*2)
	t := newTraffic(1)
	if err := t.writeSuricata(d.path("logs", "eve.json"), n); err != nil {
		return err
	}
	if err := t.writeZeek(d.path("logs", "zeek"), n/4); err != nil {
		return err
	}
	d.logs = []string{d.path("logs", "eve.json"), d.path("logs", "zeek")}
	return nil
}

// choosePorts takes the ports of the configurations where they are free.
func choosePorts() (p ports, err error) {
	if p.subscription, err = freePort("127.0.0.1", 15044); err != nil {
		return p, err
	}
	p.receiver, err = freePort("127.0.0.1", 8899)
	return p, err
}

func freePort(host string, wanted int) (int, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(wanted)))
	if err != nil {
		if l, err = net.Listen("tcp", net.JoinHostPort(host, "0")); err != nil {
			return 0, err
		}
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// sensorText is the sensor's YAML file. Names that do not resolve here, and ports that
// are taken, are mapped in access; the configurations stay as they are.
func (d *demo) sensorText() string {
	var b strings.Builder
	fmt.Fprintf(&b, "name: %s\ndata: data\n", sensorName)
	if d.opts.Once {
		b.WriteString("stats_interval: 1s\n")
	}
	b.WriteString("instruments:\n  - kind: replay\n    files:\n")
	for _, l := range d.logs {
		fmt.Fprintf(&b, "      - %s\n", strconv.Quote(l))
	}
	fmt.Fprintf(&b, "    rate: %d\n    loop: %t\n", d.opts.Rate, !d.opts.Once)
	b.WriteString("  - kind: logforwarder\n    subscriptions: subscription.yml\n    pipelines: pipelines.yml\n    files: files.yml\n    access:\n      hosts:\n")
	fmt.Fprintf(&b, "        %s:%s: 127.0.0.1:%d\n", upstream, receiverPort, d.ports.receiver)
	if d.ports.subscription != 15044 {
		fmt.Fprintf(&b, "        127.0.0.1:15044: 127.0.0.1:%d\n", d.ports.subscription)
	}
	return b.String()
}

// receiverArgs are the words of the receiver's command line.
func (d *demo) receiverArgs() []string {
	return []string{
		"run", "-f", d.path("receiver"), "--path.data", d.path("receiver-data"), "--log.level", "warn",
		"-S", "pipeline.ecs_compatibility=disabled",
		"-S", "api.enabled=false",
		"-S", "access.paths=/etc/logstash=" + d.path("certs"),
		"-S", fmt.Sprintf("access.hosts=0.0.0.0:%s=127.0.0.1:%d,localhost:9200=%s", receiverPort, d.ports.receiver, d.standIn.addr),
	}
}

func (d *demo) run(ctx context.Context, screen *Screen) (Ledger, error) {
	var err error
	screen.Step("a receiver: an http input with mutual TLS, the filter, an elasticsearch output")
	if d.receiver, err = startProcess("receiver", d.opts.Program, d.receiverArgs(), d.path("receiver.log"), screen.Event); err != nil {
		return Ledger{}, err
	}
	defer d.receiver.stop()
	if err := d.receiver.awaitPort(ctx, fmt.Sprintf("127.0.0.1:%d", d.ports.receiver)); err != nil {
		return Ledger{}, err
	}
	screen.Step("the sensor %s: Replay plays the logs, the Log Forwarder sends them to %s", sensorName, upstream)
	if d.sensor, err = startProcess("sensor", d.opts.Program, []string{"sensor", "run", d.path("sensor", "sensor.yml")}, d.path("sensor.log"), nil); err != nil {
		return Ledger{}, err
	}
	defer d.sensor.stop()
	screen.Started(d)
	l, err := d.watch(ctx, screen)
	screen.EndStatus()
	d.sensor.stop()
	d.receiver.stop()
	d.finish(&l)
	return l, err
}

// watch shows how it goes, until ctx ends, a process dies, or with Once everything has
// arrived.
func (d *demo) watch(ctx context.Context, screen *Screen) (Ledger, error) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	var l Ledger
	patience := newPatience(time.Now())
	for {
		select {
		case <-ctx.Done():
			return l, nil
		case <-d.sensor.exited:
			return l, d.sensor.failure()
		case <-d.receiver.exited:
			return l, d.receiver.failure()
		case now := <-tick.C:
			l = d.look(ctx, l)
			screen.Status(l, now)
			if !d.opts.Once {
				continue
			}
			if l.finished && l.Delivered+l.DeadLettered >= l.Played {
				return l, nil
			}
			if why := patience.over(now, l, d.standIn.exchange(now)); why != "" {
				return l, fmt.Errorf("%s; %s", why, d.hint())
			}
		}
	}
}

func (d *demo) hint() string {
	return fmt.Sprintf("sensor.log and receiver.log in %s tell more (--dir keeps the folder)", d.dir)
}
