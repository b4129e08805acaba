package engine

import (
	"math/rand/v2"
	"testing"
	"time"
)

// randomRun returns samples of a pipeline whose counters only grow, at irregular times.
func randomRun(r *rand.Rand, n int) []sample {
	at := time.Now()
	s := sample{at: at, workers: 1 + r.IntN(8), plugins: make([]pluginSample, 3)}
	var all []sample
	for range n {
		past := time.Duration(r.Int64N(int64(12 * time.Second)))
		if r.IntN(50) == 0 {
			past = time.Duration(r.Int64N(int64(3 * time.Hour))) // the machine slept
		}
		s.at = s.at.Add(past)
		s.in += r.Int64N(1000)
		s.filtered += r.Int64N(1000)
		s.out += r.Int64N(1000)
		s.busy += time.Duration(r.Int64N(int64(past)*int64(s.workers) + 1))
		s.push += time.Duration(r.Int64N(int64(past) + 1))
		s.queueEvents = r.Int64N(1000)
		s.plugins = append([]pluginSample(nil), s.plugins...)
		for i := range s.plugins {
			s.plugins[i].in += r.Int64N(100)
			s.plugins[i].out += r.Int64N(100)
			s.plugins[i].spent += time.Duration(r.Int64N(int64(past) + 1))
		}
		all = append(all, s)
	}
	return all
}

// Flow metrics of counters are never negative, whatever the pipeline does; only the
// growth of a queue can be. Utilization is at most 100 %.
func TestFlowIsNeverNegative(t *testing.T) {
	for seed := range uint64(50) {
		h := new(history)
		run := randomRun(rand.New(rand.NewPCG(seed, 1)), 300)
		h.first = sample{at: run[0].at.Add(-time.Second), plugins: make([]pluginSample, 3)}
		for i, now := range run {
			flows := h.flows(now, true)
			for p := range now.plugins {
				for name, f := range h.pluginFlows(now, p, p == 0) {
					flows[name] = f
				}
				for name, f := range flows {
					for window, v := range f {
						if v < 0 && name != "queue_persisted_growth_events" || v > 100 && name == "worker_utilization" {
							t.Fatalf("seed %d, sample %d: %s of %s is %v", seed, i, name, window, v)
						}
					}
				}
			}
			h.add(now)
		}
		if len(h.samples) > 500 {
			t.Errorf("seed %d: %d samples are kept", seed, len(h.samples))
		}
	}
}

func TestFlowWindows(t *testing.T) {
	start := time.Now()
	h := &history{first: sample{at: start}}
	var now sample
	for i := range 2 * 3600 / 5 { // two hours, 10 events a second, and 100 in the last minute
		at := time.Duration(i+1) * 5 * time.Second
		now = sample{at: start.Add(at), workers: 2, in: now.in + 50}
		if at > 2*time.Hour-time.Minute {
			now.in += 450
		}
		h.add(now)
	}
	got := h.flows(now, false)["input_throughput"]
	for window, want := range map[string]float64{"current": 100, "last_1_minute": 100, "last_5_minutes": 28, "last_15_minutes": 16, "last_1_hour": 11.5, "lifetime": 10.75} {
		if v := got[window]; v < want*0.97 || v > want*1.03 {
			t.Errorf("%s: got %v, want about %v", window, v, want)
		}
	}
	if _, there := got["last_24_hours"]; there {
		t.Error("there is a value for 24 hours after 2 hours")
	}
}

func TestSignificant(t *testing.T) {
	for v, want := range map[float64]float64{0: 0, 1.23456: 1.235, 0.000123456: 0.0001235, 12345.6: 12346, -1.23456: -1.235} {
		if got := significant(v); got != want {
			t.Errorf("%v: got %v, want %v", v, got, want)
		}
	}
}
