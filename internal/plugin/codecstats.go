package plugin

import (
	"sync"
	"sync/atomic"
	"time"

	"sluice/internal/event"
)

// CodecStats is what one codec has done. All fields count up.
type CodecStats struct {
	ID, Name string

	Decodes, Decoded atomic.Int64 // pieces of data that it was given, and events made of them
	DecodeNanos      atomic.Int64 // estimated from samples
	Encodes          atomic.Int64 // events that it was given
	EncodeNanos      atomic.Int64 // estimated from samples
}

// Codecs are the codecs of a pipeline, as they were opened. A nil *Codecs counts nothing.
type Codecs struct {
	mu  sync.Mutex
	all []*CodecStats
}

// List returns what every codec has done.
func (c *Codecs) List() []*CodecStats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all
}

// counted returns a codec that counts what another one does.
func (c *Codecs) counted(id, name string, codec Codec) Codec {
	if c == nil {
		return codec
	}
	s := &CodecStats{ID: id, Name: name}
	c.mu.Lock()
	c.all = append(c.all, s)
	c.mu.Unlock()
	return &countedCodec{codec, s}
}

// codecSample is how many calls share one measurement of time.
const codecSample = 32

type countedCodec struct {
	Codec
	stats *CodecStats
}

func (c *countedCodec) Encode(dst []byte, e *event.Event) ([]byte, error) {
	if c.stats.Encodes.Add(1)%codecSample != 0 {
		return c.Codec.Encode(dst, e)
	}
	start := time.Now()
	dst, err := c.Codec.Encode(dst, e)
	c.stats.EncodeNanos.Add(int64(time.Since(start)) * codecSample)
	return dst, err
}

// NewDecoder gives a decoder that can do what the codec's own can.
func (c *countedCodec) NewDecoder() Decoder {
	d := &countedDecoder{Decoder: c.Codec.NewDecoder(), stats: c.stats}
	d.holder, _ = d.Decoder.(Holder)
	d.keeper, _ = d.Decoder.(OriginalKeeper)
	d.taker, _ = d.Decoder.(LineTaker)
	return d
}

type countedDecoder struct {
	Decoder
	stats  *CodecStats
	holder Holder // nil when the decoder is none, as the others
	keeper OriginalKeeper
	taker  LineTaker
}

func (d *countedDecoder) Holding() bool { return d.holder != nil && d.holder.Holding() }

func (d *countedDecoder) Due() time.Time {
	if d.holder == nil {
		return time.Time{}
	}
	return d.holder.Due()
}

func (d *countedDecoder) KeepOriginal() {
	if d.keeper != nil {
		d.keeper.KeepOriginal()
	}
}

func (d *countedDecoder) TakesLines() bool { return d.taker != nil && d.taker.TakesLines() }

func (d *countedDecoder) Decode(data []byte, into *event.Batch) {
	before := len(into.Events)
	if d.stats.Decodes.Add(1)%codecSample != 0 {
		d.Decoder.Decode(data, into)
	} else {
		start := time.Now()
		d.Decoder.Decode(data, into)
		d.stats.DecodeNanos.Add(int64(time.Since(start)) * codecSample)
	}
	if n := len(into.Events) - before; n > 0 {
		d.stats.Decoded.Add(int64(n))
	}
}

func (d *countedDecoder) Flush(into *event.Batch) {
	before := len(into.Events)
	d.Decoder.Flush(into)
	if n := len(into.Events) - before; n > 0 {
		d.stats.Decoded.Add(int64(n))
	}
}
