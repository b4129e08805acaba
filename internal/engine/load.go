package engine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sluice/internal/diag"
	"sluice/internal/plugin"
	"sluice/internal/settings"
)

// Pipeline is the configuration of one pipeline: its settings and its texts.
type Pipeline struct {
	ID       string
	Settings *settings.Settings
	Sources  []*diag.Source
	Defaults bool // a missing input is stdin, a missing output is stdout (config.string on the command line)
}

var (
	noConfiguration = diag.Define("SL3020", diag.Error, "there is no configuration to run",
		"Give a file or folder with -f, a text with -e, or a folder with pipelines.yml with --path.settings.")
	noFile = diag.Define("SL3021", diag.Error, "a configuration cannot be read",
		"The file is not there, or this user may not read it. Relative paths are taken from the folder in which the program was started.")
	twoSources = diag.Define("SL3022", diag.Error, "the configuration is given twice",
		"Use either -e (a text) or -f (files), not both.")
)

// Load finds the pipelines that the settings name: config.string, path.config, or
// pipelines.yml in path.settings.
func Load(s *settings.Settings, access plugin.Access) ([]Pipeline, diag.List) {
	text, path := s.IsSet("config.string"), s.IsSet("path.config")
	switch {
	case text && path:
		return nil, diag.List{diag.New(twoSources, s.At("config.string"), "Settings 'path.config' (-f) and 'config.string' (-e) can't be used simultaneously.").
			WithHelp("leave one of them out")}
	case text:
		src := diag.NewSource("config.string", s.String("config.string"))
		return []Pipeline{{ID: s.String("pipeline.id"), Settings: s, Sources: []*diag.Source{src}, Defaults: true}}, nil
	case path:
		srcs, list := readConfigs(s.String("path.config"), s.At("path.config"), plugin.Access{})
		return []Pipeline{{ID: s.String("pipeline.id"), Settings: s, Sources: srcs}}, list
	case s.IsSet("path.settings"):
		return loadPipelines(filepath.Join(s.String("path.settings"), "pipelines.yml"), s, access)
	}
	return nil, diag.List{diag.New(noConfiguration, diag.Span{}, "No configuration file was specified. Perhaps you forgot to provide the '-f yourlogstash.conf' flag?").
		WithHelp("give a file with -f, a text with -e, or a folder with pipelines.yml with --path.settings")}
}

func loadPipelines(file string, s *settings.Settings, access plugin.Access) ([]Pipeline, diag.List) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, diag.List{unreadable(file, diag.Span{}, err, plugin.Files{})}
	}
	return LoadText(diag.NewSource(file, string(text)), s, access)
}

// LoadText reads a text in the form of pipelines.yml. The files that it names are read
// through access.
func LoadText(src *diag.Source, s *settings.Settings, access plugin.Access) ([]Pipeline, diag.List) {
	return LoadTextIn("", src, s, access)
}

// LoadTextIn is LoadText with a folder that relative paths in the text are taken from.
func LoadTextIn(dir string, src *diag.Source, s *settings.Settings, access plugin.Access) ([]Pipeline, diag.List) {
	entries, list := settings.ReadPipelines(src, s)
	var pipelines []Pipeline
	for _, e := range entries {
		p := Pipeline{ID: e.ID, Settings: e.Settings}
		switch {
		case e.Config != nil:
			p.Sources = []*diag.Source{e.Config}
		case e.Settings.IsSet("path.config"):
			var more diag.List
			path := e.Settings.String("path.config")
			if !filepath.IsAbs(path) {
				path = filepath.Join(dir, path)
			}
			p.Sources, more = readConfigs(path, e.Settings.At("path.config"), access)
			list.Add(more...)
		}
		pipelines = append(pipelines, p)
	}
	if len(entries) == 0 && list.Err() == nil {
		list.Add(diag.New(noConfiguration, src.At(0, 0), "there is no pipeline in it"))
	}
	return pipelines, list
}

