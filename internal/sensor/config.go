package sensor

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"sluice/internal/diag"
	"sluice/internal/instrument"
	"sluice/internal/plugin"
	"sluice/internal/settings"
)

// Config is a sensor's YAML file, read and checked.
type Config struct {
	Name        string
	Data        string // folder, absolute
	History     HistoryConfig
	Instruments []InstrumentConfig
}

// HistoryConfig says how much of the event history is kept. Events that a subscription
// has not had yet are kept in any case.
type HistoryConfig struct {
	MaxAge   time.Duration
	MaxBytes int64
	MinFree  int64 // bytes of the disk left to others; with less, Instruments have to wait
}

// InstrumentConfig is one Instrument of a sensor.
type InstrumentConfig struct {
	Name          string // replay_0@testsensor
	Kind          *instrument.Kind
	Folder        string
	Config        json.RawMessage
	Subscriptions []instrument.Subscription
}

// Defaults of a sensor's file.
const (
	DefaultMaxAge        = 7 * 24 * time.Hour
	DefaultMaxBytes      = 1 << 30
	DefaultMinFree       = 256 << 20
	DefaultStatsInterval = 10 * time.Second
)

var (
	badName = diag.Define("SL7201", diag.Error, "not a name for a sensor",
		"The name stands in every event (source_sensor) and in the names of Instruments. It has letters, digits, dots, hyphens and underscores.")
	noSuchKind = diag.Define("SL7202", diag.Error, "there is no such kind of Instrument",
		"The message names the nearest kind, or all of them.")
	noText = diag.Define("SL7203", diag.Error, "a text cannot be read",
		"subscriptions, pipelines and files stand right there, as a text block (|) or as YAML; one line is the path of a file, relative to the folder of the sensor's file.")
	sameNumber = diag.Define("SL7204", diag.Error, "two Instruments of a kind have the same number",
		"The number is part of the Instrument's name and of its folder: logforwarder_0.")
)

