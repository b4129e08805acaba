package engine

import (
	"errors"

	"sluice/internal/diag"
	"sluice/internal/plugin"
	"sluice/internal/settings"
)

var (
	policyGiven = diag.Define("SL3040", diag.Error, "a pipeline here cannot choose its security policy",
		"Whoever runs the sensor has set the limits of an Instrument's pipelines. Leave security.policy out.")
	pathDenied = diag.Define("SL3041", diag.Error, "a folder of a pipeline is not allowed",
		"Queues and dead letters of an Instrument's pipelines lie in its own folder. Leave the setting out, or name a folder below /transient-data.")
)

// accessOf is what a pipeline may reach: what the engine was told, within the limits of
// the setting security.policy.
func (e *Engine) accessOf(s *settings.Settings) (plugin.Access, diag.List) {
	var list diag.List
	access := e.opts.Access
	if access.Confined {
		if s.IsSet("security.policy") {
			list.Add(diag.New(policyGiven, s.At("security.policy"), "the pipelines of an Instrument have a security policy already").WithHelp("leave the setting out"))
		}
		for _, name := range []string{"path.queue", "path.dead_letter_queue", "path.spill"} {
			err := access.MayWrite(s.String(name))
			if denied, ok := errors.AsType[*plugin.Denied](err); ok && s.IsSet(name) {
				list.Add(diag.New(pathDenied, s.At(name), "%v", denied).WithHelp("leave the setting out, or name a folder below /transient-data"))
			}
		}
		return access, list
	}
	policy, list := plugin.LoadPolicy(s.String("security.policy"), s.At("security.policy"))
	access.Policy = policy
	return access, list
}