func unreadable(path string, at diag.Span, err error, files plugin.Files) diag.Diagnostic {
	d := diag.New(noFile, at, "%s cannot be read: %v", path, cause(err))
	if denied, ok := errors.AsType[*plugin.Denied](err); ok {
		return d.WithHelp("%s", denied.Help())
	}
	if near := nearestFile(path, files); near != "" {
		return d.WithHelp("did you mean %s?", near)
	}
	return d
}

func cause(err error) error {
	if p, ok := err.(*os.PathError); ok {
		return p.Err
	}
	return err
}

func nearestFile(path string, files plugin.Files) string {
	entries, err := files.ReadDir(filepath.Dir(path))
	if err != nil {
		return ""
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if near := diag.Nearest(filepath.Base(path), names); near != "" {
		return filepath.Join(filepath.Dir(path), near)
	}
	return ""
}

// readConfigs reads a file, all files of a folder, or the files that a pattern with
// * ** ? [ ] { } names, in the order of their names.
func readConfigs(path string, at diag.Span, access plugin.Access) ([]*diag.Source, diag.List) {
	var list diag.List
	var files []string
	from := access.Files()
	path = access.Path(path)
	if info, err := from.Stat(path); err == nil && info.IsDir() {
		entries, err := from.ReadDir(path)
		if err != nil {
			return nil, diag.List{unreadable(path, at, err, from)}
		}
		for _, e := range entries {
			if !e.IsDir() && !strings.HasPrefix(e.Name(), ".") && !strings.HasSuffix(e.Name(), "~") {
				files = append(files, filepath.Join(path, e.Name()))
			}
		}
		slices.Sort(files)
	} else if err == nil {
		files = []string{path}
	} else {
		for _, pattern := range braces(path) {
			for _, f := range glob(pattern, from) {
				if info, err := from.Stat(f); err == nil && !info.IsDir() {
					files = append(files, f)
				}
			}
		}
		slices.Sort(files)
		files = slices.Compact(files)
		if len(files) == 0 {
			return nil, diag.List{unreadable(path, at, err, from)}
		}
	}
	if len(files) == 0 {
		list.Add(diag.New(noFile, at, "the folder %s has no files", path))
	}
	var srcs []*diag.Source
	for _, f := range files {
		text, err := from.ReadFile(f)
		if err != nil {
			list.Add(unreadable(f, at, err, from))
			continue
		}
		srcs = append(srcs, diag.NewSource(f, string(text)))
	}
	return srcs, list
}

// braces expands {a,b} in a pattern.
func braces(pattern string) []string {
	open := strings.IndexByte(pattern, '{')
	if open < 0 {
		return []string{pattern}
	}
	end := strings.IndexByte(pattern[open:], '}')
	if end < 0 {
		return []string{pattern}
	}
	var all []string
	for _, choice := range strings.Split(pattern[open+1:open+end], ",") {
		all = append(all, braces(fmt.Sprint(pattern[:open], choice, pattern[open+end+1:]))...)
	}
	return all
}

// glob returns the files that a pattern names. Between slashes ** is any number of
// folders, none included; as in Ruby's Dir.glob it does not go into hidden ones.
func glob(pattern string, files plugin.Files) []string {
	before, behind, deep := strings.Cut(pattern, "**/")
	if !deep || before != "" && !strings.HasSuffix(before, "/") {
		found, _ := files.Glob(pattern)
		return found
	}
	roots := []string{"."}
	if before != "" {
		roots, _ = files.Glob(strings.TrimSuffix(before, "/") + "/")
	}
	var all []string
	for _, root := range roots {
		_ = filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
			switch {
			case err != nil || !d.IsDir():
				return nil // a folder that cannot be read holds nothing that could be
			case path != root && strings.HasPrefix(d.Name(), "."):
				return filepath.SkipDir
			}
			all = append(all, glob(filepath.Join(path, behind), files)...)
			return nil
		})
	}
	return all
}
