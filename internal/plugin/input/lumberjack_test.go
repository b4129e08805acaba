package input

import (
	"fmt"
	"testing"
	"time"

	"sluice/internal/lumberjack"
	"sluice/internal/plugin"
)

func TestLumberjack(t *testing.T) {
	tests := []struct {
		options string
		line    string
		want    string
	}{
		{"", "hello", `{"file":"/var/log/x","@version":"1","message":"hello"}{}`},
		{`codec => json type => "old"`, `{"a":1}`, `{"a":1,"@version":"1","file":"/var/log/x","type":"old"}{}`},
	}
	for _, test := range tests {
		config := fmt.Sprintf(`lumberjack { host => "127.0.0.1" port => 0 ssl_certificate => "%[1]s/logstash_server.crt" ssl_key => "%[1]s/logstash_server.key" %[2]s }`, certs(t), test.options)
		p := netInput(t, config, func(env *plugin.Env) { env.ECS = plugin.ECSDisabled })
		sink := newNetSink()
		netRun(t, p, sink)
		address := p.(*lumberjackInput).listener.Addr().String()
		c := dialBeats(t, address, clientTLS(t, false), lumberjack.ClientOptions{Version: lumberjack.V1, Compression: 1, Timeout: 10 * time.Second})
		c.AddPairs([]lumberjack.Pair{{Key: []byte("file"), Value: []byte("/var/log/x")}, {Key: []byte("line"), Value: []byte(test.line)}})
		if err := c.Send(); err != nil {
			t.Fatal(err)
		}
		if err := c.Await(1, nil); err != nil {
			t.Fatal(err)
		}
		if got := withoutTime(sink.take()[0]); got != test.want {
			t.Errorf("%s: got\n%s\nwanted\n%s", test.options, got, test.want)
		}
	}
}

func TestLumberjackNeedsTLS(t *testing.T) {
	expectMistake(t, `lumberjack { port => 1 }`, "needs the option ssl_certificate")
}

func TestElasticAgent(t *testing.T) {
	p := netInput(t, `elastic_agent { host => "127.0.0.1" port => 0 }`, func(env *plugin.Env) { env.ECS = plugin.ECSDisabled })
	sink := newNetSink()
	netRun(t, p, sink)
	c := dialBeats(t, p.(*beats).listener.Addr().String(), nil, lumberjack.ClientOptions{Timeout: 10 * time.Second})
	c.AddJSON([]byte(`{"message":"m"}`))
	if err := c.Send(); err != nil {
		t.Fatal(err)
	}
	if err := c.Await(1, nil); err != nil {
		t.Fatal(err)
	}
	if got, want := withoutTime(sink.take()[0]), `{"message":"m","@version":"1","tags":["beats_input_codec_plain_applied"]}{"ip_address":"127.0.0.1"}`; got != want {
		t.Errorf("got\n%s\nwanted\n%s", got, want)
	}
}
