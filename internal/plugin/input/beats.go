package input

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"slices"
	"time"

	"sluice/internal/lumberjack"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.InputKind, Name: "beats",
		Doc: "Receives events from Beats, Elastic Agent and everything else that speaks the Lumberjack protocol, version 1 or 2, " +
			"plain or compressed, with or without TLS. A window is acknowledged when its events are durable; while that takes long, " +
			"the sender gets signs of life, so that it does not send everything again.",
		Source: "https://www.elastic.co/guide/en/logstash/current/plugins-inputs-beats.html, logstash-input-beats 7.0",
		Examples: []plugin.Example{
			{Title: "The usual port", Config: "beats { port => 5044 }"},
			{Title: "The port of an event subscription", Config: `beats { codec => plain host => "127.0.0.1" port => 15044 }`},
		},
		New: func() plugin.Plugin { return &beats{} },
	})
}

// What is put together before it goes to the sink, though the window goes on.
const (
	beatsMaxEvents = 16 << 10
	beatsMaxBytes  = 8 << 20
)

type beats struct {
	plugin.InputOptions
	tcpServer

	ecs             plugin.ECS
	enrich          []string
	includeCodecTag bool
	addHostname     bool
	peerMetadata    bool
	inactivity      time.Duration

	codec  plugin.Codec
	plain  bool   // the codec is a plain one without options, whose work is done here
	tag    string // of events whose line went through the codec
	rawTag string // of all others
	source bool   // the sender's address becomes metadata
	peer   bool   // the sender's certificate becomes metadata

	limits    lumberjack.Limits
	silence   time.Duration // mid-window, before what is there is handed on
	keepAlive time.Duration // between signs of life
}

func (b *beats) Options() []plugin.Option {
	b.host = "0.0.0.0"
	b.includeCodecTag = true
	b.inactivity = 60 * time.Second
	b.maxConnections = 4096
	b.tls.CAsDemand = true
	return slices.Concat([]plugin.Option{
		plugin.String("host", &b.host, "The address to listen on."),
		plugin.Port("port", &b.port, "The port to listen on.").Must(),
		plugin.ECSOption(&b.ecs),
		plugin.Strings("enrich", &b.enrich, "What is added to events: `source_metadata` (the sender's address), `codec_metadata` (a tag with the codec's name, and what the codec adds), `ssl_peer_metadata` (the sender's certificate); or only `all` or `none`. By default the first two."),
		plugin.Bool("include_codec_tag", &b.includeCodecTag, "Whether events get a tag with the codec's name.").Deprecated("set enrich"),
		plugin.Bool("ssl_peer_metadata", &b.peerMetadata, "Whether the sender's certificate becomes metadata.").Deprecated("set enrich"),
		plugin.Bool("add_hostname", &b.addHostname, "Whether `[beat][hostname]` becomes the host of events that have none.").Deprecated("Beats set the host themselves"),
		plugin.Seconds("client_inactivity_timeout", &b.inactivity, "Seconds without anything to do after which a connection is closed; 0 for never."),
		plugin.Int("max_connections", &b.maxConnections, 1, 1<<20, "Connections that may be open at once. Further ones are closed at once, and come again later."),
		plugin.Ignored("executor_threads", "number", "connections share the cores on their own."),
		plugin.Ignored("event_loop_threads", "number", "connections share the cores on their own."),
		plugin.Removed("congestion_threshold", "Remove it: a full queue pushes back on its own."),
		plugin.Removed("target_field_for_codec", "Remove it: the codec works on the field message."),
	}, b.tls.Options(), b.tls.Old(), b.Common("plain"))
}

func (b *beats) Open(env *plugin.Env) error {
	b.env = env
	b.silence, b.keepAlive = time.Second, 5*time.Second
	if b.Codec.Name == "multiline" {
		return env.Invalid("codec", "join the lines where they are read: multiline settings of Filebeat", "the codec multiline does not work with the beats input, for lines of several files come mixed")
	}
	if err := b.openEnrich(); err != nil {
		return err
	}
	var err error
	if b.config, err = b.tls.Open(env); err != nil {
		return err
	}
	b.peer = b.peer && b.config != nil && b.config.ClientAuth != tls.NoClientCert
	b.Prepare()
	return nil
}

var (
	beatsEnrichments = []string{"source_metadata", "codec_metadata", "ssl_peer_metadata"}
	beatsByDefault   = beatsEnrichments[:2]
)

func (b *beats) openEnrich() error {
	env := b.env
	active := b.enrich
	switch {
	case !env.IsSet("enrich"):
		active = beatsByDefault
	case env.IsSet("include_codec_tag"):
		return env.Invalid("include_codec_tag", "remove include_codec_tag", "enrich and include_codec_tag cannot be given together")
	case len(active) > 1 && (slices.Contains(active, "all") || slices.Contains(active, "none")):
		return env.Invalid("enrich", "give it alone, or list the single ones", "all and none go with nothing else")
	}
	for _, name := range active {
		if !slices.Contains(beatsEnrichments, name) && name != "all" && name != "none" {
			return env.Invalid("enrich", "it can be source_metadata, codec_metadata, ssl_peer_metadata, or all, or none", "found %q", name)
		}
	}
	all := slices.Contains(active, "all")
	has := func(name string) bool { return all || slices.Contains(active, name) }
	b.source = has("source_metadata")
	b.peer = has("ssl_peer_metadata") || b.peerMetadata
	tagged := has("codec_metadata")
	if env.IsSet("include_codec_tag") {
		tagged = b.includeCodecTag
	}

	inner := *env
	inner.ECS = b.ecs.Or(env.ECS)
	setting, chosen := env.Setting("codec")
	b.ecs = inner.ECS
	if !has("codec_metadata") && !chosen {
		inner.ECS = plugin.ECSDisabled
	}
	if tagged {
		b.tag, b.rawTag = "beats_input_codec_"+b.Codec.Name+"_applied", "beats_input_raw_event"
	}
	var err error
	if b.codec, err = b.Codec.Open(&inner); err != nil {
		return err
	}
	b.plain = b.Codec.Name == "plain" && (!chosen || setting.Kind == plugin.Text || len(setting.Plugin.Attributes) == 0)
	b.env = &inner // what keeps the original text asks it
	return nil
}

func (b *beats) Run(ctx context.Context, to plugin.Sink) error {
	return b.run(ctx, func(conn net.Conn, idle *idleConn, log *slog.Logger) { b.serve(ctx, conn, idle, log, to) })
}
