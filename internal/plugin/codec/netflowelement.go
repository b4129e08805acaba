package codec

import (
	_ "embed"
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"golang.org/x/text/encoding/charmap"

	"sluice/internal/event"
	"sluice/internal/plugin"
)

//go:embed netflow_fields.txt
var flowElementTable string

// elementID names an information element. NetFlow v9 has numbers of its own.
type elementID struct {
	v9         bool
	enterprise uint32
	number     uint16
}

// element is what is known about an information element.
type element struct{ kind, name string }

// flowElements reads the table of all elements.
func flowElements() map[elementID]element {
	all := map[elementID]element{}
	for line := range strings.Lines(flowElementTable) {
		if line[0] == '#' {
			continue
		}
		f := strings.Fields(line)
		id := elementID{v9: f[0] == "v9"}
		if !id.v9 {
			n, _ := strconv.ParseUint(f[0], 10, 32)
			id.enterprise = uint32(n)
		}
		n, _ := strconv.ParseUint(f[1], 10, 16)
		id.number = uint16(n)
		e := element{kind: f[2]}
		if len(f) > 3 {
			e.name = f[3]
		}
		all[id] = e
	}
	return all
}

// loadElements reads a file of definitions: number => [type, name], for IPFIX below the
// enterprise.
func loadElements(from plugin.Files, path string, v9 bool) (map[elementID]element, error) {
	content, err := from.ReadFile(path)
	if err != nil {
		return nil, err
	}
	byEnterprise := map[uint32]map[uint16][]any{}
	if v9 {
		one := map[uint16][]any{}
		err = yaml.Unmarshal(content, &one)
		byEnterprise[0] = one
	} else {
		err = yaml.Unmarshal(content, &byEnterprise)
	}
	if err != nil {
		return nil, err
	}
	all := map[elementID]element{}
	for enterprise, numbers := range byEnterprise {
		for number, parts := range numbers {
			e, err := parseElement(parts)
			if err != nil {
				return nil, fmt.Errorf("field %d: %w", number, err)
			}
			all[elementID{v9, enterprise, number}] = e
		}
	}
	return all, nil
}

// parseElement reads [type, name] with Ruby's symbols, such as :uint32 and :in_bytes, or
// a length in bytes as the type.
func parseElement(parts []any) (element, error) {
	if len(parts) == 0 {
		return element{}, fmt.Errorf("the type is missing")
	}
	kind := strings.TrimPrefix(fmt.Sprint(parts[0]), ":")
	switch {
	case kind == "skip":
		return element{kind: "skip"}, nil
	case strings.HasPrefix(kind, "uint") || strings.Trim(kind, "0123456789") == "":
		kind = "u"
	case strings.HasPrefix(kind, "int"):
		kind = "i"
	case kind == "double" || kind == "float":
		kind = "f"
	}
	if _, known := elementReaders[kind]; !known {
		return element{}, fmt.Errorf("there is no type %v", parts[0])
	}
	if len(parts) < 2 {
		return element{}, fmt.Errorf("the name is missing")
	}
	return element{kind, strings.TrimPrefix(fmt.Sprint(parts[1]), ":")}, nil
}

