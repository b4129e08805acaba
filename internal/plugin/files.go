package plugin

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Files are the files that a plugin may use, by their real paths (Access.Path). With a
// policy every file is opened within a folder that the policy lists, whatever links and
// dots its path has, and however these change meanwhile.
type Files struct{ access Access }

// Files returns the files that a plugin may use.
func (a Access) Files() Files { return Files{a} }

// ReadFile reads a file by its path in the configuration.
func (a Access) ReadFile(path string) ([]byte, error) { return a.Files().ReadFile(a.Path(path)) }

// Reading returns where a file really is that something else than Files is going to
// read. What the policy does not allow is a path at which there is nothing.
func (a Access) Reading(path string) string { return a.passed(path, false) }

// Writing is Reading for what is written.
func (a Access) Writing(path string) string { return a.passed(path, true) }

func (a Access) passed(path string, write bool) string {
	real := a.Path(path)
	if a.Policy == nil || path == "" || real == os.DevNull {
		return real
	}
	if _, _, err := a.Files().within(real, write); err != nil {
		a.refused.add(a.named(err, path))
		return os.DevNull + "/denied"
	}
	return real
}

// MayWrite returns an error when the policy does not allow to write a path.
func (a Access) MayWrite(path string) error {
	if a.Policy == nil {
		return nil
	}
	_, _, err := a.Files().within(a.Path(path), true)
	return a.named(err, path)
}

// named gives an error the name that the configuration has for a path.
func (a Access) named(err error, path string) error {
	if d, ok := errors.AsType[*Denied](err); ok {
		return a.Policy.deny(d.Key, path)
	}
	return err
}

// Open opens a file to read it.
func (f Files) Open(path string) (*os.File, error) { return f.OpenFile(path, os.O_RDONLY, 0) }

// OpenFile is os.OpenFile.
func (f Files) OpenFile(path string, flag int, mode fs.FileMode) (*os.File, error) {
	if f.access.Policy == nil || path == os.DevNull {
		return os.OpenFile(path, flag, mode)
	}
	write := flag&(os.O_WRONLY|os.O_RDWR|os.O_CREATE|os.O_TRUNC|os.O_APPEND) != 0
	return inRoot(f, path, write, func(r *os.Root, name string) (*os.File, error) { return r.OpenFile(name, flag, mode.Perm()) })
}

// ReadFile is os.ReadFile.
func (f Files) ReadFile(path string) ([]byte, error) {
	file, err := f.Open(path)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(file)
	return text, errors.Join(err, file.Close())
}

// WriteFile is os.WriteFile.
func (f Files) WriteFile(path string, text []byte, mode fs.FileMode) error {
	file, err := f.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	return errors.Join(err, file.Close())
}

// Stat is os.Stat.
func (f Files) Stat(path string) (fs.FileInfo, error) {
	if f.access.Policy == nil || path == os.DevNull {
		return os.Stat(path)
	}
	return inRoot(f, path, false, func(r *os.Root, name string) (fs.FileInfo, error) { return r.Stat(name) })
}

// ReadDir is os.ReadDir.
func (f Files) ReadDir(path string) ([]fs.DirEntry, error) {
	if f.access.Policy == nil {
		return os.ReadDir(path)
	}
	dir, err := f.Open(path)
	if err != nil {
		return nil, err
	}
	all, err := dir.ReadDir(-1)
	return all, errors.Join(err, dir.Close())
}

// Glob is filepath.Glob, without what may not be read.
func (f Files) Glob(pattern string) ([]string, error) {
	found, err := filepath.Glob(pattern)
	if f.access.Policy == nil || err != nil {
		return found, err
	}
	allowed := found[:0]
	for _, path := range found {
		if _, _, err := f.within(path, false); err == nil {
			allowed = append(allowed, path)
		}
	}
	return allowed, nil
}

// MkdirAll is os.MkdirAll.
func (f Files) MkdirAll(path string, mode fs.FileMode) error {
	if f.access.Policy == nil {
		return os.MkdirAll(path, mode)
	}
	_, err := inRoot(f, path, true, func(r *os.Root, name string) (any, error) { return nil, r.MkdirAll(name, mode.Perm()) })
	return err
}

// Chmod is os.Chmod.
func (f Files) Chmod(path string, mode fs.FileMode) error {
	if f.access.Policy == nil {
		return os.Chmod(path, mode)
	}
	_, err := inRoot(f, path, true, func(r *os.Root, name string) (any, error) { return nil, r.Chmod(name, mode) })
	return err
}

// Remove is os.Remove.
func (f Files) Remove(path string) error {
	if f.access.Policy == nil {
		return os.Remove(path)
	}
	_, err := inRoot(f, path, true, func(r *os.Root, name string) (any, error) { return nil, r.Remove(name) })
	return err
}

// Rename is os.Rename within one folder.
func (f Files) Rename(from, to string) error {
	if f.access.Policy == nil {
		return os.Rename(from, to)
	}
	_, err := inRoot(f, to, true, func(r *os.Root, name string) (any, error) {
		return nil, r.Rename(filepath.Join(filepath.Dir(name), filepath.Base(from)), name)
	})
	return err
}

// inRoot does something within the folder of the policy that a path lies in. The folder
// is made when something is to be written there.
func inRoot[T any](f Files, path string, write bool, do func(*os.Root, string) (T, error)) (T, error) {
	var none T
	folder, name, err := f.within(path, write)
	if err != nil {
		f.access.refused.add(err)
		return none, err
	}
	if write {
		if err := os.MkdirAll(folder, 0o777); err != nil {
			return none, err
		}
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return none, err
	}
	defer root.Close()
	answer, err := do(root, name)
	if err != nil && escapes(err) {
		err = f.access.Policy.deny(map[bool]string{false: "read", true: "write"}[write], path)
	}
	return answer, err
}

// escapes tells whether an error is that of a link that leads out of a root. Package os
// has no name for it.
func escapes(err error) bool {
	for ; err != nil; err = errors.Unwrap(err) {
		if err.Error() == "path escapes from parent" {
			return true
		}
	}
	return false
}

// within finds the listed folder that a real path lies in, after all links have been
// followed, and the path from there.
func (f Files) within(path string, write bool) (folder, name string, err error) {
	p := f.access.Policy
	key, lists := "read", [][]string{p.Read, p.Write}
	if write {
		key, lists = "write", [][]string{p.Write}
	}
	real, err := followed(path)
	if err != nil {
		return "", "", err
	}
	if f.access.own != "" {
		lists = append(lists, []string{f.access.own})
	}
	for _, list := range lists {
		for _, listed := range list {
			root, err := followed(f.access.Path(listed))
			if err != nil {
				continue
			}
			name, err := filepath.Rel(root, real)
			if err != nil || name == ".." || strings.HasPrefix(name, "../") {
				continue
			}
			if info, err := os.Lstat(root); name == "." && (err != nil || !info.IsDir()) {
				return filepath.Dir(root), filepath.Base(root), nil // one file is listed
			}
			return root, name, nil
		}
	}
	return "", "", p.deny(key, path)
}

// followed returns a path without links, as far as it exists.
func followed(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	rest := ""
	for at := path; ; at = filepath.Dir(at) {
		if real, err := filepath.EvalSymlinks(at); err == nil {
			return filepath.Join(real, rest), nil
		}
		if at == filepath.Dir(at) {
			return path, nil
		}
		rest = filepath.Join(filepath.Base(at), rest)
	}
}
