package ruby

import (
	"strings"
	"sync"

	"sluice/internal/onig"
)

// datePatterns are the forms that Date._parse knows, in the order they are tried. The
// time of day and the zone are taken out of the text first.
var datePatterns = sync.OnceValue(func() map[string]*onig.Regexp {
	m := map[string]*onig.Regexp{}
	mon := `(?<mon>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?`
	for name, p := range map[string]string{
		"time":    `(?<h>\d{1,2})(?::(?<m>\d{1,2})(?::(?<s>\d{1,2})(?:[.,](?<f>\d+))?)?\s*(?<p>[ap]\.?m\.?\b)?|\s*h(?:\s*(?<m2>\d{1,2})m?)?|\s*(?<p2>[ap]\.?m\.?)\b)\s*(?<z>(?:utc|gmt)?[-+]\d+(?:[,.:]\d+(?::\d+)?)?|(?-i:[A-Za-z]{3,5}|Z)\b)?`,
		"weekday": `\b(?<w>sun|mon|tue|wed|thu|fri|sat)[a-z]*\b`,
		"eu":      `(?<!\d)(?<d>\d{1,2})(?:st|nd|rd|th)?\b[\s\-/.]*` + mon + `(?:[\s\-/,.]*(?<y>'?-?\d{1,6}))?`,
		"us":      `\b` + mon + `[\s\-/.]*(?<d>\d{1,2})(?:st|nd|rd|th)?\b,?(?:[\s\-/,.]*(?<y>'?-?\d{2,6}))?`,
		"iso":     `(?<y>[-+]?\d{2,})-(?<m>\d{1,2})-(?<d>\d{1,2})`,
		"isoweek": `\b(?<y>\d{4})-?w(?<v>\d{2})(?:-?(?<u>\d))?\b`,
		"isoyday": `(?<y>\d{4})-(?<j>\d{3})\b`,
		"isoym":   `^(?<y>\d{4})-(?<m>\d{2})$`,
		"sla":     `(?<a>\d+)/(?<b>\d+)(?:/(?<c>\d+))?`,
		"dot":     `(?<a>\d+)\.(?<b>\d+)\.(?<c>\d+)`,
		"yearmon": mon + `[\s\-/.]*(?<y>\d{4})`,
		"mon":     `\b` + mon,
		"ddd":     `(?<!\d)(?<n>\d{2,14})(?:T?(?<t>\d{2,6}))?(?<z>Z\b|[-+]\d{2,4}\b)?`,
	} {
		re, err := onig.CompileFlags(p, onig.IgnoreCase)
		if err != nil {
			panic(err)
		}
		m[name] = re
	}
	return m
})

