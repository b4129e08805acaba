package engine

import (
	"cmp"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"sluice/internal/vfs"
)

// sortedKeys returns the keys of a map, sorted, so that answers are always alike.
func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// The numbers of the process come from /proc. Where there is none they are 0, and -1
// for the limit of open files, as in Logstash.

// cpuUse remembers the last look at the CPU time, for the share since then.
var cpuUse struct {
	sync.Mutex
	at      time.Time
	millis  int64
	percent int64
	peak    int64 // of open files
}

// ticks is the kernel's USER_HZ, which is 100 on all Linux systems that Go runs on.
const ticks = 100

func processStats() object {
	files, _ := os.ReadDir("/proc/self/fd")
	open := int64(len(files))
	stat, _ := os.ReadFile("/proc/self/stat")
	var total, virtual, resident int64
	if i := strings.LastIndexByte(string(stat), ')'); i > 0 {
		if f := strings.Fields(string(stat)[i+1:]); len(f) > 21 {
			total = (number(f[11]) + number(f[12])) * 1000 / ticks
			virtual, resident = number(f[20]), number(f[21])*int64(os.Getpagesize())
		}
	}
	cpuUse.Lock()
	defer cpuUse.Unlock()
	now := time.Now()
	if cpuUse.at.IsZero() {
		cpuUse.at = started
	}
	if past := now.Sub(cpuUse.at).Milliseconds(); past > 500 {
		cpuUse.percent = max(total-cpuUse.millis, 0) * 100 / past
		cpuUse.at, cpuUse.millis = now, total
	}
	cpuUse.peak = max(cpuUse.peak, open)
	return object{
		"open_file_descriptors": open, "peak_open_file_descriptors": cpuUse.peak, "max_file_descriptors": maxFiles(),
		"mem": object{"total_virtual_in_bytes": virtual, "resident_in_bytes": resident},
		"cpu": object{"total_in_millis": total, "percent": cpuUse.percent, "load_average": loadAverage()},
	}
}

func number(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}

func maxFiles() int64 {
	limits, _ := os.ReadFile("/proc/self/limits")
	for line := range strings.SplitSeq(string(limits), "\n") {
		if rest, ok := strings.CutPrefix(line, "Max open files"); ok {
			if f := strings.Fields(rest); len(f) > 0 {
				return number(f[0])
			}
		}
	}
	return -1
}

func loadAverage() object {
	text, _ := os.ReadFile("/proc/loadavg")
	f := strings.Fields(string(text))
	load := object{}
	for i, name := range []string{"1m", "5m", "15m"} {
		value := 0.0
		if i < len(f) {
			value, _ = strconv.ParseFloat(f[i], 64)
		}
		load[name] = value
	}
	return load
}

func kernelVersion() string {
	text, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	return strings.TrimSpace(string(text))
}

// osStats shows the limits of a control group (version 2), where there is one.
func osStats() object {
	usage, err := os.ReadFile("/sys/fs/cgroup/cpu.stat")
	if err != nil {
		return object{}
	}
	values := map[string]int64{}
	for line := range strings.SplitSeq(string(usage), "\n") {
		if f := strings.Fields(line); len(f) == 2 {
			values[f[0]] = number(f[1])
		}
	}
	quota, period := int64(-1), int64(100_000)
	if text, err := os.ReadFile("/sys/fs/cgroup/cpu.max"); err == nil {
		if f := strings.Fields(string(text)); len(f) == 2 {
			period = number(f[1])
			if f[0] != "max" {
				quota = number(f[0])
			}
		}
	}
	return object{"cgroup": object{
		"cpuacct": object{"usage_nanos": values["usage_usec"] * 1000, "control_group": "/"},
		"cpu": object{"cfs_quota_micros": quota, "cfs_period_micros": period, "control_group": "/", "stat": object{
			"number_of_elapsed_periods": values["nr_periods"], "number_of_times_throttled": values["nr_throttled"], "time_throttled_nanos": values["throttled_usec"] * 1000,
		}},
	}}
}

// diskOf returns the free bytes of the disk that holds a folder, and its file system
// where that can be found out.
func diskOf(dir string) (free int64, kind string) {
	free, err := vfs.OS.Free(dir)
	if err != nil {
		free = 0
	}
	kind = "unknown"
	mounts, _ := os.ReadFile("/proc/self/mounts")
	longest := 0
	for line := range strings.SplitSeq(string(mounts), "\n") {
		f := strings.Fields(line)
		if len(f) < 3 || len(f[1]) < longest {
			continue
		}
		if dir == f[1] || strings.HasPrefix(dir, strings.TrimSuffix(f[1], "/")+"/") {
			longest, kind = len(f[1]), f[2]
		}
	}
	return free, kind
}
