package queue

import (
	"time"

	"sluice/internal/vfs"
)

// Compression of what is written to disk. Names as Logstash's queue.compression.
type Compression uint8

const (
	CompressNone     Compression = iota // a damaged sector costs the records in it and no others
	CompressSpeed                       // zstd, fastest
	CompressBalanced                    // zstd, default level
	CompressSize                        // zstd, best
)

// SyncPolicy says when Append may return.
type SyncPolicy uint8

const (
	SyncAlways  SyncPolicy = iota // after fdatasync: an acknowledged payload survives power loss
	SyncRelaxed                   // after write: power loss takes what came after the last checkpoint
)

// WhenFull says what an Append does that MaxBytes leaves no room for.
type WhenFull uint8

const (
	Block      WhenFull = iota // wait for a reader to ack (TryAppend: ErrFull)
	DropOldest                 // remove the oldest segment, read or not; what no cursor had acked is counted in Stats.Overrun
)

// Retention keeps segments that every cursor has drained. A segment goes when it is
// older than Age or when the drained segments together exceed Bytes, whichever comes
// first; a zero field does not count. With both zero drained segments go at once.
// MaxBytes comes first: for new payloads a drained segment is given up early.
type Retention struct {
	Age   time.Duration
	Bytes int64
}

func (r Retention) keeps() bool { return r.Age > 0 || r.Bytes > 0 }

// Options of a journal. The zero value of every field but Dir is usable.
type Options struct {
	FS  vfs.FS // vfs.OS if nil
	Dir string // made if missing; holds nothing but this journal

	SegmentBytes int64 // size at which a segment is closed; 64 MiB; at most a quarter of MaxBytes (queue.page_capacity)
	MaxBytes     int64 // hard limit of all files together, metadata included; 0 = none (queue.max_bytes)
	MaxEvents    int64 // unread payloads; an Append that starts below it is written whole, the next one waits; 0 = none (queue.max_events)
	MinFree      int64 // bytes of the disk left to others; 0 = 32 KiB, which the journal needs itself to give space back, negative = none
	WhenFull     WhenFull

	GroupBytes int           // bytes that make a commit start without waiting; 1 MiB
	GroupDelay time.Duration // how long a commit waits for more from concurrent appenders; 0 = only as long as the commit before it takes

	Compression Compression
	Sync        SyncPolicy

	CheckpointWrites   int           // SyncRelaxed: payloads after which a sync is due; 1024 (queue.checkpoint.writes)
	CheckpointAcks     int           // acked payloads after which cursors are synced; 1024 (queue.checkpoint.acks)
	CheckpointInterval time.Duration // at most this long between checkpoints; 1 s (queue.checkpoint.interval)

	Retention  Retention
	MaxAge     time.Duration // older segments go whether read or not; what no cursor had acked is counted in Stats.Overrun; 0 = never
	CacheBytes int64         // newest payloads kept in memory, so that a reader who keeps up never reads the disk; 4 MiB, negative = none

	Now func() time.Time // time.Now if nil; stamps records and measures retention

	manual  bool // tests: no background goroutine; call maintain
	skipCRC bool // tests: a deliberately broken journal
}

const (
	defaultSegmentBytes = 64 << 20
	minSegmentBytes     = 64 << 10
	defaultGroupBytes   = 1 << 20
	defaultCacheBytes   = 4 << 20
	defaultMinFree      = 32 << 10
	maxQuarantineBytes  = 64 << 20

	// MaxPayload is the largest payload that Append takes, in bytes.
	MaxPayload = 1 << 30
)

func (o Options) withDefaults() Options {
	if o.FS == nil {
		o.FS = vfs.OS
	}
	if o.SegmentBytes <= 0 {
		o.SegmentBytes = defaultSegmentBytes
	}
	if o.MaxBytes > 0 {
		// Space comes back by whole segments: with four of them a queue that is
		// being drained has room again before it is empty.
		o.SegmentBytes = min(o.SegmentBytes, max(o.MaxBytes/4, minSegmentBytes))
	}
	if o.GroupBytes <= 0 {
		o.GroupBytes = defaultGroupBytes
	}
	if o.CheckpointWrites <= 0 {
		o.CheckpointWrites = 1024
	}
	if o.CheckpointAcks <= 0 {
		o.CheckpointAcks = 1024
	}
	if o.CheckpointInterval <= 0 {
		o.CheckpointInterval = time.Second
	}
	if o.MinFree == 0 {
		o.MinFree = defaultMinFree
	}
	if o.CacheBytes == 0 {
		o.CacheBytes = defaultCacheBytes
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}
