package codec

import (
	"path/filepath"

	"sluice/internal/grok"
	"sluice/internal/plugin"
)

// compileLinePattern compiles the pattern of a codec, a grok expression, with the
// patterns of Logstash and those of dirs.
func compileLinePattern(pattern string, dirs []string, ecs plugin.ECS, env *plugin.Env) (*grok.Pattern, error) {
	library := grok.Core(ecs.Enabled())
	for _, dir := range dirs {
		if err := readPatterns(library, env.Access.Files(), env.Access.Path(dir)); err != nil {
			return nil, env.Invalid("patterns_dir", "name a folder or a file with patterns, one NAME and regular expression a line", "%v", err)
		}
	}
	p, err := grok.Compile(pattern, library, grok.Options{})
	if err != nil {
		return nil, env.Invalid("pattern", "correct the expression; grok patterns are written %{NAME}", "%v", err)
	}
	return p, nil
}

// readPatterns reads a file of patterns, or all files of a folder.
func readPatterns(into *grok.Library, from plugin.Files, path string) error {
	files := []string{path}
	if info, err := from.Stat(path); err != nil {
		return err
	} else if info.IsDir() {
		if files, err = from.Glob(filepath.Join(path, "*")); err != nil {
			return err
		}
	}
	for _, name := range files {
		f, err := from.Open(name)
		if err != nil {
			return err
		}
		err = into.Read(f)
		f.Close()
		if err != nil {
			return err
		}
	}
	return nil
}
