package event

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
)

// Ref is a compiled field reference: name, [a][b], [list][0], [@metadata][x].
// Source: org.logstash.FieldReference, which reads references strictly.
type Ref struct{ *compiledRef }

// compiledRef is what a reference means. It never changes.
type compiledRef struct {
	text  string
	path  []step
	meta  bool // the path starts at @metadata
	isID  bool // [@metadata][_id]; see Event.AppendID
	plain bool // any value may be set there: no metadata, timestamp or tags
}

type step struct {
	key     string
	bit     uint64 // see nameBit
	index   int    // what the key means in an array
	isIndex bool
}

const (
	timestampKey = "@timestamp"
	versionKey   = "@version"
	metadataKey  = "@metadata"
	tagsKey      = "tags"
)

// RefError tells that a text is no field reference.
type RefError struct{ Text string }

func (e *RefError) Error() string {
	return fmt.Sprintf("Invalid FieldReference: `%s`", e.Text)
}

// ParseRef compiles a field reference. The error is a *RefError.
func ParseRef(text string) (Ref, error) {
	names, ok := splitRef(text)
	if !ok {
		return Ref{}, &RefError{text}
	}
	c := &compiledRef{text: text, meta: names[0] == metadataKey}
	if c.meta {
		names = names[1:]
	}
	c.path = make([]step, len(names))
	for i, name := range names {
		c.path[i] = newStep(name)
	}
	c.study()
	return Ref{c}, nil
}

func newStep(name string) step {
	s := step{key: name, bit: nameBit(name)}
	if n, err := strconv.Atoi(name); err == nil {
		s.index, s.isIndex = n, true
	}
	return s
}

// study notes what is special about a reference.
func (c *compiledRef) study() {
	c.isID = c.meta && len(c.path) == 1 && c.path[0].key == idKey
	c.plain = !c.meta && len(c.path) > 0 && c.path[0].key != timestampKey && c.path[0].key != tagsKey
}

var noRef compiledRef

// compiled returns what the reference means, also for the zero Ref.
func (r Ref) compiled() *compiledRef {
	if r.compiledRef == nil {
		return &noRef
	}
	return r.compiledRef
}

// MustRef is ParseRef for references that are known to be right.
func MustRef(text string) Ref {
	r, err := ParseRef(text)
	if err != nil {
		panic(err)
	}
	return r
}

func splitRef(text string) (names []string, ok bool) {
	if strings.IndexByte(text, '[') < 0 && strings.IndexByte(text, ']') < 0 {
		return []string{text}, true
	}
	depth, start := 0, 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '[':
			if start != i {
				return nil, false
			}
			depth++
			start = i + 1
		case ']':
			if depth == 0 || start == i && text[i-1] != ']' {
				return nil, false
			}
			if start < i {
				names = append(names, text[start:i])
			}
			depth--
			start = i + 1
		default:
			if i > 0 && text[i-1] == ']' {
				return nil, false
			}
		}
	}
	return names, depth == 0 && len(names) > 0
}

// String returns the reference as it was written.
func (r Ref) String() string { return r.compiled().text }

// IsZero tells whether the reference has not been set.
func (r Ref) IsZero() bool { return r.compiledRef == nil }

// Name returns the field's name when it is one at the top of the event.
func (r Ref) Name() (string, bool) {
	if c := r.compiled(); !c.meta && len(c.path) == 1 {
		return c.path[0].key, true
	}
	return "", false
}

// IsMetadata tells whether the reference is @metadata or something in it.
func (r Ref) IsMetadata() bool { return r.compiled().meta }

// Child returns the reference to a name below r.
func (r Ref) Child(name string) Ref {
	p := r.compiled()
	c := &compiledRef{text: bracketed(p.text) + "[" + name + "]", meta: p.meta}
	c.path = append(append(make([]step, 0, len(p.path)+1), p.path...), newStep(name))
	c.study()
	return Ref{c}
}

func bracketed(text string) string {
	if strings.HasPrefix(text, "[") {
		return text
	}
	return "[" + text + "]"
}

// RefCache compiles references that are known only at run time. It keeps at most a
// fixed number of them, so that hostile field names cannot make it grow. The zero
// RefCache is ready; it is safe for concurrent use.
type RefCache struct {
	mu   sync.RWMutex
	refs map[string]*Ref
}

const refCacheSize = 4096

// Get returns the compiled reference. text is copied when it is kept.
func (c *RefCache) Get(text string) (Ref, error) {
	r, err := c.Find(text)
	if err != nil {
		return Ref{}, err
	}
	return *r, nil
}

// Find is Get without copying the Ref, which nobody may change.
func (c *RefCache) Find(text string) (*Ref, error) {
	c.mu.RLock()
	r, ok := c.refs[text]
	c.mu.RUnlock()
	if ok {
		return r, nil
	}
	text = strings.Clone(text)
	ref, err := ParseRef(text)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	if c.refs == nil || len(c.refs) >= refCacheSize {
		c.refs = make(map[string]*Ref)
	}
	c.refs[text] = &ref
	c.mu.Unlock()
	return &ref, nil
}
