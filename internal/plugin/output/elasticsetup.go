package output

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"

	"sluice/internal/event"
	"sluice/internal/plugin"
)

// templateOptions are about what the output sets up in the cluster: the index template,
// and index lifecycle management. Source: template_manager.rb and ilm.rb of
// logstash-output-elasticsearch.
type templateOptions struct {
	manageTemplate    bool
	templateName      string
	template          string
	templateOverwrite bool
	templateAPI       string
	legacyTemplate    bool
	ilmEnabled        string
	ilmAlias          string
	ilmPattern        string
	ilmPolicy         string

	custom       map[string]any // the template of the file
	defaultIndex bool
	typed        atomic.Bool // the server is an Elasticsearch 7, which may want a type
	lifecycle    bool        // ILM is wanted
	lifecycleMay bool        // ... if the server has it; otherwise events go to the index of the day
}

const (
	defaultPolicy = "logstash-policy"
	defaultAlias  = "logstash"
)

func (o *elastic) templateList() []plugin.Option {
	o.manageTemplate, o.legacyTemplate, o.templateAPI = true, true, "auto"
	o.ilmEnabled, o.ilmPattern, o.ilmPolicy = "auto", "{now/d}-000001", defaultPolicy
	all := []plugin.Option{
		plugin.Bool("manage_template", &o.manageTemplate, "Whether an index template is installed at the first contact, if there is none of its name. Not for data streams."),
		plugin.String("template_name", &o.templateName, "The name of the template. By default `ecs-logstash`, or without ECS `logstash`."),
		plugin.Path("template", &o.template, "A file with the template, in place of the one that comes along."),
		plugin.Bool("template_overwrite", &o.templateOverwrite, "Whether a template that is there already is replaced."),
	}
	if o.openSearch {
		return all
	}
	return append(all,
		plugin.Enum("template_api", &o.templateAPI, []string{"auto", "legacy", "composable"}, "The kind of template: the old one up to Elasticsearch 7, the composable one from 8 on, or always one of them."),
		plugin.Enum("ilm_enabled", &o.ilmEnabled, []string{"true", "false", "auto"}, "Whether index lifecycle management is used: an alias with rollover in place of an index. `auto`: if `index` is not set and the server has it."),
		plugin.String("ilm_rollover_alias", &o.ilmAlias, "The alias to write to. By default `ecs-logstash`, or without ECS `logstash`."),
		plugin.String("ilm_pattern", &o.ilmPattern, "How the names of the indices behind the alias end."),
		plugin.String("ilm_policy", &o.ilmPolicy, "The lifecycle policy. The default one is made if there is none."),
	)
}

func (o *elastic) openTemplate(env *plugin.Env) error {
	name := defaultAlias
	if o.ecs.Enabled() {
		name = "ecs-" + name
	}
	aliasSet := o.ilmAlias != "" && o.ilmAlias != name
	if o.ilmAlias == "" {
		o.ilmAlias = name
	}
	o.lifecycle = !o.openSearch && !o.streaming && o.ilmEnabled != "false" && (o.defaultIndex || aliasSet)
	o.lifecycleMay = o.ilmEnabled == "auto" && !aliasSet
	if o.templateName == "" {
		o.templateName = name
		if o.lifecycle {
			o.templateName = o.ilmAlias
		}
	}
	if o.template == "" {
		return nil
	}
	text, err := env.Access.ReadFile(o.template)
	if err != nil {
		return env.Invalid("template", "check the path", "the template cannot be read: %v", err)
	}
	if err := json.Unmarshal(text, &o.custom); err != nil {
		return env.Invalid("template", "correct the file", "%s is no JSON object: %v", o.template, err)
	}
	return nil
}

// server is what GET / tells.
type server struct {
	Version struct {
		Number       string
		Distribution string
		BuildFlavor  string `json:"build_flavor"`
	}
}

func (s server) major() int {
	text, _, _ := strings.Cut(s.Version.Number, ".")
	n, _ := strconv.Atoi(text)
	return n
}

// setup prepares the cluster at the first contact. Until that has worked no event is
// sent, for an index without its template would have to be made again.
func (o *elastic) setup(ctx context.Context) plugin.Answer {
	o.setupMu.Lock()
	defer o.setupMu.Unlock()
	if o.ready.Load() {
		return plugin.Answer{}
	}
	var s server
	got, a := o.call(ctx, "GET", "/", nil)
	if a.Verdict != plugin.Done {
		return a
	}
	_ = json.Unmarshal(got.body, &s) // what is no Elasticsearch at all is taken for the newest
	openSearch := o.openSearch || s.Version.Distribution == "opensearch"
	serverless := s.Version.BuildFlavor == "serverless"
	o.typed.Store(!openSearch && s.major() == 7 && o.documentType.String() != "")
	composable := serverless || o.templateAPI == "composable" || o.templateAPI == "auto" && (s.major() >= 8 || s.major() == 0 || openSearch)
	if o.openSearch {
		composable = !o.legacyTemplate
	}
	lifecycle := o.lifecycle && !openSearch && !serverless
	if lifecycle && o.lifecycleMay {
		var a plugin.Answer
		if lifecycle, a = o.hasLifecycle(ctx); a.Verdict != plugin.Done {
			return a
		}
	}
	if o.manageTemplate {
		if a := o.installTemplate(ctx, composable, lifecycle, serverless); a.Verdict != plugin.Done {
			return a
		}
	}
	if lifecycle {
		if a := o.setupLifecycle(ctx); a.Verdict != plugin.Done {
			return a
		}
		o.index, o.defaultIndex, o.dlqIndexName = event.ParseTemplate(o.ilmAlias), false, false
	}
	o.env.Log.Info("connected", "server", o.name, "version", s.Version.Number, "distribution", s.Version.Distribution)
	o.ready.Store(true)
	return plugin.Answer{}
}

