package ruby

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// strftime formats a time as Ruby does, with the flags - 0 ^ # _ : and a width. zone is
// what %Z writes when the time has no name for its zone.
func (th *thread) strftime(t time.Time, f string, zone string) string {
	b := th.scratch()
	for i := 0; i < len(f); i++ {
		if f[i] != '%' || i+1 >= len(f) {
			b = append(b, f[i])
			continue
		}
		start := i
		i++
		pad, up, swap, colons, width := byte(0), false, false, 0, -1
	flags:
		for i < len(f) {
			switch c := f[i]; {
			case c == '-' || c == '_' || c == '0' && width < 0:
				pad = c
			case c == '^':
				up = true
			case c == '#':
				swap = true
			case c == ':':
				colons++
			case c >= '1' && c <= '9':
				width = 0
				for i < len(f) && isDigit(f[i]) {
					width = min(width*10+int(f[i]-'0'), 4096)
					i++
				}
				continue
			case c == 'E' || c == 'O':
			default:
				break flags
			}
			i++
		}
		if i >= len(f) {
			b = append(b, f[start:]...)
			break
		}
		num := func(n, w int, fill byte) {
			if width >= 0 {
				w = width
			}
			switch pad {
			case '-':
				w = 0
			case '_':
				fill = ' '
			case '0':
				fill = '0'
			}
			var digits [20]byte
			s := strconv.AppendInt(digits[:0], int64(max(n, -n)), 10)
			if n < 0 {
				w--
				b = append(b, '-')
			}
			for range w - len(s) {
				b = append(b, fill)
			}
			b = append(b, s...)
		}
		text := func(s string) {
			if up || swap && f[i] != 'p' && f[i] != 'Z' {
				s = strings.ToUpper(s)
			} else if swap {
				s = strings.ToLower(s)
			}
			fill := " "
			if pad == '0' {
				fill = "0"
			}
			for len(s) < width {
				s = fill + s
			}
			b = append(b, s...)
		}
		hour12 := (t.Hour()+11)%12 + 1
		yearDay := t.YearDay()
		switch f[i] {
		case '%':
			b = append(b, '%')
		case 'n':
			b = append(b, '\n')
		case 't':
			b = append(b, '\t')
		case 'Y':
			if t.Year() < 0 {
				num(t.Year(), 5, '0')
			} else {
				num(t.Year(), 4, '0')
			}
		case 'C':
			num(t.Year()/100, 2, '0')
		case 'y':
			num(int(floorMod(int64(t.Year()), 100)), 2, '0')
		case 'm':
			num(int(t.Month()), 2, '0')
		case 'B':
			text(t.Month().String())
		case 'b', 'h':
			text(t.Month().String()[:3])
		case 'd':
			num(t.Day(), 2, '0')
		case 'e':
			num(t.Day(), 2, ' ')
		case 'j':
			num(yearDay, 3, '0')
		case 'H':
			num(t.Hour(), 2, '0')
		case 'k':
			num(t.Hour(), 2, ' ')
		case 'I':
			num(hour12, 2, '0')
		case 'l':
			num(hour12, 2, ' ')
		case 'M':
			num(t.Minute(), 2, '0')
		case 'S':
			num(t.Second(), 2, '0')
		case 'L', 'N':
			w := 9
			if f[i] == 'L' {
				w = 3
			}
			if width >= 0 {
				w = width
			}
			s := fmt.Sprintf("%09d", t.Nanosecond())
			for len(s) < w {
				s += "0"
			}
			b = append(b, s[:w]...)
		case 'p', 'P':
			s := "AM"
			if t.Hour() >= 12 {
				s = "PM"
			}
			if f[i] == 'P' {
				s = strings.ToLower(s)
			}
			text(s)
		case 'A':
			text(t.Weekday().String())
		case 'a':
			text(t.Weekday().String()[:3])
		case 'u':
			num(int(t.Weekday()+6)%7+1, 1, '0')
		case 'w':
			num(int(t.Weekday()), 1, '0')
		case 'G':
			y, _ := t.ISOWeek()
			num(y, 4, '0')
		case 'g':
			y, _ := t.ISOWeek()
			num(y%100, 2, '0')
		case 'V':
			_, w := t.ISOWeek()
			num(w, 2, '0')
		case 'U':
			num((yearDay+6-int(t.Weekday()))/7, 2, '0')
		case 'W':
			num((yearDay+6-int(t.Weekday()+6)%7)/7, 2, '0')
		case 's':
			num(int(t.Unix()), 1, '0')
		case 'Q':
			num(int(t.UnixMilli()), 1, '0')
		case 'z':
			s := offsetText(t, colons)
			if width > len(s) && pad != '-' {
				s = s[:1] + strings.Repeat("0", width-len(s)) + s[1:]
			}
			b = append(b, s...)
		case 'Z':
			text(zone)
		case 'F':
			b = append(b, th.strftime(t, "%Y-%m-%d", zone)...)
		case 'T', 'X':
			b = append(b, th.strftime(t, "%H:%M:%S", zone)...)
		case 'R':
			b = append(b, th.strftime(t, "%H:%M", zone)...)
		case 'r':
			b = append(b, th.strftime(t, "%I:%M:%S %p", zone)...)
		case 'D', 'x':
			b = append(b, th.strftime(t, "%m/%d/%y", zone)...)
		case 'c':
			text(th.strftime(t, "%a %b %e %H:%M:%S %Y", zone))
		case 'v':
			text(strings.ToUpper(th.strftime(t, "%e-%b-%Y", zone)))
		case '+':
			b = append(b, th.strftime(t, "%a %b %e %H:%M:%S %Z %Y", zone)...)
		default:
			b = append(b, f[start:i+1]...)
		}
		th.charge(max(width, 0))
	}
	return th.settled(b)
}

