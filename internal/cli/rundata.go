package cli

import (
	"cmp"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"sluice/internal/diag"
	"sluice/internal/engine"
	"sluice/internal/vfs"
)

// node says who this instance is, as the monitoring API shows it.
type node struct{ id, name string }

var dataInUse = diag.Define("SL9007", diag.Error, "another instance uses the folder for data",
	"Two instances cannot share path.data: queues and positions in files would be mixed up. Give each a folder of its own with --path.data.")

// openData takes path.data for this instance, and finds out who it is. Where nothing is
// kept and no folder was asked for, nothing on disk is touched.
func (p *program) openData(pipelines []engine.Pipeline) (release func(), err error) {
	p.node.name = p.settings.String("node.name")
	if p.node.name == "" {
		host, err := os.Hostname()
		if err != nil {
			host = "localhost"
		}
		p.node.name = host
	}
	needed := p.settings.IsSet("path.data")
	for _, c := range pipelines {
		needed = needed || c.Settings.String("queue.type") == "persisted" && !c.Settings.IsSet("path.queue")
	}
	if !needed {
		p.node.id = engine.NewID()
		return func() {}, nil
	}
	dir := dataDir(p.settings)
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, diag.New(cannotRun, p.settings.At("path.data"), "path.data: %v", err).WithHelp("choose a folder that this user may write, with --path.data")
	}
	lock, err := vfs.OS.Lock(filepath.Join(dir, ".lock"))
	var taken *vfs.LockedError
	switch {
	case errors.As(err, &taken):
		d := diag.New(dataInUse, p.settings.At("path.data"), "Logstash could not be started because there is already another instance using the configured data directory. "+
			"If you wish to run multiple instances, you must change the \"path.data\" setting.")
		return nil, d.WithHelp("process %s uses %s", cmp.Or(taken.PID, "unknown"), dir)
	case err != nil:
		return nil, diag.New(cannotRun, p.settings.At("path.data"), "path.data: %v", err)
	}
	if p.node.id, err = readUUID(filepath.Join(dir, "uuid")); err != nil {
		lock.Close()
		return nil, diag.New(cannotRun, p.settings.At("path.data"), "path.data: %v", err)
	}
	return func() { closeQuietly(lock) }, nil
}

// closeQuietly closes a lock, which the end of the process does as well.
func closeQuietly(c io.Closer) { _ = c.Close() }

// readUUID returns the node's id, which is made once and kept.
func readUUID(file string) (string, error) {
	text, err := os.ReadFile(file)
	if id := strings.TrimSpace(string(text)); err == nil && len(id) == 36 {
		return id, nil
	}
	if err != nil && !os.IsNotExist(err) {
		return "", err
	}
	id := engine.NewID()
	return id, vfs.WriteFile(vfs.OS, file, []byte(id))
}
