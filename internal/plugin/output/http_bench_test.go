package output

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"sluice/internal/plugin"
)

// bareServer answers every request with as little work as can be, so that a benchmark
// measures the output.
func bareServer(b *testing.B) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				r := bufio.NewReaderSize(conn, 64<<10)
				for {
					length := 0
					for {
						line, err := r.ReadSlice('\n')
						if err != nil {
							return
						}
						if len(line) <= 2 {
							break
						}
						if line[0] == 'C' && strings.HasPrefix(string(line), "Content-Length: ") {
							fmt.Sscan(string(line[16:]), &length)
						}
					}
					if _, err := r.Discard(length); err != nil {
						return
					}
					if _, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"); err != nil {
						return
					}
				}
			}()
		}
	}()
	return l.Addr().String()
}

func benchmarkHTTPOutput(b *testing.B, options string, workers int) {
	o, _ := netOutput(b, `http { url => "http://`+bareServer(b)+`" `+options+` }`, func(env *plugin.Env) { env.Workers = workers })
	var texts []string
	for i := range 125 {
		texts = append(texts, fmt.Sprintf(`{"@timestamp":"2021-03-04T14:35:33.946Z","sensor_event_id":%d,"message":"%s","data":{"flow_id":1,"dns":{"query":[{"rrname":"%s"}]}}}`, i, strings.Repeat("m", 200), strings.Repeat("q", 460)))
	}
	batch := netEvents(b, texts...)
	answers := make([]plugin.Answer, len(batch.Events))
	var before, after syscall.Rusage
	b.ReportAllocs()
	b.ResetTimer()
	syscall.Getrusage(syscall.RUSAGE_SELF, &before)
	sent := 0
	for ; sent < b.N; sent += len(answers) {
		clear(answers)
		o.Write(context.Background(), batch.Events, answers)
		if v := verdicts(answers); v != strings.Repeat(".", len(answers)) {
			b.Fatal(v, answers)
		}
	}
	syscall.Getrusage(syscall.RUSAGE_SELF, &after)
	cpu := time.Duration(after.Utime.Nano() - before.Utime.Nano() + after.Stime.Nano() - before.Stime.Nano())
	b.ReportMetric(float64(cpu.Nanoseconds())/float64(sent), "cpu-ns/event")
}

func BenchmarkHTTPOutput(b *testing.B) { benchmarkHTTPOutput(b, "http_method => put", 1) }
func BenchmarkHTTPOutputConcurrent(b *testing.B) {
	benchmarkHTTPOutput(b, "http_method => put", 2)
}
func BenchmarkHTTPOutputBatch(b *testing.B) {
	benchmarkHTTPOutput(b, "http_method => post format => json_batch", 1)
}
