package ruby

import (
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

var cDir = defClass("Dir", cObject)

// The flags of File.fnmatch and Dir.glob.
const (
	fnmNoEscape = 1
	fnmPathname = 2
	fnmDotMatch = 4
	fnmCaseFold = 8
	fnmExtGlob  = 16
)

// fnmatch tells whether a name matches a pattern of the shell.
func (th *thread) fnmatch(pattern, name string, flags int) bool {
	list := []string{pattern}
	if flags&fnmExtGlob != 0 {
		list = th.braces(pattern)
	}
	for _, p := range list {
		if (&nameMatch{th, flags}).match(p, name, true) {
			return true
		}
	}
	return false
}

type nameMatch struct {
	th    *thread
	flags int
}

// match compares the rest of a pattern with the rest of a name; first tells that this is
// where a part of the path begins.
func (m *nameMatch) match(p, s string, first bool) bool {
	m.th.step()
	paths := m.flags&fnmPathname != 0
	hidden := func(s string, first bool) bool { return first && m.flags&fnmDotMatch == 0 && strings.HasPrefix(s, ".") }
	for p != "" {
		switch {
		case paths && first && strings.HasPrefix(p, "**/"):
			for rest := s; ; {
				if m.match(p[3:], rest, true) {
					return true
				}
				i := strings.IndexByte(rest, '/')
				if i < 0 || hidden(rest, true) {
					return false
				}
				rest = rest[i+1:]
			}
		case p[0] == '*':
			if hidden(s, first) {
				return false
			}
			p = strings.TrimLeft(p, "*")
			for i := 0; ; i++ {
				if m.match(p, s[i:], first && i == 0) {
					return true
				}
				if i >= len(s) || paths && s[i] == '/' {
					return false
				}
			}
		case s == "":
			return false
		}
		c, size := utf8.DecodeRuneInString(s)
		switch {
		case p[0] == '?':
			if hidden(s, first) || paths && c == '/' {
				return false
			}
			p = p[1:]
		case p[0] == '[':
			rest, ok := m.set(p[1:], c)
			if !ok || hidden(s, first) || paths && c == '/' {
				return false
			}
			p = rest
		default:
			if p[0] == '\\' && len(p) > 1 && m.flags&fnmNoEscape == 0 {
				p = p[1:]
			}
			d, n := utf8.DecodeRuneInString(p)
			if !m.same(c, d) {
				return false
			}
			p = p[n:]
		}
		s, first = s[size:], c == '/' && paths
	}
	return s == ""
}

func (m *nameMatch) same(a, b rune) bool {
	return a == b || m.flags&fnmCaseFold != 0 && unicode.ToLower(a) == unicode.ToLower(b)
}

// set matches a character with what follows a [, and returns what follows the ].
func (m *nameMatch) set(p string, c rune) (rest string, ok bool) {
	not := strings.HasPrefix(p, "^") || strings.HasPrefix(p, "!")
	if not {
		p = p[1:]
	}
	next := func() rune {
		if strings.HasPrefix(p, "\\") && len(p) > 1 {
			p = p[1:]
		}
		r, n := utf8.DecodeRuneInString(p)
		p = p[n:]
		return r
	}
	found := false
	for p != "" && p[0] != ']' {
		lo := next()
		hi := lo
		if len(p) > 1 && p[0] == '-' && p[1] != ']' {
			p = p[1:]
			hi = next()
		}
		if lo <= c && c <= hi || m.same(c, lo) {
			found = true
		}
	}
	if p == "" {
		return "", false
	}
	return p[1:], found != not
}

// braces returns what a{b,c}d stands for.
func (th *thread) braces(p string) []string {
	open := strings.IndexByte(p, '{')
	for open > 0 && p[open-1] == '\\' {
		next := strings.IndexByte(p[open+1:], '{')
		if next < 0 {
			return []string{p}
		}
		open += 1 + next
	}
	if open < 0 {
		return []string{p}
	}
	var parts []string
	depth, from := 0, open+1
	for i := open; i < len(p); i++ {
		switch p[i] {
		case '{':
			depth++
		case ',':
			if depth == 1 {
				parts, from = append(parts, p[from:i]), i+1
			}
		case '}':
			if depth--; depth > 0 {
				continue
			}
			var out []string
			for _, part := range append(parts, p[from:i]) {
				for _, x := range th.braces(p[:open] + part + p[i+1:]) {
					th.step()
					th.charge(len(x) + 16)
					out = append(out, x)
				}
			}
			return out
		}
	}
	return []string{p}
}

// glob lists the files that match a pattern, sorted.
func (th *thread) glob(pattern string, flags int) []string {
	list := th.inst.script.opts.Policy.Glob
	if list == nil {
		th.denied("listing files")
	}
	var out []string
	for _, p := range th.braces(pattern) {
		head, _, deep := strings.Cut(p, "**/")
		if !deep {
			found, _ := list(p)
			out = append(out, th.visible(p, found, flags)...)
			continue
		}
		if strings.ContainsAny(head, "*?[") {
			th.raise(cNotImplemented, "a glob pattern with a wildcard before **/ is not supported")
		}
		var walk func(dir string)
		walk = func(dir string) {
			found, _ := list(dir + "*")
			for _, f := range found {
				th.step()
				th.charge(len(f) + 16)
				if th.fnmatch(p, f, fnmPathname|flags) {
					out = append(out, f)
				}
				if info := th.stat(f); info != nil && info.IsDir() && (flags&fnmDotMatch != 0 || !strings.HasPrefix(path.Base(f), ".")) {
					walk(f + "/")
				}
			}
		}
		walk(head)
	}
	return out
}

// visible leaves out names that begin with a dot where the pattern has none.
func (th *thread) visible(pattern string, found []string, flags int) []string {
	want := strings.Split(pattern, "/")
	out := found[:0]
	for _, f := range found {
		th.charge(len(f) + 16)
		ok := true
		for i, part := range strings.Split(f, "/") {
			if flags&fnmDotMatch == 0 && strings.HasPrefix(part, ".") && i < len(want) && !strings.HasPrefix(want[i], ".") {
				ok = false
			}
		}
		if ok {
			out = append(out, f)
		}
	}
	return out
}

func init() {
	// give hands a list to a block, if there is one.
	give := func(th *thread, l []string, blk *Proc) Value {
		if blk == nil {
			return th.strings(l)
		}
		for _, s := range l {
			th.yield1(blk, th.str(s))
		}
		return vNil
	}
	glob := func(th *thread, self Value, a []Value, blk *Proc) Value {
		a, o := th.options(a)
		flags, base := 0, ""
		if v := o.opt(th, "flags"); !v.isUndef() {
			flags = th.intArg(v)
		}
		if v := o.opt(th, "base"); !v.isUndef() && !v.isNil() {
			base = strings.TrimRight(th.readPath(v), "/") + "/"
		}
		if n := len(a); n > 1 && a[n-1].isInt() {
			flags, a = th.intArg(a[n-1]), a[:n-1]
		}
		var flat []Value
		th.flatten(&flat, a, -1)
		var out []string
		for _, p := range flat {
			for _, f := range th.glob(base+th.readPath(p), flags) {
				out = append(out, strings.TrimPrefix(f, base))
			}
		}
		return give(th, out, blk)
	}
	sdef := cDir.sdef
	sdef("glob []", 1, -1, glob)
	sdef("exist?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		info := th.stat(th.readPath(a[0]))
		return Bool(info != nil && info.IsDir())
	})
	children := func(th *thread, name string, dots bool) []string {
		if info := th.mustStat(name, "dir_initialize"); !info.IsDir() {
			th.raise(cENOTDIR, "Not a directory @ dir_initialize - %s", name)
		}
		list := th.glob(strings.NewReplacer("*", `\*`, "?", `\?`, "[", `\[`, "{", `\{`).Replace(strings.TrimRight(name, "/"))+"/*", fnmDotMatch)
		out := make([]string, 0, len(list)+2)
		if dots {
			out = append(out, ".", "..")
		}
		for _, f := range list {
			out = append(out, path.Base(f))
		}
		return out
	}
	sdef("entries", 1, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.strings(children(th, th.readPath(a[0]), true))
	})
	sdef("children", 1, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.strings(children(th, th.readPath(a[0]), false))
	})
	each := func(name string, dots bool) {
		sdef(name, 1, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			if blk == nil {
				return th.enumFor(self, name, a...)
			}
			return give(th, children(th, th.readPath(a[0]), dots), blk)
		})
	}
	each("each_child", false)
	each("foreach", true)
	sdef("empty?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		info := th.stat(th.readPath(a[0]))
		return Bool(info != nil && info.IsDir() && len(children(th, th.readPath(a[0]), false)) == 0)
	})
	sdef("pwd getwd", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str("/") })
	sdef("home", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.variable(th.str("HOME")) })
	sdef("tmpdir", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str("/tmp") })
	sdef("mkdir rmdir delete unlink chdir mktmpdir chroot", 0, -1, denies("changing files"))
	cDir.noNew = true
}
