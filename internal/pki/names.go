package pki

import (
	"net/netip"
	"net/url"
	"strings"

	"sluice/internal/diag"
)

// serverNames sorts names into host names and IP addresses for the subject alternative
// names of a certificate. What is neither is explained, all of it at once.
func serverNames(names []string) (hosts []string, addresses []netip.Addr, problems diag.List) {
	for _, name := range names {
		if a, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil && a.Zone() == "" {
			addresses = append(addresses, a)
			continue
		}
		if why := hostNameProblem(name); why != "" {
			d := diag.New(CodeRequest, diag.Span{}, "%q is no server name: %s", name, why)
			if host := hostOf(name); host != "" {
				d = d.WithHelp("use %s", host)
			}
			problems.Add(d)
			continue
		}
		hosts = append(hosts, name)
	}
	return hosts, addresses, problems
}

// hostNameProblem says why name cannot stand in a certificate as a host name, or "".
// A wildcard is allowed as the whole first label (RFC 6125, 6.4.3); underscores are
// allowed because names of containers have them.
func hostNameProblem(name string) string {
	rest := strings.TrimPrefix(name, "*.")
	switch {
	case name == "":
		return "it is empty"
	case strings.Contains(name, "://"):
		return "it is a URL"
	case strings.Contains(rest, ":"):
		return "a port or a colon does not belong in it"
	case len(name) > 253:
		return "it is longer than 253 characters"
	}
	for label := range strings.SplitSeq(rest, ".") {
		if label == "" || len(label) > 63 {
			return "between two dots there are 1 to 63 characters"
		}
		for _, r := range label {
			switch {
			case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_':
			case r > 127:
				return "a name with other than English letters has to be given in its xn-- form"
			default:
				return "the character " + string(r) + " does not belong in it"
			}
		}
	}
	return ""
}

// hostOf returns the host in a URL or a host:port, or "".
func hostOf(name string) string {
	if !strings.Contains(name, "://") {
		name = "https://" + name
	}
	u, err := url.Parse(name)
	if err != nil {
		return ""
	}
	if _, err := netip.ParseAddr(u.Hostname()); err != nil && hostNameProblem(u.Hostname()) != "" {
		return ""
	}
	return u.Hostname()
}

// clientNameProblem says why name cannot be the name of a client, which is the common
// name of its certificate (64 characters at most, RFC 5280 ub-common-name) and its file name.
func clientNameProblem(name string) string {
	switch {
	case name == "":
		return "it is empty"
	case len(name) > 64:
		return "it is longer than 64 characters"
	case name[0] == '.' || name[0] == '-':
		return "it starts with a dot or a dash"
	}
	for _, r := range name {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune("._@-", r):
		default:
			return "the character " + string(r) + " does not belong in it"
		}
	}
	return ""
}
