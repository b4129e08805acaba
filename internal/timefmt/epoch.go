package timefmt

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// ParseUnix reads the date filter's format UNIX from a text: seconds since 1970,
// with a fraction if there is a point (its first three digits count). Seconds
// above 2147483647 are refused, as they are likely milliseconds. As in Logstash a
// point needs digits on both sides, and the fraction of a negative time counts
// forward. The error is a *ParseError.
func ParseUnix(text string) (time.Time, error) {
	whole, fraction, point := strings.Cut(text, ".")
	seconds, ok := javaInt(whole)
	if !ok {
		return time.Time{}, epochError(text, "UNIX", "it is not a number of seconds, such as 1614868533 or 1614868533.946")
	}
	if seconds > maxInt32 {
		return time.Time{}, epochError(text, "UNIX", tooManySeconds)
	}
	ms := int64(0)
	if point {
		digits := min(3, len(fraction))
		ms, ok = javaInt(fraction[:digits])
		if !ok {
			return time.Time{}, epochError(text, "UNIX", "digits are expected after the point")
		}
		for ; digits < 3; digits++ {
			ms *= 10
		}
	}
	return millis(text, "UNIX", seconds, ms)
}

const tooManySeconds = "the number of seconds is above 2147483647; use UNIX_MS for milliseconds"

// ParseUnixInt is ParseUnix for an integer field.
func ParseUnixInt(seconds int64) (time.Time, error) {
	if seconds > maxInt32 {
		return time.Time{}, epochError(strconv.FormatInt(seconds, 10), "UNIX", tooManySeconds)
	}
	return millis("", "UNIX", seconds, 0)
}

// ParseUnixFloat is ParseUnix for a floating point field. The result is cut to
// milliseconds, towards 1970.
func ParseUnixFloat(seconds float64) (time.Time, error) {
	if math.IsNaN(seconds) || seconds >= maxInt32+1 || seconds < -9e15 {
		return time.Time{}, epochError(strconv.FormatFloat(seconds, 'g', -1, 64), "UNIX", tooManySeconds)
	}
	return fromMillis(int64(seconds * 1000)), nil
}

// ParseUnixMillis reads the date filter's format UNIX_MS from a text: an integer,
// the milliseconds since 1970. The error is a *ParseError.
func ParseUnixMillis(text string) (time.Time, error) {
	ms, ok := javaInt(text)
	if !ok {
		return time.Time{}, epochError(text, "UNIX_MS", "it is not an integer number of milliseconds, such as 1614868533946")
	}
	return fromMillis(ms), nil
}

// ParseUnixMillisInt is ParseUnixMillis for an integer field.
func ParseUnixMillisInt(ms int64) time.Time { return fromMillis(ms) }

// ParseUnixMillisFloat is ParseUnixMillis for a floating point field; a fraction
// is cut, and a number that 64 bits cannot hold becomes the nearest that they can.
func ParseUnixMillisFloat(ms float64) time.Time {
	switch {
	case math.IsNaN(ms):
		return fromMillis(0)
	case ms >= math.MaxInt64:
		return fromMillis(math.MaxInt64)
	case ms <= math.MinInt64:
		return fromMillis(math.MinInt64)
	}
	return fromMillis(int64(ms))
}

// ParseTAI64N reads a TAI64N label: 24 hexadecimal digits, with or without @. The
// difference between TAI and UTC is taken for 10 seconds always, as the date
// filter takes it, and nanoseconds are cut to milliseconds. The error is a
// *ParseError. What follows the digits is not looked at.
func ParseTAI64N(text string) (time.Time, error) {
	const format, reason = "TAI64N", "24 hexadecimal digits are expected, with or without @ before them"
	label := strings.TrimPrefix(text, "@")
	if len(label) < 24 {
		return time.Time{}, epochError(text, format, reason)
	}
	// The digits are Java's signed numbers: 64 and 32 bits.
	seconds, err := strconv.ParseInt(label[:16], 16, 64)
	nano, err2 := strconv.ParseInt(label[16:24], 16, 32)
	if err != nil || err2 != nil {
		return time.Time{}, epochError(text, format, reason)
	}
	seconds = seconds&(1<<62-1) - 10
	return millis(text, format, seconds, nano/1_000_000)
}

// millis returns the time of seconds and milliseconds, unless 64 bits of
// milliseconds cannot hold it.
func millis(text, format string, seconds, ms int64) (time.Time, error) {
	const limit = math.MaxInt64/1000 - 1
	if seconds > limit || seconds < -limit {
		return time.Time{}, epochError(text, format, "the time is too far from 1970")
	}
	return fromMillis(seconds*1000 + ms), nil
}

// javaInt reads an integer as Java does: one sign or none, then digits.
func javaInt(s string) (int64, bool) {
	v, err := strconv.ParseInt(s, 10, 64)
	return v, err == nil
}

func epochError(text, format, reason string) error {
	return &ParseError{Text: text, Format: format, Reason: reason}
}
