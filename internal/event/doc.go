// Package event holds what flows through Sluice: the Event, its Values, field
// references, sprintf templates, JSON in and out, and the Batch that owns the memory.
//
// Way in: Batch.Decode makes events of JSON text, Batch.New makes empty ones. Way out:
// AppendJSON. In between, Event.Get, Set and Remove by Ref. A sub-document stays the
// text it came as until somebody looks inside; a number keeps its text; fields keep
// their order. All memory belongs to the Batch: a string or Value taken from an event
// is valid until Batch.Release, unless the batch has been pinned.
//
// It never reads clocks except to stamp a new event, and never does I/O.
package event
