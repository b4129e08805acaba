package ruby

import (
	"errors"
	"io/fs"
)

// ErrDenied is in the errors of a Policy's functions for what may not be reached, though
// other things of the kind may.
var ErrDenied = errors.New("the security policy does not allow it")

// denied is what a script gets for reaching where its policy does not allow.
func (th *thread) denied(what string) {
	th.raise(cSecurityError, "%s is not allowed by the security policy", what)
}

// denies returns a method that is never allowed.
func denies(what string) native {
	return func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.denied(what)
		return vNil
	}
}

// readFile returns a file's content. Where its size can be known, it is charged before
// the file is read.
func (th *thread) readFile(name string) string {
	policy := &th.inst.script.opts.Policy
	if policy.ReadFile == nil {
		th.denied("reading files")
	}
	if policy.Stat != nil {
		if info, err := policy.Stat(name); err == nil {
			if info.IsDir() {
				th.raise(cEISDIR, "Is a directory @ io_fread - %s", name)
			}
			th.charge(int(info.Size()))
		}
	}
	b, err := policy.ReadFile(name)
	th.fileError(err, "rb_sysopen", name)
	th.charge(len(b))
	return string(b)
}

// stat returns what is known of a file; nil when it is not there.
func (th *thread) stat(name string) fs.FileInfo {
	stat := th.inst.script.opts.Policy.Stat
	if stat == nil {
		th.denied("looking for files")
	}
	info, err := stat(name)
	if err != nil {
		return nil
	}
	return info
}

// mustStat raises for a file that is not there.
func (th *thread) mustStat(name, call string) fs.FileInfo {
	stat := th.inst.script.opts.Policy.Stat
	if stat == nil {
		th.denied("looking at files")
	}
	info, err := stat(name)
	th.fileError(err, call, name)
	return info
}

func (th *thread) fileError(err error, call, name string) {
	switch {
	case err == nil:
	case errors.Is(err, ErrDenied):
		th.denied("reading " + name)
	case errors.Is(err, fs.ErrPermission):
		th.raise(cEACCES, "Permission denied @ %s - %s", call, name)
	default:
		th.raise(cENOENT, "No such file or directory @ %s - %s", call, name)
	}
}

// readPath is a file's name in an argument: a text, or what has to_path.
func (th *thread) readPath(v Value) string {
	if s := th.tryString(v); s != nil {
		return s.s
	}
	if th.respondTo(v, "to_path") {
		return th.strArg(th.send(v, "to_path"))
	}
	return th.strArg(v)
}
