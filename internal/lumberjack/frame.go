package lumberjack

import (
	"encoding/binary"
	"fmt"
)

// The types of frames.
const (
	codeWindow     = 'W'
	codeJSON       = 'J'
	codeData       = 'D'
	codeCompressed = 'C'
	codeAck        = 'A'
)

// Versions of the protocol, as they stand at the start of every frame.
const (
	V1 = '1' // key-value frames
	V2 = '2' // JSON frames
)

// ProtocolError says what a peer has sent that is no Lumberjack or beyond the limits.
// The connection cannot be used any more.
type ProtocolError struct{ Text string }

func (e *ProtocolError) Error() string { return "lumberjack: " + e.Text }

func protocolError(format string, args ...any) error {
	return &ProtocolError{fmt.Sprintf(format, args...)}
}

// AppendAck appends the ack frame for all events up to seq. An ack of 0 tells a waiting
// client that the server is still at work.
func AppendAck(dst []byte, version byte, seq uint32) []byte {
	return binary.BigEndian.AppendUint32(append(dst, version, codeAck), seq)
}

func appendWindow(dst []byte, version byte, count uint32) []byte {
	return binary.BigEndian.AppendUint32(append(dst, version, codeWindow), count)
}

func appendJSON(dst []byte, seq uint32, payload []byte) []byte {
	dst = binary.BigEndian.AppendUint32(append(dst, V2, codeJSON), seq)
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(payload)))
	return append(dst, payload...)
}

func appendData(dst []byte, seq uint32, pairs []Pair) []byte {
	dst = binary.BigEndian.AppendUint32(append(dst, V1, codeData), seq)
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(pairs)))
	for _, p := range pairs {
		dst = binary.BigEndian.AppendUint32(dst, uint32(len(p.Key)))
		dst = append(dst, p.Key...)
		dst = binary.BigEndian.AppendUint32(dst, uint32(len(p.Value)))
		dst = append(dst, p.Value...)
	}
	return dst
}
