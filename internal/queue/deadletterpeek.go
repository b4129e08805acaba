package queue

import (
	"context"
	"slices"

	"sluice/internal/vfs"
)

// PeekDeadLetters calls each with every entry of a dead letter queue that has not been
// dropped, oldest first. It changes nothing, takes no lock and may run while a process
// uses the queue. What an entry holds is valid during the call only. The error is
// os.ErrNotExist where there is no queue. fsys may be nil for the real one.
func PeekDeadLetters(ctx context.Context, fsys vfs.FS, dir string, each func(DeadLetter) error) error {
	x, err := Stat(fsys, dir)
	if err != nil {
		return err
	}
	cursor := ""
	if slices.ContainsFunc(x.Cursors, func(c CursorInfo) bool { return c.Name == KeptCursor }) {
		cursor = KeptCursor
	}
	_, err = Export(ctx, fsys, dir, cursor, func(r Record) error { return each(deadLetterOf(r)) })
	return err
}

// deadLetterOf decodes an entry. One that cannot be decoded is still an entry, so that
// somebody can look at it and drop it.
func deadLetterOf(r Record) DeadLetter {
	e, err := DecodeDeadLetter(r.Payload)
	if err != nil {
		e = DeadLetter{Reason: err.Error(), Event: r.Payload, Time: r.Time}
	}
	e.Seq = r.Seq
	return e
}
