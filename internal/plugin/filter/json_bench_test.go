package filter

import (
	"testing"

	"sluice/internal/event"
)

// BenchmarkJSON reads a Suricata record from a message, at the top of the event and
// below a target.
func BenchmarkJSON(b *testing.B) {
	record := `{"timestamp":"2021-03-04T14:35:33.946123+0000","flow_id":1234567890123456,"in_iface":"eth0","event_type":"alert","src_ip":"10.0.0.5","src_port":51234,` +
		`"dest_ip":"198.51.100.9","dest_port":80,"proto":"TCP","tx_id":0,"alert":{"action":"allowed","gid":1,"signature_id":2013028,"rev":7,"signature":"ET POLICY curl User-Agent Outbound",` +
		`"category":"Attempted Information Leak","severity":2},"http":{"hostname":"example.com","url":"/a?b=c","http_user_agent":"curl/7.74.0","http_method":"GET","protocol":"HTTP/1.1","status":200,"length":1256},` +
		`"app_proto":"http","flow":{"pkts_toserver":4,"pkts_toclient":3,"bytes_toserver":350,"bytes_toclient":1800,"start":"2021-03-04T14:35:33.846123+0000"}}`
	for _, config := range []string{`json { source => "message" remove_field => "message" }`, `json { source => "message" target => "s" remove_field => "message" }`} {
		filters, err := configure(config, testEnv())
		if err != nil {
			b.Fatal(err)
		}
		message := event.MustRef("message")
		b.Run(config, func(b *testing.B) {
			batch := event.NewBatch()
			b.ReportAllocs()
			b.SetBytes(int64(len(record)))
			for i := 0; b.Loop(); i++ {
				if i%100 == 99 {
					batch.Release()
					batch = event.NewBatch()
				}
				e := batch.New()
				_ = e.Set(message, event.StringValue(record))
				filters[0].Apply(e, nil)
			}
		})
	}
}
