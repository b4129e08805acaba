package output

import (
	"net"
	"strings"
	"testing"
	"time"

	"sluice/internal/diag"
	"sluice/internal/plugin"
	"sluice/internal/plugin/plugintest"
)

func TestUDP(t *testing.T) {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, port, _ := net.SplitHostPort(c.LocalAddr().String())
	tests := []struct{ options, verdicts, want string }{
		{`port => ` + port, "..", `{"n":` + port + `}|{"n":"x"}`},
		{`port => "%{n}" codec => plain { format => "<%{n}>" } retry_count => 1 retry_backoff_ms => 0`, ".x", "<" + port + ">"},
	}
	for _, test := range tests {
		o, _ := netOutput(t, `udp { host => "127.0.0.1" `+test.options+` }`, nil)
		answers := netWrite(t, o, `{"n":`+port+`}`, `{"n":"x"}`)
		if v := verdicts(answers); v != test.verdicts {
			t.Errorf("%s: %s %v", test.options, v, answers)
		}
		var got []string
		for range strings.Count(test.verdicts, ".") {
			buffer := make([]byte, 1000)
			c.SetReadDeadline(time.Now().Add(10 * time.Second))
			n, _, err := c.ReadFrom(buffer)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, string(buffer[:n]))
		}
		if all := strings.Join(got, "|"); all != test.want {
			t.Errorf("%s: got %s, wanted %s", test.options, all, test.want)
		}
	}
}

func TestUDPCannotSend(t *testing.T) {
	o, _ := netOutput(t, `udp { host => "127.0.0.1" port => 9 }`, nil)
	a := netWrite(t, o, `{"a":"`+strings.Repeat("x", 70000)+`"}`)
	if verdicts(a) != "x" || !strings.Contains(a[0].Reason, "70008 bytes are too many") {
		t.Error(a)
	}
	for range 3 { // nobody listens, and nobody is asked to
		if a := netWrite(t, o, `{"a":1}`); verdicts(a) != "." {
			t.Error(a)
		}
	}
	if p, list := plugintest.Configure(t, plugin.OutputKind, `udp { host => "h" port => "http" }`, plugintest.Env(t)); p != nil || !strings.Contains(list.Text(diag.Plain), `"http" is no port`) {
		t.Error(list)
	}
}