// elementReaders make values of the bytes of a field, which may have any length. A
// Missing value is none.
var elementReaders = map[string]func(data []byte, into *event.Batch) event.Value{
	"u": func(data []byte, _ *event.Batch) event.Value {
		if n, ok := smallUint(data); ok {
			return event.IntValue(int64(n))
		}
		return event.BigIntValue(new(big.Int).SetBytes(data))
	},
	"i": func(data []byte, _ *event.Batch) event.Value {
		n, ok := smallUint(data)
		if !ok && len(data) != 8 {
			return event.Value{}
		}
		if len(data) == 8 {
			return event.IntValue(int64(binary.BigEndian.Uint64(data)))
		}
		shift := 64 - 8*len(data)
		return event.IntValue(int64(n<<shift) >> shift)
	},
	"f": func(data []byte, _ *event.Batch) event.Value {
		switch len(data) {
		case 4:
			return event.FloatValue(float64(math.Float32frombits(binary.BigEndian.Uint32(data))))
		case 8:
			return event.FloatValue(math.Float64frombits(binary.BigEndian.Uint64(data)))
		}
		return event.Value{}
	},
	"ip4_addr":   addressValue,
	"ip6_addr":   addressValue,
	"mac_addr":   func(data []byte, into *event.Batch) event.Value { return hexGroups(data, 1, ':', into) },
	"acl_id_asa": func(data []byte, into *event.Batch) event.Value { return hexGroups(data, 4, '-', into) },
	"octetarray": func(data []byte, into *event.Batch) event.Value { return event.StringValue(hexText(data, into)) },
	"string": func(data []byte, into *event.Batch) event.Value {
		for len(data) > 0 && data[len(data)-1] == 0 {
			data = data[:len(data)-1]
		}
		if !utf8.Valid(data) { // as in Logstash every byte is a character then
			return event.StringValue(text(latin1.mapBytes(data, into)))
		}
		return event.StringValue(into.CopyString(text(data)))
	},
	"application_id": applicationID,
	"forwarding_status": func(data []byte, _ *event.Batch) event.Value {
		var o event.ObjectData
		if len(data) > 0 { // in a longer field it is the last byte
			b := data[len(data)-1]
			o.Set("status", event.IntValue(int64(b>>6)))
			o.Set("reason", event.IntValue(int64(b&0x3f)))
		}
		return event.ObjectValue(&o)
	},
	"mpls_label_stack_octets": func(data []byte, _ *event.Batch) event.Value {
		var o event.ObjectData
		if len(data) >= 3 {
			n := uint32(data[0])<<16 | uint32(data[1])<<8 | uint32(data[2])
			o.Set("label", event.IntValue(int64(n>>4)))
			o.Set("experimental", event.IntValue(int64(n>>1&7)))
			o.Set("bottom_of_stack", event.IntValue(int64(n&1)))
		}
		if len(data) >= 4 {
			o.Set("ttl", event.IntValue(int64(data[3])))
		}
		return event.ObjectValue(&o)
	},
	"skip": func([]byte, *event.Batch) event.Value { return event.Value{} },
}

var latin1 = oneByte(charmap.ISO8859_1, "")

// smallUint returns a big-endian number that fits int64.
func smallUint(data []byte) (n uint64, ok bool) {
	if len(data) > 8 || len(data) == 8 && data[0] >= 0x80 {
		return 0, false
	}
	for _, b := range data {
		n = n<<8 | uint64(b)
	}
	return n, true
}

func addressValue(data []byte, into *event.Batch) event.Value {
	a, ok := netip.AddrFromSlice(data)
	if !ok {
		return event.Value{}
	}
	var buf [48]byte
	return event.StringValue(into.CopyString(string(a.AppendTo(buf[:0]))))
}

// hexGroups writes groups of so many bytes with a separator between them.
func hexGroups(data []byte, group int, separator byte, into *event.Batch) event.Value {
	var out []byte
	for i, b := range data {
		if i > 0 && i%group == 0 {
			out = append(out, separator)
		}
		out = append(out, "0123456789abcdef"[b>>4], "0123456789abcdef"[b&15])
	}
	return event.StringValue(into.CopyString(text(out)))
}

// applicationID writes the id of RFC 6759: the class and the selector, and for class 20
// the number of the enterprise between them.
func applicationID(data []byte, into *event.Batch) event.Value {
	if len(data) < 2 {
		return event.Value{}
	}
	out := strconv.AppendUint(nil, uint64(data[0]), 10)
	rest := data[1:]
	if data[0] == 20 && len(data) >= 7 {
		out = strconv.AppendUint(append(out, ".."...), uint64(binary.BigEndian.Uint32(rest)), 10)
		rest = rest[4:]
	}
	out = append(append(out, ".."...), new(big.Int).SetBytes(rest).String()...)
	return event.StringValue(into.CopyString(string(out)))
}
