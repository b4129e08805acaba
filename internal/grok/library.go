package grok

import (
	"bufio"
	"embed"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Library is named patterns. It is safe for concurrent use as long as nobody defines
// patterns in it.
type Library struct {
	patterns map[string]string
}

//go:embed patterns
var files embed.FS

var core = [2]func() *Library{
	sync.OnceValue(func() *Library { return load("both", "legacy") }),
	sync.OnceValue(func() *Library { return load("both", "ecs-v1") }),
}

func load(folders ...string) *Library {
	l := &Library{map[string]string{}}
	for _, folder := range folders {
		entries, err := files.ReadDir("patterns/" + folder)
		if err != nil {
			panic(err) // the files are part of the program
		}
		for _, entry := range entries {
			f, err := files.Open("patterns/" + folder + "/" + entry.Name())
			if err != nil {
				panic(err)
			}
			if err := l.Read(f); err != nil {
				panic(err)
			}
		}
	}
	return l
}

// Core returns a new library with the patterns that Logstash brings along
// (logstash-patterns-core 4.3), with the field names of the Elastic Common Schema or
// those from before it.
func Core(ecs bool) *Library {
	i := 0
	if ecs {
		i = 1
	}
	return &Library{maps.Clone(core[i]().patterns)}
}

// Define adds a pattern, or replaces one.
func (l *Library) Define(name, pattern string) { l.patterns[name] = pattern }

// Lookup returns the text of a pattern.
func (l *Library) Lookup(name string) (pattern string, ok bool) {
	pattern, ok = l.patterns[name]
	return pattern, ok
}

// Names returns the names of all patterns, sorted.
func (l *Library) Names() []string { return slices.Sorted(maps.Keys(l.patterns)) }

// maxLine is how long a line of a pattern file may be, in bytes.
const maxLine = 1 << 20

// Read adds the patterns of a file: a name, blanks and a regular expression a line;
// empty lines and those that begin with # are none. The error tells the line.
func (l *Library) Read(r io.Reader) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		if begin := strings.TrimLeft(line, " \t"); begin == "" || begin[0] == '#' {
			continue
		}
		i := strings.IndexAny(line, " \t")
		if i <= 0 {
			return fmt.Errorf("line %d: a pattern is a name, a blank and a regular expression; found %q", n, line)
		}
		l.Define(line[:i], strings.TrimLeft(line[i:], " \t"))
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("a line is longer than %d bytes: %w", maxLine, err)
	}
	return nil
}
