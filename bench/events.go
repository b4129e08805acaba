package main

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
)

// sensorEvents returns real Suricata records in the form of the sensor's event pipeline,
// about 800 bytes each.
func sensorEvents() ([][]byte, error) {
	dir := os.Getenv("SLUICE_DATA")
	if dir == "" {
		dir = filepath.Join("..", "shared", "data")
	}
	f, err := os.Open(filepath.Join(dir, "events", "eve-mixed.json.gz"))
	if err != nil {
		return nil, fmt.Errorf("no events to send (SLUICE_DATA names their folder): %w", err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	var events [][]byte
	s := bufio.NewScanner(z)
	s.Buffer(nil, 1<<20)
	for s.Scan() && len(events) < 4000 {
		if n := len(s.Bytes()); n < 250 || n > 1000 {
			continue
		}
		id := len(events)
		events = append(events, fmt.Appendf(nil,
			`{"source_sensor":"testsensor","source_instrument":"suricata_0@testsensor","type":"instruments.suricata.event","message":"alert","context_uuid":"e41d4fbf-482f-4f74-a4e2-60717b03f623","uuid":"cc2b3bb1-bd8f-4b9c-a89e-%012x","timestamp":1614868533.946555,"sensor_event_id":%d,"data":%s}`,
			id, id, s.Bytes()))
	}
	return events, s.Err()
}
