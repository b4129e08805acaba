package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"
)

// suricataRecords returns real Suricata records of 250 to 1,000 bytes.
func suricataRecords() ([][]byte, error) {
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
		events = append(events, bytes.Clone(s.Bytes()))
	}
	return events, s.Err()
}

// sensorEvents returns records in the form of the sensor's event pipeline, about 800
// bytes each.
func sensorEvents(records [][]byte) [][]byte {
	var events [][]byte
	for id, r := range records {
		events = append(events, fmt.Appendf(nil,
			`{"source_sensor":"testsensor","source_instrument":"suricata_0@testsensor","type":"instruments.suricata.event","message":"alert","context_uuid":"e41d4fbf-482f-4f74-a4e2-60717b03f623","uuid":"cc2b3bb1-bd8f-4b9c-a89e-%012x","timestamp":1614868533.946555,"sensor_event_id":%d,"data":%s}`,
			id, id, r))
	}
	return events
}

// longRecords returns those of the records that are long, about 840 bytes each.
func longRecords(records [][]byte) [][]byte {
	var long [][]byte
	for _, r := range records {
		if len(r) >= 700 {
			long = append(long, r)
		}
	}
	return long
}

// accessLines returns lines of a web server's combined log, about 200 bytes each.
func accessLines([][]byte) [][]byte {
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	at := time.Date(2026, 11, 3, 8, 0, 0, 0, time.UTC)
	var lines [][]byte
	for range 4000 {
		at = at.Add(time.Duration(random.IntN(1500)) * time.Millisecond)
		lines = append(lines, fmt.Appendf(nil, `%d.%d.%d.%d - %s [%s] "%s /%s/%s?id=%d HTTP/1.1" %s %d "https://www.example.org/%s" "Mozilla/5.0 (%s) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.0.0 Safari/537.36"`,
			1+random.IntN(220), random.IntN(256), random.IntN(256), random.IntN(256), pick("-", "-", "alice", "bob"),
			at.Format("02/Jan/2006:15:04:05 -0700"), pick("GET", "GET", "GET", "POST", "HEAD"),
			pick("shop", "images", "api/v2"), pick("list", "item.html", "cart", "logo.png"), random.IntN(100000),
			pick("200", "200", "200", "304", "404", "500"), random.IntN(60000), pick("", "start", "search?q=sensor"),
			pick("X11; Linux x86_64", "Windows NT 10.0; Win64; x64"), 100+random.IntN(40)))
	}
	return lines
}
