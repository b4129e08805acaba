package instrument

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// UUID is a random universally unique identifier (RFC 9562, version 4).
type UUID [16]byte

// NewUUID returns a new one.
func NewUUID() UUID { return newUUIDs(1)[0] }

// newUUIDs returns n new ones, for the cost of one question to the system.
func newUUIDs(n int) []UUID {
	random := make([]byte, n*len(UUID{}))
	rand.Read(random) // never fails
	all := make([]UUID, n)
	for i := range all {
		u := &all[i]
		copy(u[:], random[i*len(u):])
		u[6] = u[6]&0x0f | 0x40
		u[8] = u[8]&0x3f | 0x80
	}
	return all
}

// Append appends the UUID in its usual form.
func (u UUID) Append(dst []byte) []byte {
	for i, part := range [][]byte{u[:4], u[4:6], u[6:8], u[8:10], u[10:]} {
		if i > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, part)
	}
	return dst
}

func (u UUID) String() string { return string(u.Append(nil)) }

// Event is what an Instrument puts on the event pipeline. The sensor adds its own name,
// the Instrument's and the number.
type Event struct {
	Type    string    // instruments.suricata.event
	Message string    // for people
	Context UUID      // what the event belongs to; the zero UUID is this run of the Instrument
	ID      UUID      // the zero UUID is a new one
	Time    time.Time // with microseconds; the zero time is now
	Data    []byte    // a JSON object
}

// A batch of events travels as
//
//	8  number of the batch, which the answer names
//	4  events
//
// and each event as
//
//	 8  microseconds since 1970
//	16  context UUID
//	16  event UUID
//	 ·  type, message, data, each as 4 bytes length and text
//
// with all numbers big-endian.
const (
	batchHeader = 12
	eventHeader = 40
)

func appendEvent(dst []byte, e *Event) []byte {
	dst = binary.BigEndian.AppendUint64(dst, uint64(e.Time.UnixMicro()))
	dst = append(dst, e.Context[:]...)
	dst = append(dst, e.ID[:]...)
	for _, part := range []string{e.Type, e.Message} {
		dst = binary.BigEndian.AppendUint32(dst, uint32(len(part)))
		dst = append(dst, part...)
	}
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(e.Data)))
	return append(dst, e.Data...)
}

var errBatch = errors.New("the Instrument has sent what is no batch of events")

// readBatch reads a batch. Texts in the events share the memory of src.
func readBatch(src []byte, into []Event) (number uint64, events []Event, err error) {
	if len(src) < batchHeader {
		return 0, nil, errBatch
	}
	number = binary.BigEndian.Uint64(src)
	count := binary.BigEndian.Uint32(src[8:])
	src, events = src[batchHeader:], into[:0]
	for range count {
		if len(src) < eventHeader {
			return 0, nil, fmt.Errorf("%w: it ends inside an event", errBatch)
		}
		e := Event{Time: time.UnixMicro(int64(binary.BigEndian.Uint64(src)))}
		copy(e.Context[:], src[8:])
		copy(e.ID[:], src[24:])
		src = src[eventHeader:]
		var parts [3][]byte
		for i := range parts {
			if len(src) < 4 || uint32(len(src)-4) < binary.BigEndian.Uint32(src) {
				return 0, nil, fmt.Errorf("%w: it ends inside an event", errBatch)
			}
			n := binary.BigEndian.Uint32(src)
			parts[i], src = src[4:4+n], src[4+n:]
		}
		e.Type, e.Message, e.Data = string(parts[0]), string(parts[1]), parts[2]
		events = append(events, e)
	}
	if len(src) != 0 {
		return 0, nil, fmt.Errorf("%w: something follows the last event", errBatch)
	}
	return number, events, nil
}
