package event

import "strconv"

// Origin is the queue that numbers the events of a batch: half of what makes an id.
type Origin uint64

// The id of an event is "sl", the origin and the Seq, 13 digits of 5 bits each, so that
// the ids of one queue sort like its events. Those that filters have made of an event by
// Clone have "-" and a number behind it, in the order in which they were made.
const (
	idLength = 2 + 13 + 13
	idDigits = "0123456789abcdefghjkmnpqrstvwxyz" // Crockford's base 32
)

const (
	idKey = "_id"
	// keptKey holds the id of an event in another queue. It is not idKey, where inputs put
	// ids that may occur twice: those of documents that they read again and again.
	keptKey = "_sluice_id"
)

// SetOrigin says which queue the events come from that have a Seq.
func (b *Batch) SetOrigin(o Origin) {
	b.origin = o
	for _, part := range b.parts {
		part.SetOrigin(o)
	}
}

// AppendID appends the id of the event, and nothing when it has none: it was made by a
// filter out of several or of nothing. The id stays the same when the event is delivered
// again, after a restart too if its queue is persisted. An id that the event was given by
// KeepID before goes on. What somebody has set as [@metadata][_id] does not count here,
// since nobody says that it is the event's own.
func (e *Event) AppendID(dst []byte) []byte {
	first := e
	if e.first != nil {
		first = e.first
	}
	start := len(dst)
	if v, ok := e.meta.Get(keptKey); ok && v.kind == String && isID(v.Str()) {
		dst = append(dst, v.Str()...)
	} else if first.Seq != 0 && first.batch.origin != 0 {
		dst = append(dst, 's', 'l')
		dst = appendDigits(dst, uint64(first.batch.origin))
		dst = appendDigits(dst, first.Seq)
	}
	if e.number > 0 && len(dst) > start {
		dst = strconv.AppendUint(append(dst, '-'), uint64(e.number), 10)
	}
	return dst
}

// KeepID writes the id into the event, [@metadata][_sluice_id], so that it stays with it
// in another queue. It returns how to take it back.
func (e *Event) KeepID() (undo func()) {
	v := e.id()
	if v.kind == Missing {
		return func() {}
	}
	before, had := e.meta.Get(keptKey)
	number := e.number
	e.meta.Set(keptKey, v)
	e.number = 0 // it is in the text now
	return func() {
		e.number = number
		if had {
			e.meta.Set(keptKey, before)
		} else {
			e.meta.Delete(keptKey)
		}
	}
}

// id is what [@metadata][_id] is when nobody has set it.
func (e *Event) id() Value {
	var buf [idLength + 16]byte
	id := e.AppendID(buf[:0])
	if len(id) == 0 {
		return Value{}
	}
	return StringValue(e.batch.CopyString(string(id)))
}

func appendDigits(dst []byte, n uint64) []byte {
	for shift := 60; shift >= 0; shift -= 5 {
		dst = append(dst, idDigits[n>>shift&31])
	}
	return dst
}

// isID tells whether a text is an id of AppendID.
func isID(s string) bool {
	if len(s) < idLength || s[0] != 's' || s[1] != 'l' {
		return false
	}
	for i := 2; i < idLength; i++ {
		if c := s[i]; c < '0' || c > '9' && c < 'a' || c > 'z' || c == 'i' || c == 'l' || c == 'o' || c == 'u' {
			return false
		}
	}
	for i := idLength; i < len(s); i++ {
		if c := s[i]; c != '-' && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}
