package casetest

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sluice/internal/diag"
)

var noCases = diag.Define("SL9038", diag.Error, "there are no case files",
	"Case files end with .case, or with .json, .yaml or .yml in the form of logstash-filter-verifier. In a folder, those below it are found, too.")

// maxCaseFile is how large a case file may be.
const maxCaseFile = 64 << 20

// Read finds and reads case files: the ones named, and all in and below the folders
// named. Mistakes in files are in the list; the other files are read all the same.
func Read(paths []string) ([]*File, diag.List) {
	var files []*File
	var list diag.List
	for _, path := range paths {
		found, err := find(path)
		if err != nil {
			list.Add(diag.New(noCases, diag.Span{}, "%v", err))
			continue
		}
		before := len(files)
		for _, name := range found {
			f, mistakes := readFile(name, name == path)
			list.Add(mistakes...)
			if f != nil && mistakes.Err() == nil {
				files = append(files, f)
			}
		}
		if len(files) == before && list.Err() == nil {
			list.Add(diag.New(noCases, diag.Span{}, "there is no case file in %s", path).
				WithHelp("case files end with .case, or with .json, .yaml or .yml in the form of logstash-filter-verifier"))
		}
	}
	return files, list
}

// find returns the file, or the files in a folder that may be case files.
func find(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
		return []string{path}, err
	}
	var all []string
	err = filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != path && strings.HasPrefix(d.Name(), "."):
			return filepath.SkipDir
		case !d.IsDir() && slices.Contains([]string{".case", ".json", ".yaml", ".yml"}, filepath.Ext(name)):
			all = append(all, name)
		}
		return nil
	})
	return all, err
}

// readFile reads one file. Unless it was named, a file of another form is passed over.
func readFile(name string, named bool) (*File, diag.List) {
	info, err := os.Stat(name)
	var body []byte
	if err == nil {
		if info.Size() > maxCaseFile {
			return nil, diag.List{diag.New(badCase, diag.Span{}, "%s is larger than %d MiB", name, maxCaseFile>>20)}
		}
		body, err = os.ReadFile(name)
	}
	if err != nil {
		return nil, diag.List{diag.New(noCases, diag.Span{}, "%v", err)}
	}
	src := diag.NewSource(name, string(body))
	switch ext := filepath.Ext(name); {
	case ext == ".case":
		return readGolden(src)
	case !named && !isVerifier(src.Text):
		return nil, nil
	case ext == ".yaml" || ext == ".yml":
		return readVerifier(src, yamlCases)
	case ext == ".json":
		return readVerifier(src, jsonCases)
	}
	return nil, diag.List{diag.New(noCases, diag.Span{}, "%s is no case file", name).
		WithHelp("case files end with .case, or with .json, .yaml or .yml in the form of logstash-filter-verifier")}
}
