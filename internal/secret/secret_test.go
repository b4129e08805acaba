package secret

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestNeverPrints(t *testing.T) {
	s := New("hunter2")
	var logged bytes.Buffer
	slog.New(slog.NewTextHandler(&logged, nil)).Info("x", "password", s, "in", struct{ P Text }{s})
	encoded, _ := json.Marshal(map[string]any{"p": s})
	for _, shown := range []string{fmt.Sprint(s), fmt.Sprintf("%v %+v %#v %s %q", s, s, s, s, s), logged.String(), string(encoded)} {
		if strings.Contains(shown, "hunter2") {
			t.Errorf("the secret was printed: %s", shown)
		}
	}
	if s.Reveal() != "hunter2" {
		t.Error("the secret was not kept")
	}
}
