package casetest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"sluice/internal/diag"
	"sluice/internal/settings"
)

// What is read as JSON here is JSON, and is written as the same value.
func FuzzJSON(f *testing.F) {
	for _, seed := range []string{`{"a": [1, -2.5e3, "x\u00e9\ud83d\ude00\n", null, true]}`, `[]`, `{"a":1,}`, `"\x"`, `01`, `{"a" 1}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, list := readJSONFile(diag.NewSource("f", text))
		if list.Err() != nil {
			_ = list.Text(diag.Plain)
			return
		}
		var any any
		if err := json.Unmarshal([]byte(text), &any); err != nil {
			t.Fatalf("%q was read: %v", text, err)
		}
		again, list := readJSONFile(diag.NewSource("f", v.String()))
		if list.Err() != nil || !equal(&v, &again, true) {
			t.Fatalf("%q was written as %q", text, v.String())
		}
	})
}

// Whatever stands in a case file, reading, running and updating it neither crash nor
// lose what was in it.
func FuzzCaseFiles(f *testing.F) {
	f.Add("config x\n-- p.conf --\nfilter { drop { } }\n-- input a --\nx\n-- output a --\n# c\nto o\n{\"a\": 1}\n", ".case")
	f.Add("-- p.conf --\nfilter { }\n-- events --\n{\"a\": 1}\n", ".case")
	f.Add(`{"testcases": [{"input": ["x"], "expected": [{"[a][b]": 1}]}]}`, ".json")
	f.Add("testcases:\n  - input: [x]\n    expected:\n      # c\n      - a: 1 # d\n        message: x\n", ".yml")
	f.Add("input: [x]\nexpected: []\n", ".yaml")
	f.Fuzz(func(t *testing.T, text, ext string) {
		if ext != ".case" && ext != ".json" && ext != ".yml" && ext != ".yaml" {
			return
		}
		dir := t.TempDir()
		name := filepath.Join(dir, "f"+ext)
		if os.WriteFile(name, []byte(text), 0o600) != nil || os.WriteFile(filepath.Join(dir, "p.conf"), []byte("filter { mutate { add_field => { n => 1 } } }"), 0o600) != nil {
			t.Skip("cannot write")
		}
		file, list := readFile(name, true)
		if list.Err() != nil || file == nil {
			_ = list.Text(diag.Plain)
			return
		}
		if ext == ".case" && (len(file.setup.config) > 0 || file.setup.pipelines != "" || len(file.setup.files) > 0) {
			return // which may name any file of this machine
		}
		s := NewSuite(&Options{Settings: settings.New()})
		defer s.Close()
		results, _ := s.Run(file)
		if err := Update(file, results); err != nil {
			return
		}
		again, list := readFile(name, true)
		if list.Err() != nil {
			t.Fatalf("after an update: %v", list)
		}
		updated := false
		for i := range results {
			updated = updated || results[i].Status == Updated
		}
		second, _ := s.Run(again)
		for i := range second {
			if updated && results[i].Status == Updated && second[i].Status == Failed {
				t.Fatalf("case %s fails after an update: %+v", second[i].Case.Name, second[i].Differences)
			}
		}
	})
}
