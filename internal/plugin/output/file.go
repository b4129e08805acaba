package output

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"sluice/internal/event"
	"sluice/internal/health"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.OutputKind,
		Name: "file",
		Doc: "Writes events into files whose path may hold fields and dates of the event. " +
			"An event counts as delivered when it has been written to the file: it survives a crash of this program, and with `fsync` a power loss, too. " +
			"What one batch gives a file is written at once. A file that has been renamed or deleted is made anew. " +
			"A path that leads out of the fixed beginning of `path`, or is none, becomes `filename_failure`.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-outputs-file.html",
		Examples: []plugin.Example{
			{Title: "A file a day", Config: `file { path => "/var/log/events-%{+YYYY-MM-dd}.log" }`},
			{Title: "A line of one's own", Config: `file { path => "/var/log/app.log" codec => line { format => "%{message}" } }`},
			{Title: "Compressed, and only for this group", Config: `file { path => "/var/log/%{type}/events.gz" gzip => true file_mode => 0640 dir_mode => 0750 }`},
		},
		New: func() plugin.Plugin {
			return &fileOutput{
				failureName: "_filepath_failures", createIfDeleted: true, dirMode: -1, fileMode: -1,
				behavior: "append", stale: 10 * time.Second, files: map[string]*openFile{},
			}
		},
	})
}

var cannotWrite = health.Define("file-output-cannot-write", health.Error,
	"Events cannot be written to a file",
	"Look at the cause: make room on the disk, or give the program the right to write there. The events wait and are tried again.")

// fileOutput is the output file.
type fileOutput struct {
	plugin.OutputOptions
	path              string
	failureName       string
	createIfDeleted   bool
	dirMode, fileMode int
	gzip              bool
	behavior          string
	stale             time.Duration
	fsync             bool

	env      *plugin.Env
	codec    plugin.Codec
	template event.Template
	root     string // the folder that no event's path leaves
	failure  string // the path for events whose own is no good

	mu      sync.Mutex
	files   map[string]*openFile
	cleaned time.Time
	uses    uint64
}

func (o *fileOutput) Options() []plugin.Option {
	return append(o.Common("json_lines"),
		plugin.Path("path", &o.path, "The file. `%{field}` and `%{+date}` stand for what the event has; an absolute path must begin with a fixed folder.").Must(),
		plugin.String("filename_failure", &o.failureName, "The name of the file, within the fixed folder, for events whose path is no good."),
		plugin.Bool("create_if_deleted", &o.createIfDeleted, "Whether a file that is not there is made. If not, its events go to `filename_failure`."),
		plugin.Int("dir_mode", &o.dirMode, -1, 0o7777, "The access mode of folders that are made, such as `0750`. With -1 the system decides."),
		plugin.Int("file_mode", &o.fileMode, -1, 0o7777, "The access mode of files that are made, such as `0640`. With -1 the system decides."),
		plugin.Bool("gzip", &o.gzip, "Whether the file is compressed. Every batch is a gzip member of its own, so that a crash damages none."),
		plugin.Enum("write_behavior", &o.behavior, []string{"append", "overwrite"}, "Whether a file grows, or holds only the last event."),
		plugin.Seconds("stale_cleanup_interval", &o.stale, "After how many seconds without an event a file is closed."),
		plugin.Bool("fsync", &o.fsync, "Whether an event counts as delivered only when it is safe from a power loss. Logstash does not have this."),
		plugin.Ignored("flush_interval", "number", "every batch is written to the file before its events count as delivered."),
	)
}