func offsetText(t time.Time, colons int) string {
	_, off := t.Zone()
	sign := "+"
	if off < 0 {
		sign, off = "-", -off
	}
	h, m, s := off/3600, off/60%60, off%60
	switch colons {
	case 1:
		return fmt.Sprintf("%s%02d:%02d", sign, h, m)
	case 2:
		return fmt.Sprintf("%s%02d:%02d:%02d", sign, h, m, s)
	}
	return fmt.Sprintf("%s%02d%02d", sign, h, m)
}

// dateParts is what a date text tells; -1 or a false has flag for what it does not.
type dateParts struct {
	year, mon, day, yday, hour, min, sec int
	wday, week, cwyear                   int
	nsec                                 int
	pm                                   int // 1 AM, 2 PM
	off                                  int
	hasOff, hasYear                      bool
	zone                                 string
	epoch                                *time.Time
	rest                                 string
}

func newParts() *dateParts {
	return &dateParts{mon: -1, day: -1, yday: -1, hour: -1, min: -1, sec: -1, wday: -1, week: -1, cwyear: -1}
}

var monthNames = []string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"}
var dayNames = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

func nameIndex(s string, names []string) (i, n int) {
	l := strings.ToLower(s)
	for i, name := range names {
		if strings.HasPrefix(l, name) {
			return i, len(name)
		}
	}
	for i, name := range names {
		if strings.HasPrefix(l, name[:3]) {
			return i, 3
		}
	}
	return -1, 0
}

var zoneOffsets = map[string]int{"utc": 0, "gmt": 0, "z": 0, "ut": 0, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
	"cet": 1, "cest": 2, "eet": 2, "eest": 3, "wet": 0, "west": 1, "bst": 1, "msk": 3, "jst": 9, "ist": 0, "aest": 10, "sgt": 8, "hst": -10, "akst": -9, "akdt": -8}

func init() {
	delete(zoneOffsets, "ist") // three zones share that name
	zoneOffsets["jst"] = 9
}

