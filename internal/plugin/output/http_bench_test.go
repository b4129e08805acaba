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
func bareServer(b *testing.B) string { return fixedServer(b, "ok") }

func bulkServer(b *testing.B) string { return fixedServer(b, `{"errors":false}`) }

func fixedServer(b *testing.B, body string) string {
	answer := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
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
					if _, err := io.WriteString(conn, answer); err != nil {
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
	b.ReportAllocs()
	b.ResetTimer()
	start := cpuTime()
	sent := 0
	for ; sent < b.N; sent += len(answers) {
		clear(answers)
		o.Write(context.Background(), batch.Events, answers)
		if v := verdicts(answers); v != strings.Repeat(".", len(answers)) {
			b.Fatal(v, answers)
		}
	}
	b.ReportMetric(float64((cpuTime()-start).Nanoseconds())/float64(sent), "cpu-ns/event")
}

func BenchmarkHTTPOutput(b *testing.B) { benchmarkHTTPOutput(b, "http_method => put", 1) }
func BenchmarkHTTPOutputConcurrent(b *testing.B) {
	benchmarkHTTPOutput(b, "http_method => put", 2)
}
func BenchmarkHTTPOutputBatch(b *testing.B) {
	benchmarkHTTPOutput(b, "http_method => post format => json_batch", 1)
}

// cpuTime returns the CPU time that this process has used.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
