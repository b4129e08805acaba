package secret

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestKeystore(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sluice.keystore")
	k := CreateKeystore(file, "hunter2")
	k.Set("ES_PWD", New("s3cr3t-value"))
	k.Set("B", New(""))
	if err := k.Save(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	text, _ := os.ReadFile(file)
	for _, secret := range []string{"s3cr3t-value", "ES_PWD", "hunter2"} {
		if strings.Contains(string(text), secret) {
			t.Errorf("%q stands in the file", secret)
		}
	}
	k, err = OpenKeystore(file, "hunter2")
	if err != nil {
		t.Fatal(err)
	}
	if v, ok := k.Lookup("ES_PWD"); !ok || v != "s3cr3t-value" {
		t.Errorf("got %q %v", v, ok)
	}
	if got := strings.Join(k.Names(), " "); got != "B ES_PWD" {
		t.Errorf("names %q", got)
	}
	if !k.Remove("B") || k.Remove("B") || k.Has("B") {
		t.Error("remove")
	}
	if _, err := OpenKeystore(file, ""); !errors.Is(err, ErrWrongPassword) {
		t.Errorf("with the wrong password: %v", err)
	}
	for i := range text { // no change of the file goes unnoticed, or makes values
		if i%16 != 0 {
			continue
		}
		changed := append([]byte(nil), text...)
		changed[i] ^= 1
		_ = os.WriteFile(file, changed, 0o600)
		if k, err := OpenKeystore(file, "hunter2"); err == nil {
			if v, _ := k.Lookup("ES_PWD"); v != "s3cr3t-value" {
				t.Fatalf("byte %d: the changed file gives %q", i, v)
			}
		}
	}
	if _, err := OpenKeystore(filepath.Join(t.TempDir(), "none"), ""); !errors.Is(err, ErrNoKeystore) {
		t.Errorf("without a file: %v", err)
	}
}

func TestExpand(t *testing.T) {
	lookup := Variables(func(name string) (string, bool) {
		v, ok := map[string]string{"A": "1", "EMPTY": "", "LOOP": "${A}", "a.b": "dot"}[name]
		return v, ok
	})
	for text, want := range map[string]string{
		"${A}": "1", "x${A}y${A}z": "x1y1z", "${NO:d}": "d", "${NO:a:b}": "a:b", "${NO:}": "", "${EMPTY:d}": "",
		"${LOOP}": "${A}", "${a.b}": "dot", "${": "${", "${A": "${A", "$A": "$A", "${A b}": "${A b}", "%{x} ${}": "%{x} ${}",
	} {
		if got, missing := Expand(text, lookup); got != want || missing != nil {
			t.Errorf("%q: got %q %v, want %q", text, got, missing, want)
		}
	}
	if got, missing := Expand("a${NO}b${NOR}", lookup); got != "ab" || len(missing) != 2 {
		t.Errorf("got %q %v", got, missing)
	}
	if got, _ := Expand("${A}", nil); got != "${A}" {
		t.Errorf("without variables: %q", got)
	}
}
