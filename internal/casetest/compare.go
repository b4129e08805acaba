package casetest

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"sluice/internal/diag"
)

// Difference is one event that is not as expected.
type Difference struct {
	Expected int       // the number of the expected event, from 1; 0 for an event that nobody expected
	Got      int       // the number of the event that came out, from 1; 0 for one that is missing
	At       diag.Span // of what is expected; may be no place
	Event    string    // the missing or unexpected event, as JSON
	Fields   []FieldDifference
}

// FieldDifference is a field that is not as expected. Want and Got are JSON; "" says that
// the field is not there.
type FieldDifference struct {
	Field     string
	Want, Got string
	Note      string
}

// judge compares what has come out with what is expected.
func (r *runner) judge(results []Result) {
	if r.file.language != golden {
		redistribute(results)
	}
	for i := range results {
		res := &results[i]
		for j := range res.outcomes {
			r.prepare(&res.outcomes[j])
		}
		if res.Mistakes.Err() != nil {
			res.Status = Broken
			continue
		}
		want := make([]expectation, len(res.Case.expected))
		for j, e := range res.Case.expected {
			want[j] = e
			want[j].event = e.event.clone()
			for _, path := range r.file.ignore {
				want[j].event.removePath(path)
			}
		}
		res.Differences = differences(want, res.outcomes, r.file.language == golden)
		res.Status = Passed
		if len(res.Differences) > 0 {
			res.Status = Failed
		}
	}
}

// redistribute gives every case of a file of logstash-filter-verifier as many events as
// it expects, when all cases together have as many as expected: there, the events of all
// cases are one list, to which filters and codecs may add late.
func redistribute(results []Result) {
	var all []outcome
	expected := 0
	for i := range results {
		all = append(all, results[i].outcomes...)
		expected += len(results[i].Case.expected)
	}
	if len(all) != expected {
		return
	}
	for i := range results {
		n := len(results[i].Case.expected)
		results[i].outcomes, all = all[:n:n], all[n:]
	}
}

// timestamp is the field that the clock sets.
const timestamp = "@timestamp"

// prepare leaves of an event what is compared.
func (r *runner) prepare(o *outcome) {
	e := &o.event
	if r.file.language == golden {
		if v := e.get("@version"); v != nil && v.kind == text && v.text == "1" {
			e.remove("@version")
		}
	} else {
		e.remove("@version")
	}
	if o.clocked {
		e.remove(timestamp)
	}
	if r.file.daemon {
		cleanTags(e)
		if r.file.outputs {
			e.set("__lfv_out_passed", textValue(plainID(o.to[0])))
		}
	}
	if r.file.metadata {
		m := o.metadata.clone()
		m.fields = slices.DeleteFunc(m.fields, func(f field) bool {
			return r.file.language != golden && (strings.HasPrefix(f.key, "__lfv_") || strings.HasPrefix(f.key, "__tmp_"))
		})
		if len(m.fields) > 0 {
			e.set("@metadata", m)
		}
	}
	for _, path := range r.file.ignore {
		e.removePath(path)
	}
}

// cleanTags makes a list of the tags and removes an empty one, as
// logstash-filter-verifier's daemon mode does.
func cleanTags(e *value) {
	tags := e.get("tags")
	switch {
	case tags == nil:
	case tags.kind == text:
		*tags = value{kind: list, items: []value{textValue(tags.text)}}
	case tags.kind == null || len(tags.items) == 0:
		e.remove("tags")
	}
}

// plainID writes an id as logstash-filter-verifier does.
func plainID(id string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x80 && strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", r) {
			return r
		}
		return '_'
	}, id)
}

func differences(want []expectation, got []outcome, exact bool) []Difference {
	var all []Difference
	for _, p := range align(want, got, exact) {
		switch {
		case p.want < 0:
			e := got[p.got].event.sorted()
			all = append(all, Difference{Got: p.got + 1, Event: e.String()})
		case p.got < 0:
			w := &want[p.want]
			all = append(all, Difference{Expected: p.want + 1, At: w.at, Event: w.event.String()})
		default:
			w, g := &want[p.want], &got[p.got]
			if fields := compareEvents(w, g, exact); len(fields) > 0 {
				all = append(all, Difference{Expected: p.want + 1, Got: p.got + 1, At: w.at, Fields: fields})
			}
		}
	}
	return all
}

