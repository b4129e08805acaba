package main

import "strings"

// guideFilter does what the guide's filter does: the header under _sensorfleet_event,
// the fields of data at the top, a tag.
const guideFilter = `
filter {
  mutate { remove_field => ["headers", "tags", "host"] }
  ruby {
    code => '
        event.to_hash.each { |k, v|
            unless [ "@timestamp", "@version", "host"].include?(k)
                event.set("[_sensorfleet_event][#{k}]", v)
                event.remove(k)
            end
        }
        data = event.get("[_sensorfleet_event][data]")
        unless data.nil?
            data.to_hash.each { |k, v|
                event.set("[#{k}]", v)
            }
        end
    '
  }
  mutate { remove_field => "[_sensorfleet_event][data]" }
  mutate { add_tag => [ "sensorfleet_event" ] }
}
`

const (
	httpIn    = `input { http { host => "127.0.0.1" port => PORT codec => json_lines } }`
	beatsIn   = `input { beats { host => "127.0.0.1" port => PORT } }`
	httpOut   = `output { http { url => "SINK/" http_method => post format => json_batch } }`
	bentoIn   = "http:\n  enabled: false\ninput:\n  http_server:\n    address: 127.0.0.1:PORT\n    path: /\n  processors:\n    - unarchive:\n        format: lines\n"
	bentoWork = `
pipeline:
  threads: 2
  processors:
    - mapping: |
        root = this.data.assign({"_sensorfleet_event": this.without("data"), "tags": ["sensorfleet_event"]})
output:
  http_client:
    url: SINK/
    verb: POST
    max_in_flight: 8
    batching:
      count: 125
      period: 50ms
      processors:
        - archive:
            format: lines
logger:
  level: NONE
`
	fileIn  = `input { file { path => "DIR/in.log" mode => read sincedb_path => "/dev/null" file_completed_action => log file_completed_log_path => "DIR/completed.log" codec => CODEC } }`
	fileOut = `output { file { path => "DIR/out.log" codec => json_lines } }`

	bentoFileIn  = "http:\n  enabled: false\ninput:\n  file:\n    paths: [ DIR/in.log ]\n    scanner:\n      lines: {}\n"
	bentoFileOut = `
output:
  file:
    path: DIR/out.log
    codec: lines
logger:
  level: NONE
`
	bentoAccess = `
pipeline:
  threads: 2
  processors:
    - mapping: |
        root = content().string().re_find_object("^(?P<clientip>\\S+) (?P<ident>\\S+) (?P<auth>\\S+) \\[(?P<timestamp>[^\\]]+)\\] \"(?P<verb>\\w+) (?P<request>\\S+) HTTP/(?P<httpversion>[0-9.]+)\" (?P<response>\\d+) (?P<bytes>\\d+|-) (?P<referrer>\"[^\"]*\") (?P<agent>\"[^\"]*\")").without("0")
        root."@timestamp" = this.timestamp.ts_strptime("%d/%b/%Y:%H:%M:%S %z")
        root.message = content().string()
`
	bentoEVE = `
pipeline:
  threads: 2
  processors:
    - mapping: |
        root = this.without("packet").assign({"sensor": "testsensor"})
`
	rsyslogEVE = `
module(load="imfile")
module(load="mmjsonparse")
template(name="json" type="list") { property(name="$!all-json") constant(value="\n") }
input(type="imfile" File="DIR/in.log" Tag="eve" ruleset="eve")
ruleset(name="eve" queue.type="LinkedList" queue.workerthreads="2") {
  action(type="mmjsonparse" cookie="")
  unset $!packet;
  set $!sensor = "testsensor";
  action(type="omfile" file="DIR/out.log" template="json" asyncWriting="off" ioBufferSize="64k" flushOnTXEnd="on")
}
`
	rsyslogAccess = `
module(load="imfile")
module(load="mmnormalize")
template(name="json" type="list") { property(name="$!all-json") constant(value="\n") }
input(type="imfile" File="DIR/in.log" Tag="web" ruleset="web")
ruleset(name="web" queue.type="LinkedList" queue.workerthreads="2") {
  action(type="mmnormalize" rulebase="DIR/access.rb" useRawMsg="on")
  action(type="omfile" file="DIR/out.log" template="json" asyncWriting="off" ioBufferSize="64k" flushOnTXEnd="on")
}
`
	rsyslogRules = `version=2
rule=:%clientip:word% %ident:word% %auth:word% [%timestamp:char-to:]%] "%verb:word% %request:word% HTTP/%httpversion:char-to:"%" %response:number% %bytes:number% "%referrer:char-to:"%" "%agent:char-to:"%"
`
	bentoBuffer = "buffer:\n  sqlite:\n    path: DIR/buffer.db\n"
)

