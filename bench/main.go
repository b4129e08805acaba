// Command bench measures whole programs doing the same work on the same machine in the
// same run: CPU seconds per million events, peak memory, time to the first event.
//
//	go run ./bench -sluice bin/sluice [-peer bento=/path/to/bento] [-peer rsyslog=rsyslogd] [-events 200000] [-only http]
//	go run ./bench -ruby [-jruby jruby-complete.jar] [-only json]
//
// It is the load and the destination; the program under test is a process of its own,
// whose CPU time and memory the kernel counts. Ratios within one run are what to quote:
// machines differ and are noisy.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
)

// order is that in which the programs are measured and shown.
var order = []string{"sluice", "bento", "rsyslog"}

func main() {
	log.SetFlags(0)
	log.SetPrefix("bench: ")
	sluice := flag.String("sluice", "bin/sluice", "the program")
	programs := map[string]string{}
	flag.Func("peer", "bento=PATH or rsyslog=PATH, to measure it in the same run; may be repeated", func(arg string) error {
		name, path, ok := strings.Cut(arg, "=")
		if !ok || !slices.Contains(order, name) {
			return errors.New("write bento=PATH or rsyslog=PATH")
		}
		programs[name] = path
		return nil
	})
	events := flag.Int("events", 200_000, "events for each run")
	runs := flag.Int("runs", 3, "runs of each; the median is shown")
	flag.IntVar(&connections, "connections", connections, "senders at once, each of which waits for the answer before it sends more")
	only := flag.String("only", "", "scenarios whose name holds this text")
	rubies := flag.Bool("ruby", false, "measure Ruby snippets here and with CRuby instead")
	jar := flag.String("jruby", "", "a jruby-complete.jar, to measure JRuby with -ruby, too")
	flag.Parse()

	if *rubies {
		if err := benchRuby(*jar, *runs, *only); err != nil {
			log.Fatal(err)
		}
		return
	}

	records, err := suricataRecords()
	if err != nil {
		log.Fatal(err)
	}
	programs["sluice"] = *sluice
	for name, path := range programs {
		if path, err = exec.LookPath(path); err == nil {
			programs[name], err = filepath.Abs(path) // they run in folders of their own
		}
		if err != nil {
			log.Fatal(err)
		}
	}
	out := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintf(out, "work\tprogram\tCPU s per million\tevents per CPU s\tevents per s\tpeak MB\tfirst event ms\n")
	for _, s := range scenarios {
		if !strings.Contains(s.name, *only) {
			continue
		}
		for _, program := range order {
			path, have := programs[program]
			config, can := s.configs[program]
			if !have || !can {
				continue
			}
			var results []result
			for range *runs {
				r, err := s.run(path, config, records, *events)
				if err != nil {
					log.Fatalf("%s with %s: %v", s.name, program, err)
				}
				results = append(results, r)
			}
			m := median(results)
			fmt.Fprintf(out, "%s\t%s\t%.2f\t%.0f\t%.0f\t%.0f\t%.0f\n", s.name, program, m.cpu*1e6, 1/m.cpu, m.rate, m.peakMB, m.firstMS)
			out.Flush()
		}
	}
}
