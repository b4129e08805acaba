package filter

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"sluice/internal/diag"
	"sluice/internal/plugin"
	"sluice/internal/ruby"
)

// rubyFailures counts by place where a script has failed.
type rubyFailures struct {
	mu     sync.Mutex
	places map[string]*rubyFailure
}

type rubyFailure struct {
	plugin.Failure
	logged time.Time
}

const (
	// logInterval is how often the same place in a script is logged.
	logInterval = 30 * time.Second
	// maxFailurePlaces is how many places are told apart; those after them are one.
	maxFailurePlaces = 200
)

// note counts a failure and tells its place, and whether it is time to log it.
func (f *rubyFailures) note(err error, now time.Time) (place string, log bool) {
	var at diag.Span
	class, message := "error", err.Error()
	var limit *ruby.LimitError
	if x, ok := ruby.IsException(err); ok {
		at, class, message = x.At, x.Class, x.Message
	} else if errors.As(err, &limit) {
		at, class = limit.At, "limit"
	}
	place = "unknown"
	if at.Valid() {
		p := at.Position()
		place = fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	x := f.places[place]
	if x == nil && len(f.places) >= maxFailurePlaces {
		place = "other"
		x = f.places[place]
	}
	if x == nil {
		x = &rubyFailure{Failure: plugin.Failure{Place: place}}
		if f.places == nil {
			f.places = map[string]*rubyFailure{}
		}
		f.places[place] = x
	}
	x.Count++
	// The message may lie in the memory of the event.
	x.Class, x.Message = strings.Clone(class), strings.Clone(message[:min(len(message), 500)])
	if log = now.Sub(x.logged) >= logInterval; log {
		x.logged = now
	}
	return place, log
}

// Failures returns a copy, sorted by place.
func (f *rubyFailures) Failures() []plugin.Failure {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := make([]plugin.Failure, 0, len(f.places))
	for _, x := range f.places {
		list = append(list, x.Failure)
	}
	slices.SortFunc(list, func(a, b plugin.Failure) int { return strings.Compare(a.Place, b.Place) })
	return list
}
