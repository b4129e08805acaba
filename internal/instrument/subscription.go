package instrument

import (
	"sluice/internal/query"
)

// Subscription is an event subscription that an Instrument asks its sensor for: events
// that match go to a local port.
type Subscription struct {
	ID       string // unique_id
	Query    *query.Query
	Text     string // the query as it was written
	History  bool   // begins with the history that is kept, rather than now
	Address  string // host:port
	Protocol string // beats or http
}
