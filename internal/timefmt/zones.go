package timefmt

import (
	"strings"
	"sync"
	"time"

	// The zone database is part of the program: a sensor need not have one.
	_ "time/tzdata"
)

// fixedZone is a zone with one offset, in seconds east of UTC.
func fixedZone(seconds int64) *time.Location {
	if seconds == 0 {
		return time.UTC
	}
	return time.FixedZone(string(appendOffset(nil, int(seconds), offsetForm{colon: true, minutes: always, seconds: ifNonZero})), int(seconds))
}

// zoneCache keeps loaded zones by the name they were asked for, and nil for names
// that do not exist. Names come from events, so it is bounded.
var zoneCache struct {
	sync.Mutex
	zones map[string]*time.Location
}

const maxCachedZones = 2048

// loadZone returns the zone of the IANA database with exactly this name.
func loadZone(name string) (*time.Location, bool) {
	if name == "" || name == "Local" || len(name) > 64 || name[0] == '/' || strings.Contains(name, "..") {
		return nil, false
	}
	zoneCache.Lock()
	defer zoneCache.Unlock()
	loc, known := zoneCache.zones[name]
	if !known {
		loaded, err := time.LoadLocation(name)
		if err == nil {
			loc = loaded
		}
		if zoneCache.zones == nil || len(zoneCache.zones) >= maxCachedZones {
			zoneCache.zones = make(map[string]*time.Location)
		}
		zoneCache.zones[strings.Clone(name)] = loc
	}
	return loc, loc != nil
}

// foldedZone is loadZone for a name in any case, among those java.time knows: it
// has no EST, MST and HST.
func foldedZone(name string) (*time.Location, bool) {
	canonical, ok := zoneNames()[strings.ToLower(name)]
	if !ok {
		return nil, false
	}
	switch canonical {
	case "EST", "MST", "HST", "ROC":
		return nil, false
	}
	return loadZone(canonical)
}
