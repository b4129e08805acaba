package migrate

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sluice/internal/engine"
)

// logstashData is where the packages of Logstash keep their data.
const logstashData = "/var/lib/logstash"

// disk looks at what else Logstash has in its folders.
func (s *Section) disk(opts Options, pipelines []engine.Pipeline) {
	for _, f := range []struct{ name, help string }{
		{"jvm.options", "there is no JVM here; memory needs no setting. GOMEMLIMIT=500MiB in the environment is a limit where one is wanted"},
		{"log4j2.properties", "it is not read; log.level, log.format and path.logs say what is logged, and PUT /_node/logging changes it for one logger"},
		{"startup.options", "it is not read; write options into the unit that starts sluice run"},
		{"logstash.keystore", "copy its entries: bin/logstash-keystore list shows their names, sluice keystore add NAME takes each"},
	} {
		if _, err := os.Stat(filepath.Join(opts.Dir, f.name)); err == nil {
			s.found("there is a file "+f.name, f.help)
		}
	}
	s.gems(filepath.Join(opts.Dir, "..", "..", "usr", "share", "logstash", "Gemfile"))
	data := logstashData
	if opts.Settings.IsSet("path.data") {
		data = opts.Settings.String("path.data")
	}
	for _, p := range pipelines {
		for _, kind := range []struct{ setting, folder, what, help string }{
			{"path.queue", "queue", "persisted queue", "its format is Java's and is not read here: let Logstash drain it first (queue.drain: true, then stop it)"},
			{"path.dead_letter_queue", "dead_letter_queue", "dead letter queue", "its format is Java's and is not read here: let Logstash process it first, with its input dead_letter_queue"},
		} {
			dir := filepath.Join(data, kind.folder, p.ID)
			if p.Settings.IsSet(kind.setting) {
				dir = filepath.Join(p.Settings.String(kind.setting), p.ID)
			}
			if n := filesOf(dir, kind.folder); n > 0 {
				s.Findings = append(s.Findings, Finding{Level: Differs, Message: fmt.Sprintf("pipeline %s has a %s of Logstash in %s", p.ID, kind.what, dir), Help: kind.help})
			}
		}
	}
}

// filesOf counts the files of a queue of Logstash that may hold events.
func filesOf(dir, kind string) int {
	pattern := "page.*"
	if kind == "dead_letter_queue" {
		pattern = "*.log"
	}
	found, _ := filepath.Glob(filepath.Join(dir, pattern))
	n := 0
	for _, name := range found {
		if info, err := os.Stat(name); err == nil && info.Size() > 1 { // a segment begins with one byte
			n++
		}
	}
	return n
}

// gems tells of plugins that have been installed. Those that a pipeline uses and that are
// not there are told with the pipeline.
func (s *Section) gems(file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		return
	}
	n := 0
	for line := range strings.SplitSeq(string(text), "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), `gem "logstash-`) {
			n++
		}
	}
	if n > 0 {
		s.found(fmt.Sprintf("%s lists %d plugins", filepath.Clean(file), n), "plugins are not installed here: those of sluice plugins are in the program, others cannot be loaded")
	}
}
