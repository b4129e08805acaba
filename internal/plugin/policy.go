package plugin

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"path"
	"strconv"
	"strings"

	"sluice/internal/diag"
)

// Policy limits what pipelines may reach. What it does not list is denied. A nil *Policy
// denies nothing.
type Policy struct {
	Name    string   // of its file, for messages
	Read    []string // files, and folders with all that is in them; as a configuration names them
	Write   []string // the same; what may be written may be read as well
	Connect []Endpoint
	Listen  []Endpoint

	// Variables are names of variables for ${NAME} and Ruby's ENV; * stands for any
	// characters.
	Variables []string

	RubyFiles   bool // Ruby code may read what Read lists
	RubyNetwork bool // Ruby code may connect to what Connect lists
}

// Denied is the error of what a policy does not allow.
type Denied struct {
	Policy string // its name
	Key    string // the key of the policy that would have to list it
	Name   string // what was to be reached
}

var verbs = map[string]string{
	"read": "be read", "write": "be written", "connect": "be connected to", "listen": "be listened on", "variables": "be used",
}

func (d *Denied) Error() string {
	return fmt.Sprintf("%s may not %s: the security policy %s does not list it", d.Name, cmp.Or(verbs[d.Key], "be used"), d.Policy)
}

// Help says what would have to stand in the policy.
func (d *Denied) Help() string {
	return fmt.Sprintf("if it is meant to be, add it to the policy: %s: [%q]", d.Key, d.Name)
}

var deniedByPolicy = diag.Define("SL2014", diag.Error, "the security policy does not allow it",
	"`security.policy` names a file that lists the paths, hosts and variables that pipelines may use, and this is not among them. "+
		"The message says what would have to be added; whether that is right is for whoever answers for the machine to say. See docs/security.md.")

// Endpoint is an entry of a policy for the network: a name, an address or a network of
// addresses, and the ports there.
type Endpoint struct {
	name      string // lower case; may begin with "*."
	net       netip.Prefix
	any       bool
	low, high int
}

// AnyEndpoint is all hosts and ports.
var AnyEndpoint = Endpoint{any: true, high: 65535}

// ParseEndpoint reads host:port. The host is a name, *.example.net, an address, a network
// (10.0.0.0/8), or * or nothing for any. The port is a number, a range (5000-5999), or *
// or nothing for any.
func ParseEndpoint(text string) (Endpoint, error) {
	host, ports := text, "*"
	if h, p, err := net.SplitHostPort(text); err == nil {
		host, ports = h, p
	} else if i := strings.LastIndexByte(text, ':'); i >= 0 && strings.Count(text, ":") == 1 {
		host, ports = text[:i], text[i+1:] // with a network before it
	}
	e := Endpoint{low: 0, high: 65535}
	if ports != "*" && ports != "" {
		from, to, ranged := strings.Cut(ports, "-")
		if !ranged {
			to = from
		}
		var err1, err2 error
		e.low, err1 = strconv.Atoi(from)
		e.high, err2 = strconv.Atoi(to)
		if err1 != nil || err2 != nil || e.low < 0 || e.high > 65535 || e.low > e.high {
			return e, fmt.Errorf("%q is no port and no range of ports", ports)
		}
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	addr, isAddress := netip.ParseAddr(host)
	prefix, isPrefix := netip.ParsePrefix(host)
	switch {
	case host == "*" || host == "":
		e.any = true
	case isAddress == nil:
		e.net = netip.PrefixFrom(addr.Unmap(), addr.Unmap().BitLen())
	case isPrefix == nil:
		e.net = prefix.Masked()
	case strings.ContainsAny(host, "/ @%") || strings.Contains(strings.TrimPrefix(host, "*."), "*"):
		return e, fmt.Errorf("%q is no name, no address and no network", host)
	default:
		e.name = host
	}
	return e, nil
}

// allows tells whether the entry is about a host and port, by name or address as given.
func (e Endpoint) allows(host string, port int) bool {
	if port < e.low || port > e.high {
		return false
	}
	if e.any {
		return true
	}
	if addr, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return e.net.IsValid() && e.net.Contains(addr.Unmap().WithZone(""))
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if below, ok := strings.CutPrefix(e.name, "*"); ok {
		return len(host) > len(below) && strings.HasSuffix(host, below)
	}
	return e.name != "" && e.name == host
}

func splitAddress(address string) (string, int) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return address, 0
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		port, _ = net.LookupPort("tcp", text)
	}
	return host, port
}

func allowed(list []Endpoint, address string) bool {
	host, port := splitAddress(address)
	for _, e := range list {
		if e.allows(host, port) {
			return true
		}
	}
	return false
}

// mayConnect tells whether a host:port may be connected to. A name that is not listed may
// still turn out to be a listed address: then perhaps is true.
func (p *Policy) mayConnect(address string) (ok, perhaps bool) {
	if p == nil || allowed(p.Connect, address) {
		return true, true
	}
	host, port := splitAddress(address)
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return false, false
	}
	for _, e := range p.Connect {
		perhaps = perhaps || e.net.IsValid() && e.low <= port && port <= e.high
	}
	return false, perhaps
}

// shows tells whether a variable may be used.
func (p *Policy) shows(name string) bool {
	if p == nil {
		return true
	}
	for _, pattern := range p.Variables {
		if ok, _ := path.Match(pattern, name); ok {
			return true
		}
	}
	return false
}

func (p *Policy) deny(key, name string) *Denied { return &Denied{p.Name, key, name} }