// parseOffset reads +09:00, +0900, +09, Z or a zone name at the start of s.
func parseOffset(s string) (off, n int, ok bool) {
	if s == "" {
		return
	}
	if s[0] == '+' || s[0] == '-' {
		i := 1
		num := func(max int) (v, k int) {
			for i < len(s) && isDigit(s[i]) && k < max {
				v = v*10 + int(s[i]-'0')
				i++
				k++
			}
			return
		}
		h, k := num(2)
		if k == 0 {
			return
		}
		m, sec := 0, 0
		if i < len(s) && s[i] == ':' && i+1 < len(s) && isDigit(s[i+1]) {
			i++
			m, _ = num(2)
			if i+1 < len(s) && s[i] == ':' && isDigit(s[i+1]) {
				i++
				sec, _ = num(2)
			}
		} else {
			m, _ = num(2)
		}
		off = h*3600 + m*60 + sec
		if s[0] == '-' {
			off = -off
		}
		return off, i, h < 24 && m < 60
	}
	i := 0
	for i < len(s) && (s[i]|0x20 >= 'a' && s[i]|0x20 <= 'z') {
		i++
	}
	name := strings.ToLower(s[:i])
	if (name == "utc" || name == "gmt") && i < len(s) && (s[i] == '+' || s[i] == '-') {
		if off, n, ok := parseOffset(s[i:]); ok {
			return off, i + n, true
		}
	}
	if o, found := zoneOffsets[name]; found {
		return o * 3600, i, true
	}
	return 0, 0, false
}

