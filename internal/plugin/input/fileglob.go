package input

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"sluice/internal/plugin"
)

// pattern is a path of the option path without braces, divided at the first folder that
// has to be searched. It matches as Ruby's Dir.glob does: names that begin with a dot
// only when the pattern does, and ** goes into all folders but links.
type pattern struct {
	files plugin.Files
	shown string   // the fixed folder, as the configuration names it
	real  string   // where that folder really is
	steps []string // the names and patterns below
}

const (
	maxAlternatives = 1000 // patterns that the braces of one path give
	maxGlobDepth    = 100  // folders that ** goes down
)

func compilePattern(text string, access plugin.Access) ([]pattern, error) {
	texts, err := expandBraces(text, 0)
	if err != nil {
		return nil, err
	}
	var all []pattern
	for _, t := range texts {
		steps := strings.Split(filepath.ToSlash(filepath.Clean(t)), "/")
		fixed := 1 // before the first slash
		for fixed < len(steps)-1 && !strings.ContainsAny(steps[fixed], `*?[\`) {
			fixed++
		}
		for _, s := range steps[fixed:] {
			if _, err := matchName(s, ""); err != nil {
				return nil, err
			}
		}
		p := pattern{files: access.Files(), shown: strings.Join(steps[:fixed], "/"), steps: steps[fixed:]}
		p.real = access.Path(p.shown + "/")
		if whole := strings.Join(steps, "/"); fixed == len(steps)-1 && access.Path(whole) != whole {
			p.real = filepath.Dir(access.Path(whole)) // one file may be elsewhere than its folder
			p.steps = []string{filepath.Base(access.Path(whole))}
		}
		all = append(all, p)
	}
	return all, nil
}

// check tells the policy, if there is one, where the pattern leads: to one file, or into
// a folder.
func (p *pattern) check(access plugin.Access, deleted bool) {
	path := p.shown
	if len(p.steps) == 1 && !strings.ContainsAny(p.steps[0], `*?[\`) {
		path += "/" + p.steps[0]
	}
	if path == "" {
		path = "/"
	}
	access.Reading(path)
	if deleted {
		access.Writing(path)
	}
}

// expandBraces writes out {a,b}.
func expandBraces(text string, count int) ([]string, error) {
	open := strings.IndexByte(text, '{')
	if open < 0 {
		return []string{text}, nil
	}
	depth, start := 0, open+1
	var parts []string
	for i := open; i < len(text); i++ {
		switch text[i] {
		case '{':
			depth++
		case ',':
			if depth == 1 {
				parts = append(parts, text[start:i])
				start = i + 1
			}
		case '}':
			if depth--; depth > 0 {
				continue
			}
			var all []string
			for _, p := range append(parts, text[start:i]) {
				more, err := expandBraces(text[:open]+p+text[i+1:], count+len(all))
				if err != nil {
					return nil, err
				}
				if all = append(all, more...); count+len(all) > maxAlternatives {
					return nil, fmt.Errorf("the braces stand for more than %d paths", maxAlternatives)
				}
			}
			return all, nil
		}
	}
	return []string{text}, nil // Dir.glob takes an open brace as it is
}

// matchName tells whether a name matches one step of a pattern.
func matchName(step, name string) (bool, error) {
	if strings.HasPrefix(name, ".") && !strings.HasPrefix(step, ".") {
		return false, nil
	}
	return path.Match(strings.ReplaceAll(step, "[!", "[^"), name)
}

// found is a file that a pattern has found.
type found struct{ shown, real string }

// find returns the files that match. Folders that cannot be read are skipped.
func (p *pattern) find() []found {
	var all []found
	p.walk(p.shown, p.real, p.steps, 0, &all)
	return all
}

func (p *pattern) walk(shown, real string, steps []string, depth int, all *[]found) {
	step, last := steps[0], len(steps) == 1
	if step == "**" && !last {
		p.walk(shown, real, steps[1:], depth, all)
		if depth >= maxGlobDepth {
			return
		}
		entries, _ := p.files.ReadDir(real)
		for _, e := range entries {
			if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
				p.walk(shown+"/"+e.Name(), filepath.Join(real, e.Name()), steps, depth+1, all)
			}
		}
		return
	}
	if !strings.ContainsAny(step, `*?[\`) {
		p.next(shown+"/"+step, filepath.Join(real, step), steps, depth, all)
		return
	}
	entries, _ := p.files.ReadDir(real)
	for _, e := range entries {
		if ok, _ := matchName(step, e.Name()); ok {
			p.next(shown+"/"+e.Name(), filepath.Join(real, e.Name()), steps, depth, all)
		}
	}
}

func (p *pattern) next(shown, real string, steps []string, depth int, all *[]found) {
	if len(steps) > 1 {
		p.walk(shown, real, steps[1:], depth, all)
		return
	}
	*all = append(*all, found{shown, real})
}

// discoverFiles returns the files of all patterns that are not excluded, each once,
// sorted by path.
func (f *file) discoverFiles() []found {
	var all []found
	for i := range f.patterns {
		all = append(all, f.patterns[i].find()...)
	}
	slices.SortFunc(all, func(a, b found) int { return strings.Compare(a.shown, b.shown) })
	all = slices.CompactFunc(all, func(a, b found) bool { return a.shown == b.shown })
	return slices.DeleteFunc(all, func(x found) bool {
		name := path.Base(x.shown)
		return slices.ContainsFunc(f.exclude, func(p string) bool { ok, _ := matchName(p, name); return ok })
	})
}
