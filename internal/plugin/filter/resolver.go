package filter

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/net/idna"
)

// resolver asks hosts files, then nameservers.
type resolver struct {
	timeout   time.Duration
	retries   int
	servers   []string // host:port
	search    []string
	ndots     int
	addresses map[string]string     // of names, from hosts files
	names     map[netip.Addr]string // of addresses
	address   func(string) string   // where a host:port really is
	dialer    func(string) (*net.Dialer, error)
}

var (
	errNotFound = errors.New("there is no such name")
	errNoAnswer = errors.New("no nameserver answered in time")
)

// readHosts adds the text of a file of the form of /etc/hosts. What is known already stays.
func (r *resolver) readHosts(text []byte, err error) error {
	if err != nil {
		return err
	}
	if r.addresses == nil {
		r.addresses, r.names = map[string]string{}, map[netip.Addr]string{}
	}
	for line := range strings.SplitSeq(string(text), "\n") {
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		if len(words) < 2 {
			continue
		}
		addr, err := netip.ParseAddr(words[0])
		if err != nil {
			continue
		}
		if _, ok := r.names[addr]; !ok {
			r.names[addr] = words[1]
		}
		for _, name := range words[1:] {
			if _, ok := r.addresses[name]; !ok {
				r.addresses[name] = words[0]
			}
		}
	}
	return nil
}

// useSystem takes the nameservers of the system.
func (r *resolver) useSystem(path string) {
	config, err := dns.ClientConfigFromFile(path)
	if err != nil {
		r.servers = []string{"127.0.0.1:53"} // what the resolver of C does
		return
	}
	r.search, r.ndots = config.Search, config.Ndots
	for _, server := range config.Servers {
		r.servers = append(r.servers, net.JoinHostPort(server, config.Port))
	}
}

func (r *resolver) addServer(text string) error {
	if addr, err := netip.ParseAddr(text); err == nil {
		r.servers = append(r.servers, net.JoinHostPort(addr.String(), "53"))
		return nil
	}
	if _, _, err := net.SplitHostPort(text); err != nil {
		text = net.JoinHostPort(text, "53")
	}
	r.servers = append(r.servers, text)
	return nil
}

// addressOf returns the first address of a name, IPv4 before IPv6.
func (r *resolver) addressOf(name string) (string, error) {
	ascii, err := idna.ToASCII(name)
	if err != nil {
		return "", err
	}
	if address, ok := r.addresses[ascii]; ok {
		return address, nil
	}
	for _, candidate := range r.candidates(ascii) {
		for _, kind := range []uint16{dns.TypeA, dns.TypeAAAA} {
			answer, err := r.ask(candidate, kind)
			if err == nil || !errors.Is(err, errNotFound) {
				return answer, err
			}
		}
	}
	return "", errNotFound
}

// candidates returns the full names that a name may stand for.
func (r *resolver) candidates(name string) []string {
	if strings.HasSuffix(name, ".") {
		return []string{name}
	}
	list := []string{name + "."}
	for _, domain := range r.search {
		list = append(list, name+"."+dns.Fqdn(domain))
	}
	if strings.Count(name, ".") < r.ndots && len(list) > 1 {
		list = append(list[1:], list[0])
	}
	return list
}

// nameOf returns the name of an address.
func (r *resolver) nameOf(addr netip.Addr) (string, error) {
	if name, ok := r.names[addr]; ok {
		return name, nil
	}
	question, err := dns.ReverseAddr(addr.WithZone("").String())
	if err != nil {
		return "", err
	}
	name, err := r.ask(question, dns.TypePTR)
	if err != nil {
		return "", err
	}
	if shown, err := idna.ToUnicode(name); err == nil {
		name = shown
	}
	return name, nil
}

// ask asks every nameserver, again if none answers.
func (r *resolver) ask(name string, kind uint16) (string, error) {
	if len(r.servers) == 0 {
		return "", errNotFound
	}
	var m dns.Msg
	m.SetQuestion(name, kind)
	for range 1 + r.retries {
		for _, server := range r.servers {
			answer, err := r.exchange(&m, server)
			if err != nil {
				continue
			}
			for _, record := range answer.Answer {
				switch record := record.(type) {
				case *dns.A:
					return record.A.String(), nil
				case *dns.AAAA:
					return record.AAAA.String(), nil
				case *dns.PTR:
					return strings.TrimSuffix(record.Ptr, "."), nil
				}
			}
			return "", errNotFound
		}
	}
	return "", errNoAnswer
}

// answers tells whether a server answers at all; what it answers does not matter.
func (r *resolver) answers(server string) (err error) {
	var m dns.Msg
	m.SetQuestion(".", dns.TypeNS)
	for range 1 + r.retries {
		if _, err = r.exchange(&m, server); err == nil || errors.Is(err, errServer) {
			return nil
		}
	}
	return err
}

var errServer = errors.New("the nameserver cannot tell")

func (r *resolver) exchange(m *dns.Msg, server string) (*dns.Msg, error) {
	ctx, cancel := context.WithTimeout(context.Background(), r.timeout)
	defer cancel()
	dialer, err := r.dialer(server)
	if err != nil {
		return nil, err
	}
	dialer.Timeout = r.timeout
	server = r.address(server)
	answer, _, err := (&dns.Client{Net: "udp", Dialer: dialer}).ExchangeContext(ctx, m, server)
	if err == nil && answer.Truncated {
		answer, _, err = (&dns.Client{Net: "tcp", Dialer: dialer}).ExchangeContext(ctx, m, server)
	}
	if err == nil && answer.Rcode != dns.RcodeSuccess && answer.Rcode != dns.RcodeNameError {
		err = errServer
	}
	return answer, err
}
