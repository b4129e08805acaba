package codec

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"sluice/internal/onig"
	"sluice/internal/plugin"
)

// GrokPatterns finds a grok pattern by its name. The package that has Logstash's
// patterns sets it in an init function; until then only those of patterns_dir are known.
var GrokPatterns = func(name string) (regexp string, ok bool) { return "", false }

// grokReference is %{NAME} or %{NAME:field}.
var grokReference = regexp.MustCompile(`%\{(\w+)(?::[^}]*)?\}`)

// Limits of what a pattern can become, so that patterns that name each other end.
const (
	maxPatternDepth = 100
	maxPatternBytes = 1 << 20
)

// compileLinePattern compiles the pattern of a codec. As grok does, it lets . match line
// ends.
func compileLinePattern(pattern string, dirs []string, env *plugin.Env) (*onig.Regexp, error) {
	own := map[string]string{}
	for _, dir := range dirs {
		if err := loadPatterns(own, env.Access.Path(dir)); err != nil {
			return nil, env.Invalid("patterns_dir", "name a folder or a file with patterns", "%v", err)
		}
	}
	find := func(name string) (string, bool) {
		if p, ok := own[name]; ok {
			return p, true
		}
		return GrokPatterns(name)
	}
	expanded, err := expandGrok(pattern, find, 0)
	if err != nil {
		return nil, env.Invalid("pattern", "correct the name, or write the expression itself", "%v", err)
	}
	re, err := onig.CompileFlags(expanded, onig.DotAll)
	if err != nil {
		return nil, env.Invalid("pattern", "correct the regular expression", "%v", err)
	}
	return re, nil
}

func expandGrok(pattern string, find func(string) (string, bool), depth int) (string, error) {
	if depth > maxPatternDepth {
		return "", fmt.Errorf("the grok patterns of %q name each other without end", pattern)
	}
	var b strings.Builder
	end := 0
	for _, m := range grokReference.FindAllStringSubmatchIndex(pattern, -1) {
		name := pattern[m[2]:m[3]]
		inner, ok := find(name)
		if !ok {
			return "", fmt.Errorf("there is no grok pattern %%{%s}", name)
		}
		inner, err := expandGrok(inner, find, depth+1)
		if err != nil {
			return "", err
		}
		b.WriteString(pattern[end:m[0]] + "(?:" + inner + ")")
		if end = m[1]; b.Len() > maxPatternBytes {
			return "", fmt.Errorf("the grok patterns make an expression of more than %d bytes", maxPatternBytes)
		}
	}
	return b.String() + pattern[end:], nil
}

// loadPatterns reads a file of patterns, or all files of a folder.
func loadPatterns(into map[string]string, path string) error {
	files := []string{path}
	if info, err := os.Stat(path); err != nil {
		return err
	} else if info.IsDir() {
		if files, err = filepath.Glob(filepath.Join(path, "*")); err != nil {
			return err
		}
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		for line := range strings.Lines(string(content)) {
			name, pattern, ok := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
			if ok && name != "" && !strings.HasPrefix(name, "#") {
				into[name] = strings.TrimLeft(pattern, " ")
			}
		}
	}
	return nil
}
