package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"sluice/internal/health"
	"sluice/internal/pipeline"
	"sluice/internal/vfs"
)

// book is the account of a pipeline with a memory queue, and the file that keeps it over
// restarts. A memory queue forgets its events when the process is killed, so its account
// goes on after a clean end only: while the pipeline runs, the file says so and no more.
type book struct {
	*pipeline.Book
	path string // "" = not kept
}

// accountFile is the file's content.
type accountFile struct {
	Version int               `json:"version"`
	Clean   bool              `json:"clean"` // false: in use, or left behind by a process that was killed
	Account *pipeline.Account `json:"account,omitempty"`
}

const accountVersion = 1

// bookOf returns the account of a pipeline with a memory queue. A pipeline and the one
// that replaces it share it.
func (e *Engine) bookOf(id string) *pipeline.Book {
	e.mu.Lock()
	defer e.mu.Unlock()
	if b := e.books[id]; b != nil {
		return b.Book
	}
	b := book{path: filepath.Join(e.opts.DataDir, "account", url.PathEscape(id)+".json")}
	account, err := readAccount(b.path)
	if err != nil {
		e.opts.Log.Warn("the account of a pipeline begins anew", "pipeline.id", id, "reason", err.Error())
	}
	b.Book = pipeline.NewBook(account)
	if e.books == nil {
		e.books = map[string]*book{}
	}
	e.books[id] = &b
	if _, err := os.Stat(e.opts.DataDir); err == nil {
		b.write(e, id, accountFile{Version: accountVersion})
	}
	return b.Book
}

// saveBooks keeps the accounts at a clean end, where there is a folder for data.
func (e *Engine) saveBooks() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for id, b := range e.books {
		if _, err := os.Stat(e.opts.DataDir); err != nil {
			return
		}
		a := b.Account()
		a.Lost, a.Queued = a.Lost+a.Queued, 0 // what an end in a hurry has left in memory
		b.write(e, id, accountFile{accountVersion, true, &a})
	}
}

func (b *book) write(e *Engine, id string, content accountFile) {
	text, err := json.MarshalIndent(content, "", "  ")
	if err == nil {
		err = os.MkdirAll(filepath.Dir(b.path), 0o700)
	}
	if err == nil {
		err = vfs.WriteFile(vfs.OS, b.path, append(text, '\n'))
	}
	if err != nil {
		e.opts.Log.Warn("the account of a pipeline cannot be kept; it begins anew with the next start", "pipeline.id", id, "error", err)
	}
}

// readAccount reads what saveBooks has written. The zero Account means that there is
// none; the error tells why not.
func readAccount(path string) (a pipeline.Account, err error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return a, nil
	}
	var f accountFile
	if err == nil {
		err = json.Unmarshal(text, &f)
	}
	switch {
	case err != nil:
		return a, fmt.Errorf("%s: %w", path, err)
	case f.Version > accountVersion:
		return a, fmt.Errorf("%s is of version %d, this program knows %d", path, f.Version, accountVersion)
	case !f.Clean || f.Account == nil:
		return a, errors.New("the program did not end in good order the last time; what was in the memory queue then is lost and in no account")
	}
	return *f.Account, nil
}

var ledgerUnbalanced = health.Define("ledger-unbalanced", health.Error, "the account of a pipeline does not add up",
	"Events have come out of nowhere or have vanished, which is a mistake in this program: please report it with the account in the monitoring API (/_node/stats/pipelines) and the configuration. The pipeline goes on.")

// watchAccount looks whether the account adds up. It is of one moment, so that one look
// is enough.
func (r *running) watchAccount() {
	r.mu.Lock()
	q := r.queue
	r.mu.Unlock()
	if q == nil {
		return
	}
	if err := q.Account().Check(); err != nil {
		r.conditions.Raise(ledgerUnbalanced, r.id, err.Error())
	} else {
		r.conditions.Clear(ledgerUnbalanced, r.id)
	}
}

// account returns the lasting account; the zero Account before the queue is open.
func (r *running) account() pipeline.Account {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.queue == nil {
		return pipeline.Account{Dropped: map[string]int64{}}
	}
	return r.queue.Account()
}
