package input

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sluice/internal/health"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.InputKind,
		Name: "file",
		Doc: "Reads lines of files, as they grow (`tail`) or once to their end (`read`), and goes on after a restart where it was. " +
			"A position is saved only when the events up to there are safe in the queue. Files are known by their inode, so that rotation by renaming or by truncating loses nothing and repeats nothing. " +
			"Every event gets the path as `path` and the name of the machine as `host`, or as `log.file.path` and `host.name` with ECS, and both below `@metadata`.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-inputs-file.html",
		Examples: []plugin.Example{
			{Title: "Follow logs, from their beginning", Config: `file { path => ["/var/log/suricata/*.json", "/var/log/zeek/**/*.log"] start_position => "beginning" exclude => "*.gz" codec => json }`},
			{Title: "Read files once, compressed ones, too", Config: "file {\n  path => \"/data/in/*.gz\"\n  mode => \"read\"\n  file_completed_action => \"log\"\n  file_completed_log_path => \"/data/done.log\"\n}"},
		},
		New: func() plugin.Plugin {
			return &file{
				stat: time.Second, discover: 15, sincedbInterval: 15 * time.Second, start: "end", delimiter: "\n",
				closeOlder: time.Hour, maxOpen: 4095, mode: "tail", completed: "delete", cleanAfter: 14 * 24 * time.Hour,
				chunkSize: 32768, chunkCount: math.MaxInt64 / 2, sortBy: "last_modified", sortDirection: "asc",
			}
		},
	})
}

var cannotRead = health.Define("file-input-cannot-read", health.Warning,
	"A file cannot be read",
	"Look at the cause: give the program the right to read the file, or repair it. Other files are read on.")

// file is the input file.
type file struct {
	plugin.InputOptions
	ecs             plugin.ECS
	paths           []string
	exclude         []string
	stat            time.Duration
	discover        int
	sincedbPath     string
	sincedbInterval time.Duration
	start           string
	delimiter       string
	ignoreOlder     time.Duration // 0 = never
	closeOlder      time.Duration
	maxOpen         int
	mode            string
	completed       string
	completedLog    string
	cleanAfter      time.Duration
	chunkSize       int
	chunkCount      int
	sortBy          string
	sortDirection   string
	exitAfterRead   bool
	checkArchives   bool

	env       *plugin.Env
	codec     plugin.Codec
	lineCodec bool // the codec reads streams: a line's end has to be told
	patterns  []pattern
	host      hostField
	pathField string
}

func (f *file) Options() []plugin.Option {
	return append(f.Common("plain"),
		plugin.Strings("path", &f.paths, "The files, as absolute paths. `*`, `?`, `[a-z]`, `{a,b}` and `**` for any folders below are understood.").Must(),
		plugin.Strings("exclude", &f.exclude, "Names of files (without the folder) that are left out; patterns are understood."),
		durationOption("stat_interval", &f.stat, time.Second, "1 second", "How often the files are looked at."),
		plugin.Int("discover_interval", &f.discover, 1, math.MaxInt32, "How many times the files are looked at until new files are looked for."),
		plugin.Path("sincedb_path", &f.sincedbPath, "The file that keeps the positions. By default one in the data folder, whose name depends on `path`. `/dev/null` keeps none."),
		durationOption("sincedb_write_interval", &f.sincedbInterval, time.Second, "15 seconds", "How often the positions are saved."),
		durationOption("sincedb_clean_after", &f.cleanAfter, 24*time.Hour, "14 days", "After how long the position of a file that has gone is forgotten; a number counts days."),
		plugin.Enum("start_position", &f.start, []string{"beginning", "end"}, "Where a file is read from that was there at the start and has never been read. Files that appear later are read from their beginning."),
		plugin.String("delimiter", &f.delimiter, "What stands between two lines. In compressed files it is always the line end."),
		durationOption("ignore_older", &f.ignoreOlder, time.Second, "", "A file that was changed longer ago than this when it is found is left alone; in tail mode until it changes again."),
		durationOption("close_older", &f.closeOlder, time.Second, "1 hour", "A file that has not grown for this long is closed, and opened again when it grows."),
		plugin.Int("max_open_files", &f.maxOpen, 1, math.MaxInt32, "How many files are open at once."),
		plugin.Enum("mode", &f.mode, []string{"tail", "read"}, "Whether files are followed, or read once."),
		plugin.Enum("file_completed_action", &f.completed, []string{"delete", "log", "log_and_delete"}, "In read mode, what becomes of a file that has been read."),
		plugin.Path("file_completed_log_path", &f.completedLog, "The file to which the paths of files that have been read are added."),
		plugin.Int("file_chunk_size", &f.chunkSize, 1, 1<<30, "How many bytes are read at once."),
		plugin.Int("file_chunk_count", &f.chunkCount, 1, math.MaxInt, "How many chunks are read from one file before it is the next one's turn."),
		plugin.Enum("file_sort_by", &f.sortBy, []string{"last_modified", "path"}, "By what the order is determined in which files are read."),
		plugin.Enum("file_sort_direction", &f.sortDirection, []string{"asc", "desc"}, "Whether the oldest, or the first by name, is read first (`asc`) or last."),
		plugin.Bool("exit_after_read", &f.exitAfterRead, "In read mode, whether the input ends when all files have been read that were there at the start."),
		plugin.Bool("check_archive_validity", &f.checkArchives, "In read mode, whether a compressed file is checked as a whole before its first event."),
		plugin.ECSOption(&f.ecs),
	)
}

