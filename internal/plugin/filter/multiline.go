package filter

import "sluice/internal/plugin"

func init() {
	plugin.Replaced(plugin.FilterKind, "multiline",
		"join the lines where they come in, with the codec multiline: input { file { codec => multiline { pattern => \"^\\s\" what => \"previous\" } } }")
}
