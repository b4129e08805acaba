package onig

import (
	"strings"
	"unicode/utf8"
)

// Searcher keeps the memory of one search for the next, for those who search often. The
// zero Searcher is ready; it is not safe for concurrent use.
type Searcher struct{ m machine }

// Find is Regexp.FindWithin with the memory of the Searcher.
func (k *Searcher) Find(r *Regexp, dst []int, s string, from int, steps *int64) (ok bool, loc []int, err error) {
	if r.plain || r.span != nil {
		ok, loc = r.simple(dst[:0], s, from)
		return ok, loc, nil
	}
	pos := r.begin(s, from)
	if pos < 0 {
		return false, dst[:0], nil
	}
	ok, loc, err = k.m.find(r, dst[:0], s, pos, from, steps)
	k.m.unload()
	return ok, loc, err
}

// FindAt is Find for a match that begins exactly at byte at.
func (k *Searcher) FindAt(r *Regexp, dst []int, s string, at int, steps *int64) (ok bool, loc []int, err error) {
	dst = dst[:0]
	if at > len(s) {
		return false, dst, nil
	}
	m := &k.m
	defer m.unload()
	if err := m.load(r, s, at); err != nil {
		return false, dst, err
	}
	m.allow(*steps)
	ok = m.at(m.from)
	*steps = m.steps
	switch {
	case m.over():
		return false, dst, ErrBudget
	case !ok:
		return false, dst, nil
	}
	return true, r.appendPlaces(dst, m), nil
}

// FindWithin is FindInto with a budget that several searches share: steps are taken off
// it, and below zero nothing is searched any more.
func (r *Regexp) FindWithin(dst []int, s string, from int, steps *int64) (ok bool, loc []int, err error) {
	if r.plain || r.span != nil {
		ok, loc = r.simple(dst[:0], s, from)
		return ok, loc, nil
	}
	pos := r.begin(s, from)
	if pos < 0 {
		return false, dst[:0], nil
	}
	m := machines.Get().(*machine)
	ok, loc, err = m.find(r, dst[:0], s, pos, from, steps)
	m.release()
	return ok, loc, err
}

// simple finds what is one text, or characters of one set.
func (r *Regexp) simple(dst []int, s string, from int) (bool, []int) {
	begin, end := -1, -1
	switch {
	case from > len(s):
	case r.plain:
		if i := strings.Index(s[from:], r.literal); i >= 0 {
			begin, end = from+i, from+i+len(r.literal)
		}
	default:
		begin, end = r.span.find(s, from)
	}
	if begin < 0 {
		return false, dst
	}
	return true, append(dst, begin, end)
}

// begin returns the first place at or behind from where a match of a pattern that needs a
// machine can begin, or -1: then none has to be set up.
func (r *Regexp) begin(s string, from int) int {
	switch {
	case from > len(s), r.check != "" && !strings.Contains(s[from:], r.check):
		return -1
	case r.bytes:
		return from
	}
	return r.entry.next(s, from, from)
}

// find looks for a match that begins at pos at the earliest, which begin has returned.
func (m *machine) find(r *Regexp, dst []int, s string, pos, from int, steps *int64) (ok bool, loc []int, err error) {
	if *steps < 0 {
		return false, dst, ErrBudget
	}
	if err := m.load(r, s, from); err != nil {
		return false, dst, err
	}
	if r.bytes {
		pos = r.entry.next(m.s, m.from, m.from)
	}
	m.allow(*steps)
	ok, err = m.search(r, pos, m.from)
	*steps = m.steps
	if !ok {
		return false, dst, err
	}
	return true, r.appendPlaces(dst, m), nil
}

// load sets the machine up for a search in s that begins at from.
func (m *machine) load(r *Regexp, s string, from int) error {
	if len(s) > maxText/2 {
		return ErrBudget
	}
	if r.bytes {
		from, s = r.wide(s, from), widened(s)
	}
	m.reset(r.program, s, from, r.steps, r.priced)
	return nil
}

// search finds the first match that begins at pos, or at a later place where one can; its
// places are in the slots. from is where the search began.
func (m *machine) search(r *Regexp, pos, from int) (bool, error) {
	for pos >= 0 {
		ok := m.at(pos)
		if m.over() {
			return false, ErrBudget
		}
		if ok {
			return true, nil
		}
		if pos >= len(m.s) {
			return false, nil
		}
		m.steps--
		n := 1
		if m.s[pos] >= utf8.RuneSelf {
			_, n = utf8.DecodeRuneInString(m.s[pos:])
		}
		pos = r.entry.next(m.s, pos+n, from)
	}
	return false, nil
}
