package ruby

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// Punycode, RFC 3492.
const punyBase, punyTMin, punyTMax, punySkew, punyDamp = 36, 1, 26, 38, 700

func punyAdapt(delta, n int, first bool) int {
	if first {
		delta /= punyDamp
	} else {
		delta /= 2
	}
	delta += delta / n
	k := 0
	for delta > (punyBase-punyTMin)*punyTMax/2 {
		delta /= punyBase - punyTMin
		k += punyBase
	}
	return k + (punyBase-punyTMin+1)*delta/(delta+punySkew)
}

func punyThreshold(k, bias int) int { return min(max(k-bias, punyTMin), punyTMax) }

func punyEncode(s string) string {
	rs := []rune(s)
	var b []byte
	for _, r := range rs {
		if r < 128 {
			b = append(b, byte(r))
		}
	}
	done := len(b)
	basic := done
	if basic > 0 {
		b = append(b, '-')
	}
	n, delta, bias := rune(128), 0, 72
	for done < len(rs) {
		m := rune(0x10ffff)
		for _, r := range rs {
			if r >= n && r < m {
				m = r
			}
		}
		delta += int(m-n) * (done + 1)
		n = m
		for _, r := range rs {
			if r < n {
				delta++
			}
			if r == n {
				q := delta
				for k := punyBase; ; k += punyBase {
					t := punyThreshold(k, bias)
					if q < t {
						break
					}
					b = append(b, punyDigit(t+(q-t)%(punyBase-t)))
					q = (q - t) / (punyBase - t)
				}
				b = append(b, punyDigit(q))
				bias = punyAdapt(delta, done+1, done == basic)
				delta = 0
				done++
			}
		}
		delta++
		n++
	}
	return string(b)
}

func punyDigit(d int) byte {
	if d < 26 {
		return byte('a' + d)
	}
	return byte('0' + d - 26)
}

func punyDecode(s string) (string, bool) {
	var out []rune
	if i := strings.LastIndexByte(s, '-'); i >= 0 {
		out = []rune(s[:i])
		s = s[i+1:]
	}
	n, i, bias := 128, 0, 72
	for s != "" {
		old, w := i, 1
		for k := punyBase; ; k += punyBase {
			if s == "" {
				return "", false
			}
			c := s[0]
			s = s[1:]
			d := 0
			switch {
			case c >= 'a' && c <= 'z':
				d = int(c - 'a')
			case c >= 'A' && c <= 'Z':
				d = int(c - 'A')
			case isDigit(c):
				d = int(c-'0') + 26
			default:
				return "", false
			}
			if d > (1<<31-i)/w {
				return "", false
			}
			i += d * w
			t := punyThreshold(k, bias)
			if d < t {
				break
			}
			if w > 1<<31/(punyBase-t) {
				return "", false
			}
			w *= punyBase - t
		}
		bias = punyAdapt(i-old, len(out)+1, old == 0)
		n += i / (len(out) + 1)
		i %= len(out) + 1
		if n > 0x10ffff || len(out) > 1000 {
			return "", false
		}
		out = append(out[:i], append([]rune{rune(n)}, out[i:]...)...)
		i++
	}
	return string(out), true
}

func idnToASCII(s string) (string, error) {
	labels := strings.Split(s, ".")
	for i, l := range labels {
		if !isASCIIText(l) {
			l = "xn--" + punyEncode(normalize(strings.ToLower(l), "nfkc"))
		}
		if len(l) > 63 {
			//lint:ignore ST1005 these are Java's words
			return "", errors.New("The label in the input is too long")
		}
		if l == "" && i < len(labels)-1 {
			//lint:ignore ST1005 these are Java's words
			return "", errors.New("Empty label is not a legal name")
		}
		labels[i] = l
	}
	return strings.Join(labels, "."), nil
}

func idnToUnicode(s string) string {
	labels := strings.Split(s, ".")
	for i, l := range labels {
		if len(l) > 4 && strings.EqualFold(l[:4], "xn--") {
			if u, ok := punyDecode(l[4:]); ok {
				labels[i] = u
			}
		}
	}
	return strings.Join(labels, ".")
}

func isASCIIText(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
