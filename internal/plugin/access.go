package plugin

import (
	"context"
	"net"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Access is how plugins reach files and the network. It may show them other places than
// a configuration names, so that one runs unmodified elsewhere: the files of an
// Instrument lie in its own folder though the configuration says /transient-data/…
// The zero Access shows everything where it is.
type Access struct {
	Paths map[string]string // prefix of a path -> the folder it really is
	Hosts map[string]string // host:port -> the host:port it really is, for connecting and for listening

	// Confined says that pipelines.yml was written by those whom the policy limits: the
	// paths in it are limited as well, and it cannot choose a policy.
	Confined bool

	// Policy limits all plugins; nil is no limits.
	Policy *Policy `json:"-"`

	own     string    // a folder of the plugin's own, which the policy need not list
	refused *refusals // of a plugin that is being opened
}

// Path returns where a file really is.
func (a Access) Path(path string) string {
	best := ""
	for prefix := range a.Paths {
		if len(prefix) > len(best) && (path == prefix || strings.HasPrefix(path, strings.TrimSuffix(prefix, "/")+"/")) {
			best = prefix
		}
	}
	if best == "" {
		return path
	}
	return filepath.Join(a.Paths[best], strings.TrimPrefix(path, best))
}

// Address returns where a host:port really is.
func (a Access) Address(address string) string {
	if to, ok := a.Hosts[address]; ok {
		return to
	}
	return address
}

// Dial connects to an address, for http.Transport and the like.
func (a Access) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	d, err := a.Dialer(address)
	if err != nil {
		return nil, err
	}
	return d.DialContext(ctx, network, a.Address(address))
}

// Dialer returns what connects to an address as the configuration names it. A name that
// the policy does not list is let through to the addresses that it does list.
func (a Access) Dialer(address string) (*net.Dialer, error) {
	d := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	ok, perhaps := a.Policy.mayConnect(address)
	switch {
	case ok:
	case !perhaps:
		return nil, a.Policy.deny("connect", address)
	default:
		d.Control = func(_, resolved string, _ syscall.RawConn) error {
			if allowed(a.Policy.Connect, resolved) {
				return nil
			}
			return a.Policy.deny("connect", address+" ("+resolved+")")
		}
	}
	return d, nil
}

// Listen listens on a TCP address.
func (a Access) Listen(address string) (net.Listener, error) {
	return net.Listen("tcp", a.Address(address))
}