func (f *file) Open(env *plugin.Env) (err error) {
	f.env = env
	f.ecs = f.ecs.Or(env.ECS)
	f.host = newHostField(env.Host, f.ecs, "[host][name]")
	f.pathField = "path"
	if f.ecs.Enabled() {
		f.pathField = "[log][file][path]"
	}
	if err := f.check(); err != nil {
		return err
	}
	for _, path := range f.paths {
		if !filepath.IsAbs(path) {
			return env.Invalid("path", "write it from the root: /var/log/…", "the path %q is not absolute", path)
		}
		all, err := compilePattern(path, env.Access)
		if err != nil {
			return env.Invalid("path", "correct the pattern", "the pattern %q: %v", path, err)
		}
		for _, p := range all {
			p.check(env.Access, f.mode == "read" && strings.Contains(f.completed, "delete"))
		}
		f.patterns = append(f.patterns, all...)
	}
	for _, name := range f.exclude {
		if _, err := matchName(name, ""); err != nil {
			return env.Invalid("exclude", "correct the pattern", "the pattern %q: %v", name, err)
		}
	}
	f.Prepare()
	f.lineCodec = f.Codec.Name == "line" || f.Codec.Name == "json_lines"
	f.codec, err = f.Codec.Open(env)
	return err
}

// check checks what belongs together.
func (f *file) check() error {
	switch {
	case f.delimiter == "":
		return f.env.Invalid("delimiter", `leave the option out for "\n"`, "the delimiter is empty")
	case f.exitAfterRead && f.mode == "tail":
		return f.env.Invalid("exit_after_read", `set mode => "read"`, "a file that is followed has no end")
	case f.mode == "read" && strings.Contains(f.completed, "log") && f.completedLog == "":
		return f.env.Invalid("file_completed_action", "set file_completed_log_path", "there is no file to add the paths to")
	}
	if f.mode == "read" && strings.Contains(f.completed, "log") {
		f.env.Access.Writing(f.completedLog)
	}
	f.stat = max(f.stat, 10*time.Millisecond)
	if f.sincedbPath == "" {
		if f.env.DataDir == "" {
			f.sincedbPath = os.DevNull
			return nil
		}
		sum := md5.Sum([]byte(strings.Join(f.paths, ",")))
		f.sincedbPath = filepath.Join(f.env.DataDir, ".sincedb_"+hex.EncodeToString(sum[:]))
		return nil
	}
	f.sincedbPath = f.env.Access.Writing(f.sincedbPath)
	if info, err := f.env.Access.Files().Stat(f.sincedbPath); err == nil && info.IsDir() {
		return f.env.Invalid("sincedb_path", "name a file in it", "%s is a folder", f.sincedbPath)
	}
	return nil
}

// Run reads until ctx ends or, with exit_after_read, everything has been read.
func (f *file) Run(ctx context.Context, to plugin.Sink) error {
	db, err := openSincedb(f.env.Access.Files(), f.sincedbPath, f.cleanAfter, time.Now())
	if err != nil {
		return err
	}
	w := newWatch(f, db, to)
	defer w.close()
	return w.run(ctx)
}
