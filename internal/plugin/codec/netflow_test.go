package codec

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sluice/internal/event"
	"sluice/internal/plugin"
	"sluice/internal/plugin/plugintest"
)

// bytes16 and the like build packets.
func bytes16(values ...uint16) (b []byte) {
	for _, v := range values {
		b = binary.BigEndian.AppendUint16(b, v)
	}
	return b
}

func bytes32(values ...uint32) (b []byte) {
	for _, v := range values {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return b
}

func join(parts ...[]byte) (b []byte) {
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

// set is a set of a packet with its header.
func set(id uint16, parts ...[]byte) []byte {
	data := join(parts...)
	return join(bytes16(id, uint16(len(data)+4)), data)
}

const flowTime = 1614868533 // 2021-03-04T14:35:33Z

func v9Packet(sets ...[]byte) []byte {
	return join(bytes16(9, uint16(len(sets))), bytes32(10_000, flowTime, 7, 42), join(sets...))
}

func ipfixPacket(sets ...[]byte) []byte {
	data := join(sets...)
	return join(bytes16(10, uint16(len(data)+16)), bytes32(flowTime, 7, 42), data)
}

var (
	v9Template = set(0, bytes16(256, 6, 8, 4, 1, 4, 22, 4, 4, 1, 9999, 3, 56, 6))
	v9Record   = join([]byte{10, 0, 0, 1}, bytes32(1500, 9_500), []byte{6}, []byte("???"), []byte{0, 1, 2, 0xAB, 4, 5})
	v9Event    = `{"netflow":{"version":9,"flow_seq_num":7,"flowset_id":256,"ipv4_src_addr":"10.0.0.1","in_bytes":1500,"first_switched":"2021-03-04T14:35:33.500Z","protocol":6,"in_src_mac":"00:01:02:ab:04:05"}}`

	ipfixTemplate = set(2, bytes16(300, 5, 27, 16, 152, 8, 82, 65535, 1, 8, 0x8000|1, 4), bytes32(29305))
	ipfixRecord   = join([]byte{0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, bytes32(0x177, 0xFDAA52A0), []byte{4, 'e', 't', 'h', '0'}, bytes32(0xFFFFFFFF, 0xFFFFFFFF), bytes32(5))
)

func TestNetflow5(t *testing.T) {
	packet := join(bytes16(5, 1), bytes32(10_000, flowTime, 946_555_000, 7), []byte{1, 2}, bytes16(0x4000|100),
		[]byte{10, 0, 0, 1, 10, 0, 0, 2, 0, 0, 0, 0}, bytes16(1, 2), bytes32(5, 230, 9_000, 9_500), bytes16(54435, 22), []byte{0, 16, 6, 0}, bytes16(64512, 64513), []byte{24, 16, 0, 0})
	c := plugintest.Codec(t, `netflow`, plugintest.Env(t))
	b := event.NewBatch()
	defer b.Release()
	c.NewDecoder().Decode(packet, b)
	plugintest.Same(t, "v5", plugintest.JSON(b.Events, true), []string{`{"@timestamp":"2021-03-04T14:35:33.946555Z","@version":"1","netflow":{"version":5,"flow_seq_num":7,"engine_type":1,"engine_id":2,` +
		`"sampling_algorithm":1,"sampling_interval":100,"flow_records":1,"ipv4_src_addr":"10.0.0.1","ipv4_dst_addr":"10.0.0.2","ipv4_next_hop":"0.0.0.0","input_snmp":1,"output_snmp":2,` +
		`"in_pkts":5,"in_bytes":230,"first_switched":"2021-03-04T14:35:32.946555Z","last_switched":"2021-03-04T14:35:33.446555Z","l4_src_port":54435,"l4_dst_port":22,` +
		`"tcp_flags":16,"protocol":6,"src_tos":0,"src_as":64512,"dst_as":64513,"src_mask":24,"dst_mask":16}}`})
}

func TestNetflowTemplates(t *testing.T) {
	ipfixEvent := func(id string) string {
		return `{"f":{"version":10,` + id + `"sourceIPv6Address":"2001:db8::1","flowStartMilliseconds":"2021-03-04T14:35:33.920Z","interfaceName":"eth0","octetDeltaCount":18446744073709551615,"reverseOctetDeltaCount":5}}`
	}
	for _, c := range []struct {
		name, config string
		packets      [][]byte
		want         []string
	}{
		{"v9", `netflow`, [][]byte{v9Packet(v9Template, set(256, v9Record, v9Record, []byte{0, 0}))}, []string{v9Event, v9Event}},
		{"records before their template", `netflow`, [][]byte{v9Packet(set(256, v9Record)), v9Packet(v9Template)}, []string{v9Event}},
		{"v9 options", `netflow`, [][]byte{v9Packet(set(1, bytes16(257, 4, 8, 1, 4, 34, 4, 36, 2), []byte{0, 0}), set(257, bytes32(9, 100), bytes16(60)))},
			[]string{`{"netflow":{"version":9,"flow_seq_num":7,"flowset_id":257,"scope_system":9,"sampling_interval":100,"flow_active_timeout":60}}`}},
		{"ipfix", `netflow { target => "f" include_flowset_id => true }`, [][]byte{ipfixPacket(ipfixTemplate), ipfixPacket(set(300, ipfixRecord))}, []string{ipfixEvent(`"flowset_id":300,`)}},
		{"other versions", `netflow { versions => [5, 10] }`, [][]byte{v9Packet(v9Template, set(256, v9Record))}, nil},
		{"damaged", `netflow`, [][]byte{{0, 9, 1}, {0, 3}, {}}, []string{
			`{"message":"000901","tags":["_netflowparsefailure"]}`, `{"message":"0003","tags":["_netflowparsefailure"]}`, `{"message":"","tags":["_netflowparsefailure"]}`}},
		{"cut after a record", `netflow`, [][]byte{v9Packet(v9Template, set(256, v9Record), bytes16(256, 400))}, []string{v9Event}},
	} {
		codec := plugintest.Codec(t, c.config, plugintest.Env(t))
		got := plugintest.Decode(codec, c.packets...)
		plugintest.Same(t, c.name, got, c.want)
	}
}

func TestNetflowKeepsTemplatesOverARestart(t *testing.T) {
	env := plugintest.Env(t)
	plugintest.Decode(plugintest.Codec(t, `netflow`, env), v9Packet(v9Template))
	codec := plugintest.Codec(t, `netflow`, env)
	plugintest.Same(t, "after a restart", plugintest.Decode(codec, v9Packet(set(256, v9Record))), []string{v9Event})
	// A file that is damaged costs the templates, nothing more.
	if err := os.WriteFile(filepath.Join(env.DataDir, "flow_templates_main_test.cache"), []byte(`{"version":1,"templates":[{"fields":[{"type":"x"`), 0o644); err != nil {
		t.Fatal(err)
	}
	codec = plugintest.Codec(t, `netflow`, env)
	plugintest.Same(t, "after damage", plugintest.Decode(codec, v9Packet(set(256, v9Record)), v9Packet(v9Template)), []string{v9Event})
}

// TestNetflowExporters: two routers use one number for different templates. Each is read by
// its own, by all decoders of the codec, and after a restart, too.
func TestNetflowExporters(t *testing.T) {
	other := set(0, bytes16(256, 2, 8, 4, 4, 1))
	env := plugintest.Env(t)
	decode := func(c plugin.Codec, sender string, packets ...[]byte) []string {
		b := event.NewBatch()
		defer b.Release()
		d := c.NewDecoder()
		d.(plugin.SenderAware).From(sender)
		for _, p := range packets {
			d.Decode(p, b)
		}
		return plugintest.JSON(b.Events, false)
	}
	c := plugintest.Codec(t, `netflow`, env)
	decode(c, "192.0.2.1", v9Packet(v9Template))
	decode(c, "192.0.2.2", v9Packet(other))
	short := []string{`{"netflow":{"version":9,"flow_seq_num":7,"flowset_id":256,"ipv4_src_addr":"10.0.0.2","protocol":17}}`}
	for range 2 {
		plugintest.Same(t, "one exporter", decode(c, "192.0.2.1", v9Packet(set(256, v9Record))), []string{v9Event})
		plugintest.Same(t, "the other", decode(c, "192.0.2.2", v9Packet(set(256, []byte{10, 0, 0, 2, 17}))), short)
		c = plugintest.Codec(t, `netflow`, env) // a restart
	}
	// Another input that keeps its templates in the same folder leaves them alone.
	second := *env
	second.ID = "input/two"
	decode(plugintest.Codec(t, `netflow`, &second), "192.0.2.4", v9Packet(other))
	c = plugintest.Codec(t, `netflow`, env)
	plugintest.Same(t, "beside another input", decode(c, "192.0.2.1", v9Packet(set(256, v9Record))), []string{v9Event})
	if got := decode(c, "192.0.2.3", v9Packet(set(256, v9Record))); len(got) != 0 {
		t.Errorf("an exporter without a template: %s", got)
	}
}

func TestNetflowTellsWhenATemplateIsMissing(t *testing.T) {
	env := plugintest.Env(t)
	codec := plugintest.Codec(t, `netflow`, env)
	plugintest.Decode(codec, v9Packet(set(256, v9Record)))
	if list := env.Conditions.List(); len(list) != 1 || !strings.Contains(list[0].Cause, "template 256 of source 42") {
		t.Errorf("%+v", list)
	}
	for range 100 { // what waits is bounded
		plugintest.Decode(codec, v9Packet(set(999, make([]byte, 60_000))))
	}
	if n := codec.(*netflow).templates.pendingBytes; n > maxWaitingBytes {
		t.Errorf("%d bytes wait", n)
	}
	plugintest.Decode(codec, v9Packet(set(0, bytes16(999, 1, 1, 30_000, 256, 1, 1, 4))))
	for range 100 { // what waited follows in small batches
		plugintest.Decode(codec, v9Packet())
	}
	if list := env.Conditions.List(); len(list) != 0 {
		t.Errorf("%+v", list)
	}
}

func TestNetflowDefinitions(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{
		"v9.yaml": "---\n9999:\n- :string\n- :mine\n", "ipfix.yaml": "---\n29305:\n  1:\n  - :uint32\n  - :theirs\n",
		"bad.yaml": "---\n1:\n- :nope\n- :x\n",
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	codec := plugintest.Codec(t, `netflow { netflow_definitions => "`+dir+`/v9.yaml" ipfix_definitions => "`+dir+`/ipfix.yaml" }`, plugintest.Env(t))
	got := plugintest.Decode(codec, v9Packet(v9Template, set(256, v9Record)), ipfixPacket(ipfixTemplate, set(300, ipfixRecord)))
	if len(got) != 2 || !strings.Contains(got[0], `"mine":"???"`) || !strings.Contains(got[1], `"theirs":5`) {
		t.Errorf("got %q", got)
	}
	for config, want := range map[string]string{
		`netflow { netflow_definitions => "` + dir + `/bad.yaml" }`:   "there is no type :nope",
		`netflow { ipfix_definitions => "` + dir + `/missing.yaml" }`: "no such file",
		`netflow { versions => [7] }`:                                 "there is no version 7",
	} {
		_, list := plugintest.Configure(t, plugin.CodecKind, config, plugintest.Env(t))
		plugintest.Says(t, config, list, want)
	}
}

func FuzzNetflow(f *testing.F) {
	f.Add(v9Packet(v9Template, set(256, v9Record)), ipfixPacket(ipfixTemplate, set(300, ipfixRecord)))
	f.Add(v9Packet(set(1, bytes16(257, 4, 8, 1, 4, 34, 4, 36, 2))), join(bytes16(5, 1), make([]byte, 70)))
	f.Add(ipfixPacket(set(3, bytes16(301, 2, 1, 149, 4, 95, 7)), set(301, []byte{0, 0, 0, 1, 20, 0, 0, 0, 1, 0, 2})), v9Packet())
	env := plugintest.Env(f)
	env.DataDir = ""
	f.Fuzz(func(t *testing.T, first, second []byte) {
		codec := plugintest.Codec(t, `netflow`, env)
		d := codec.NewDecoder()
		b := event.NewBatch()
		defer b.Release()
		d.Decode(first, b)
		d.Decode(second, b)
		d.Decode(first, b)
		if n := len(b.Events); n > 3*(len(first)+len(second)+2) {
			t.Errorf("%d events of %d bytes", n, len(first)+len(second))
		}
	})
}
