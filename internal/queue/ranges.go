package queue

import "sort"

// Range is the sequence numbers First to Last, both included.
type Range struct{ First, Last uint64 }

// Len is the number of sequence numbers in the range.
func (r Range) Len() uint64 { return r.Last - r.First + 1 }

// rangeSet is a set of sequence numbers as sorted ranges that neither overlap nor
// touch. Its size is the number of holes, which is about the number of workers.
type rangeSet []Range

// add puts r in and returns how many numbers were new.
func (s *rangeSet) add(r Range) (added uint64) {
	old := *s
	// i: first range that touches or follows r; k: first one that lies beyond it.
	i := sort.Search(len(old), func(n int) bool { return old[n].Last+1 >= r.First })
	k := i
	added = r.Len()
	for ; k < len(old) && old[k].First <= r.Last+1; k++ {
		if lo, hi := max(r.First, old[k].First), min(r.Last, old[k].Last); lo <= hi {
			added -= hi - lo + 1
		}
	}
	if i == k {
		*s = append(old, Range{})
		copy((*s)[i+1:], old[i:])
		(*s)[i] = r
		return added
	}
	old[i] = Range{min(r.First, old[i].First), max(r.Last, old[k-1].Last)}
	*s = append(old[:i+1], old[k:]...)
	return added
}

// remove takes r out.
func (s *rangeSet) remove(r Range) {
	old := *s
	i := sort.Search(len(old), func(n int) bool { return old[n].Last >= r.First })
	if i == len(old) || old[i].First > r.Last {
		return
	}
	var rest rangeSet
	k := i
	for ; k < len(old) && old[k].First <= r.Last; k++ {
		if old[k].First < r.First {
			rest = append(rest, Range{old[k].First, r.First - 1})
		}
		if old[k].Last > r.Last {
			rest = append(rest, Range{r.Last + 1, old[k].Last})
		}
	}
	*s = append(append(append(make(rangeSet, 0, len(old)+1), old[:i]...), rest...), old[k:]...)
}

// after returns the first number from seq on that is not in the set.
func (s rangeSet) after(seq uint64) uint64 {
	i := sort.Search(len(s), func(n int) bool { return s[n].Last >= seq })
	if i < len(s) && s[i].First <= seq {
		return s[i].Last + 1
	}
	return seq
}

// has tells whether seq is in the set.
func (s rangeSet) has(seq uint64) bool { return s.after(seq) != seq }

// count is the number of sequence numbers in the set.
func (s rangeSet) count() (n uint64) {
	for _, r := range s {
		n += r.Len()
	}
	return n
}
