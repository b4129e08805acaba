package filter

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"

	"sluice/internal/onig"
)

// uaRules is the expressions of uap-core's regexes.yaml, used as Logstash's useragent
// filter uses them (org.logstash.uaparser).
type uaRules struct {
	agents, systems, devices []uaRule
}

type uaRule struct {
	pattern *onig.Regexp
	name    optional // replacements
	v       [3]optional
}

// optional is a text that may not be there.
type optional struct {
	text string
	set  bool
}

// uaClient is what is known of a user agent.
type uaClient struct {
	name          string
	version       [4]optional // major, minor, patch and what follows it
	full          optional    // the version as one text
	system        string
	systemVersion [4]optional
	systemFull    optional
	device        string
}

// uaFile is the form of regexes.yaml.
type uaFile struct {
	Agents []struct {
		Regex  string
		Family *string `yaml:"family_replacement"`
		V1     *string `yaml:"v1_replacement"`
		V2     *string `yaml:"v2_replacement"`
	} `yaml:"user_agent_parsers"`
	Systems []struct {
		Regex string
		Name  *string `yaml:"os_replacement"`
		V1    *string `yaml:"os_v1_replacement"`
		V2    *string `yaml:"os_v2_replacement"`
		V3    *string `yaml:"os_v3_replacement"`
	} `yaml:"os_parsers"`
	Devices []struct {
		Regex string
		Flag  string  `yaml:"regex_flag"`
		Name  *string `yaml:"device_replacement"`
	} `yaml:"device_parsers"`
}

// newUARules reads a regexes.yaml.
func newUARules(text []byte) (*uaRules, error) {
	var file uaFile
	if err := yaml.Unmarshal(text, &file); err != nil {
		return nil, err
	}
	if len(file.Agents) == 0 || len(file.Systems) == 0 || len(file.Devices) == 0 {
		return nil, fmt.Errorf("the lists user_agent_parsers, os_parsers and device_parsers were expected")
	}
	rules := &uaRules{}
	var failed error
	rule := func(pattern string, flags onig.Flags, name *string, v ...*string) uaRule {
		re, err := onig.CompileFlags(pattern, flags)
		if err != nil && failed == nil {
			failed = err
		}
		r := uaRule{pattern: re, name: given(name)}
		for i, p := range v {
			r.v[i] = given(p)
		}
		return r
	}
	for _, p := range file.Agents {
		rules.agents = append(rules.agents, rule(p.Regex, 0, p.Family, p.V1, p.V2))
	}
	for _, p := range file.Systems {
		rules.systems = append(rules.systems, rule(p.Regex, 0, p.Name, p.V1, p.V2, p.V3))
	}
	for _, p := range file.Devices {
		flags := onig.Flags(0)
		if p.Flag == "i" {
			flags = onig.IgnoreCase
		}
		rules.devices = append(rules.devices, rule(p.Regex, flags, p.Name))
	}
	return rules, failed
}

func given(p *string) optional {
	if p == nil {
		return optional{}
	}
	return optional{*p, true}
}

// uaMatch is a match of a rule.
type uaMatch struct {
	text string
	loc  []int
}

func (m uaMatch) groups() int { return len(m.loc)/2 - 1 }

// group returns a group; one that took no part or does not exist is not set.
func (m uaMatch) group(i int) optional {
	if 2*i+1 >= len(m.loc) || m.loc[2*i] < 0 {
		return optional{}
	}
	return optional{m.text[m.loc[2*i]:m.loc[2*i+1]], true}
}

func (o optional) notBlank() optional {
	if o.text == "" {
		return optional{}
	}
	return o
}

// find returns the first rule that matches, and for which use gives a result.
func find(rules []uaRule, text string, use func(r *uaRule, m uaMatch) bool) {
	for i := range rules {
		loc, err := rules[i].pattern.Find(text, 0)
		if err == nil && loc != nil && use(&rules[i], uaMatch{text, loc}) {
			return
		}
	}
}

// parse reads a user agent. The result shares the memory of text.
func (rules *uaRules) parse(text string) *uaClient {
	c := &uaClient{name: "Other", system: "Other", device: "Other"}
	find(rules.agents, text, c.agent)
	find(rules.systems, text, c.operatingSystem)
	find(rules.devices, text, c.deviceName)
	c.full = c.fullVersion(text)
	c.systemFull = fullSystemVersion(c.systemVersion)
	return c
}

func (c *uaClient) agent(r *uaRule, m uaMatch) bool {
	name := r.name
	switch first := m.group(1); {
	case !name.set:
		name = first
	case first.set:
		name.text = strings.Replace(name.text, "$1", first.text, 1)
	}
	if !name.set {
		return false
	}
	c.name = name.text
	if c.version[0] = r.v[0]; !r.v[0].set {
		c.version[0] = m.group(2).notBlank()
	}
	if c.version[1] = r.v[1]; !r.v[1].set {
		for i := 1; i < 4; i++ {
			c.version[i] = m.group(i + 2).notBlank()
		}
	}
	return true
}

func (c *uaClient) operatingSystem(r *uaRule, m uaMatch) bool {
	name := r.name
	switch first := m.group(1); {
	case !name.set:
		name = first
	case m.groups() >= 1:
		name.text = strings.ReplaceAll(name.text, "$1", first.text)
	}
	if !name.set {
		return false
	}
	c.system = name.text
	for i := range 3 {
		v := r.v[i]
		if !v.set {
			v = m.group(i + 2)
		} else if number, ok := strings.CutPrefix(v.text, "$"); ok {
			n, _ := strconv.Atoi(number)
			v = m.group(n)
		}
		c.systemVersion[i] = v
	}
	c.systemVersion[3] = m.group(5)
	return true
}

var uaSubstitution = regexp.MustCompile(`\$\d`)

func (c *uaClient) deviceName(r *uaRule, m uaMatch) bool {
	name := r.name
	if !name.set {
		name = m.group(1)
	} else if strings.Contains(name.text, "$") {
		name.text = strings.TrimSpace(uaSubstitution.ReplaceAllStringFunc(name.text, func(s string) string {
			return m.group(int(s[1] - '0')).text
		}))
	}
	if !name.set {
		return false
	}
	c.device = name.text
	return true
}

// fullVersion joins the parts of the version. What the expressions do not know but
// stands in the text behind them, as in 89.0.4389.90, is added.
func (c *uaClient) fullVersion(text string) optional {
	v := c.version
	if !v[0].set {
		return optional{}
	}
	version := v[0].text
	if !v[1].set {
		return optional{version, true}
	}
	version += "." + v[1].text
	if !v[2].set {
		return optional{version, true}
	}
	version += "." + v[2].text
	if v[3].set {
		return optional{version + "." + v[3].text, true}
	}
	if i := strings.Index(text, version); i >= 0 {
		rest, dot := strings.CutPrefix(text[i+len(version):], ".")
		if more, _, blank := strings.Cut(rest, " "); dot && blank && leadingInt(more).String() == more {
			version += "." + more
		}
	}
	return optional{version, true}
}

func fullSystemVersion(v [4]optional) optional {
	if !v[0].set {
		return optional{}
	}
	version, separator := v[0].text, " "
	if leadingInt(version).String() == version {
		separator = "."
	}
	for i := 1; i < len(v) && v[i].set; i++ {
		version += separator + v[i].text
		separator = "."
	}
	return optional{version, true}
}
