package timefmt

import (
	"fmt"
	"strings"
	"time"
)

// readOffset takes Z or an offset: ±hh, ±hhmm, ±hhmmss, ±hhmmssSSS, or with colons
// and a decimal point. Joda-Time decides by the first colon, or its absence, what
// the rest looks like.
func (b *bucket) readOffset(text string) (int, string) {
	if text != "" && text[0]|0x20 == 'z' {
		b.offset, b.hasOffset = 0, true
		return 1, ""
	}
	const expected = "Z or an offset such as +0100 or +01:00 is expected here"
	if len(text) < 3 || text[0] != '+' && text[0] != '-' || two(text, 1) > 23 {
		return 0, expected
	}
	ms := int64(two(text, 1)) * msHour
	i := 3
	colons := i < len(text) && text[i] == ':'
	for unit := int64(msMinute); unit >= msSecond && i < len(text); unit /= 60 {
		if colons {
			if text[i] != ':' {
				break
			}
			i++
		}
		digits := countDigits(text[i:], 2)
		if digits == 0 && !colons {
			break
		}
		if digits < 2 || two(text, i) > 59 {
			return 0, expected
		}
		ms += int64(two(text, i)) * unit
		i += 2
		if unit != msSecond {
			continue
		}
		// A fraction follows the seconds.
		if i < len(text) && (!colons || text[i] == '.' || text[i] == ',') {
			if colons {
				i++
			}
			digits := countDigits(text[i:], 3)
			if digits == 0 && colons {
				return 0, expected
			}
			for scale := int64(100); digits > 0; digits-- {
				ms += int64(text[i]-'0') * scale
				scale /= 10
				i++
			}
		}
	}
	if text[0] == '-' {
		ms = -ms
	}
	b.offset, b.hasOffset = ms, true
	return i, ""
}

// countDigits counts the digits at the start of text, up to max.
func countDigits(text string, max int) int {
	n := 0
	for n < len(text) && n < max && text[n]-'0' <= 9 {
		n++
	}
	return n
}

// abbreviations are the zone names that Joda-Time reads for z. They stand for
// regions, so that EST in summer is the time on New York's clocks.
var abbreviations = [...]struct{ name, zone string }{
	{"UTC", "UTC"}, {"GMT", "UTC"}, {"UT", "UTC"},
	{"EST", "America/New_York"}, {"EDT", "America/New_York"},
	{"CST", "America/Chicago"}, {"CDT", "America/Chicago"},
	{"MST", "America/Denver"}, {"MDT", "America/Denver"},
	{"PST", "America/Los_Angeles"}, {"PDT", "America/Los_Angeles"},
}

func (b *bucket) readZoneAbbreviation(text string) (int, string) {
	for _, a := range abbreviations {
		if strings.HasPrefix(text, a.name) {
			b.zone = time.UTC
			if a.zone != "UTC" {
				b.zone, _ = loadZone(a.zone)
			}
			return len(a.name), ""
		}
	}
	return 0, "UTC, UT, GMT, or one of EST, EDT, CST, CDT, MST, MDT, PST and PDT is expected here"
}

// longestZonePrefix is how far Joda-Time looks for the slash of a zone's name.
const longestZonePrefix = len("Antarctica/")

// longestZoneName bounds the search for the end of a name.
const longestZoneName = len("America/Argentina/ComodRivadavia")

// readZoneID takes the longest name of a zone, in its exact spelling.
func (b *bucket) readZoneID(text string) (int, string) {
	slash := strings.IndexByte(text[:min(len(text), longestZonePrefix)], '/')
	for end := min(len(text), longestZoneName); end > slash+1; end-- {
		name := text[:end]
		if strings.Contains(name, "/") != (slash >= 0) {
			continue
		}
		if loc, ok := exactZone(name); ok {
			b.zone = loc
			return end, ""
		}
	}
	return 0, "the name of a time zone, such as Europe/Berlin, is expected here"
}

// exactZone is loadZone for names that are on the list, so that a failing look-up
// costs little.
func exactZone(name string) (*time.Location, bool) {
	if !zoneNamesExact()[name] {
		return nil, false
	}
	if name == "UTC" {
		return time.UTC, true
	}
	return loadZone(name)
}

// Zone returns the zone that an option such as the date filter's timezone names:
// a name of the IANA database in its exact spelling, an offset such as +05:30, or
// UTC+1, GMT+01:00, UT-3.
func Zone(id string) (*time.Location, error) {
	if loc, ok := exactZone(id); ok {
		return loc, nil
	}
	switch id {
	case "UT", "GMT", "Z":
		return time.UTC, nil
	}
	offset := id
	for _, prefix := range [...]string{"UTC", "GMT", "UT"} {
		if rest, ok := strings.CutPrefix(id, prefix); ok {
			offset = rest
			break
		}
	}
	var b bucket
	if offset != "" && (offset[0] == '+' || offset[0] == '-') {
		if n, reason := b.readOffset(offset); reason == "" && n == len(offset) {
			return fixedZone(b.offset / 1000), nil
		}
	}
	if name, ok := zoneNames()[strings.ToLower(id)]; ok {
		return nil, fmt.Errorf("the time zone %q is not known; write %s", id, name)
	}
	return nil, fmt.Errorf("the time zone %q is not known; write a name of the IANA database, such as Europe/Berlin, or an offset, such as +01:00", id)
}
