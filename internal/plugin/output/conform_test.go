package output

import (
	"testing"

	"sluice/internal/plugin"
	_ "sluice/internal/plugin/codec"
	"sluice/internal/plugin/plugintest"
)

func TestConform(t *testing.T) { plugintest.Conform(t, plugin.OutputKind) }
