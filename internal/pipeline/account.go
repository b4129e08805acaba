package pipeline

import (
	"fmt"
	"maps"
	"sync"
	"time"
)

// Tally is what came of the events of one batch, or of what filters have flushed. It is
// counted as a whole or, when the batch comes again, not at all.
type Tally struct {
	Made         int64 // by filters, and as copies for several spills
	Out          int64
	DeadLettered int64
	Lost         int64
	Spilled      int64            // copies that were left to spills, which have accounts of their own
	Dropped      map[string]int64 // by reason; nil for none
}

// Drop counts an event that ends by a rule.
func (t *Tally) Drop(reason string) {
	if t.Dropped == nil {
		t.Dropped = make(map[string]int64)
	}
	t.Dropped[reason]++
}

func (t *Tally) reset() {
	dropped := t.Dropped
	clear(dropped)
	*t = Tally{Dropped: dropped}
}

func (t *Tally) empty() bool {
	return t.Made == 0 && t.Out == 0 && t.DeadLettered == 0 && t.Lost == 0 && t.Spilled == 0 && len(t.Dropped) == 0
}

// Account is the lasting account of a pipeline at one moment. It goes on over reloads and
// restarts: In + Made = Out + DeadLettered + all Dropped + Lost + Spilled + Queued. A spill has
// one of its own, which begins with what others call Spilled.
type Account struct {
	Since        time.Time        `json:"since"` // when it was begun
	In           int64            `json:"in"`    // taken into the queue
	Made         int64            `json:"made"`
	Out          int64            `json:"out"`
	DeadLettered int64            `json:"dead_lettered"`
	Dropped      map[string]int64 `json:"dropped"`
	Lost         int64            `json:"lost"`    // with an unclean end of a memory queue it is begun anew instead
	Spilled      int64            `json:"spilled"` // left to the spills of single outputs
	Queued       int64            `json:"queued"`
}

// Add counts a tally.
func (a *Account) Add(t *Tally) {
	a.Made += t.Made
	a.Out += t.Out
	a.DeadLettered += t.DeadLettered
	a.Lost += t.Lost
	a.Spilled += t.Spilled
	if len(t.Dropped) > 0 && a.Dropped == nil {
		a.Dropped = make(map[string]int64)
	}
	for reason, n := range t.Dropped {
		a.Dropped[reason] += n
	}
}

// Check tells whether the account adds up.
func (a Account) Check() error {
	dropped := int64(0)
	for _, n := range a.Dropped {
		dropped += n
	}
	if d := a.In + a.Made - a.Out - a.DeadLettered - dropped - a.Lost - a.Spilled - a.Queued; d != 0 {
		return fmt.Errorf("%d events came in and %d were made, but %d were delivered, %d dead-lettered, %d dropped, %d lost, %d left to spills and %d are queued: a difference of %d",
			a.In, a.Made, a.Out, a.DeadLettered, dropped, a.Lost, a.Spilled, a.Queued, d)
	}
	return nil
}

// Book is the Account of memory queues as it is being kept. A pipeline and the one that
// takes its place share it.
type Book struct {
	mu sync.Mutex
	a  Account
}

// NewBook goes on with an account, or begins one with the zero Account.
func NewBook(a Account) *Book {
	if a.Since.IsZero() {
		a.Since = time.Now()
	}
	a.Dropped = maps.Clone(a.Dropped)
	return &Book{a: a}
}

// Account returns what stands in the book.
func (b *Book) Account() Account {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.a
	a.Dropped = maps.Clone(a.Dropped)
	return a
}

func (b *Book) put(n int) {
	b.mu.Lock()
	b.a.In += int64(n)
	b.a.Queued += int64(n)
	b.mu.Unlock()
}

// end counts what came of events that had been taken out of the queue; kept of them, or
// of what they have become, are in a queue again.
func (b *Book) end(taken, kept int, t *Tally) {
	b.mu.Lock()
	b.a.Queued += int64(kept - taken)
	b.a.Add(t)
	b.mu.Unlock()
}
