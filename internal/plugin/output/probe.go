package output

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"sluice/internal/plugin"
)

// What outputs connect to, as far as it does not depend on an event.

// destination is the server of a URL, or the proxy on the way to it.
func (c *httpClient) destination(option string, to *url.URL) plugin.Destination {
	d := plugin.Destination{Option: option, Network: "tcp"}
	if c.proxied {
		option = "proxy"
		if proxy, err := c.transport.Proxy(&http.Request{URL: to}); err == nil && proxy != nil {
			d.Option, to = option, proxy
		}
	}
	d.Address = net.JoinHostPort(to.Hostname(), portOf(to))
	if to.Scheme == "https" && !c.proxied {
		d.Dial = c.tls.Dial
	}
	return d
}

func portOf(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	case u.Scheme == "socks5":
		return "1080"
	}
	return "80"
}

// Destinations is the server of the URL, unless an event says which one it is.
func (h *httpOutput) Destinations() []plugin.Destination {
	to := h.static
	if to == nil {
		before, _, _ := strings.Cut(h.url, "%{")
		u, err := parseHTTPURL(before)
		if err != nil || u.Path == "" { // the host itself holds a field
			return nil
		}
		to = u
	}
	return []plugin.Destination{h.destination("url", to)}
}

// Destinations are the servers of the cluster, each of which is asked who it is.
func (o *elastic) Destinations() []plugin.Destination {
	var all []plugin.Destination
	option := "hosts"
	if o.cloudID != "" {
		option = "cloud_id"
	}
	for _, n := range o.nodes.all {
		d := o.client.destination(option, n.base)
		d.Ask = func(ctx context.Context) (string, error) { return o.greet(ctx, n) }
		all = append(all, d)
	}
	return all
}

// greet asks a server who it is, with the name and password of the output.
func (o *elastic) greet(ctx context.Context, n *node) (string, error) {
	got, err := o.client.send(ctx, "GET", n.url("/"), o.header, nil, maxAnswer)
	if err != nil {
		return "", fmt.Errorf("GET / got no answer: %w", err)
	}
	switch {
	case got.status == http.StatusUnauthorized:
		return "", plugin.Refused("check user and password, api_key or cloud_auth", "GET / answered 401 Unauthorized %s", excerpt(got.body))
	case got.status == http.StatusForbidden:
		return "", plugin.Refused("give the user the right cluster:monitor/main, and those to write to its indices", "GET / answered 403 Forbidden %s", excerpt(got.body))
	case got.status < 200 || got.status > 299:
		return "", plugin.Refused("look into the log of the server, and at what stands before it", "GET / answered %d %s %s", got.status, http.StatusText(got.status), excerpt(got.body))
	}
	var s server
	if err := json.Unmarshal(got.body, &s); err != nil || s.Version.Number == "" {
		return "", plugin.Refused("check the port, and the option path", "GET / answered, but not as Elasticsearch or OpenSearch does: %s", excerpt(got.body))
	}
	name := "Elasticsearch"
	if s.Version.Distribution == "opensearch" {
		name = "OpenSearch"
	}
	return name + " " + s.Version.Number, nil
}

// Destinations is the server of mode client.
func (o *tcpOutput) Destinations() []plugin.Destination {
	if o.mode != "client" {
		return nil
	}
	d := plugin.Destination{Option: "host", Network: "tcp", Address: o.upstream.name}
	if o.client.Enabled {
		d.Dial = o.client.Dial
	}
	return []plugin.Destination{d}
}

// Destinations is the receiver. A port that is a field of the event does not matter for
// finding the way to it.
func (o *udpOutput) Destinations() []plugin.Destination {
	port := "9"
	if o.port.Static() {
		port = o.port.String()
	}
	return []plugin.Destination{{Option: "host", Network: "udp", Address: net.JoinHostPort(o.host, port)}}
}

// Destinations are all receivers, of which one is used at a time.
func (o *lumberjackOutput) Destinations() []plugin.Destination {
	var all []plugin.Destination
	for _, host := range o.hosts {
		all = append(all, plugin.Destination{Option: "hosts", Network: "tcp", Address: net.JoinHostPort(host, strconv.Itoa(o.port)), Dial: o.dial})
	}
	return all
}
