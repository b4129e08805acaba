package codec

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"sluice/internal/event"
	"sluice/internal/timefmt"
)

// flowReader reads one packet into a batch.
type flowReader struct {
	*netflow
	exporter      string
	into          *event.Batch
	now           time.Time
	templatesSeen bool
}

// flowHeader is what the header of a packet says that its records need.
type flowHeader struct {
	version  uint16
	uptime   int64 // milliseconds
	seconds  int64 // since 1970
	sequence uint32
	domain   uint32
}

var errCut = errors.New("it ends too early")

func (r *flowReader) packet(p []byte) error {
	if len(p) < 2 {
		return errCut
	}
	version := binary.BigEndian.Uint16(p)
	switch {
	case version != 5 && version != 9 && version != 10:
		return fmt.Errorf("it is of version %d", version)
	case !r.accepted[version]:
		return nil
	case version == 5:
		return r.v5(p)
	case version == 9:
		return r.v9(p)
	}
	return r.ipfix(p)
}

// v5Fields are the fields of a NetFlow v5 record, in order. One without a name is padding.
var v5Fields = []flowField{
	{"ip4_addr", "ipv4_src_addr", 4}, {"ip4_addr", "ipv4_dst_addr", 4}, {"ip4_addr", "ipv4_next_hop", 4},
	{"u", "input_snmp", 2}, {"u", "output_snmp", 2}, {"u", "in_pkts", 4}, {"u", "in_bytes", 4},
	{"u", "first_switched", 4}, {"u", "last_switched", 4}, {"u", "l4_src_port", 2}, {"u", "l4_dst_port", 2},
	{"skip", "", 1}, {"u", "tcp_flags", 1}, {"u", "protocol", 1}, {"u", "src_tos", 1},
	{"u", "src_as", 2}, {"u", "dst_as", 2}, {"u", "src_mask", 1}, {"u", "dst_mask", 1}, {"skip", "", 2},
}

func (r *flowReader) v5(p []byte) error {
	const headerLength, recordLength = 24, 48
	if len(p) < headerLength {
		return errCut
	}
	count := int(binary.BigEndian.Uint16(p[2:]))
	if count < 1 || count > 30 {
		return fmt.Errorf("it says that it has %d records", count)
	}
	h := flowHeader{version: 5, uptime: int64(binary.BigEndian.Uint32(p[4:])), seconds: int64(binary.BigEndian.Uint32(p[8:]))}
	micros := int64(binary.BigEndian.Uint32(p[12:])) / 1000
	header := []event.Field{
		{Key: "version", Value: event.IntValue(5)},
		{Key: "flow_seq_num", Value: event.IntValue(int64(binary.BigEndian.Uint32(p[16:])))},
		{Key: "engine_type", Value: event.IntValue(int64(p[20]))},
		{Key: "engine_id", Value: event.IntValue(int64(p[21]))},
		{Key: "sampling_algorithm", Value: event.IntValue(int64(p[22] >> 6))},
		{Key: "sampling_interval", Value: event.IntValue(int64(binary.BigEndian.Uint16(p[22:]) & 0x3fff))},
		{Key: "flow_records", Value: event.IntValue(int64(count))},
	}
	p = p[headerLength:]
	for range count {
		if len(p) < recordLength {
			return errCut
		}
		o := new(event.ObjectData)
		for _, f := range header {
			o.Set(f.Key, f.Value)
		}
		// Where the fraction of the second turns negative Logstash adds a second to it, but
		// takes none away; so do we.
		r.fields5(o, p[:recordLength], func(at int64) (int64, int64) {
			millis := h.uptime - at
			fraction := micros - floorMod(millis, 1000)*1000
			if fraction < 0 {
				fraction += 1_000_000
			}
			return h.seconds - floorDiv(millis, 1000), fraction
		})
		r.event(o, time.Unix(h.seconds, micros*1000))
		p = p[recordLength:]
	}
	return nil
}

func (r *flowReader) fields5(o *event.ObjectData, p []byte, switched func(int64) (int64, int64)) {
	for _, f := range v5Fields {
		v := elementReaders[f.Kind](p[:f.Length], r.into)
		if strings.HasSuffix(f.Name, "_switched") {
			v = r.timeText(switched(v.Int()))
		}
		if v.Exists() {
			o.Set(f.Name, v)
		}
		p = p[f.Length:]
	}
}