// dateText reads a date and time in any common form, as Date._parse; nil when there is
// nothing of the kind in it.
func dateText(s string) *dateParts {
	if len(s) > 128 {
		s = s[:128]
	}
	p := newParts()
	found := false
	text := s
	match := func(name string) map[string]string {
		re := datePatterns()[name]
		steps := int64(1_000_000)
		_, loc, err := re.FindWithin(nil, text, 0, &steps)
		if err != nil || len(loc) == 0 {
			return nil
		}
		g := map[string]string{}
		for _, n := range re.Names() {
			i := re.Indexes(n)[0]
			if loc[2*i] >= 0 {
				g[n] = text[loc[2*i]:loc[2*i+1]]
			}
		}
		text = text[:loc[0]] + " " + text[loc[1]:]
		return g
	}
	atoi := func(s string) int {
		s = strings.TrimPrefix(s, "'")
		neg := strings.HasPrefix(s, "-")
		n := int(parseDec(strings.TrimLeft(s, "-+")))
		if neg {
			return -n
		}
		return n
	}
	year := func(s string) {
		if s == "" {
			return
		}
		p.year, p.hasYear = atoi(s), true
		if d := strings.TrimLeft(s, "'-+"); len(d) <= 2 && !strings.HasPrefix(s, "-") {
			if p.year < 69 {
				p.year += 2000
			} else {
				p.year += 1900
			}
		}
	}
	month := func(s string) {
		if k, n := nameIndex(s, monthNames); n > 0 {
			p.mon = k + 1
		}
	}
	// 2021-03-04T05:06:07: the T must not hide the time.
	if g := match("time"); g != nil {
		found = true
		p.hour = atoi(g["h"])
		p.min, p.sec = 0, 0
		if g["m"] != "" {
			p.min = atoi(g["m"])
		}
		if g["m2"] != "" {
			p.min = atoi(g["m2"])
		}
		if g["s"] != "" {
			p.sec = atoi(g["s"])
		}
		p.nsec = fraction(g["f"])
		if ap := strings.ToLower(g["p"] + g["p2"]); ap != "" {
			p.hour %= 12
			if ap[0] == 'p' {
				p.hour += 12
			}
		}
		if z := g["z"]; z != "" {
			if off, n, ok := parseOffset(z); ok && n == len(z) {
				p.off, p.hasOff, p.zone = off, true, z
			}
		}
	}
	if g := match("weekday"); g != nil {
		if k, n := nameIndex(g["w"], dayNames); n > 0 {
			p.wday = k
			found = true
		}
	}
	switch {
	case func() bool {
		g := match("eu")
		if g == nil {
			return false
		}
		p.day = atoi(g["d"])
		month(g["mon"])
		year(g["y"])
		return true
	}():
	case func() bool {
		g := match("us")
		if g == nil {
			return false
		}
		p.day = atoi(g["d"])
		month(g["mon"])
		year(g["y"])
		return true
	}():
	case func() bool {
		g := match("iso")
		if g == nil {
			return false
		}
		year(g["y"])
		p.mon, p.day = atoi(g["m"]), atoi(g["d"])
		return true
	}():
	case func() bool {
		g := match("isoweek")
		if g == nil {
			return false
		}
		p.cwyear, p.week = atoi(g["y"]), atoi(g["v"])
		p.wday = 1
		if g["u"] != "" {
			p.wday = atoi(g["u"]) % 7
		}
		return true
	}():
	case func() bool {
		g := match("isoyday")
		if g == nil {
			return false
		}
		year(g["y"])
		p.yday = atoi(g["j"])
		return true
	}():
	case func() bool {
		text = strings.TrimSpace(text)
		g := match("isoym")
		if g == nil {
			return false
		}
		year(g["y"])
		p.mon = atoi(g["m"])
		return true
	}():
	case func() bool {
		g := match("sla")
		if g == nil {
			g = match("dot")
		}
		if g == nil {
			return false
		}
		// y/m/d; with one number less m/d.
		if g["c"] == "" {
			p.mon, p.day = atoi(g["a"]), atoi(g["b"])
			return true
		}
		if len(g["a"]) > 2 || len(g["c"]) <= 2 {
			year(g["a"])
			p.mon, p.day = atoi(g["b"]), atoi(g["c"])
		} else {
			p.day, p.mon = atoi(g["a"]), atoi(g["b"])
			year(g["c"])
		}
		return true
	}():
	case func() bool {
		g := match("yearmon")
		if g == nil {
			return false
		}
		month(g["mon"])
		year(g["y"])
		return true
	}():
	case func() bool {
		g := match("mon")
		if g == nil {
			return false
		}
		month(g["mon"])
		return true
	}():
	default:
		g := match("ddd")
		if g == nil {
			if found {
				return p
			}
			return nil
		}
		n := g["n"]
		tail := ""
		switch {
		case len(n) >= 8:
			year(n[:4])
			p.mon, p.day = atoi(n[4:6]), atoi(n[6:8])
			tail = n[8:] + g["t"]
		case len(n) == 6:
			year(n[:2])
			p.mon, p.day = atoi(n[2:4]), atoi(n[4:6])
			tail = g["t"]
		case len(n) == 4:
			p.mon, p.day = atoi(n[:2]), atoi(n[2:])
			tail = g["t"]
		case len(n) == 2:
			p.day = atoi(n)
			tail = g["t"]
		case len(n) == 3:
			p.yday = atoi(n)
		case len(n) == 5:
			year(n[:2])
			p.yday = atoi(n[2:])
		default:
			return nil
		}
		if len(tail) >= 2 {
			p.hour = atoi(tail[:2])
			p.min, p.sec = 0, 0
		}
		if len(tail) >= 4 {
			p.min = atoi(tail[2:4])
		}
		if len(tail) >= 6 {
			p.sec = atoi(tail[4:6])
		}
		if z := g["z"]; z != "" {
			if off, _, ok := parseOffset(z); ok {
				p.off, p.hasOff, p.zone = off, true, z
			}
		}
	}
	return p
}
