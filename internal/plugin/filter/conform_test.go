package filter

import (
	"testing"

	"sluice/internal/plugin"
	"sluice/internal/plugin/plugintest"
)

func TestConform(t *testing.T) { plugintest.Conform(t, plugin.FilterKind) }