// timeText is a time as Logstash's records have it: a text.
func (r *flowReader) timeText(seconds, micros int64) event.Value {
	var buf [40]byte
	return event.StringValue(r.into.CopyString(string(timefmt.AppendTimestamp(buf[:0], time.Unix(seconds, micros*1000).UTC()))))
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func floorMod(a, b int64) int64 { return a - floorDiv(a, b)*b }

// event adds the event of a record.
func (r *flowReader) event(o *event.ObjectData, at time.Time) {
	e := r.into.New()
	e.SetTimestamp(at)
	e.Root().Set(r.target, event.ObjectValue(o))
}

func (r *flowReader) v9(p []byte) error {
	if len(p) < 20 {
		return errCut
	}
	h := flowHeader{
		version: 9, uptime: int64(binary.BigEndian.Uint32(p[4:])), seconds: int64(binary.BigEndian.Uint32(p[8:])),
		sequence: binary.BigEndian.Uint32(p[12:]), domain: binary.BigEndian.Uint32(p[16:]),
	}
	return r.sets(h, p[20:], 0, 1)
}

func (r *flowReader) ipfix(p []byte) error {
	if len(p) < 16 {
		return errCut
	}
	length := int(binary.BigEndian.Uint16(p[2:]))
	if length < 16 || length > len(p) {
		return errCut
	}
	h := flowHeader{
		version: 10, seconds: int64(binary.BigEndian.Uint32(p[4:])),
		sequence: binary.BigEndian.Uint32(p[8:]), domain: binary.BigEndian.Uint32(p[12:]),
	}
	return r.sets(h, p[16:length], 2, 3)
}

// sets reads the sets of a packet: of templates, of option templates, and of records.
func (r *flowReader) sets(h flowHeader, p []byte, templates, options uint16) error {
	for len(p) >= 4 {
		id, length := binary.BigEndian.Uint16(p), int(binary.BigEndian.Uint16(p[2:]))
		if length == 0 {
			return nil // padding
		}
		if length < 4 || length > len(p) {
			return errCut
		}
		set := p[4:length]
		p = p[length:]
		var err error
		switch {
		case id == templates:
			err = r.templateSet(h, set, false)
		case id == options:
			err = r.templateSet(h, set, true)
		case id >= 256:
			r.records(h, templateID{r.exporter, h.version == 9, h.domain, id}, set)
		default:
			err = fmt.Errorf("it has a set of the unknown kind %d", id)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// templateSet reads a set of templates.
func (r *flowReader) templateSet(h flowHeader, p []byte, options bool) error {
	least := 4
	if options {
		least = 6
	}
	for len(p) >= least {
		one := &flowTemplate{ID: templateID{r.exporter, h.version == 9, h.domain, binary.BigEndian.Uint16(p)}}
		if one.ID.Number < 256 {
			return nil // padding
		}
		count, scopes := int(binary.BigEndian.Uint16(p[2:])), 0
		if options {
			scopes = int(binary.BigEndian.Uint16(p[4:]))
			if h.version == 9 { // lengths in bytes, of the scopes and then of the options
				scopes, count = count/4, count/4+scopes/4
			}
		}
		p = p[least:]
		for i := range count {
			f, n := r.templateField(p, h.version == 9, i < scopes)
			if n == 0 {
				return errCut
			}
			if f.Length > 0 {
				one.Fields = append(one.Fields, f)
			}
			p = p[n:]
		}
		r.templatesSeen = true
		r.netflow.templates.add(one, r.now)
	}
	return nil
}

// maxBurst is how many events one packet may set free that have waited; the others
// follow with the next packets, so that a batch stays small.
const maxBurst = 2000

// waited reads records whose template has come.
func (r *flowReader) waited() {
	for first := len(r.into.Events); len(r.into.Events)-first < maxBurst; {
		id, set, ok := r.netflow.templates.next()
		if !ok {
			return
		}
		r.records(set.header, id, r.into.Copy(set.data))
	}
}

// v9Scopes are the scopes of NetFlow v9's option templates.
var v9Scopes = map[uint16]string{1: "scope_system", 2: "scope_interface", 3: "scope_line_card", 4: "scope_netflow_cache", 5: "scope_template"}

// templateField reads a field of a template and returns the number of bytes it takes, or
// 0. A field that is not known is passed over in records; Logstash does without the
// whole template.
func (r *flowReader) templateField(p []byte, v9, scope bool) (f flowField, n int) {
	if len(p) < 4 {
		return f, 0
	}
	id := elementID{v9: v9, number: binary.BigEndian.Uint16(p)}
	f, n = flowField{Kind: "skip", Length: binary.BigEndian.Uint16(p[2:])}, 4
	switch {
	case v9 && scope:
		if name := v9Scopes[id.number]; name != "" {
			f.Kind, f.Name = "u", name
		}
		return f, n
	case !v9 && id.number >= 0x8000:
		if len(p) < 8 {
			return f, 0
		}
		id.number &= 0x7fff
		id.enterprise, n = binary.BigEndian.Uint32(p[4:]), 8
	}
	if e, ok := r.fields[id]; ok {
		f.Kind, f.Name = e.kind, e.name
	}
	return f, n
}

// records reads a set of records. What is shorter than a record at its end is padding.
func (r *flowReader) records(h flowHeader, id templateID, p []byte) {
	one := r.netflow.templates.find(id, r.now)
	if one == nil {
		r.netflow.templates.wait(id, h, p)
		return
	}
	for len(p) >= one.least {
		o := new(event.ObjectData)
		o.Set("version", event.IntValue(int64(h.version)))
		if h.version == 9 {
			o.Set("flow_seq_num", event.IntValue(int64(h.sequence)))
		}
		if h.version == 9 || r.includeFlowset {
			o.Set("flowset_id", event.IntValue(int64(id.Number)))
		}
		n := r.record(h, one, o, p)
		if n == 0 {
			return
		}
		p = p[n:]
		r.event(o, time.Unix(h.seconds, 0))
	}
}

// record reads one record and returns its length, or 0 when it is cut.
func (r *flowReader) record(h flowHeader, one *flowTemplate, o *event.ObjectData, p []byte) int {
	i := 0
	for _, f := range one.Fields {
		length := int(f.Length)
		if f.Length == variableLength {
			if i >= len(p) {
				return 0
			}
			length = int(p[i])
			i++
			if length == 255 {
				if len(p)-i < 2 {
					return 0
				}
				length = int(binary.BigEndian.Uint16(p[i:]))
				i += 2
			}
		}
		if length > len(p)-i {
			return 0
		}
		if f.Name != "" {
			v := elementReaders[f.Kind](p[i:i+length], r.into)
			if v.Exists() {
				o.Set(f.Name, r.timed(h, f.Name, v))
			}
		}
		i += length
	}
	return i
}

// timed makes a text of those fields that are times.
func (r *flowReader) timed(h flowHeader, name string, v event.Value) event.Value {
	if v.Kind() != event.Int && v.Kind() != event.BigInt {
		return v
	}
	if h.version == 9 {
		if !strings.HasSuffix(name, "_switched") {
			return v
		}
		// Logstash begins at the second after; so do we.
		millis := h.uptime - v.Int()
		return r.timeText(h.seconds-floorDiv(millis, 1000), 1_000_000-floorMod(millis, 1000)*1000)
	}
	unit, ok := strings.CutPrefix(name, "flowStart")
	if !ok {
		if unit, ok = strings.CutPrefix(name, "flowEnd"); !ok {
			return v
		}
	}
	switch unit {
	case "Seconds":
		return r.timeText(v.Int(), 0)
	case "Milliseconds":
		return r.timeText(floorDiv(v.Int(), 1000), floorMod(v.Int(), 1000)*1000)
	case "Microseconds", "Nanoseconds": // in NTP's form: seconds since 1900 and a 32-bit fraction
		n := v.Big().Uint64()
		const from1900 = 2_208_988_800
		at := time.Unix(int64(n>>32)-from1900, int64((n&0xffffffff)*1_000_000_000>>32)).UTC()
		var buf [40]byte
		return event.StringValue(r.into.CopyString(string(timefmt.AppendTimestamp(buf[:0], at))))
	}
	return v
}
