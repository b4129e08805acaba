// Package pipeline is the corridor: batches of events through filters and conditionals
// to outputs, and an answer for each event.
//
// Way in: Compile makes a Pipeline of a syntax tree; Run starts its inputs, which put
// batches into a Queue, and its workers, which take them out. Way out: every event is
// delivered, dead-lettered or dropped for a counted reason, and then acked in the queue.
// Stages are plain calls on one event after the other, as Logstash's ordered execution.
//
// It reads no files, knows no settings, and leaves durability to the Queue it is given.
package pipeline
