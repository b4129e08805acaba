package codec

import (
	"sluice/internal/event"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind:       plugin.CodecKind,
		Name:       "dots",
		Doc:        "A dot for every event. Counted or piped through `pv` it shows how fast a pipeline is.",
		Source:     "https://www.elastic.co/guide/en/logstash/8.19/plugins-codecs-dots.html",
		Examples:   []plugin.Example{{Title: "Measure a pipeline", Config: `dots { }`}},
		New:        func() plugin.Plugin { return dots{} },
		EncodeOnly: true,
	})
}

// dots is the codec dots.
type dots struct{ noDecoder }

func (dots) Options() []plugin.Option { return nil }

func (dots) Open(*plugin.Env) error { return nil }

func (dots) Encode(dst []byte, _ *event.Event) ([]byte, error) { return append(dst, '.'), nil }

// noDecoder is the decoder of a codec that only encodes. Inputs refuse such a codec
// before they ask for one.
type noDecoder struct{}

func (noDecoder) NewDecoder() plugin.Decoder { panic("codec: a decoder of a codec that only encodes") }
