package input

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"sluice/internal/plugin"
)

// sincedb is the positions that are kept on disk, in Logstash's format: a line for each
// file with its inode, major and minor number of the device, position, the time of the
// last change, and path. Lines without time and path, of old versions, are read, too.
// Source: FileWatch::SincedbRecordSerializer.
type sincedb struct {
	files   plugin.Files
	path    string
	keep    time.Duration // how long a record is kept that does not change
	records map[fileID]*record
	changed bool
	saved   time.Time
}

// record is what is known about a file.
type record struct {
	position int64
	changed  time.Time
	path     string // "" in old records
	watched  bool   // the file is there, so that its record does not expire
}

func openSincedb(files plugin.Files, path string, keep time.Duration, now time.Time) (*sincedb, error) {
	db := &sincedb{files: files, path: path, keep: keep, records: map[fileID]*record{}, saved: now}
	if path == os.DevNull {
		return db, nil
	}
	if err := files.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("the folder of the sincedb cannot be made: %w", err)
	}
	text, err := files.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the sincedb cannot be read: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		id, r, ok := parseRecord(strings.TrimRight(line, "\r\n"), now)
		if ok && now.Before(r.changed.Add(keep)) {
			db.records[id] = r
		}
	}
	return db, nil
}

// parseRecord reads one line. What is no record is left out, as a half-written last line.
func parseRecord(line string, now time.Time) (fileID, *record, bool) {
	parts := strings.SplitN(line, " ", 6)
	if len(parts) < 4 || parts[0] == "" {
		return fileID{}, nil, false
	}
	major, err1 := strconv.ParseUint(parts[1], 10, 32)
	minor, err2 := strconv.ParseUint(parts[2], 10, 32)
	position, err3 := strconv.ParseInt(parts[3], 10, 64)
	if err1 != nil || err2 != nil || err3 != nil || position < 0 {
		return fileID{}, nil, false
	}
	r := &record{position: position, changed: now}
	if len(parts) > 4 {
		seconds, err := strconv.ParseFloat(parts[4], 64)
		if err != nil || seconds < 0 || seconds > 1e11 {
			return fileID{}, nil, false
		}
		r.changed = time.UnixMicro(int64(seconds * 1e6))
	}
	if len(parts) > 5 {
		r.path = parts[5]
	}
	return fileID{parts[0], uint32(major), uint32(minor)}, r, true
}

// set keeps a position.
func (db *sincedb) set(id fileID, position int64, path string, now time.Time) {
	db.records[id] = &record{position: position, changed: now, path: path, watched: true}
	db.changed = true
}

// forget removes the record of a file that has been deleted.
func (db *sincedb) forget(id fileID) {
	if db.records[id] != nil {
		delete(db.records, id)
		db.changed = true
	}
}

// saveAfter saves when something has changed and the interval has passed.
func (db *sincedb) saveAfter(interval time.Duration, now time.Time) error {
	if !db.changed || now.Sub(db.saved) < interval {
		return nil
	}
	return db.save(now)
}

// save writes all records, so that a crash leaves the old file or the new one.
func (db *sincedb) save(now time.Time) error {
	db.saved, db.changed = now, false
	if db.path == os.DevNull {
		return nil
	}
	var text bytes.Buffer
	for id, r := range db.records {
		if !r.watched && !now.Before(r.changed.Add(db.keep)) {
			delete(db.records, id)
			continue
		}
		fmt.Fprintf(&text, "%s %d %d %d %s %s\n", id.inode, id.major, id.minor, r.position,
			strconv.FormatFloat(float64(r.changed.UnixMicro())/1e6, 'f', -1, 64), r.path)
	}
	temporary := db.path + ".new"
	if err := writeSynced(db.files, temporary, text.Bytes()); err != nil {
		db.changed = true
		return err
	}
	if err := db.files.Rename(temporary, db.path); err != nil {
		db.changed = true
		return err
	}
	return nil
}

func writeSynced(files plugin.Files, path string, text []byte) error {
	f, err := files.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}
