package input

import (
	"fmt"
	"regexp"
	"strconv"
	"time"

	"sluice/internal/plugin"
)

// durationOption is an option that holds a length of time with a unit, or a number of
// the default unit. Source: LogStash::Inputs::FriendlyDurations.
func durationOption(name string, p *time.Duration, unit time.Duration, shown, doc string) plugin.Option {
	if shown != "" {
		shown = strconv.Quote(shown)
	}
	return plugin.Check(name, "length of time", shown, doc, func(s plugin.Setting) error {
		if s.Kind != plugin.Text && s.Kind != plugin.Number {
			return fmt.Errorf(`found %s where a length of time such as "15 seconds" was expected`, s.Kind)
		}
		d, err := parseDuration(s.Text, unit)
		if err != nil {
			return err
		}
		*p = d
		return nil
	})
}

var durationForm = regexp.MustCompile(`^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$`)

func parseDuration(text string, unit time.Duration) (time.Duration, error) {
	m := durationForm.FindStringSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf(`%q is no length of time; write a number, or one with a unit: "15 seconds"`, text)
	}
	switch m[2] {
	case "":
	case "w", "week", "weeks":
		unit = 7 * 24 * time.Hour
	case "d", "day", "days":
		unit = 24 * time.Hour
	case "h", "hour", "hours":
		unit = time.Hour
	case "m", "min", "minute", "minutes":
		unit = time.Minute
	case "s", "sec", "second", "seconds":
		unit = time.Second
	case "ms", "msec", "msecs":
		unit = time.Millisecond
	case "us", "usec", "usecs":
		unit = time.Microsecond
	default:
		return 0, fmt.Errorf("%q is no unit of time; there are weeks, days, hours, minutes, seconds, msec and usec", m[2])
	}
	n, err := strconv.ParseFloat(m[1], 64)
	if err != nil || n*float64(unit) > 1<<62 {
		return 0, fmt.Errorf("%q is too long a time", text)
	}
	return time.Duration(n * float64(unit)), nil
}