// sluice runs a pipeline with Logstash 7's names of fields, as a Log Forwarder does.
func sluice(text string, settings ...string) config {
	args := []string{"run", "-f", "DIR/pipeline.conf", "--path.data", "DIR/data", "--log.level", "error", "-S", "pipeline.ecs_compatibility=disabled", "-S", "api.enabled=false"}
	for _, s := range settings {
		args = append(args, "-S", s)
	}
	return config{files: map[string]string{"pipeline.conf": text}, args: args}
}

func bento(text string) config {
	return config{files: map[string]string{"config.yaml": text}, args: []string{"run", "DIR/config.yaml"}}
}

// rsyslog is not given the date to read, which it cannot without a second look at it.
func rsyslog(text string, files map[string]string) config {
	c := config{files: map[string]string{"rsyslog.conf": "global(workDirectory=\"DIR\" maxMessageSize=\"64k\")\n" + text}, args: []string{"-n", "-f", "DIR/rsyslog.conf", "-i", "DIR/pid"}}
	for name, text := range files {
		c.files[name] = text
	}
	return c
}

var scenarios = []scenario{
	{
		name:   "http, guide's filter, http (memory queue)",
		events: sensorEvents, send: sendHTTP,
		configs: map[string]config{
			"sluice": sluice(httpIn + guideFilter + httpOut),
			"bento":  bento(bentoIn + bentoWork),
		},
	},
	{
		name:   "http, guide's filter, http (disk queue, fsync before the answer)",
		events: sensorEvents, send: sendHTTP,
		configs: map[string]config{
			"sluice": sluice(httpIn+guideFilter+httpOut, "queue.type=persisted"),
			"bento":  bento(bentoIn + bentoBuffer + bentoWork),
		},
	},
	{
		name:   "beats, guide's filter, http (disk queue, fsync before the ack)",
		events: sensorEvents, send: sendBeats,
		configs: map[string]config{
			"sluice": sluice(beatsIn+guideFilter+httpOut, "queue.type=persisted"),
		},
	},
	{
		name:   "access log, grok COMBINEDAPACHELOG, date, JSON file (rsyslog: mmnormalize, no date)",
		events: accessLines,
		configs: map[string]config{
			"sluice":  sluice(strings.Replace(fileIn, "CODEC", "plain", 1) + `filter { grok { match => { "message" => "%{COMBINEDAPACHELOG}" } } date { match => ["timestamp", "dd/MMM/yyyy:HH:mm:ss Z"] } }` + fileOut),
			"bento":   bento(bentoFileIn + bentoAccess + bentoFileOut),
			"rsyslog": rsyslog(rsyslogAccess, map[string]string{"access.rb": rsyslogRules}),
		},
	},
	{
		name:   "EVE file, drop a field, add a field, JSON file",
		events: longRecords,
		configs: map[string]config{
			"sluice":  sluice(strings.Replace(fileIn, "CODEC", "json", 1) + `filter { mutate { remove_field => ["packet"] add_field => { "sensor" => "testsensor" } } }` + fileOut),
			"bento":   bento(bentoFileIn + bentoEVE + bentoFileOut),
			"rsyslog": rsyslog(rsyslogEVE, nil),
		},
	},
}
