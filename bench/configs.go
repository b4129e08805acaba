package main

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

var scenarios = []scenario{
	{
		name: "http, guide's filter, http (memory queue)",
		send: sendHTTP,
		configs: map[string]config{
			"sluice": sluice(httpIn + guideFilter + httpOut),
			"bento":  bento(bentoIn + bentoWork),
		},
	},
	{
		name: "http, guide's filter, http (disk queue, fsync before the answer)",
		send: sendHTTP,
		configs: map[string]config{
			"sluice": sluice(httpIn+guideFilter+httpOut, "queue.type=persisted"),
			"bento":  bento(bentoIn + bentoBuffer + bentoWork),
		},
	},
	{
		name: "beats, guide's filter, http (disk queue, fsync before the ack)",
		send: sendBeats,
		configs: map[string]config{
			"sluice": sluice(beatsIn+guideFilter+httpOut, "queue.type=persisted"),
		},
	},
}
