// Package query is mongodb_terms: MongoDB's query language over events.
//
// Way in: Compile turns a query, given as JSON text, into closures and tells every
// mistake with its place. Way out: Query.Match answers for one event.
//
// What a query means is what MongoDB makes of it: comparisons stay within one type,
// dotted paths go through arrays, null is also what is missing. The source is MongoDB's
// manual, "Query and Projection Operators".
//
// It never runs code out of a query, and a regular expression takes linear time.
package query
