package plugin

import (
	"slices"
	"unicode/utf16"
)

// InJavaOrder returns the entries of a table in the order in which Java's HashMap
// iterates over its keys. Logstash walks the hashes of its configuration in this order,
// and a configuration may depend on it: rename => { "a" => "b" "b" => "c" }.
func InJavaOrder(entries []TableEntry) []TableEntry {
	buckets := 16
	for 4*len(entries) > 3*buckets {
		buckets *= 2
	}
	ordered := slices.Clone(entries)
	slices.SortStableFunc(ordered, func(a, b TableEntry) int {
		return bucket(a.Key, buckets) - bucket(b.Key, buckets)
	})
	return ordered
}

func bucket(key string, buckets int) int {
	var h uint32
	for _, unit := range utf16.Encode([]rune(key)) {
		h = 31*h + uint32(unit)
	}
	return int((h ^ h>>16) & uint32(buckets-1))
}
