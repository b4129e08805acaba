package codec

import (
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"time"

	"sluice/internal/timefmt"
)

// cefMillis is a time in milliseconds since 1970.
var cefMillis = regexp.MustCompile(`^[1-9][0-9]{0,17}(\.[0-9]{1,9})?$`)

// cefDate is a time in words, from "Sep 07 14:50:39" to "Sep 07 2018 14:50:39.123456 UTC".
var cefDate = regexp.MustCompile(`^(\S+) (\d\d)(?: (\d{4}))? (\d\d:\d\d:\d\d)(?:\.(\d{9}|\d{6}|\d{3}))?(?: (\S+))?$`)

var cefLayout = func() *timefmt.Layout {
	l, err := timefmt.Joda("MMM dd yyyy HH:mm:ss")
	if err != nil {
		panic(err)
	}
	return l
}()

// cefZones are the short names of zones that are no names of the IANA database.
var cefZones = map[string]string{
	"PST": "America/Los_Angeles", "PDT": "America/Los_Angeles", "MDT": "America/Denver", "CST": "America/Chicago",
	"CDT": "America/Chicago", "EDT": "America/New_York", "AKST": "America/Anchorage", "AKDT": "America/Anchorage",
	"CEST": "Europe/Paris", "EEST": "Europe/Bucharest", "WEST": "Europe/Lisbon", "BST": "Europe/London",
	"MSK": "Europe/Moscow", "IST": "Asia/Kolkata", "JST": "Asia/Tokyo", "KST": "Asia/Seoul", "HKT": "Asia/Hong_Kong",
	"SGT": "Asia/Singapore", "AEST": "Australia/Sydney", "AEDT": "Australia/Sydney", "NZST": "Pacific/Auckland", "Z": "UTC",
}

func cefZone(name string) (*time.Location, error) {
	if full, ok := cefZones[name]; ok {
		name = full
	}
	return timefmt.Zone(name)
}

// time reads a timestamp. zone is what the message says about the device's zone, or "".
func (c *cef) time(text, zone string, now time.Time) (time.Time, error) {
	if cefMillis.MatchString(text) {
		ms, _ := new(big.Rat).SetString(text)
		ms.Mul(ms, big.NewRat(1_000_000, 1))
		nanos := new(big.Int).Quo(ms.Num(), ms.Denom())
		seconds, rest := new(big.Int).DivMod(nanos, big.NewInt(1_000_000_000), new(big.Int))
		return time.Unix(seconds.Int64(), rest.Int64()).UTC(), nil
	}
	m := cefDate.FindStringSubmatch(text)
	if m == nil {
		return time.Time{}, fmt.Errorf("%.50q is no timestamp of CEF", text)
	}
	loc := c.location
	var err error
	if m[6] != "" {
		zone = m[6]
	}
	if zone != "" {
		if loc, err = cefZone(zone); err != nil {
			return time.Time{}, err
		}
	}
	var t time.Time
	if m[3] != "" {
		t, err = c.date(m, m[3], loc, now)
	} else {
		t, err = c.withoutYear(m, loc, now)
	}
	if err != nil || m[5] == "" {
		return t, err
	}
	fraction, err := strconv.Atoi((m[5] + "000000")[:9])
	return t.Add(time.Duration(fraction)), err
}

func (c *cef) date(m []string, year string, loc *time.Location, now time.Time) (time.Time, error) {
	return cefLayout.Parse(strings.Join([]string{m[1], m[2], year, m[4]}, " "), loc, now, c.words)
}

// withoutYear takes the year of now, the one before when that would be more than two
// days ahead, and in December the next one when that has begun by then.
func (c *cef) withoutYear(m []string, loc *time.Location, now time.Time) (time.Time, error) {
	now = now.In(loc)
	ahead := now.AddDate(0, 0, 2)
	t, err := c.date(m, strconv.Itoa(now.Year()), loc, now)
	if err != nil {
		return t, err
	}
	switch {
	case t.After(ahead):
		return c.date(m, strconv.Itoa(now.Year()-1), loc, now)
	case now.Month() == time.December && !t.AddDate(1, 0, 0).After(ahead):
		return c.date(m, strconv.Itoa(now.Year()+1), loc, now)
	}
	return t, nil
}
