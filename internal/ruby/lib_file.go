package ruby

import (
	"io/fs"
	"path"
	"strings"
)

var (
	cFile     = defClass("File", cIO)
	cFileStat = defClass("File::Stat", cObject)
)

// openFile reads a file into a stream.
func (th *thread) openFile(name string) Value {
	return Value{o: &Object{cls: cFile, data: &stringIO{str: &String{s: th.readFile(name)}, path: strings.Clone(name), noWrite: true}}}
}

func openMethod(th *thread, self Value, a []Value, blk *Proc) Value {
	a, o := th.options(a)
	if v := o.opt(th, "mode"); !v.isUndef() {
		a = []Value{a[0], v}
	}
	if len(a) > 1 {
		switch m := a[1].o.(type) {
		case *String:
			if strings.ContainsAny(m.s, "wa+") {
				th.denied("writing files")
			}
		case *tag:
			if a[1].isInt() && a[1].int()&3 != 0 {
				th.denied("writing files")
			}
		}
	}
	io := th.openFile(th.readPath(a[0]))
	if blk == nil {
		return io
	}
	v := th.yield1(blk, io)
	th.send(io, "close")
	return v
}

func init() {
	for _, c := range []*Class{cIO, cFile} {
		c.sdef("read", 1, -1, readPart(encUTF8))
		c.sdef("binread", 1, -1, readPart(encBinary))
		c.sdef("readlines", 1, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			return th.sendBlock(th.openFile(th.readPath(a[0])), "readlines", lineArgs(a[1:]), nil)
		})
		c.sdef("foreach", 1, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			if blk == nil {
				return th.enumFor(self, "foreach", a...)
			}
			th.sendBlock(th.openFile(th.readPath(a[0])), "each_line", lineArgs(a[1:]), blk)
			return vNil
		})
		c.sdef("write binwrite copy_stream", 0, -1, denies("writing files"))
		c.sdef("popen pipe", 0, -1, denies("starting programs"))
	}
	cFile.sdef("open new", 1, -1, openMethod)
	kernel("open", 1, -1, openMethod)
	readingMethods(cFile)
	positionMethods(cFile)
	cFile.def("path to_path", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(th.io(self).path) })
	cFile.def("inspect", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.str("#<File:" + th.io(self).path + ">")
	})
	cFile.def("write syswrite print puts << printf putc truncate chmod chown flock", 0, -1, denies("changing files"))
	cFile.sdef("delete unlink rename chmod chown lchmod lchown truncate link symlink utime mkfifo umask", 0, -1, denies("changing files"))
	cFile.sdef("fnmatch fnmatch?", 2, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
		flags := 0
		if len(a) > 2 {
			flags = th.intArg(a[2])
		}
		return Bool(th.fnmatch(th.strArg(a[0]), th.readPath(a[1]), flags))
	})
	for _, c := range []*Class{cFile, mFileConstants} {
		for name, n := range map[string]int{"RDONLY": 0, "WRONLY": 1, "RDWR": 2, "APPEND": 1024, "CREAT": 64, "EXCL": 128, "NONBLOCK": 2048, "TRUNC": 512,
			"LOCK_SH": 1, "LOCK_EX": 2, "LOCK_NB": 4, "LOCK_UN": 8, "FNM_NOESCAPE": fnmNoEscape, "FNM_PATHNAME": fnmPathname, "FNM_DOTMATCH": fnmDotMatch,
			"FNM_CASEFOLD": fnmCaseFold, "FNM_EXTGLOB": fnmExtGlob, "FNM_SYSCASE": 0} {
			c.setConst(name, Int(int64(n)))
		}
	}
	for name, n := range map[string]int64{"SEEK_SET": 0, "SEEK_CUR": 1, "SEEK_END": 2} {
		cIO.setConst(name, Int(n))
	}
	statMethods()
}

var mFileConstants = defModule("File::Constants")

// lineArgs leaves out the options that say how a file is opened.
func lineArgs(a []Value) []Value {
	if n := len(a); n > 0 {
		if s, ok := a[n-1].o.(*String); ok && strings.HasPrefix(s.s, "r") && n > 1 {
			return a[:n-1]
		}
	}
	return a
}

// readPart is read(name [, length [, offset]]).
func readPart(enc encoding) native {
	return func(th *thread, self Value, a []Value, blk *Proc) Value {
		a, o := th.options(a)
		s, enc := th.readFile(th.readPath(a[0])), enc
		if len(a) > 1 && !a[1].isNil() {
			enc = encBinary
			n, at := th.intArg(a[1]), 0
			if len(a) > 2 && !a[2].isNil() {
				at = th.intArg(a[2])
			}
			if n < 0 || at < 0 {
				th.raise(cArgumentError, "negative length %d given", min(n, at))
			}
			if s = s[min(at, len(s)):]; s == "" && n > 0 {
				return vNil
			}
			s = s[:min(n, len(s))]
		}
		if v := o.opt(th, "encoding"); !v.isUndef() {
			name, _, _ := strings.Cut(strings.TrimPrefix(strings.ToLower(th.toS(v)), "bom|"), ":")
			if e, ok := encodingByName(name); ok {
				enc = e
			}
			s = strings.TrimPrefix(s, "\ufeff")
		}
		if v := o.opt(th, "mode"); !v.isUndef() && strings.Contains(th.toS(v), "b") {
			enc = encBinary
		}
		return th.strEnc(s, enc)
	}
}

