package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestGeneratedPagesAreCurrent compares the committed reference pages with what the
// program declares.
func TestGeneratedPagesAreCurrent(t *testing.T) {
	dir := filepath.Join("..", "..", "docs", "reference")
	pages := referencePages()
	for name, want := range pages {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what the program declares; run `make generate`", name)
		}
	}
	for _, stale := range stalePages(dir, pages) {
		t.Errorf("%s is the page of a plugin that is no more; run `make generate`", stale)
	}
}
