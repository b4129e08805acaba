package plugin

import (
	"fmt"
	"os"
	"path"
	"strings"

	"sluice/internal/diag"
	"sluice/internal/settings"
)

var badPolicy = diag.Define("SL2015", diag.Error, "the security policy cannot be read",
	"`security.policy` names a YAML file with the keys read, write, connect, listen, variables and ruby; or it is `open`, which allows everything, or `closed`, which allows nothing.")

// The policies that need no file.
const (
	PolicyOpen   = "open"
	PolicyClosed = "closed"
)

// LoadPolicy reads the policy that the setting security.policy names. at is the place of
// the setting. nil is no limits.
func LoadPolicy(name string, at diag.Span) (*Policy, diag.List) {
	switch name {
	case "", PolicyOpen:
		return nil, nil
	case PolicyClosed:
		return &Policy{Name: PolicyClosed}, nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, diag.List{diag.New(badPolicy, at, "the security policy cannot be read: %v", err).WithHelp("name a file, or one of open and closed")}
	}
	return ReadPolicy(diag.NewSource(name, string(text)))
}

// ReadPolicy reads the text of a policy.
func ReadPolicy(src *diag.Source) (*Policy, diag.List) {
	var list diag.List
	p := &Policy{Name: src.Name}
	if strings.TrimSpace(src.Text) == "" {
		return p, nil // nothing is listed, so nothing is allowed
	}
	e, ok := settings.ReadEntry(src, "a security policy", &list)
	if !ok {
		return nil, list
	}
	e.Known("read", "write", "connect", "listen", "variables", "ruby")
	p.Read, p.Write = paths(e, "read"), paths(e, "write")
	p.Connect, p.Listen = endpoints(e, "connect"), endpoints(e, "listen")
	p.Variables = e.Texts("variables", false)
	for _, pattern := range p.Variables {
		if _, err := path.Match(pattern, ""); err != nil {
			e.Wrong("variables", "write names, with * for any characters", "%q is no name", pattern)
		}
	}
	if ruby, ok := e.Entry("ruby", "files and network"); ok {
		ruby.Known("files", "network")
		p.RubyFiles, p.RubyNetwork = ruby.Bool("files", false), ruby.Bool("network", false)
	}
	if list.Err() != nil {
		return nil, list
	}
	return p, list
}

func paths(e settings.Entry, key string) []string {
	all := e.Texts(key, false)
	for _, p := range all {
		if p == "" || strings.ContainsAny(p, "*?") {
			e.Wrong(key, "name files, or folders with all that is in them", "%q is no path", p)
		}
	}
	return all
}

func endpoints(e settings.Entry, key string) []Endpoint {
	var all []Endpoint
	for _, text := range e.Texts(key, false) {
		one, err := ParseEndpoint(text)
		if err != nil {
			e.Wrong(key, `write host:port: "siem.example.net:443", "10.0.0.0/8:9200", "*:5000-5999"`, "%s", fmt.Sprint(err))
		}
		all = append(all, one)
	}
	return all
}