func (o *fileOutput) Open(env *plugin.Env) (err error) {
	o.env = env
	if err := o.splitPath(); err != nil {
		return err
	}
	if o.failureName == "" || strings.ContainsAny(o.failureName, `/\`) {
		return env.Invalid("filename_failure", "write a name without a folder", "%q is no name of a file", o.failureName)
	}
	o.failure = filepath.Join(o.root, o.failureName)
	if err := o.template.Err(); err != nil {
		return env.Invalid("path", "correct the reference or the date pattern", "%v", err)
	}
	if o.template.Static() {
		env.Access.Writing(o.path)
	} else {
		env.Access.Writing(o.failure) // in the fixed folder; what an event names is looked at when it comes
	}
	o.codec, err = o.Codec.Open(env)
	return err
}

// splitPath divides the path into its fixed folder and the rest.
func (o *fileOutput) splitPath() error {
	if o.path == "" {
		return o.env.Invalid("path", "name a file", "the path is empty")
	}
	fixed := o.path
	dynamic := strings.Index(o.path, "%{")
	if dynamic >= 0 {
		fixed = o.path[:dynamic]
	}
	folder := fixed[:strings.LastIndexByte(fixed, '/')+1]
	root, err := filepath.Abs(folder)
	if err != nil {
		return err
	}
	if dynamic >= 0 && filepath.Dir(root) == root {
		return o.env.Invalid("path", `begin with a folder: "/var/log/%{host}.log"`, "the path begins with a part that depends on the event")
	}
	o.root = root
	o.template = event.ParseTemplate(filepath.Join(root, "") + "/" + o.path[len(folder):])
	return nil
}

// target is what a batch has for one file.
type target struct {
	named  string // the path as the event gives it
	path   string // where it goes
	text   []byte
	last   int // where the last event begins in text
	events []int
	ends   []int
}

// Write writes the events of a batch, in order for each file.
func (o *fileOutput) Write(_ context.Context, events []*event.Event, answers []plugin.Answer) {
	p := targetLists.Get().(*targetList)
	defer p.release()
	for i, e := range events {
		name, err := o.template.Append(p.name[:0], e)
		if err != nil {
			answers[i] = plugin.Answer{Verdict: plugin.Reject, Reason: "the path of the file: " + err.Error()}
			continue
		}
		p.name = name
		t := p.find(name)
		if t.path == "" {
			t.path = o.resolve(t.named)
		}
		start := len(t.text)
		if t.text, err = o.codec.Encode(t.text, e); err != nil {
			answers[i] = rejectEncoding(err)
			t.text = t.text[:start]
			continue
		}
		t.last = start
		t.events = append(t.events, i)
		t.ends = append(t.ends, len(t.text))
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	var failed string
	for i := range p.used {
		t := &p.targets[i]
		if len(t.events) == 0 {
			continue
		}
		if reason := o.write(t, answers); reason != "" {
			failed = reason
		}
	}
	if failed != "" {
		o.env.Conditions.Raise(cannotWrite, o.env.ID, failed)
	} else {
		o.env.Conditions.Clear(cannotWrite, o.env.ID)
	}
	o.closeStale()
}

// resolve returns the file for the path of an event: within the root, or the failure file.
func (o *fileOutput) resolve(name string) string {
	path := filepath.Clean(name)
	if strings.HasPrefix(path, strings.TrimSuffix(o.root, "/")+"/") && !strings.ContainsRune(path, 0) {
		return path
	}
	o.env.Log.Warn("an event's path leads out of the folder of the output; the event is written to the failure file",
		"path", path, "folder", o.root, "failure_file", o.failure)
	return o.failure
}

// targetList is the memory of a call of Write, kept for the next one.
type targetList struct {
	name    []byte
	targets []target
	used    int
	last    int
}

var targetLists = sync.Pool{New: func() any { return new(targetList) }}

// find returns the target of a path. Most events go where the one before them went.
func (l *targetList) find(name []byte) *target {
	if l.last < l.used && l.targets[l.last].named == string(name) {
		return &l.targets[l.last]
	}
	for i := range l.used {
		if l.targets[i].named == string(name) {
			l.last = i
			return &l.targets[i]
		}
	}
	if l.used == len(l.targets) {
		l.targets = append(l.targets, target{})
	}
	l.last = l.used
	l.used++
	t := &l.targets[l.last]
	t.named = string(name)
	return t
}

func (l *targetList) release() {
	kept := 0
	for i := range l.used {
		t := &l.targets[i]
		kept += cap(t.text)
		*t = target{text: t.text[:0], events: t.events[:0], ends: t.ends[:0]}
	}
	l.used, l.last = 0, 0
	if kept <= maxKeptBuffer {
		targetLists.Put(l)
	}
}
