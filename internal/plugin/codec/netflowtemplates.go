package codec

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"sluice/internal/plugin"
)

// templateID names a template: exporters number theirs for each source or domain
// (RFC 3954, section 5.1; RFC 7011, section 8).
type templateID struct {
	Exporter string `json:"exporter,omitempty"` // "" where it is not known
	V9       bool   `json:"v9,omitempty"`
	Domain   uint32 `json:"domain"`
	Number   uint16 `json:"template"`
}

// flowTemplate is how records are made up.
type flowTemplate struct {
	ID     templateID  `json:"id"`
	Seen   int64       `json:"seen"` // when it came last, in seconds since 1970
	Fields []flowField `json:"fields"`

	least int // the bytes that a record has at least
}

// flowField is one field of a template. A length of 65535 stands for a length that each
// record says.
type flowField struct {
	Kind   string `json:"type"`
	Name   string `json:"name,omitempty"`
	Length uint16 `json:"length"`
}

const variableLength = 65535

// Limits, so that an exporter cannot fill the memory.
const (
	maxTemplates    = 10_000
	maxWaitingBytes = 4 << 20
)

// flowTemplates is the templates of a codec, and what waits for one.
type flowTemplates struct {
	files   plugin.Files
	mu      sync.Mutex
	all     map[templateID]*flowTemplate
	ttl     time.Duration
	path    string // "" for nowhere
	changed bool
	log     *slog.Logger

	pending      map[templateID][]waitingSet
	order        []templateID // of what waits, oldest first; may name what waits no more
	ready        []templateID // of what waits no more, but has not been read yet
	pendingSets  int
	pendingBytes int
}

// waitingSet is records that came before their template.
type waitingSet struct {
	header flowHeader
	data   []byte // a copy
}

// flowCache is the file of templates.
type flowCache struct {
	Version   int             `json:"version"`
	Templates []*flowTemplate `json:"templates"`
}

// newFlowTemplates reads the templates of before from a file, "" for none.
func newFlowTemplates(files plugin.Files, path string, ttl time.Duration, log *slog.Logger) *flowTemplates {
	t := &flowTemplates{all: map[templateID]*flowTemplate{}, pending: map[templateID][]waitingSet{}, ttl: ttl, log: log, files: files}
	if path == "" {
		return t
	}
	t.path = path
	content, err := t.files.ReadFile(t.path)
	if errors.Is(err, fs.ErrNotExist) {
		return t
	}
	var c flowCache
	if err == nil {
		err = json.Unmarshal(content, &c)
	}
	if err == nil && c.Version != 1 {
		err = fmt.Errorf("it is of version %d, and only 1 can be read", c.Version)
	}
	if err != nil {
		log.Warn("the templates of before cannot be read; they are learnt anew", "path", t.path, "error", err)
		return t
	}
	for _, one := range c.Templates {
		if one != nil && one.check() && len(t.all) < maxTemplates {
			t.all[one.ID] = one
		}
	}
	return t
}

// check completes a template and tells whether it can be used.
func (t *flowTemplate) check() bool {
	t.least = 0
	for _, f := range t.Fields {
		if elementReaders[f.Kind] == nil {
			return false
		}
		if f.Length == variableLength {
			t.least++
		} else {
			t.least += int(f.Length)
		}
	}
	return t.least > 0
}

// add keeps a template.
func (t *flowTemplates) add(one *flowTemplate, now time.Time) {
	old := t.all[one.ID]
	if !one.check() {
		return
	}
	if old == nil && len(t.all) >= maxTemplates {
		t.forgetOldest()
	}
	one.Seen = now.Unix()
	t.changed = t.changed || old == nil || !slices.Equal(old.Fields, one.Fields) || one.Seen-old.Seen > int64(t.ttl/time.Second)/4
	t.all[one.ID] = one
	if len(t.pending[one.ID]) > 0 && !slices.Contains(t.ready, one.ID) {
		t.ready = append(t.ready, one.ID)
	}
}

