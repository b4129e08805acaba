package filter

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// meter counts, and knows the rate over the last 1, 5 and 15 minutes, as the library
// Metriks does: averages that are moved every five seconds.
type meter struct {
	count     int64
	uncounted int64
	rates     [3]float64 // a second
	started   bool
	lastTick  time.Time
}

const tickLength = 5 * time.Second

func newMeter(now time.Time) meter { return meter{lastTick: now} }

func (m *meter) mark(now time.Time) {
	m.tick(now)
	m.count++
	m.uncounted++
}

// tick moves the averages to now.
func (m *meter) tick(now time.Time) {
	for n := 0; now.Sub(m.lastTick) >= tickLength; n++ {
		if n == 10000 { // after hours without an event nothing is left to move
			m.rates = [3]float64{}
			m.lastTick = now
			break
		}
		m.lastTick = m.lastTick.Add(tickLength)
		rate := float64(m.uncounted) / tickLength.Seconds()
		m.uncounted = 0
		for i, minutes := range []float64{1, 5, 15} {
			if !m.started {
				m.rates[i] = rate
				continue
			}
			m.rates[i] += (1 - math.Exp(-tickLength.Minutes()/minutes)) * (rate - m.rates[i])
		}
		m.started = true
	}
}

// reservoir keeps some of the values it is given, younger ones more likely (Cormode et
// al., Forward Decay), and exact sums of all.
type reservoir struct {
	n              int64
	min, max, mean float64
	squares        float64 // sum of squared distances from the mean
	start          time.Time
	kept           []weighted // a heap, the least priority first
	sorted         []float64
}

type weighted struct{ priority, value float64 }

const (
	reservoirSize  = 1028
	reservoirDecay = 0.015
)

func newReservoir() *reservoir { return &reservoir{} }

func (s *reservoir) add(v float64, now time.Time) {
	if s.n == 0 {
		s.min, s.max, s.start = v, v, now
	}
	s.n++
	s.min, s.max = math.Min(s.min, v), math.Max(s.max, v)
	delta := v - s.mean
	s.mean += delta / float64(s.n)
	s.squares += delta * (v - s.mean)
	s.sorted = nil
	age := now.Sub(s.start)
	if age > time.Hour { // so that weights stay finite
		for i := range s.kept {
			s.kept[i].priority *= math.Exp(-reservoirDecay * age.Seconds())
		}
		s.start, age = now, 0
	}
	w := weighted{math.Exp(reservoirDecay*age.Seconds()) / (1 - rand.Float64()), v}
	if len(s.kept) < reservoirSize {
		s.kept = append(s.kept, w)
		for i := len(s.kept) - 1; i > 0 && s.kept[(i-1)/2].priority > s.kept[i].priority; i = (i - 1) / 2 {
			s.kept[i], s.kept[(i-1)/2] = s.kept[(i-1)/2], s.kept[i]
		}
		return
	}
	if w.priority <= s.kept[0].priority {
		return
	}
	s.kept[0] = w
	for i := 0; ; {
		least := i
		for _, c := range [2]int{2*i + 1, 2*i + 2} {
			if c < len(s.kept) && s.kept[c].priority < s.kept[least].priority {
				least = c
			}
		}
		if least == i {
			return
		}
		s.kept[i], s.kept[least] = s.kept[least], s.kept[i]
		i = least
	}
}

// deviation is the standard deviation of all values.
func (s *reservoir) deviation() float64 {
	if s.n < 2 {
		return 0
	}
	return math.Sqrt(s.squares / float64(s.n-1))
}

// percentile returns the value below which a part, from 0 to 1, of the values lies.
func (s *reservoir) percentile(part float64) float64 {
	if s.sorted == nil {
		for _, w := range s.kept {
			s.sorted = append(s.sorted, w.value)
		}
		slices.Sort(s.sorted)
	}
	position := part * float64(len(s.sorted)+1)
	switch {
	case position < 1:
		return s.sorted[0]
	case position >= float64(len(s.sorted)):
		return s.sorted[len(s.sorted)-1]
	}
	lower, upper := s.sorted[int(position)-1], s.sorted[int(position)]
	return lower + (position-math.Floor(position))*(upper-lower)
}
