package health

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// Severity is how bad a condition is. The zero Severity is OK.
type Severity uint8

// The severities.
const (
	OK Severity = iota
	Warning
	Error
)

func (s Severity) String() string { return [...]string{"OK", "warning", "error"}[s] }

// MarshalText makes the severity a word in JSON.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the word.
func (s *Severity) UnmarshalText(text []byte) error {
	for v := OK; v <= Error; v++ {
		if v.String() == string(text) {
			*s = v
		}
	}
	return nil
}

// Kind is a registered kind of condition. Its Code never changes its meaning.
type Kind struct {
	Code     string // such as "upstream-unreachable"
	Severity Severity
	Title    string // what is the case, a sentence without a full stop
	Next     string // what to do next
}

var kinds = map[string]*Kind{}

// Define registers a kind of condition; it is meant for package-level variables and
// panics when the code is taken.
func Define(code string, severity Severity, title, next string) *Kind {
	if kinds[code] != nil {
		panic("health: condition " + code + " is defined twice")
	}
	k := &Kind{code, severity, title, next}
	kinds[code] = k
	return k
}

// Kinds returns all registered kinds, sorted by code.
func Kinds() []*Kind {
	all := make([]*Kind, 0, len(kinds))
	for _, k := range kinds {
		all = append(all, k)
	}
	slices.SortFunc(all, func(a, b *Kind) int { return cmp.Compare(a.Code, b.Code) })
	return all
}

// Condition is something that is the case now.
type Condition struct {
	Code     string    `json:"code"`
	Severity Severity  `json:"severity"`
	Subject  string    `json:"subject"` // what it is about: a plugin's id, a file
	Title    string    `json:"title"`
	Cause    string    `json:"cause"` // what was seen
	Since    time.Time `json:"since"`
	Next     string    `json:"next"`
}

// Conditions is what is the case now, by kind and subject. The zero Conditions is empty
// and ready; it is safe for concurrent use. A nil *Conditions takes and shows nothing.
type Conditions struct {
	mu     sync.Mutex
	active map[key]Condition
}

type key struct{ code, subject string }

// Raise says that a condition is the case. Raised again, it keeps its Since.
func (c *Conditions) Raise(kind *Kind, subject, cause string) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.active == nil {
		c.active = make(map[key]Condition)
	}
	k := key{kind.Code, subject}
	old, ok := c.active[k]
	if ok && old.Cause == cause {
		return
	}
	n := Condition{kind.Code, kind.Severity, subject, kind.Title, cause, time.Now(), kind.Next}
	if ok {
		n.Since = old.Since
	}
	c.active[k] = n
}

// Clear says that a condition is no longer the case.
func (c *Conditions) Clear(kind *Kind, subject string) {
	if c == nil {
		return
	}
	c.mu.Lock()
	delete(c.active, key{kind.Code, subject})
	c.mu.Unlock()
}

// List returns the active conditions, the worst and oldest first.
func (c *Conditions) List() []Condition {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	all := make([]Condition, 0, len(c.active))
	for _, condition := range c.active {
		all = append(all, condition)
	}
	c.mu.Unlock()
	slices.SortFunc(all, func(a, b Condition) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), a.Since.Compare(b.Since), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Subject, b.Subject))
	})
	return all
}

// Status returns the worst severity.
func (c *Conditions) Status() Severity { return Worst(c.List()) }

// Worst returns the worst severity of a list.
func Worst(list []Condition) Severity {
	worst := OK
	for _, c := range list {
		worst = max(worst, c.Severity)
	}
	return worst
}