func (t *flowTemplates) forgetOldest() {
	var oldest *flowTemplate
	for _, one := range t.all {
		if oldest == nil || one.Seen < oldest.Seen {
			oldest = one
		}
	}
	delete(t.all, oldest.ID)
}

// find returns a template that has not expired.
func (t *flowTemplates) find(id templateID, now time.Time) *flowTemplate {
	one := t.all[id]
	if one != nil && now.Unix()-one.Seen > int64(t.ttl/time.Second) {
		delete(t.all, id)
		return nil
	}
	return one
}

// waitingCost is what a set that waits costs beside its bytes.
const waitingCost = 100

// wait keeps records until their template comes. The oldest give way to new ones.
func (t *flowTemplates) wait(id templateID, header flowHeader, data []byte) {
	if len(data) == 0 {
		return
	}
	t.pending[id] = append(t.pending[id], waitingSet{header, slices.Clone(data)})
	t.order = append(t.order, id)
	t.pendingSets++
	t.pendingBytes += len(data) + waitingCost
	dropped := 0
	for ; t.pendingBytes > maxWaitingBytes; t.order = t.order[1:] {
		oldest := t.order[0]
		if sets := t.pending[oldest]; len(sets) > 0 {
			t.leave(sets[:1])
			if t.pending[oldest] = sets[1:]; len(sets) == 1 {
				delete(t.pending, oldest)
			}
			dropped++
		}
	}
	if dropped > 0 {
		t.log.Warn("flow records are lost: their template has not come, and too many wait", "sets", dropped)
	}
	if len(t.order) > 2*t.pendingSets+1000 {
		t.order = slices.DeleteFunc(t.order, func(id templateID) bool { return t.pending[id] == nil })
	}
}

func (t *flowTemplates) leave(sets []waitingSet) {
	for _, s := range sets {
		t.pendingSets--
		t.pendingBytes -= len(s.data) + waitingCost
	}
}

// next returns the next records that waited and have their template now.
func (t *flowTemplates) next() (id templateID, set waitingSet, ok bool) {
	for len(t.ready) > 0 {
		id = t.ready[0]
		sets := t.pending[id]
		if len(sets) == 0 || t.all[id] == nil { // nothing is left, or the template has expired
			if len(sets) == 0 {
				delete(t.pending, id)
			}
			t.ready = t.ready[1:]
			continue
		}
		t.leave(sets[:1])
		t.pending[id] = sets[1:]
		return id, sets[0], true
	}
	return id, set, false
}

func (t *flowTemplates) waiting() (bool, string) {
	for id, sets := range t.pending {
		return true, fmt.Sprintf("%d sets of records wait, among them %d for template %d of source %d%s", t.pendingSets, len(sets), id.Number, id.Domain, of(id.Exporter))
	}
	return false, ""
}

func of(exporter string) string {
	if exporter == "" {
		return ""
	}
	return " of " + exporter
}

// save writes the templates when they have changed, so that a crash leaves the old file
// or the new one.
func (t *flowTemplates) save(now time.Time) {
	if !t.changed || t.path == "" {
		return
	}
	t.changed = false
	c := flowCache{Version: 1}
	for _, one := range t.all {
		if now.Unix()-one.Seen <= int64(t.ttl/time.Second) {
			c.Templates = append(c.Templates, one)
		}
	}
	content, err := json.Marshal(c)
	if err == nil {
		err = t.files.MkdirAll(filepath.Dir(t.path), 0o755)
	}
	if err == nil {
		err = t.files.WriteFile(t.path+".new", content, 0o644)
	}
	if err == nil {
		err = t.files.Rename(t.path+".new", t.path)
	}
	if err != nil {
		t.log.Error("the templates of flow records cannot be kept over a restart", "path", t.path, "error", err)
	}
}