var validName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$`)

// ReadFile reads and checks a sensor's YAML file with everything that it names: queries,
// pipelines, certificates, ports. The list holds all mistakes; with an error in it the
// sensor must not run. The file itself missing is an error.
func ReadFile(path string) (*Config, diag.List, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, fmt.Errorf("the sensor's file cannot be read: %w", err)
	}
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, nil, err
	}
	c, list := Read(diag.NewSource(path, string(text)), dir)
	return c, list, nil
}

// Blocking returns the mistakes that keep a sensor from running: all errors but ports in
// use. These may be free again in a moment, as after a crash; until then the Instrument
// shows a condition and tries again.
func Blocking(list diag.List) diag.List {
	var rest diag.List
	for _, d := range list {
		if d.Code.Severity == diag.Error && d.Code != instrument.PortTaken {
			rest.Add(d)
		}
	}
	return rest
}

// Read is ReadFile for a text. Relative paths in it count from dir.
func Read(src *diag.Source, dir string) (*Config, diag.List) {
	var list diag.List
	e, ok := settings.ReadEntry(src, "a sensor", &list)
	if !ok {
		return nil, list
	}
	e.Known("name", "data", "history", "stats_interval", "instruments")
	c := &Config{History: HistoryConfig{DefaultMaxAge, DefaultMaxBytes, DefaultMinFree}}
	var at diag.Span
	if c.Name, at = e.Text("name", true); c.Name != "" && !validName.MatchString(c.Name) {
		list.Add(diag.New(badName, at, "%q cannot be the name of a sensor", c.Name).
			WithHelp("use letters, digits, dots, hyphens and underscores; begin with a letter or digit"))
	}
	if c.Data, _ = e.Text("data", true); c.Data != "" {
		c.Data = absolute(dir, c.Data)
	}
	if h, ok := e.Entry("history", "settings of the history"); ok {
		h.Known("max_age", "max_bytes", "min_free")
		c.History.MaxAge = h.Duration("max_age", time.Second, c.History.MaxAge)
		c.History.MaxBytes = h.Bytes("max_bytes", c.History.MaxBytes)
		c.History.MinFree = h.Bytes("min_free", c.History.MinFree)
	}
	r := reader{
		config: c, dir: dir, list: &list, numbers: map[string]map[int]settings.Entry{},
		stats: e.Duration("stats_interval", 100*time.Millisecond, DefaultStatsInterval),
	}
	r.running = c.Data != "" && NewClient(c.Data).Answers()
	for _, entry := range e.Entries("instruments", "an Instrument") {
		r.instrument(entry)
	}
	return c, list
}

// DataFolder returns the data folder of a sensor: path is its YAML file, of which nothing
// else is read, or the folder itself.
func DataFolder(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("there is no sensor's file or data folder: %w", err)
	}
	if info.IsDir() {
		return filepath.Abs(path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	var list diag.List
	e, ok := settings.ReadEntry(diag.NewSource(path, string(text)), "a sensor", &list)
	if !ok {
		return "", list
	}
	data, _ := e.Text("data", true)
	if data == "" {
		return "", list
	}
	dir, err := filepath.Abs(filepath.Dir(path))
	return absolute(dir, data), err
}

func absolute(dir, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(dir, path)
}

type reader struct {
	config  *Config
	dir     string
	list    *diag.List
	stats   time.Duration
	running bool
	numbers map[string]map[int]settings.Entry // of each kind
}

// commonKeys are what every Instrument has. A kind that reaches files and hosts by names
// that others have written has access, too.
var commonKeys = []string{"kind", "number"}

func (r *reader) instrument(e settings.Entry) {
	name, at := e.Text("kind", true)
	kind := instrument.Lookup(name)
	if kind == nil {
		if name != "" {
			r.noKind(name, at)
		}
		return
	}
	e = e.Called("the Instrument " + kind.Title)
	e.Known(append(append([]string(nil), commonKeys...), kind.Keys...)...)
	number := r.number(e, kind.Name)
	short := fmt.Sprintf("%s_%d", kind.Name, number)
	c := InstrumentConfig{Name: short + "@" + r.config.Name, Kind: kind, Folder: filepath.Join(r.config.Data, "instruments", short)}
	read := kind.Read(instrument.Reading{
		Entry: e, Dir: r.dir, Folder: c.Folder, Access: r.access(e), StatsInterval: r.stats, Running: r.running,
		Text:      func(key string) *diag.Source { return r.text(e, key) },
		Subscribe: func(s instrument.Subscription) { c.Subscriptions = append(c.Subscriptions, s) },
	}, r.list)
	text, err := json.Marshal(read)
	if err != nil {
		r.list.Add(diag.New(noText, e.At(), "the Instrument %s cannot be told its configuration: %v", c.Name, err))
		return
	}
	c.Config = text
	r.config.Instruments = append(r.config.Instruments, c)
}

func (r *reader) noKind(name string, at diag.Span) {
	var names []string
	for _, k := range instrument.Kinds() {
		names = append(names, k.Name)
	}
	d := diag.New(noSuchKind, at, "there is no kind of Instrument %s", name)
	if near := diag.Nearest(strings.ReplaceAll(name, " ", ""), names); near != "" {
		d = d.WithHelp("did you mean %s?", near)
	} else {
		d = d.WithHelp("the kinds are %s", strings.Join(names, ", "))
	}
	r.list.Add(d)
}

// number gives the Instrument the number that the file says, or the first free one.
func (r *reader) number(e settings.Entry, kind string) int {
	taken := r.numbers[kind]
	if taken == nil {
		taken = map[int]settings.Entry{}
		r.numbers[kind] = taken
	}
	n := 0
	if e.Has("number") {
		n = e.Int("number", 0, 9999, 0)
		if other, twice := taken[n]; twice {
			_, at := e.Text("number", false)
			r.list.Add(diag.New(sameNumber, at, "there are two Instruments %s_%d", kind, n).WithRelated(other.At(), "the other one is here"))
		}
	} else {
		for _, twice := taken[n]; twice; _, twice = taken[n] {
			n++
		}
	}
	taken[n] = e
	return n
}

func (r *reader) access(e settings.Entry) plugin.Access {
	a, ok := e.Entry("access", "paths and hosts")
	if !ok {
		return plugin.Access{}
	}
	a.Known("paths", "hosts")
	access := plugin.Access{Paths: a.Pairs("paths"), Hosts: a.Pairs("hosts")}
	for from, to := range access.Paths {
		access.Paths[from] = absolute(r.dir, to)
	}
	return access
}

// text returns a text that stands in the sensor's file, or in a file that it names.
func (r *reader) text(e settings.Entry, key string) *diag.Source {
	if !e.Has(key) {
		return nil
	}
	src := e.Embedded(key)
	path := strings.TrimSpace(src.Text)
	if strings.ContainsAny(src.Text, "\n{[") || strings.HasPrefix(path, "- ") {
		return src
	}
	_, at := e.Text(key, true)
	text, err := os.ReadFile(absolute(r.dir, path))
	if err != nil {
		r.list.Add(diag.New(noText, at, "the %s cannot be read: %v", key, err).
			WithHelp("give the path of a file, relative to %s, or the text itself after %s: |", r.dir, key))
		return diag.NewSource(key, "")
	}
	return diag.NewSource(path, string(text))
}
