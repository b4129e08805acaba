package instrument

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"sync"

	"sluice/internal/health"
)

// The connection between a sensor and the process of an Instrument carries frames:
// 4 bytes length (big-endian), 1 byte kind, payload. Both ends are the same program of
// the same version, so the form may change with any version.
const (
	frameSpec   = 'C' // sensor → Instrument, first: a Spec as JSON
	frameBatch  = 'B' // Instrument → sensor: a batch of events
	frameAck    = 'A' // sensor → Instrument: 8 bytes, the batch that is durable
	frameRefuse = 'R' // sensor → Instrument: 8 bytes and a reason, the batch that never will be
	frameStatus = 'S' // Instrument → sensor: a Status as JSON
)

// maxFrame limits what either side takes, so that a broken peer cannot ask for any
// amount of memory.
const maxFrame = 64 << 20

// Window is how many batches an Instrument may have under way without an answer.
const Window = 8

// Status is how an Instrument is, told by its process.
type Status struct {
	State      string             `json:"state"` // such as running, finished
	Conditions []health.Condition `json:"conditions"`
	Details    json.RawMessage    `json:"details,omitempty"` // of its kind, such as Replay's progress
	Error      string             `json:"error,omitempty"`   // why the process ends
}

// frames reads and writes frames on a connection.
type frames struct {
	r   *bufio.Reader
	buf []byte

	mu sync.Mutex
	w  io.Writer
}

func newFrames(conn io.ReadWriter) *frames {
	return &frames{r: bufio.NewReaderSize(conn, 64<<10), w: conn}
}

// read returns the next frame, valid until the next call.
func (f *frames) read() (kind byte, payload []byte, err error) {
	var head [5]byte
	if _, err := io.ReadFull(f.r, head[:]); err != nil {
		return 0, nil, err
	}
	n := int(binary.BigEndian.Uint32(head[:]))
	if n > maxFrame {
		return 0, nil, fmt.Errorf("a frame of %d bytes is larger than %d", n, maxFrame)
	}
	for f.buf = f.buf[:0]; len(f.buf) < n; { // grows with what has come, not with what was claimed
		at := len(f.buf)
		step := min(n-at, max(64<<10, at))
		if cap(f.buf) < at+step {
			grown := make([]byte, at, at+step)
			copy(grown, f.buf)
			f.buf = grown
		}
		f.buf = f.buf[:at+step]
		if _, err := io.ReadFull(f.r, f.buf[at:]); err != nil {
			return 0, nil, err
		}
	}
	return head[4], f.buf, nil
}

// write writes a frame. It may be called by several goroutines.
func (f *frames) write(kind byte, payload []byte) error {
	frame := make([]byte, 5, 5+len(payload))
	binary.BigEndian.PutUint32(frame, uint32(len(payload)))
	frame[4] = kind
	frame = append(frame, payload...)
	f.mu.Lock()
	defer f.mu.Unlock()
	_, err := f.w.Write(frame)
	return err
}

func (f *frames) writeJSON(kind byte, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return f.write(kind, text)
}
