package timefmt

import "time"

// resolution says how often a local time occurs in a zone.
type resolution uint8

const (
	unique  resolution = iota
	gap                // never: clocks were put forward over it
	overlap            // twice: clocks were put back over it
)

// resolveLocal returns the instant (Unix seconds) at which clocks in loc show
// local, given as seconds since 1970-01-01T00:00 without a zone. An overlap gives
// the earlier instant. A gap gives the instant as if clocks had not been put
// forward yet, which is what java.time does; Joda-Time refuses gaps.
func resolveLocal(local int64, loc *time.Location) (int64, resolution) {
	if loc == time.UTC {
		return local, unique
	}
	offset := func(unix int64) int64 {
		_, o := time.Unix(unix, 0).In(loc).Zone()
		return int64(o)
	}
	// No offset is farther from UTC than 26 hours, and no zone changes its
	// offset twice within two such spans in a way that matters here.
	const span = 26 * 3600
	before, after := offset(local-span), offset(local+span)
	if before == after {
		if at := offset(local - before); at == before {
			return local - before, unique
		}
	}
	early, late := max(before, after), min(before, after)
	first, second := local-early, local-late
	okFirst, okSecond := offset(first) == early, offset(second) == late
	switch {
	case okFirst && okSecond && early != late:
		return first, overlap
	case okFirst:
		return first, unique
	case okSecond:
		return second, unique
	}
	return second, gap
}
