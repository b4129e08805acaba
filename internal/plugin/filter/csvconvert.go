package filter

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"sluice/internal/event"
	"sluice/internal/onig"
)

// csvConversions are the converters of Ruby's CSV, which leave alone what they cannot
// convert. set is false for an empty cell.
var csvConversions = map[string]func(text string, set bool) (event.Value, error){
	"integer":   csvInteger,
	"float":     csvFloat,
	"date":      csvDate,
	"date_time": csvDateTime,
	"boolean":   csvBoolean,
}

func itoa(i int) string { return strconv.Itoa(i) }

func csvText(text string, set bool) event.Value {
	if !set {
		return event.NullValue
	}
	return event.StringValue(text)
}

func csvInteger(text string, set bool) (event.Value, error) {
	if v, err := rubyInteger(text); err == nil && set {
		return v, nil
	}
	return csvText(text, set), nil
}

func csvFloat(text string, set bool) (event.Value, error) {
	if f, err := rubyFloat(text); err == nil && set {
		return event.FloatValue(f), nil
	}
	return csvText(text, set), nil
}

var errBooleanNull = errors.New("an empty cell is no boolean")

func csvBoolean(text string, set bool) (event.Value, error) {
	if !set {
		return event.NullValue, errBooleanNull
	}
	switch text = downcase(strip(text)); text {
	case "true":
		return event.BoolValue(true), nil
	case "false":
		return event.BoolValue(false), nil
	}
	return event.StringValue(text), nil
}

// The expressions that decide whether Ruby's CSV tries to read a date.
var (
	csvDateForm     = onig.MustCompile(`\A(?:(\w+,?\s+)?\w+\s+\d{1,2},?\s+\d{2,4}|\d{4}-\d{2}-\d{2})\z`)
	csvDateTimeForm = onig.MustCompile(`\A(?:(\w+,?\s+)?\w+\s+\d{1,2}\s+\d{1,2}:\d{1,2}:\d{1,2},?\s+\d{2,4}|` +
		`\d{4}-\d{2}-\d{2}(?:[T\s]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?(?:[+-]\d{2}(?::\d{2})|\s(?:UTC|GMT)|Z)?)?)?)\z`)
)

func csvDate(text string, set bool) (event.Value, error) {
	if ok, _ := csvDateForm.Match(text); ok && set {
		if t, ok := parseAny(text, time.Local, "2006-01-02", "Jan 2 2006", "January 2 2006", "Mon Jan 2 2006", "Monday January 2 2006", "Mon January 2 2006"); ok {
			return event.TimeValue(t), nil
		}
	}
	return csvText(text, set), nil
}

func csvDateTime(text string, set bool) (event.Value, error) {
	if ok, _ := csvDateTimeForm.Match(text); ok && set {
		// A text without a zone is UTC, as in Ruby's DateTime.parse.
		if t, ok := parseAny(text, time.UTC, "2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05 UTC", "2006-01-02T15:04:05 GMT", "2006-01-02T15:04:05",
			"2006-01-02T15:04", "2006-01-02", "Jan 2 15:04:05 2006", "Mon Jan 2 15:04:05 2006", "January 2 15:04:05 2006", "Monday January 2 15:04:05 2006"); ok {
			return event.TimeValue(t), nil
		}
	}
	return csvText(text, set), nil
}

// parseAny reads a time in one of some layouts. Commas do not count, blanks count once,
// and a blank may stand for the T.
func parseAny(text string, zone *time.Location, layouts ...string) (time.Time, bool) {
	text = strings.Join(strings.Fields(strings.ReplaceAll(text, ",", " ")), " ")
	if len(text) > 10 && text[4] == '-' && text[10] == ' ' {
		text = text[:10] + "T" + text[11:]
	}
	for _, layout := range layouts {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
