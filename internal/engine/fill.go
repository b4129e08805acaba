package engine

import (
	"fmt"
	"sync"
	"time"
)

// fill measures how fast something fills up, over the last minutes.
type fill struct {
	mu      sync.Mutex
	samples []fillSample
}

type fillSample struct {
	at            time.Time
	bytes, events int64
}

const (
	fillInterval = time.Second
	fillWindow   = 5 * time.Minute
)

// add takes a sample, unless the last one is new.
func (f *fill) add(at time.Time, bytes, events int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := len(f.samples)
	if n > 0 && at.Sub(f.samples[n-1].at) < fillInterval {
		return
	}
	if n > 0 && at.Sub(f.samples[0].at) > fillWindow {
		f.samples = append(f.samples[:0], f.samples[1:]...)
	}
	f.samples = append(f.samples, fillSample{at, bytes, events})
}

// reset forgets what has been measured.
func (f *fill) reset() {
	f.mu.Lock()
	f.samples = f.samples[:0]
	f.mu.Unlock()
}

// growth is how fast something fills up, in bytes and events a second; negative while it
// is being emptied. known is false before there is anything to compare.
func (f *fill) growth() (bytes, events float64, known bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.samples) < 2 {
		return 0, 0, false
	}
	a, b := f.samples[0], f.samples[len(f.samples)-1]
	t := b.at.Sub(a.at).Seconds()
	return float64(b.bytes-a.bytes) / t, float64(b.events-a.events) / t, true
}

// toFull is how long it takes from now until the limit is reached at the measured speed;
// ok is false when it is not getting fuller, or has no limit. A limit of 0 is none.
func (f *fill) toFull(bytes, maxBytes, events, maxEvents int64) (d time.Duration, ok bool) {
	byBytes, byEvents, known := f.growth()
	if !known {
		return 0, false
	}
	soonest := -1.0
	for _, x := range []struct {
		speed       float64
		have, limit int64
	}{{byBytes, bytes, maxBytes}, {byEvents, events, maxEvents}} {
		if x.limit == 0 || x.speed <= 0 {
			continue
		}
		if s := max(float64(x.limit-x.have), 0) / x.speed; soonest < 0 || s < soonest {
			soonest = s
		}
	}
	if soonest < 0 || soonest > float64(10*365*24*time.Hour/time.Second) {
		return 0, false
	}
	return time.Duration(soonest * float64(time.Second)), true
}

// spanText tells a time in at most two units: 9 h 20 min.
func spanText(d time.Duration) string {
	units := []struct {
		d    time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}}
	for i, u := range units {
		if d < u.d {
			continue
		}
		text := fmt.Sprintf("%d %s", d/u.d, u.name)
		if i+1 < len(units) && d%u.d >= units[i+1].d {
			text += fmt.Sprintf(" %d %s", d%u.d/units[i+1].d, units[i+1].name)
		}
		return text
	}
	return "less than 1 s"
}

// sizeText tells a number of bytes in one unit.
func sizeText(n float64) string {
	unit := "bytes"
	for _, next := range []string{"KiB", "MiB", "GiB", "TiB"} {
		if n < 1024 {
			break
		}
		n, unit = n/1024, next
	}
	if unit == "bytes" {
		return fmt.Sprintf("%.0f bytes", n)
	}
	return fmt.Sprintf("%.1f %s", n, unit)
}
