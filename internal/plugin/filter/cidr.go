package filter

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"sluice/internal/event"
	"sluice/internal/health"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.FilterKind,
		Name: "cidr",
		Doc: "Tests whether an address lies in one of some networks; when it does, the common options are applied. " +
			"What is no address or network is passed over.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-filters-cidr.html",
		Examples: []plugin.Example{
			{Title: "Tag what comes from inside", Config: `cidr { address => ["%{[source][ip]}"] network => ["10.0.0.0/8", "fd00::/8"] add_tag => ["internal"] }`},
		},
		New: func() plugin.Plugin { return &cidr{interval: 600 * time.Second, separator: "\n"} },
	})
}

var unreadableNetworks = health.Define("network-list-unreadable", health.Warning,
	"A file with networks cannot be read",
	"Correct the file or its permissions. Until then the filter works with what it has read before.")

// cidr is the filter cidr.
type cidr struct {
	common
	addresses    []string
	addressField event.Ref
	networks     []string
	path         string
	interval     time.Duration
	separator    string

	address []event.Template
	fixed   []netip.Prefix
	varying []event.Template // networks that hold %{field}
	env     *plugin.Env
	list    atomic.Pointer[[]netip.Prefix]
	next    atomic.Int64
	reading sync.Mutex
}

func (c *cidr) Options() []plugin.Option {
	return append([]plugin.Option{
		plugin.Strings("address", &c.addresses, "The addresses to test. They may hold `%{field}`."),
		plugin.Ref("address_field", &c.addressField, "A field with the address or addresses to test, in place of `address`."),
		plugin.Strings("network", &c.networks, "The networks, such as `10.0.0.0/8`; several may stand in one text, with commas between. They may hold `%{field}`."),
		plugin.Path("network_path", &c.path, "A file with the networks, in place of `network`."),
		plugin.Seconds("refresh_interval", &c.interval, "How often, in seconds, the file is read again."),
		plugin.String("separator", &c.separator, "What stands between the networks of the file. The default is a newline."),
	}, c.Common()...)
}

func (c *cidr) Open(env *plugin.Env) error {
	c.prepare(env)
	c.env = env
	if len(c.networks) > 0 && c.path != "" {
		return env.Invalid("network_path", "remove one of them", "there is both network and network_path")
	}
	if len(c.addresses) > 0 && !c.addressField.IsZero() {
		return env.Invalid("address_field", "remove one of them", "there is both address and address_field")
	}
	for _, text := range c.addresses {
		c.address = append(c.address, event.ParseTemplate(text))
	}
	for _, text := range c.networks {
		t := event.ParseTemplate(text)
		if t.Static() {
			c.fixed = append(c.fixed, c.parse(strings.Split(text, ","))...)
		} else {
			c.varying = append(c.varying, t)
		}
	}
	if c.path != "" {
		if err := c.read(); err != nil {
			return env.Invalid("network_path", "correct the path, the file or the separator", "%v", err)
		}
	}
	return nil
}

// parse reads networks; what is none is logged and left out.
func (c *cidr) parse(texts []string) []netip.Prefix {
	var list []netip.Prefix
	for _, text := range texts {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		p, err := parseNetwork(text)
		if err != nil {
			c.log.Warn("cidr: this is no network", "network", text, "error", err)
			continue
		}
		list = append(list, p)
	}
	return list
}

// parseNetwork reads an address, address/bits or address/mask.
func parseNetwork(text string) (netip.Prefix, error) {
	address, mask, hasMask := strings.Cut(text, "/")
	addr, err := netip.ParseAddr(strings.Trim(address, "[]"))
	if err != nil {
		return netip.Prefix{}, err
	}
	bits := addr.BitLen()
	if hasMask {
		if m, err := netip.ParseAddr(mask); err == nil {
			bits = 0
			for _, b := range m.AsSlice() {
				for ; b&0x80 != 0; b <<= 1 {
					bits++
				}
			}
		} else if bits, err = strconv.Atoi(mask); err != nil {
			return netip.Prefix{}, fmt.Errorf("%q is no length of a prefix", mask)
		}
	}
	if addr.Is4In6() {
		if bits >= 96 {
			addr, bits = addr.Unmap(), bits-96
		}
	}
	return addr.Prefix(bits)
}

func (c *cidr) read() error {
	text, err := c.env.Access.ReadFile(c.path)
	if err != nil {
		return err
	}
	list := c.parse(strings.Split(string(text), c.separator))
	if len(list) == 0 {
		return fmt.Errorf("%s holds no network", c.path)
	}
	c.list.Store(&list)
	c.next.Store(time.Now().Add(c.interval).UnixNano())
	return nil
}

// known returns the networks that do not depend on the event.
func (c *cidr) known() []netip.Prefix {
	if c.path == "" {
		return c.fixed
	}
	if time.Now().UnixNano() >= c.next.Load() && c.reading.TryLock() {
		if err := c.read(); err != nil {
			c.log.Error("the networks cannot be read; the old ones stay in use", "path", c.path, "error", err)
			c.env.Conditions.Raise(unreadableNetworks, c.env.ID, err.Error())
			c.next.Store(time.Now().Add(c.interval).UnixNano())
		} else {
			c.env.Conditions.Clear(unreadableNetworks, c.env.ID)
		}
		c.reading.Unlock()
	}
	return *c.list.Load()
}

func (c *cidr) Apply(e *event.Event, _ func(*event.Event)) {
	networks := c.known()
	for i := range c.varying {
		networks = append(networks[:len(networks):len(networks)], c.parse(strings.Split(expand(&c.varying[i], e), ","))...)
	}
	if c.addressField.IsZero() {
		for i := range c.address {
			if c.inside(expand(&c.address[i], e), networks) {
				c.matched(e)
				return
			}
		}
		return
	}
	for _, v := range asItems(e.Get(c.addressField)) {
		if c.inside(v.Str(), networks) {
			c.matched(e)
			return
		}
	}
}

func (c *cidr) inside(text string, networks []netip.Prefix) bool {
	p, err := parseNetwork(text)
	if err != nil {
		c.log.Warn("cidr: this is no address", "address", text)
		return false
	}
	for _, n := range networks {
		if n.Bits() <= p.Bits() && n.Contains(p.Addr()) {
			return true
		}
	}
	return false
}
