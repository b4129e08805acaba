package settings

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestEverySettingHasItsEffect: a setting that is not declared to have none is read
// somewhere in the program.
func TestEverySettingHasItsEffect(t *testing.T) {
	var code strings.Builder
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasPrefix(filepath.Base(path), "defs") {
			return err
		}
		text, err := os.ReadFile(path)
		code.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	text := code.String()
	made := map[string]string{ // names that are put together
		"slowlog.threshold.": `"slowlog.threshold." +`, "api.auth.basic.password_policy.": `"api.auth.basic.password_policy.`,
	}
	for _, d := range All() {
		if d.NoEffect != "" || d.Refuse != "" || len(d.Values) == 1 || strings.Contains(text, `"`+d.Name+`"`) {
			continue
		}
		found := false
		for prefix, literal := range made {
			found = found || strings.HasPrefix(d.Name, prefix) && strings.Contains(text, literal)
		}
		if !found {
			t.Errorf("nothing reads %s, and it is not declared to have no effect", d.Name)
		}
	}
}
