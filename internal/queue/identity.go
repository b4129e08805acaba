package queue

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"

	"sluice/internal/vfs"
)

// The identity file is text: the same line twice, so that one flipped bit costs nothing.
const (
	identityName = "identity"
	lockName     = "lock"
	quarantine   = "quarantine"
	identityHead = "sluice-journal"
)

func encodeIdentity(id ID) []byte {
	line := fmt.Sprintf("%s %d %s", identityHead, formatVersion, hex.EncodeToString(id[:]))
	line = fmt.Sprintf("%s %08x\n", line, checksum([]byte(line)))
	return []byte(line + line)
}

// decodeIdentity returns the ID of the first good line; damaged tells that a line is not.
func decodeIdentity(b []byte) (id ID, version int, ok, damaged bool) {
	lines := strings.SplitAfter(string(b), "\n")
	damaged = len(lines) != 3 || lines[2] != ""
	for _, line := range lines[:len(lines)-1] {
		line = strings.TrimSuffix(line, "\n")
		space := max(strings.LastIndexByte(line, ' '), 0)
		body := line[:space]
		var v int
		var h string
		if line != fmt.Sprintf("%s %08x", body, checksum([]byte(body))) {
			damaged = true
			continue
		}
		if n, _ := fmt.Sscanf(body, identityHead+" %d %32s", &v, &h); n != 2 {
			damaged = true
			continue
		}
		raw, err := hex.DecodeString(h)
		if err != nil || len(raw) != len(id) {
			damaged = true
			continue
		}
		if !ok {
			copy(id[:], raw)
			version, ok = v, true
		}
	}
	return id, version, ok, damaged
}

func newID() (id ID) {
	rand.Read(id[:])
	id[6] = id[6]&0x0f | 0x40 // RFC 9562: version 4
	id[8] = id[8]&0x3f | 0x80
	return id
}

func writeIdentity(fsys vfs.FS, dir string, id ID) error {
	return vfs.WriteFile(fsys, filepath.Join(dir, identityName), encodeIdentity(id))
}
