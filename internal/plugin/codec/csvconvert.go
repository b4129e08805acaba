package codec

import (
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"time"

	"sluice/internal/event"
)

// converter makes a value of a column's text, or nothing when it cannot. They follow
// CSV::Converters of Ruby, which the options of the codec name.
type converter func(text string) event.Value

var converters = map[string]converter{
	"integer":   convertInteger,
	"float":     convertFloat,
	"boolean":   convertBoolean,
	"date":      convertDate,
	"date_time": convertDateTime,
}

// rubyNumber is what Ruby's Integer() and Float() take of a text: underscores only
// between digits.
var (
	rubyInteger = regexp.MustCompile(`^[+-]?(0[xX][0-9a-fA-F]+(_[0-9a-fA-F]+)*|0[bB][01]+(_[01]+)*|0[oO]?[0-7]+(_[0-7]+)*|0|[1-9][0-9]*(_[0-9]+)*)$`)
	rubyFloat   = regexp.MustCompile(`^[+-]?[0-9]+(_[0-9]+)*(\.[0-9]+(_[0-9]+)*)?([eE][+-]?[0-9]+)?$`)
)

func convertInteger(text string) event.Value {
	text = strings.TrimSpace(text)
	if !rubyInteger.MatchString(text) {
		return event.Value{}
	}
	n, ok := new(big.Int).SetString(strings.ReplaceAll(text, "_", ""), 0)
	if !ok {
		return event.Value{}
	}
	return event.BigIntValue(n)
}

func convertFloat(text string) event.Value {
	text = strings.TrimSpace(text)
	if !rubyFloat.MatchString(text) {
		return event.Value{}
	}
	f, err := strconv.ParseFloat(strings.ReplaceAll(text, "_", ""), 64)
	if err != nil {
		return event.Value{}
	}
	return event.FloatValue(f)
}

func convertBoolean(text string) event.Value {
	switch text = strings.ToLower(strings.TrimSpace(text)); text {
	case "true":
		return event.BoolValue(true)
	case "false":
		return event.BoolValue(false)
	}
	return event.StringValue(text) // as in Logstash, which hands back the lower-case text
}

// convertDate reads a date, which is midnight in the time zone of this machine.
func convertDate(text string) event.Value {
	return firstOf(text, time.Local, "2006-01-02", "January 2, 2006", "January 2 2006", "Jan 2, 2006", "Jan 2 2006",
		"Monday, January 2, 2006", "Mon, Jan 2, 2006", "Mon Jan 2 2006")
}

// convertDateTime reads a date with a time, in UTC where there is no zone.
func convertDateTime(text string) event.Value {
	return firstOf(text, time.UTC, time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04",
		"2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05 MST", "2006-01-02",
		"Mon Jan 2 15:04:05 2006", "Jan 2 15:04:05 2006", "Mon Jan 2 15:04:05, 2006")
}

func firstOf(text string, zone *time.Location, layouts ...string) event.Value {
	for _, layout := range layouts {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return event.TimeValue(t)
		}
	}
	return event.Value{}
}