// statMethods tell what a file is, by its name and of a File::Stat.
func statMethods() {
	question := func(names string, f func(th *thread, info fs.FileInfo) Value) {
		cFile.sdef(names, 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			info := th.stat(th.readPath(a[0]))
			if info == nil {
				return vFalse
			}
			return f(th, info)
		})
		cFileStat.def(names, 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
			return f(th, self.o.(*Object).data.(fs.FileInfo))
		})
	}
	is := func(f func(info fs.FileInfo) bool) func(th *thread, info fs.FileInfo) Value {
		return func(th *thread, info fs.FileInfo) Value { return Bool(f(info)) }
	}
	question("exist?", is(func(fs.FileInfo) bool { return true }))
	question("file?", is(func(i fs.FileInfo) bool { return i.Mode().IsRegular() }))
	question("directory?", is(fs.FileInfo.IsDir))
	question("symlink?", is(func(i fs.FileInfo) bool { return i.Mode()&fs.ModeSymlink != 0 }))
	question("pipe?", is(func(i fs.FileInfo) bool { return i.Mode()&fs.ModeNamedPipe != 0 }))
	question("socket?", is(func(i fs.FileInfo) bool { return i.Mode()&fs.ModeSocket != 0 }))
	question("blockdev?", is(func(i fs.FileInfo) bool { return i.Mode()&fs.ModeDevice != 0 && i.Mode()&fs.ModeCharDevice == 0 }))
	question("chardev?", is(func(i fs.FileInfo) bool { return i.Mode()&fs.ModeCharDevice != 0 }))
	question("readable?", is(func(i fs.FileInfo) bool { return i.Mode()&0o444 != 0 }))
	question("writable?", is(func(i fs.FileInfo) bool { return false }))
	question("executable?", is(func(i fs.FileInfo) bool { return i.Mode()&0o111 != 0 }))
	question("zero? empty?", is(func(i fs.FileInfo) bool { return i.Size() == 0 }))
	sizeOrNil := func(i fs.FileInfo) Value {
		if i == nil || i.Size() == 0 {
			return vNil
		}
		return Int(i.Size())
	}
	cFile.sdef("size?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return sizeOrNil(th.stat(th.readPath(a[0]))) })
	cFileStat.def("size?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return sizeOrNil(self.o.(*Object).data.(fs.FileInfo))
	})
	fact := func(names string, f func(th *thread, info fs.FileInfo) Value) {
		cFile.sdef(names, 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			return f(th, th.mustStat(th.readPath(a[0]), "rb_file_s_"+strings.Fields(names)[0]))
		})
		cFileStat.def(names, 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
			return f(th, self.o.(*Object).data.(fs.FileInfo))
		})
	}
	fact("size", func(th *thread, i fs.FileInfo) Value { return Int(i.Size()) })
	// A file's other times are not the same on all systems: what is asked for is
	// whether it has changed.
	fact("mtime ctime atime", func(th *thread, i fs.FileInfo) Value {
		t := i.ModTime()
		return th.send(Value{o: cTime}, "at", Int(t.Unix()), Int(int64(t.Nanosecond())), sym("nsec"))
	})
	fact("ftype", func(th *thread, i fs.FileInfo) Value {
		switch {
		case i.IsDir():
			return th.str("directory")
		case i.Mode().IsRegular():
			return th.str("file")
		case i.Mode()&fs.ModeCharDevice != 0:
			return th.str("characterSpecial")
		case i.Mode()&fs.ModeDevice != 0:
			return th.str("blockSpecial")
		case i.Mode()&fs.ModeNamedPipe != 0:
			return th.str("fifo")
		case i.Mode()&fs.ModeSocket != 0:
			return th.str("socket")
		}
		return th.str("unknown")
	})
	cFileStat.def("mode", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		i := self.o.(*Object).data.(fs.FileInfo)
		kind := int64(0o100000)
		if i.IsDir() {
			kind = 0o40000
		}
		return Int(kind | int64(i.Mode().Perm()))
	})
	stat := func(th *thread, name string) Value {
		return Value{o: &Object{cls: cFileStat, data: th.mustStat(name, "rb_file_s_stat")}}
	}
	cFile.sdef("stat lstat", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return stat(th, th.readPath(a[0])) })
	cFile.def("stat lstat", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return stat(th, th.io(self).path) })
	cFile.def("mtime ctime atime", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.send(stat(th, th.io(self).path), "mtime")
	})
	cFile.sdef("identical?", 2, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Bool(path.Clean(th.readPath(a[0])) == path.Clean(th.readPath(a[1])) && th.stat(th.readPath(a[0])) != nil)
	})
}
