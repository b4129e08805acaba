package input

import (
	"slices"

	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.InputKind, Name: "elastic_agent",
		Doc:    "Receives events from Elastic Agent. It is the input beats by another name: see there.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-inputs-elastic_agent.html",
		Examples: []plugin.Example{
			{Title: "The usual port", Config: "elastic_agent { port => 5044 }"},
		},
		New: func() plugin.Plugin { return &beats{} },
	})
	plugin.Register(plugin.Spec{
		Kind: plugin.InputKind, Name: "lumberjack",
		Doc: "Receives events from senders of the Lumberjack protocol as it was before Beats, such as logstash-forwarder, over TLS. " +
			"It works as the input beats does, without the tags and metadata of that: use `beats` where you can choose.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-inputs-lumberjack.html, logstash-input-lumberjack 3.1",
		Examples: []plugin.Example{
			{Title: "logstash-forwarder", Config: `lumberjack { port => 5043 ssl_certificate => "/etc/sluice/certs/logstash_server.crt" ssl_key => "/etc/sluice/certs/logstash_server.key" }`},
		},
		New: func() plugin.Plugin { return &lumberjackInput{} },
	})
}

// lumberjackInput is the input lumberjack.
type lumberjackInput struct{ beats }

func (l *lumberjackInput) Options() []plugin.Option {
	b := &l.beats
	b.Options() // sets the defaults
	b.tls.Always = true
	options := []plugin.Option{
		plugin.String("host", &b.host, "The address to listen on."),
		plugin.Port("port", &b.port, "The port to listen on.").Must(),
		plugin.Ignored("congestion_threshold", "number", "a full queue pushes back on the senders, which get signs of life meanwhile."),
		plugin.Ignored("max_clients", "number", "it has no effect in Logstash, either."),
	}
	for _, o := range b.tls.Options() {
		switch o.Name {
		case "ssl_certificate", "ssl_key":
			options = append(options, o.Must())
		case "ssl_key_passphrase":
			options = append(options, o)
		}
	}
	return slices.Concat(options, b.Common("plain"))
}

func (l *lumberjackInput) Open(env *plugin.Env) error {
	if err := l.beats.Open(env); err != nil {
		return err
	}
	l.tag, l.rawTag, l.source = "", "", false
	return nil
}