// call sends one request of the setup. An answer of 404 is for the caller.
func (o *elastic) call(ctx context.Context, method, path string, body any) (answer, plugin.Answer) {
	var text []byte
	if body != nil {
		text, _ = json.Marshal(body) // maps and texts only
	}
	got, err := o.do(ctx, method, path, o.header, text)
	switch {
	case err != nil && ctx.Err() != nil:
		return got, plugin.Answer{Verdict: plugin.Retry, Reason: "the pipeline is stopping"}
	case err != nil:
		return got, plugin.Answer{Verdict: plugin.Retry, Reason: o.failed(err)}
	case got.status >= 200 && got.status < 300 || got.status == http.StatusNotFound:
		return got, plugin.Answer{}
	}
	a := o.refusal(got, plugin.Retry)
	a.Reason += " to " + method + " " + path
	a.After = retryAfter(got.header)
	o.refused(strings.TrimSpace(a.Reason + " " + a.Body))
	return got, a
}

// hasLifecycle asks whether there is ILM. A server without it, such as Elasticsearch in its
// Apache distribution or an OpenSearch that calls itself 7.10.2, knows no such path: it takes
// it for that of an index, and says so with 400, 404 or 405.
func (o *elastic) hasLifecycle(ctx context.Context) (bool, plugin.Answer) {
	got, a := o.call(ctx, "GET", "/_ilm/status", nil)
	switch got.status {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed:
		o.answered()
		o.env.Log.Info("the server has no index lifecycle management: events go to an index", "server", o.name, "index", o.index.String())
		return false, plugin.Answer{}
	}
	return true, a
}

func (o *elastic) installTemplate(ctx context.Context, composable, lifecycle, serverless bool) plugin.Answer {
	path := "/_template/"
	if composable {
		path = "/_index_template/"
	}
	path += url.PathEscape(o.templateName)
	if !o.templateOverwrite {
		got, a := o.call(ctx, "HEAD", path, nil)
		if a.Verdict != plugin.Done || got.status != http.StatusNotFound {
			return a
		}
	}
	template := o.custom
	if template == nil {
		template = defaultTemplate(o.ecs.Enabled(), composable)
	}
	if lifecycle || serverless {
		settings := settingsOf(template, composable)
		if lifecycle {
			template["index_patterns"] = o.ilmAlias + "-*"
			settings["index.lifecycle.name"], settings["index.lifecycle.rollover_alias"] = o.ilmPolicy, o.ilmAlias
		}
		if serverless {
			for _, name := range []string{"number_of_shards", "number_of_replicas"} {
				delete(settings, name)
				delete(settings, "index."+name)
			}
		}
	}
	_, a := o.call(ctx, "PUT", path, template)
	return a
}

// settingsOf returns the settings in a template, where they are changed in place.
func settingsOf(template map[string]any, composable bool) map[string]any {
	inner := template
	if t, ok := template["template"].(map[string]any); ok {
		inner = t
	} else if _, ok := template["settings"]; !ok && composable {
		inner = map[string]any{}
		template["template"] = inner
	}
	settings, ok := inner["settings"].(map[string]any)
	if !ok {
		settings = map[string]any{}
		inner["settings"] = settings
	}
	return settings
}

func (o *elastic) setupLifecycle(ctx context.Context) plugin.Answer {
	got, a := o.call(ctx, "HEAD", "/"+url.PathEscape(o.ilmAlias), nil)
	if a.Verdict != plugin.Done {
		return a
	}
	if got.status == http.StatusNotFound {
		first := "/" + url.PathEscape("<"+o.ilmAlias+"-"+o.ilmPattern+">")
		body := map[string]any{"aliases": map[string]any{o.ilmAlias: map[string]any{"is_write_index": true}}}
		got, a = o.call(ctx, "PUT", first, body)
		if a.Verdict != plugin.Done && got.status != http.StatusBadRequest { // 400: somebody else was faster
			return a
		}
	}
	path := "/_ilm/policy/" + url.PathEscape(o.ilmPolicy)
	got, a = o.call(ctx, "GET", path, nil)
	if a.Verdict != plugin.Done || got.status != http.StatusNotFound {
		return a
	}
	if o.ilmPolicy != defaultPolicy {
		reason := fmt.Sprintf("the lifecycle policy %s does not exist in %s", o.ilmPolicy, o.name)
		o.refused(reason)
		return plugin.Answer{Verdict: plugin.Retry, Status: got.status, Reason: reason}
	}
	rollover := map[string]any{"max_size": "50gb", "max_age": "30d"}
	_, a = o.call(ctx, "PUT", path, map[string]any{"policy": map[string]any{"phases": map[string]any{"hot": map[string]any{"actions": map[string]any{"rollover": rollover}}}}})
	return a
}
