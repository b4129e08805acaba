// Package queue keeps payloads safe on disk: a journal with group commit, durable
// named cursors, out-of-order acks and recovery that always opens.
//
// Way in: Open, then Journal.Append, which returns when the payloads are durable.
// Way out: Journal.Reader, Reader.Next and Reader.Ack; DeadLetters is a typed queue
// of rejected events on the same journal; Check, Stat, Export and Repair look at a
// directory from outside. The format is in design/0003-journal.md.
//
// It never looks inside a payload, never deletes what it does not understand, and
// never calls data written that a failed fsync has touched.
package queue