// strptime reads s by a format; nil when it does not fit.
func strptime(s, f string) *dateParts {
	p := newParts()
	pos := 0
	century := -1
	num := func(min, max int, signed bool) (int, bool) {
		i := pos
		neg := false
		if signed && i < len(s) && (s[i] == '-' || s[i] == '+') {
			neg = s[i] == '-'
			i++
		}
		start, n := i, 0
		for i < len(s) && isDigit(s[i]) && i-start < max {
			n = n*10 + int(s[i]-'0')
			i++
		}
		if i-start < min || i == start {
			return 0, false
		}
		pos = i
		if neg {
			n = -n
		}
		return n, true
	}
	blank := func() {
		for pos < len(s) && (isSpace(s[pos]) || s[pos] == '\n') {
			pos++
		}
	}
	// digitsNext tells whether a number follows in the format, so that this one must
	// not take its digits.
	digitsNext := func(i int) bool {
		if i+1 >= len(f) {
			return false
		}
		if isDigit(f[i+1]) {
			return true
		}
		return f[i+1] == '%' && i+2 < len(f) && strings.IndexByte("CDdeFGgHIjkLlMmNQRrSsTUuVvWwXxYy0123456789", f[i+2]) >= 0
	}
	var run func(f string) bool
	run = func(f2 string) bool {
		outer := f
		f = f2
		defer func() { f = outer }()
		for i := 0; i < len(f); i++ {
			c := f[i]
			if isSpace(c) || c == '\n' {
				blank()
				continue
			}
			if c != '%' || i+1 >= len(f) {
				if pos >= len(s) || s[pos] != c {
					return false
				}
				pos++
				continue
			}
			i++
			for i < len(f) && strings.IndexByte("-_0^#:EO", f[i]) >= 0 {
				i++
			}
			width := 0
			for i < len(f) && isDigit(f[i]) {
				width = width*10 + int(f[i]-'0')
				i++
			}
			if i >= len(f) {
				return false
			}
			ok := true
			set := func(v *int, lo, hi, max int) {
				n, good := num(1, max, false)
				ok = good && n >= lo && n <= hi
				*v = n
			}
			switch f[i] {
			case '%':
				ok = pos < len(s) && s[pos] == '%'
				pos++
			case 'Y':
				max := 100
				if digitsNext(i) {
					max = 4
				}
				if width > 0 {
					max = width
				}
				p.year, ok = num(1, max, true)
				p.hasYear = true
			case 'C':
				century, ok = num(1, 2, true)
			case 'y':
				set(&p.year, 0, 99, 2)
				if century < 0 {
					if p.year < 69 {
						p.year += 2000
					} else {
						p.year += 1900
					}
				}
				p.hasYear = true
			case 'm':
				set(&p.mon, 1, 12, 2)
			case 'B', 'b', 'h':
				k, n := nameIndex(s[min(pos, len(s)):], monthNames)
				ok = k >= 0
				p.mon = k + 1
				pos += n
			case 'd', 'e':
				if pos < len(s) && s[pos] == ' ' {
					pos++
				}
				set(&p.day, 1, 31, 2)
			case 'j':
				set(&p.yday, 1, 366, 3)
			case 'H', 'k':
				if pos < len(s) && s[pos] == ' ' {
					pos++
				}
				set(&p.hour, 0, 24, 2)
			case 'I', 'l':
				if pos < len(s) && s[pos] == ' ' {
					pos++
				}
				set(&p.hour, 1, 12, 2)
				if p.pm == 0 {
					p.pm = 3
				}
			case 'M':
				set(&p.min, 0, 59, 2)
			case 'S':
				set(&p.sec, 0, 60, 2)
			case 'L', 'N':
				start := pos
				max := 100
				if digitsNext(i) {
					max = map[byte]int{'L': 3, 'N': 9}[f[i]]
				}
				if width > 0 {
					max = width
				}
				for pos < len(s) && isDigit(s[pos]) && pos-start < max {
					pos++
				}
				ok = pos > start
				p.nsec = fraction(s[start:pos])
			case 'p', 'P':
				rest := strings.ToLower(strings.ReplaceAll(s[min(pos, len(s)):], ".", ""))
				switch {
				case strings.HasPrefix(rest, "am"):
					p.pm = 1
				case strings.HasPrefix(rest, "pm"):
					p.pm = 2
				default:
					ok = false
				}
				pos += 2
				if ok && pos <= len(s) && strings.Contains(s[pos-2:pos], ".") {
					pos = min(pos+2, len(s))
				}
			case 'A', 'a':
				k, n := nameIndex(s[min(pos, len(s)):], dayNames)
				ok = k >= 0
				p.wday = k
				pos += n
			case 'u':
				set(&p.wday, 1, 7, 1)
				p.wday %= 7
			case 'w':
				set(&p.wday, 0, 6, 1)
			case 'G':
				p.cwyear, ok = num(1, 4, true)
			case 'V':
				set(&p.week, 1, 53, 2)
			case 'U', 'W', 'g':
				var skip int
				set(&skip, 0, 99, 2)
			case 's', 'Q':
				n, good := num(1, 18, true)
				ok = good
				t := time.Unix(int64(n), 0)
				if f[i] == 'Q' {
					t = time.UnixMilli(int64(n))
				}
				p.epoch = &t
			case 'z', 'Z':
				off, n, good := parseOffset(s[min(pos, len(s)):])
				if !good && f[i] == 'Z' {
					for pos+n < len(s) && (s[pos+n]|0x20 >= 'a' && s[pos+n]|0x20 <= 'z') {
						n++
					}
					good = n > 0
				} else {
					p.off, p.hasOff = off, good
				}
				if good {
					p.zone = s[pos : pos+n]
				}
				ok = good
				pos += n
			case 'F':
				ok = run("%Y-%m-%d")
			case 'T', 'X':
				ok = run("%H:%M:%S")
			case 'R':
				ok = run("%H:%M")
			case 'r':
				ok = run("%I:%M:%S %p")
			case 'D', 'x':
				ok = run("%m/%d/%y")
			case 'c':
				ok = run("%a %b %e %H:%M:%S %Y")
			case 'v':
				ok = run("%e-%b-%Y")
			case '+':
				ok = run("%a %b %e %H:%M:%S %Z %Y")
			case 'n', 't':
				blank()
			default:
				ok = false
			}
			if !ok {
				return false
			}
		}
		return true
	}
	if !run(f) {
		return nil
	}
	if century >= 0 {
		p.year += century * 100
		p.hasYear = true
	}
	if p.pm != 0 && p.hour >= 0 && p.hour <= 12 {
		p.hour %= 12
		if p.pm == 2 {
			p.hour += 12
		}
	}
	p.rest = s[min(pos, len(s)):]
	return p
}

// fraction reads digits behind a decimal point as nanoseconds.
func fraction(s string) int {
	n := 0
	for i := range 9 {
		n *= 10
		if i < len(s) {
			n += int(s[i] - '0')
		}
	}
	return n
}
