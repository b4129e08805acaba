// Package timefmt prints and reads times in the forms that Logstash
// configurations use: Joda-Time patterns, java.time patterns, ISO 8601, UNIX,
// UNIX_MS and TAI64N.
//
// Way in: Joda or Java compile a pattern into a Layout; ParseTimestamp reads what
// @timestamp accepts; ParseISO8601, ParseUnix, ParseUnixMillis and ParseTAI64N are
// the named formats of the date filter. Way out: Layout.Append, Layout.Parse and
// AppendTimestamp.
//
// It never reads the clock (callers pass now), and the machine's own time zone only
// where ParseTimestamp finds a text without a zone.
package timefmt
