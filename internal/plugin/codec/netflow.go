package codec

import (
	"net/url"
	"path/filepath"
	"strconv"
	"time"

	"sluice/internal/event"
	"sluice/internal/health"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.CodecKind,
		Name: "netflow",
		Doc: "Flow records of routers and probes: NetFlow v5 and v9, and IPFIX (v10), one packet at a time. Every record becomes an event with its fields below `target`. " +
			"The templates of v9 and IPFIX are kept over a restart, and for each exporter (with the input udp, for each address) by themselves. Records that come before their template wait for it, up to 4 MiB of them; Logstash drops these. " +
			"A packet that is none becomes an event with its bytes in hex as `message` and the tag `_netflowparsefailure`.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-codecs-netflow.html; RFC 3954; RFC 7011",
		Examples: []plugin.Example{
			{Title: "Only IPFIX, with the ids of the sets", Config: `netflow { versions => [10] include_flowset_id => true target => "ipfix" }`},
			{Title: "Templates in a folder of one's own", Config: `netflow { cache_save_path => "/var/lib/flows" }`},
		},
		New: func() plugin.Plugin {
			return &netflow{ttl: 4000, target: "netflow", versions: []string{"5", "9", "10"}}
		},
		DecodeOnly: true,
	})
}

var missingTemplate = health.Define("netflow-template-missing", health.Warning,
	"Flow records wait for their template",
	"The exporter sends its templates every few minutes. If this stays, make it send them more often, or check that they reach this input.")

// netflow is the codec netflow. Templates belong to the codec, not to a decoder: one
// exporter may use several connections or ports, and an input may have several workers.
type netflow struct {
	ttl                int
	cachePath          string
	target             string
	includeFlowset     bool
	versions           []string
	netflowDefinitions string
	ipfixDefinitions   string

	env       *plugin.Env
	accepted  map[uint16]bool
	fields    map[elementID]element
	templates *flowTemplates
}

func (n *netflow) Options() []plugin.Option {
	return []plugin.Option{
		plugin.Int("cache_ttl", &n.ttl, 1, 1<<31-1, "After how many minutes a template is forgotten that has not come again."),
		plugin.Path("cache_save_path", &n.cachePath, "The folder where templates are kept over a restart; by default the data folder."),
		plugin.String("target", &n.target, "The field that gets the record."),
		plugin.Bool("include_flowset_id", &n.includeFlowset, "With IPFIX, whether the id of the set is a field, too, as it always is with v9."),
		plugin.Strings("versions", &n.versions, "The versions that are read: `5`, `9`, `10`. Packets of others are left out."),
		plugin.Path("netflow_definitions", &n.netflowDefinitions, "A YAML file with more, or other, fields of NetFlow v9."),
		plugin.Path("ipfix_definitions", &n.ipfixDefinitions, "A YAML file with more, or other, fields of IPFIX."),
	}
}

func (n *netflow) Open(env *plugin.Env) error {
	n.env = env
	n.accepted = map[uint16]bool{}
	for _, v := range n.versions {
		number, err := strconv.ParseUint(v, 10, 16)
		if err != nil || number != 5 && number != 9 && number != 10 {
			return env.Invalid("versions", "there are 5, 9 and 10", "there is no version %s", v)
		}
		n.accepted[uint16(number)] = true
	}
	if n.target == "" {
		return env.Invalid("target", "name a field", "the name of the field is empty")
	}
	n.fields = flowElements()
	for option, path := range map[string]string{"netflow_definitions": n.netflowDefinitions, "ipfix_definitions": n.ipfixDefinitions} {
		if path == "" {
			continue
		}
		more, err := loadElements(env.Access.Files(), env.Access.Path(path), option == "netflow_definitions")
		if err != nil {
			return env.Invalid(option, "write it as the documentation of the codec shows", "%v", err)
		}
		for id, e := range more {
			n.fields[id] = e
		}
	}
	path := env.DataDir
	if n.cachePath != "" {
		path = env.Access.Writing(n.cachePath)
	}
	if path != "" { // inputs that keep theirs in one folder have a file each
		path = filepath.Join(path, "flow_templates_"+url.PathEscape(env.Pipeline+"_"+env.ID)+".cache")
	}
	n.templates = newFlowTemplates(env.Access.Files(), path, time.Duration(n.ttl)*time.Minute, env.Log)
	return nil
}

// Encode is never called: outputs refuse the codec.
func (n *netflow) Encode(dst []byte, e *event.Event) ([]byte, error) { return e.AppendJSON(dst), nil }

func (n *netflow) NewDecoder() plugin.Decoder { return &netflowDecoder{netflow: n} }

type netflowDecoder struct {
	*netflow
	exporter string
}

// From says whose packets come: exporters use the same numbers for different templates.
func (d *netflowDecoder) From(sender string) { d.exporter = sender }

func (d *netflowDecoder) Decode(packet []byte, into *event.Batch) {
	d.templates.mu.Lock()
	defer d.templates.mu.Unlock()
	r := flowReader{netflow: d.netflow, exporter: d.exporter, into: into, now: time.Now()}
	first := len(into.Events)
	if err := r.packet(packet); err != nil {
		d.env.Log.Warn("a packet is no NetFlow or IPFIX, or is cut", "error", err, "bytes", len(packet))
		// What came before the damage has been read; the packet is kept as it came only
		// when nothing of it was.
		if len(into.Events) == first && !r.templatesSeen {
			e := into.New()
			e.Root().Set("message", event.StringValue(hexText(packet, into)))
			e.Tag("_netflowparsefailure")
		}
	}
	r.waited()
	d.templates.save(r.now)
	if waiting, cause := d.templates.waiting(); waiting {
		d.env.Conditions.Raise(missingTemplate, d.env.ID, cause)
	} else {
		d.env.Conditions.Clear(missingTemplate, d.env.ID)
	}
}

// Flush has nothing to do: a packet is complete.
func (*netflowDecoder) Flush(*event.Batch) {}

func hexText(data []byte, into *event.Batch) string {
	const digits = "0123456789abcdef"
	out := into.Buffer(2 * len(data))[:0]
	for _, b := range data {
		out = append(out, digits[b>>4], digits[b&15])
	}
	return text(out)
}
