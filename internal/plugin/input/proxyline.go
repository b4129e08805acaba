package input

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// proxyLine is what the first line of a connection says about its client with the PROXY
// protocol, version 1. Source: the HAProxy project's proxy-protocol.txt.
type proxyLine struct {
	client, proxy         string // addresses; "" where the proxy does not know
	clientPort, proxyPort string
}

// maxProxyLine is the longest line that there can be, its end included.
const maxProxyLine = 107

var errNoProxyLine = errors.New("the connection does not begin with a line of the PROXY protocol, version 1")

// readProxyLine takes the line off the beginning of a connection. It returns complete
// false while more has to come.
func readProxyLine(data []byte) (line proxyLine, rest []byte, complete bool, err error) {
	const word = "PROXY "
	if n := min(len(data), len(word)); string(data[:n]) != word[:n] {
		return line, nil, false, fmt.Errorf("%w: it begins with %q", errNoProxyLine, data[:min(len(data), 20)])
	}
	end := bytes.IndexByte(data, '\n')
	if end < 0 && len(data) < maxProxyLine {
		return line, nil, false, nil
	}
	if end < 0 || end >= maxProxyLine {
		return line, nil, false, fmt.Errorf("%w: the line is too long", errNoProxyLine)
	}
	words := strings.Fields(string(data[:end]))
	for i, part := range []*string{nil, nil, &line.client, &line.proxy, &line.clientPort, &line.proxyPort} {
		if part != nil && i < len(words) {
			*part = words[i]
		}
	}
	return line, data[end+1:], true, nil
}
