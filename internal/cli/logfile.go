package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// logWriter writes log lines to the screen and, with path.logs, to files: one for all
// pipelines or one for each.
type logWriter struct {
	screen   io.Writer
	dir      string // "" for no files
	name     string // of the file, without .log
	separate bool   // pipeline.separate_logs

	mu    sync.Mutex
	files map[string]*logFile
}

func (w *logWriter) write(logger, pipeline string, line []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, err := w.screen.Write(line)
	if w.dir == "" {
		return err
	}
	name := w.name
	switch {
	case strings.HasPrefix(logger, "slowlog."): // a file of its own, as Logstash's log4j2.properties has it
		name = strings.Replace(name, "logstash-", "logstash-slowlog-", 1)
	case w.separate && pipeline != "":
		name = "pipeline_" + strings.Map(fileRune, pipeline)
	}
	if w.files == nil {
		w.files = map[string]*logFile{}
	}
	f := w.files[name]
	if f == nil {
		f = &logFile{base: filepath.Join(w.dir, name)}
		w.files[name] = f
	}
	return f.write(line)
}

func fileRune(r rune) rune {
	if r == '/' || r == '\\' || r < ' ' {
		return '_'
	}
	return r
}

func (w *logWriter) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, f := range w.files {
		if f.file != nil {
			f.file.Close()
		}
	}
}

// A log file that has become this large is put aside as NAME-2026-11-23-1.log, and this
// many are kept, as Logstash's log4j2.properties has it.
const (
	maxLogFile  = 100 << 20
	keptLogFile = 30
)

type logFile struct {
	base string
	file *os.File
	size int64
}

func (f *logFile) write(line []byte) error {
	if f.file != nil && f.size+int64(len(line)) > maxLogFile {
		f.file.Close()
		f.file = nil
		f.putAside()
	}
	if f.file == nil {
		file, err := os.OpenFile(f.base+".log", os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o640)
		if err != nil {
			return err
		}
		info, err := file.Stat()
		if err != nil {
			file.Close()
			return err
		}
		f.file, f.size = file, info.Size()
	}
	n, err := f.file.Write(line)
	f.size += int64(n)
	return err
}

func (f *logFile) putAside() {
	for n := 1; ; n++ {
		to := fmt.Sprintf("%s-%s-%d.log", f.base, time.Now().Format(time.DateOnly), n)
		if _, err := os.Lstat(to); os.IsNotExist(err) {
			// A file that cannot be renamed goes on growing: a log line must not
			// be lost for it, and there is nobody to tell.
			_ = os.Rename(f.base+".log", to)
			break
		}
	}
	old, _ := filepath.Glob(f.base + "-[0-9]*-[0-9]*-[0-9]*-*.log")
	slices.SortFunc(old, func(a, b string) int { return age(b).Compare(age(a)) })
	for len(old) > keptLogFile {
		os.Remove(old[len(old)-1])
		old = old[:len(old)-1]
	}
}

func age(file string) time.Time {
	info, err := os.Stat(file)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}
