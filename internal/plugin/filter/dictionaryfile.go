package filter

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"sluice/internal/event"
	"sluice/internal/health"
	"sluice/internal/plugin"
)

var unreadableDictionary = health.Define("dictionary-unreadable", health.Warning,
	"A file that a filter reads again and again cannot be read",
	"Correct the file or its permissions. Until then the filter works with what it has read before.")

// dictionaryFile is a dictionary in a YAML, JSON or CSV file, which is read again when
// it changes. It is looked at when an event comes and the interval is over.
type dictionaryFile struct {
	path           string
	interval       time.Duration
	replace        bool
	exact, regex   bool
	maxYAML        int
	env            *plugin.Env
	current        atomic.Pointer[dictionary]
	mu             sync.Mutex // held by the one who reads
	next           atomic.Int64
	modified       time.Time
	sizeWhenLoaded int64
}

// shortInterval is up to which interval a file is read only when it has changed.
const shortInterval = 300 * time.Second

// load reads the file for the first time.
func (f *dictionaryFile) load() error {
	info, err := f.env.Access.Files().Stat(f.path)
	if err != nil {
		return err
	}
	d, err := f.read()
	if err != nil {
		return err
	}
	f.modified, f.sizeWhenLoaded = info.ModTime(), info.Size()
	f.current.Store(d)
	f.next.Store(time.Now().Add(f.interval).UnixNano())
	return nil
}

// get returns the dictionary, read again if that is due.
func (f *dictionaryFile) get() *dictionary {
	if f.interval > 0 && time.Now().UnixNano() >= f.next.Load() && f.mu.TryLock() {
		f.refresh()
		f.next.Store(time.Now().Add(f.interval).UnixNano())
		f.mu.Unlock()
	}
	return f.current.Load()
}

func (f *dictionaryFile) refresh() {
	info, err := f.env.Access.Files().Stat(f.path)
	if err == nil && f.interval <= shortInterval && info.ModTime().Equal(f.modified) && info.Size() == f.sizeWhenLoaded {
		return
	}
	var d *dictionary
	if err == nil {
		d, err = f.read()
	}
	if err == nil && !f.replace {
		d = f.current.Load().merged(d)
		err = d.compile(f.exact, f.regex)
	}
	if err != nil {
		f.env.Log.Warn("the dictionary cannot be read; the old one stays in use", "path", f.path, "error", err)
		f.env.Conditions.Raise(unreadableDictionary, f.env.ID, fmt.Sprintf("%s: %v", f.path, err))
		return
	}
	f.modified, f.sizeWhenLoaded = info.ModTime(), info.Size()
	f.current.Store(d)
	f.env.Conditions.Clear(unreadableDictionary, f.env.ID)
}

func (f *dictionaryFile) read() (*dictionary, error) {
	text, err := f.env.Access.Files().ReadFile(f.path)
	if err != nil {
		return nil, err
	}
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	d := newDictionary()
	switch {
	case isYAML(f.path):
		if len(text) > f.maxYAML {
			return nil, fmt.Errorf("it has %d bytes, more than yaml_dictionary_code_point_limit allows", len(text))
		}
		err = readYAMLDictionary(text, d)
	case strings.HasSuffix(f.path, ".json"):
		err = readJSONDictionary(text, d)
	default:
		err = readCSVDictionary(string(text), d)
	}
	if err != nil {
		return nil, err
	}
	return d, d.compile(f.exact, f.regex)
}

func isYAML(path string) bool {
	return strings.HasSuffix(path, ".yml") || strings.HasSuffix(path, ".yaml")
}

func readJSONDictionary(text []byte, d *dictionary) error {
	if len(bytes.TrimSpace(text)) == 0 {
		return nil
	}
	v, err := event.ParseJSON(text)
	if err != nil {
		return err
	}
	if v.Kind() != event.Object {
		return fmt.Errorf("the file holds a value of the kind %s where an object was expected", v.Kind())
	}
	for _, field := range v.Object().Fields() {
		d.set(field.Key, field.Value.Detach())
	}
	return nil
}

func readCSVDictionary(text string, d *dictionary) error {
	r := csvReader{separator: ",", quote: '"', rowEnd: csvRowEnd(text)}
	for text != "" {
		row, rest, err := r.row(text)
		if err != nil {
			return err
		}
		text = rest
		if len(row) == 0 || !row[0].set {
			continue
		}
		value := event.NullValue
		if len(row) > 1 && row[1].set {
			value = event.StringValue(row[1].text)
		}
		d.set(row[0].text, value)
	}
	return nil
}
