package input

import (
	"io"
	"regexp"
	"strings"
	"testing"

	"sluice/internal/plugin"
	_ "sluice/internal/plugin/filter"
)

func TestSyslog(t *testing.T) {
	const line = "<164>Oct 26 15:19:25 1.2.3.4 sshd[32]: %ASA-4-106023: Deny udp src DRAC"
	tests := []struct {
		name, options string
		ecs           plugin.ECS
		send, want    string
	}{
		{
			"RFC 3164", `timezone => "UTC"`, plugin.ECSDisabled, line + "\n",
			`{"@timestamp":"YEAR-10-26T15:19:25.000Z","@version":"1","message":"%ASA-4-106023: Deny udp src DRAC\n","host":"127.0.0.1","priority":164,"timestamp":"Oct 26 15:19:25","logsource":"1.2.3.4","program":"sshd","pid":"32","severity":4,"facility":20,"facility_label":"local4","severity_label":"Warning"}`,
		},
		{
			"ECS", `timezone => "UTC"`, plugin.ECSV8, line,
			`{"@timestamp":"YEAR-10-26T15:19:25.000Z","@version":"1","message":"%ASA-4-106023: Deny udp src DRAC","event":{"original":"` + line + `"},"host":{"ip":"127.0.0.1","hostname":"1.2.3.4"},"log":{"syslog":{"priority":164,"severity":{"code":4,"name":"Warning"},"facility":{"code":20,"name":"local4"}}},"process":{"name":"sshd","pid":32},"service":{"type":"system"}}`,
		},
		{
			"a zone and a language", `timezone => "America/New_York" locale => "fr" use_labels => false`, plugin.ECSDisabled, "<13>févr. 1 00:00:00 h p: m",
			`{"@timestamp":"NOW","@version":"1","message":"<13>févr. 1 00:00:00 h p: m","host":"127.0.0.1","tags":["_grokparsefailure_sysloginput"],"priority":0,"severity":0,"facility":0}`,
		},
		{
			"an ISO 8601 time", ``, plugin.ECSDisabled, "<13>2024-02-03T04:05:06Z h p: m",
			`{"@timestamp":"2024-02-03T04:05:06.000Z","@version":"1","message":"m","host":"127.0.0.1","priority":13,"timestamp8601":"2024-02-03T04:05:06Z","logsource":"h","program":"p","severity":5,"facility":1,"timestamp":"2024-02-03T04:05:06Z","facility_label":"user-level","severity_label":"Notice"}`,
		},
		{
			"no syslog", `type => "s"`, plugin.ECSDisabled, "hello",
			`{"@timestamp":"NOW","@version":"1","message":"hello","type":"s","host":"127.0.0.1","tags":["_grokparsefailure_sysloginput"],"priority":0,"severity":0,"facility":0,"facility_label":"kernel","severity_label":"Emergency"}`,
		},
		{
			"a pattern and labels of one's own", `grok_pattern => "<%{POSINT:priority}>%{TIMESTAMP_ISO8601:timestamp} atypical %{GREEDYDATA:text}" facility_labels => ["a", "b"] severity_labels => ["c"]`,
			plugin.ECSDisabled, "<8>2024-02-03T04:05:06Z atypical x",
			`{"@timestamp":"2024-02-03T04:05:06.000Z","@version":"1","message":"<8>2024-02-03T04:05:06Z atypical x","host":"127.0.0.1","priority":8,"timestamp":"2024-02-03T04:05:06Z","text":"x","severity":0,"facility":1,"facility_label":"b","severity_label":"c"}`,
		},
		{
			"another field", `syslog_field => "m" codec => json`, plugin.ECSDisabled, `{"m":"<34>2024-02-03T04:05:06Z h p: t"}`,
			`{"m":"<34>2024-02-03T04:05:06Z h p: t","@timestamp":"2024-02-03T04:05:06.000Z","@version":"1","host":"127.0.0.1","priority":34,"timestamp8601":"2024-02-03T04:05:06Z","logsource":"h","program":"p","message":"t","severity":2,"facility":4,"timestamp":"2024-02-03T04:05:06Z","facility_label":"security/authorization","severity_label":"Critical"}`,
		},
	}
	year := regexp.MustCompile(`"@timestamp":"\d{4}-10-26`)
	now := regexp.MustCompile(`"@timestamp":"[^"]*"`)
	for _, test := range tests {
		for _, network := range []string{"udp", "tcp"} {
			t.Run(test.name+" over "+network, func(t *testing.T) {
				p := netInput(t, `syslog { host => "127.0.0.1" port => 0 `+test.options+` }`, func(env *plugin.Env) { env.ECS = test.ecs })
				sink := newNetSink()
				netRun(t, p, sink)
				s := p.(*syslogInput)
				if network == "udp" {
					sendTo(t, s.packets.conn, test.send)
				} else {
					conn := dialTo(t, s.listener, nil)
					io.WriteString(conn, strings.TrimSuffix(test.send, "\n")+"\n")
					conn.Close()
				}
				sink.wait(t, 1)
				got := strings.TrimSuffix(sink.take()[0], "{}")
				want := test.want
				got = year.ReplaceAllString(got, `"@timestamp":"YEAR-10-26`)
				if strings.Contains(want, `"NOW"`) {
					got = now.ReplaceAllString(got, `"@timestamp":"NOW"`)
				}
				if network == "tcp" { // the line end stays in the message, as in Logstash
					got = strings.ReplaceAll(got, `\n"`, `"`)
				}
				if !strings.HasSuffix(test.send, "\n") || network == "tcp" {
					want = strings.ReplaceAll(want, `\n"`, `"`)
				}
				if got != want {
					t.Errorf("got\n%s\nwanted\n%s", got, want)
				}
			})
		}
	}
}

func TestSyslogProxy(t *testing.T) {
	p := netInput(t, `syslog { host => "127.0.0.1" port => 0 proxy_protocol => true ecs_compatibility => disabled }`, nil)
	sink := newNetSink()
	netRun(t, p, sink)
	conn := dialTo(t, p.(*syslogInput).listener, nil)
	io.WriteString(conn, "PROXY TCP4 192.0.2.7 192.0.2.8 1 2\r\n<13>2024-02-03T04:05:06Z h p: m\n")
	sink.wait(t, 1)
	if got := sink.take()[0]; !strings.Contains(got, `"host":"192.0.2.7"`) {
		t.Error(got)
	}
}

func TestSyslogOptions(t *testing.T) {
	for config, want := range map[string]string{
		`syslog { grok_pattern => "%{NOSUCH:x}" }`: "test.conf:1:35",
		`syslog { timezone => "Mars/Base" }`:       `there is no time zone "Mars/Base"`,
	} {
		expectMistake(t, config, want)
	}
}
