package timefmt

import (
	_ "embed"
	"sort"
	"strings"
	"sync"
	"unicode"
)

//go:embed locales.txt
var localeTable string

// Locale holds the texts that a layout reads in one language. It is immutable.
type Locale struct {
	months, weekdays, halfdays, eras wordList
}

// wordList finds the longest word that a text starts with, by its first byte.
type wordList map[byte][]word

type word struct {
	text  string
	value int
}

// prefix returns the value and the length of the longest word at the start of s.
func (l wordList) prefix(s string) (value, length int) {
	if s == "" {
		return 0, 0
	}
	for _, w := range l[s[0]] {
		if strings.HasPrefix(s, w.text) {
			return w.value, len(w.text)
		}
	}
	return 0, 0
}

// English is the locale that the date filter uses without one.
var English = findLocale("en")

var locales struct {
	sync.Mutex
	lines  map[string]string // lower-case tag -> the line with its names
	loaded map[string]*Locale
}

// LookupLocale returns the locale of a language tag such as de, de-AT or de_AT. A
// region that has no names of its own has those of its language. An unknown tag
// gives English, as in Logstash, and false, so that the caller can say so.
func LookupLocale(tag string) (*Locale, bool) {
	if loc := findLocale(tag); loc != nil {
		return loc, true
	}
	return English, false
}

// findLocale returns nil for an unknown tag.
func findLocale(tag string) *Locale {
	locales.Lock()
	defer locales.Unlock()
	if locales.lines == nil {
		locales.lines = make(map[string]string)
		locales.loaded = make(map[string]*Locale)
		for line := range strings.Lines(localeTable) {
			if strings.HasPrefix(line, "#") {
				continue
			}
			tags, names, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "|")
			for _, t := range strings.Fields(tags) {
				locales.lines[strings.ToLower(t)] = names
			}
		}
	}
	key := strings.ToLower(strings.ReplaceAll(tag, "_", "-"))
	for {
		if loc, ok := locales.loaded[key]; ok {
			return loc
		}
		if names, ok := locales.lines[key]; ok {
			language, _, _ := strings.Cut(key, "-")
			loc := newLocale(language, names)
			locales.loaded[key] = loc
			return loc
		}
		i := strings.LastIndexByte(key, '-')
		if i < 0 {
			return nil
		}
		key = key[:i]
	}
}

func newLocale(language, names string) *Locale {
	columns := strings.Split(names, "|")
	lists := make([][]string, len(columns))
	for i, c := range columns {
		lists[i] = strings.Split(c, ",")
	}
	for _, i := range [...]int{2, 3} {
		// Sunday comes last, as in ISO 8601.
		lists[i] = append(lists[i][1:], lists[i][0])
	}
	l := &Locale{
		months:   newWordList(language, 1, lists[0], lists[1]),
		weekdays: newWordList(language, 1, lists[2], lists[3]),
		halfdays: newWordList(language, 0, lists[4]),
		eras:     newWordList(language, 0, lists[5]),
	}
	if language == "en" {
		l.eras = newWordList(language, 0, lists[5], []string{"BCE", "CE"})
	}
	return l
}

// newWordList makes the list of words and of their lower- and upper-case forms:
// Joda-Time knows these three, not any mixture.
func newWordList(language string, first int, lists ...[]string) wordList {
	l := make(wordList)
	add := func(text string, value int) {
		for _, w := range l[text[0]] {
			if w.text == text {
				return
			}
		}
		l[text[0]] = append(l[text[0]], word{text, value})
	}
	lower, upper := strings.ToLower, strings.ToUpper
	if language == "tr" {
		lower = func(s string) string { return strings.ToLowerSpecial(unicode.TurkishCase, s) }
		upper = func(s string) string { return strings.ToUpperSpecial(unicode.TurkishCase, s) }
	}
	for _, names := range lists {
		for i, name := range names {
			if name == "" {
				continue
			}
			add(name, first+i)
			add(lower(name), first+i)
			add(upper(name), first+i)
		}
	}
	for _, words := range l {
		sort.SliceStable(words, func(i, j int) bool { return len(words[i].text) > len(words[j].text) })
	}
	return l
}
