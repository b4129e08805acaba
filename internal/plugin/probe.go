package plugin

import (
	"context"
	"crypto/tls"
	"net"
	"strings"
	"time"

	"sluice/internal/diag"
	"sluice/internal/pki"
)

// Destination is a place that a plugin connects to, as far as the configuration alone
// says where it is: nothing that depends on an event.
type Destination struct {
	Option  string // the option that names it
	Network string // "tcp" or "udp"
	Address string // host:port, as the configuration has it

	// Dial connects as the plugin does, with its TLS; nil is Access.Dial.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Ask makes a request that costs and changes nothing, and returns what was
	// answered, for a person; nil for none. Its error may be a diag.Diagnostic.
	Ask func(ctx context.Context) (string, error)
}

// Connector is an input, filter or output that connects to somewhere. Destinations is
// called after Open.
type Connector interface {
	Destinations() []Destination
}

var (
	probeFailed = diag.Define("SL2012", diag.Error, "what a plugin connects to cannot be reached",
		"`--probe` has tried to connect as the plugin would, and failed. The message says how far it came.")
	probeRefused = diag.Define("SL2013", diag.Error, "what a plugin connects to does not let it in",
		"`--probe` could connect, and made a request that changes nothing, but the answer was an error: a wrong password, missing rights, or another program than expected.")
)

// Probe connects to a destination as the plugin would. It returns what was found, for a
// person, or a diagnostic at the option that names the destination.
func (env *Env) Probe(ctx context.Context, d Destination) (string, error) {
	dial := d.Dial
	if dial == nil {
		dial = env.Access.Dial
	}
	start := time.Now()
	conn, err := dial(ctx, d.Network, d.Address)
	if err != nil {
		return "", env.unreached(d, err)
	}
	found := "connected"
	if d.Network == "udp" {
		found = "resolved; whether packets arrive, UDP does not tell"
	}
	if secure, ok := conn.(*tls.Conn); ok {
		found += " with " + tls.VersionName(secure.ConnectionState().Version)
		if secure.ConnectionState().Version == tls.VersionTLS13 {
			err = pki.AfterHandshake(secure, time.Since(start))
		}
	}
	conn.Close()
	if err != nil {
		return "", env.unreached(d, err)
	}
	if d.Ask == nil {
		return found, nil
	}
	answer, err := d.Ask(ctx)
	if err != nil {
		refused := diag.New(probeRefused, env.At(d.Option), "%s: %v", d.Address, err)
		if own, ok := err.(diag.Diagnostic); ok {
			refused.Message, refused.Help = d.Address+": "+own.Message, own.Help
		}
		return "", refused
	}
	return found + "; " + answer, nil
}

// unreached puts the error of a connection into words.
func (env *Env) unreached(d Destination, err error) error {
	found := pki.ExplainHandshake(pki.AsClient, err)
	if found.Code == pki.CodeHandshake && d.Dial == nil { // nothing that is known, and no TLS
		found = diag.New(probeFailed, diag.Span{}, "it cannot be reached: %v", err)
	}
	found.At = env.At(d.Option)
	if !strings.HasPrefix(found.Message, d.Address) {
		found.Message = d.Address + ": " + found.Message
	}
	return found
}

// Refused is an error for Destination.Ask: what was answered, and what to do about it.
func Refused(help, format string, args ...any) error {
	return diag.New(probeRefused, diag.Span{}, format, args...).WithHelp("%s", help)
}