func compareEvents(w *expectation, g *outcome, exact bool) []FieldDifference {
	var fields []FieldDifference
	compare("", &w.event, &g.event, exact, &fields)
	for i := range fields {
		if fields[i].Field == "["+timestamp+"]" && fields[i].Got == "" && g.clocked {
			fields[i].Note = "it is the time of the run: nothing has set it"
		}
	}
	if w.to != nil && !slices.Equal(sortedTexts(w.to), sortedTexts(g.to)) {
		fields = append(fields, FieldDifference{Field: "to", Want: outputsText(w.to), Got: outputsText(g.to)})
	}
	return fields
}

func sortedTexts(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return list
}

// nothing is what stands for no output.
const nothing = "nothing"

func outputsText(to []string) string {
	if len(to) == 0 {
		return nothing
	}
	return strings.Join(to, ", ")
}

// compare collects the fields below path that are not alike.
func compare(path string, want, got *value, exact bool, into *[]FieldDifference) {
	add := func(f FieldDifference) { *into = append(*into, f) }
	switch {
	case want.kind == object && got.kind == object:
		for _, key := range keysOf(want, got) {
			w, g := want.get(key), got.get(key)
			inner := path + "[" + key + "]"
			switch {
			case w == nil:
				add(FieldDifference{Field: inner, Got: g.String()})
			case g == nil:
				add(FieldDifference{Field: inner, Want: w.String()})
			default:
				compare(inner, w, g, exact, into)
			}
		}
	case want.kind == list && got.kind == list && len(want.items) == len(got.items) && !want.short():
		for i := range want.items {
			compare(fmt.Sprintf("%s[%d]", path, i), &want.items[i], &got.items[i], exact, into)
		}
	case !equal(want, got, exact):
		f := FieldDifference{Field: path, Want: want.String(), Got: got.String()}
		if want.kind != got.kind {
			f.Note = fmt.Sprintf("%s, not %s", got.kind, want.kind)
		}
		add(f)
	}
}

func keysOf(a, b *value) []string {
	var keys []string
	for _, v := range []*value{a, b} {
		for _, f := range v.fields {
			keys = append(keys, f.key)
		}
	}
	sort.Strings(keys)
	return slices.Compact(keys)
}

// pair is an expected event with the one that came out in its place; -1 is none.
type pair struct{ want, got int }

// mostAligned is how many pairs are looked at to find out which events belong together.
const mostAligned = 10_000

// align finds out which events belong together: those in the same place when there are
// as many as expected, otherwise those that make the fewest differences in all.
func align(want []expectation, got []outcome, exact bool) []pair {
	n, m := len(want), len(got)
	var pairs []pair
	if n == m || n*m > mostAligned {
		for i := range max(n, m) {
			p := pair{i, i}
			if i >= n {
				p.want = -1
			}
			if i >= m {
				p.got = -1
			}
			pairs = append(pairs, p)
		}
		return pairs
	}
	// cost[i][j] is that of aligning what is behind i and j.
	const alone = 4 // of an event without a partner: that of so many fields
	cost := make([][]int, n+1)
	for i := n; i >= 0; i-- {
		cost[i] = make([]int, m+1)
		for j := m; j >= 0; j-- {
			switch {
			case i == n:
				cost[i][j] = (m - j) * alone
			case j == m:
				cost[i][j] = (n - i) * alone
			default:
				together := len(compareEvents(&want[i], &got[j], exact)) + cost[i+1][j+1]
				cost[i][j] = min(together, cost[i+1][j]+alone, cost[i][j+1]+alone)
			}
		}
	}
	for i, j := 0, 0; i < n || j < m; {
		switch {
		case i < n && (j == m || cost[i][j] == cost[i+1][j]+alone):
			pairs = append(pairs, pair{i, -1})
			i++
		case j < m && (i == n || cost[i][j] == cost[i][j+1]+alone):
			pairs = append(pairs, pair{-1, j})
			j++
		default:
			pairs = append(pairs, pair{i, j})
			i, j = i+1, j+1
		}
	}
	return pairs
}
