package filter

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"sluice/internal/diag"
	"sluice/internal/grok"
	"sluice/internal/plugin"
)

var badPatterns = diag.Define("SL3205", diag.Error, "pattern files cannot be read",
	"`patterns_dir` names folders whose files hold a named pattern a line, or such files themselves.")

var absentPatterns = diag.Define("SL3206", diag.Warning, "a folder of patterns is not there",
	"`patterns_dir` names it, but no expression needs a pattern of it. Logstash goes on without; so does Sluice.")

// readPatterns adds the patterns of the option patterns_dir, and tells whether that was
// possible. Folders that are not there are returned: whether they are a mistake depends on
// whether a pattern is missing.
func (g *grokFilter) readPatterns(env *plugin.Env, library *grok.Library, list *diag.List) (absent diag.List, complete bool) {
	before := len(*list)
	for _, name := range g.dirs {
		paths, err := patternFiles(env.Access.Files(), env.Access.Path(name), g.glob)
		if err != nil {
			d := diag.New(badPatterns, env.At("patterns_dir"), "%s: %v", name, err).WithHelp("name a folder that is there, and readable by this program")
			if errors.Is(err, fs.ErrNotExist) {
				absent.Add(d)
			} else {
				list.Add(d)
			}
			continue
		}
		for _, path := range paths {
			if err := readPatternFile(env.Access.Files(), path, library); err != nil {
				list.Add(diag.New(badPatterns, env.At("patterns_dir"), "%s: %v", path, err).WithHelp("a line is a name, a blank and a regular expression; # begins a comment"))
			}
		}
	}
	return absent, len(*list) == before && len(absent) == 0
}

// patternFiles returns the files that a name of patterns_dir stands for, sorted: of a
// folder those that fit the glob, of a glob all that fit, folders among them too.
func patternFiles(from plugin.Files, name, glob string) ([]string, error) {
	roots, err := from.Glob(name)
	if err != nil || len(roots) == 0 {
		roots = []string{name}
	}
	var files []string
	for _, root := range roots {
		info, err := from.Stat(root)
		if err != nil {
			return nil, fmt.Errorf("it cannot be opened: %w", err)
		}
		if !info.IsDir() {
			files = append(files, root)
			continue
		}
		inside, err := from.Glob(filepath.Join(root, glob))
		if err != nil {
			return nil, fmt.Errorf("the glob %q is none: %w", glob, err)
		}
		for _, path := range inside {
			if info, err := from.Stat(path); err == nil && info.Mode().IsRegular() {
				files = append(files, path)
			}
		}
	}
	slices.Sort(files)
	return files, nil
}

func readPatternFile(from plugin.Files, path string, library *grok.Library) error {
	f, err := from.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return library.Read(f)
}
