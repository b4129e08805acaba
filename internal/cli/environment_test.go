package cli

import (
	"testing"

	"sluice/internal/settings"
)

// TestVariablesAreUnique: no variable stands for two settings, and none is a single word.
func TestVariablesAreUnique(t *testing.T) {
	seen := map[string]string{}
	for _, d := range settings.All() {
		name := variableOf(d.Name)
		if other := seen[name]; name != "" && other != "" {
			t.Errorf("%s is both %s and %s", name, other, d.Name)
		}
		seen[name] = d.Name
	}
	for setting, want := range map[string]string{
		"pipeline.workers": "PIPELINE_WORKERS", "path.dead_letter_queue": "PATH_DEAD_LETTER_QUEUE", "version": "", "path.settings": "",
		"xpack.monitoring.elasticsearch.hosts": "XPACK_MONITORING_ELASTICSEARCH_HOSTS",
	} {
		if got := variableOf(setting); got != want {
			t.Errorf("%s is %q, want %q", setting, got, want)
		}
	}
}
