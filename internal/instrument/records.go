package instrument

import (
	"bytes"
	"errors"
	"strings"

	"sluice/internal/event"
)

// records makes events of the lines of one log. What kind of log it is shows in its
// first line.
type records struct {
	zeekLog string // by the file's name
	tsv     *zeekTSV
	known   bool
}

func newRecords(fileName string) *records { return &records{zeekLog: zeekLogName(fileName)} }

// zeekLogName takes the name of a Zeek log from that of its file: conn.log.gz,
// conn.12:00:00-13:00:00.log.gz, conn_20240412_12:00:00-13:00:00+0000.log.gz.
func zeekLogName(file string) string {
	name, _, _ := strings.Cut(file, ".")
	for i := range len(name) - 1 {
		if (name[i] == '_' || name[i] == '-') && name[i+1] >= '0' && name[i+1] <= '9' {
			return name[:i]
		}
	}
	return name
}

// read makes an event of a line, its data appended to dst; a line that only tells about
// the log, and one that is passed over, gives an event without a type.
func (r *records) read(dst, line []byte, passOver bool) (e Event, data []byte, err error) {
	if !r.known {
		r.known = true
		if isZeekTSV(line) {
			r.tsv = newZeekTSV()
		}
	}
	if r.tsv != nil {
		if len(line) > 0 && line[0] == '#' {
			return Event{}, dst, r.tsv.head(line)
		}
		if passOver {
			return Event{}, dst, nil
		}
		data, err = r.tsv.record(dst, line)
		if err != nil {
			return Event{}, dst, err
		}
		name := r.zeekLog
		if r.tsv.Path != "" {
			name = r.tsv.Path
		}
		return zeekEvent(name), data, nil
	}
	if passOver {
		return Event{}, dst, nil
	}
	line = bytes.TrimSpace(line)
	if e, err = r.object(line); err != nil {
		return Event{}, dst, err
	}
	return e, append(dst, line...), nil
}

var (
	eventTypeRef = event.MustRef("event_type")
	signatureRef = event.MustRef("[alert][signature]")
	pathRef      = event.MustRef("_path")
)

var errNotObject = errors.New("it is no JSON object")

// object tells what a JSON record is. The record itself goes on as it is.
func (r *records) object(line []byte) (Event, error) {
	b := event.NewBatch()
	defer b.Release()
	e, end, err := b.Decode(line)
	if err != nil {
		return Event{}, err
	}
	if end != len(line) {
		return Event{}, errNotObject
	}
	if kind := e.Get(eventTypeRef); kind.Kind() == event.String {
		out := Event{Type: "instruments.suricata.event", Message: "suricata " + kind.Str()}
		if s := e.Get(signatureRef); s.Kind() == event.String && kind.Str() == "alert" {
			out.Message = "suricata alert: " + s.Str()
		}
		return out, nil
	}
	name := r.zeekLog
	if p := e.Get(pathRef); p.Kind() == event.String && p.Str() != "" {
		name = strings.Clone(p.Str())
	}
	return zeekEvent(name), nil
}

func zeekEvent(log string) Event {
	return Event{Type: "instruments.zeek." + log, Message: "zeek " + log}
}
