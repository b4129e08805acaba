package diag

import "strings"

// Nearest returns the candidate that a person who typed word most likely meant, or ""
// when none is near: at most a third of the letters differ (Damerau-Levenshtein,
// ignoring case), or one is a prefix of the other.
func Nearest(word string, candidates []string) string {
	best, bestDistance := "", len(word)/3+2
	w := strings.ToLower(word)
	for _, c := range candidates {
		l := strings.ToLower(c)
		d := distance(w, l)
		if len(w) >= 3 && (strings.HasPrefix(l, w) || strings.HasPrefix(w, l) && len(l) >= 3) {
			d = min(d, 2)
		}
		if d < bestDistance && d < max(len(w), len(l)) {
			best, bestDistance = c, d
		}
	}
	return best
}

func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	var older, old, row [65]int
	for j := range len(b) + 1 {
		old[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(old[j]+1, row[j-1]+1, old[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], older[j-2]+1)
			}
		}
		older, old = old, row
	}
	return old[len(b)]
}
