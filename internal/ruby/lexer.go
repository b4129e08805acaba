package ruby

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"
)

type tokKind uint8

const (
	tEOF tokKind = iota
	tNL          // newline or ;
	tLit         // number, string, symbol, regexp, words: tok.n is its node
	tIdent
	tConst
	tFid // name? or name!
	tIvar
	tGvar
	tCvar
	tLabel // name: in a hash or argument list
	tKw
	tOp
)

// token is one word of the program. Operators that mean something else at the start
// of an expression end in "p" there: "-p", "*p", "&p", "**p", "[p", "(p", "::p", "..p".
type token struct {
	kind   tokKind
	s      string
	n      node
	pos    int
	end    int
	spc    bool // white space before
	nl     bool // a line break before that did not end a statement
	isStr  bool // n is a string literal
	strLbl bool // "text": as a hash key
}

var keywords = map[string]bool{}

func init() {
	for _, k := range strings.Fields("alias and begin BEGIN break case class def defined? do else elsif end END ensure false for if in module next nil not or redo rescue retry return self super then true undef unless until when while yield __FILE__ __LINE__ __method__ __dir__ __ENCODING__") {
		keywords[k] = true
	}
}

// endKeywords can stand at the end of an expression, so that an operator follows them.
var endKeywords = map[string]bool{"end": true, "self": true, "nil": true, "true": true, "false": true, "redo": true, "retry": true, "__FILE__": true, "__LINE__": true, "__method__": true, "__dir__": true, "__ENCODING__": true}

type syntaxError struct {
	start, end int
	msg, help  string
}

// lexer cuts the text into tokens, one at a time, knowing what the parser saw last.
type lexer struct {
	src  string
	off  int // where the next token is looked for
	tok  token
	prev token
	// heredocEnd is where lexing goes on after the current line, when here documents
	// that began in it follow.
	heredocEnd int
	fname      bool // a method name is expected
	noLabel    int  // inside a ? b : c, where b: is no label
	p          *parser
}

func (l *lexer) fail(start, end int, help, format string, args ...any) {
	panic(&syntaxError{start, end, fmt.Sprintf(format, args...), help})
}

// beg tells whether an expression begins here, arg whether the last token may be a
// method name whose arguments begin here.
func (l *lexer) state() (beg, arg bool) {
	t := &l.tok
	switch t.kind {
	case tEOF, tNL, tLabel:
		return true, false
	case tLit, tIvar, tGvar, tCvar:
		return false, false
	case tConst:
		return false, false
	case tFid:
		return false, true
	case tIdent:
		if l.prev.kind == tOp && (l.prev.s == "." || l.prev.s == "&.") {
			return false, true
		}
		return false, l.p.scope.find(t.s) == nil
	case tKw:
		switch t.s {
		case "super", "yield", "defined?", "not":
			return t.s == "not", t.s != "not"
		}
		return !endKeywords[t.s], false
	case tOp:
		switch t.s {
		case ")", "]", "}":
			return false, false
		}
		return true, false
	}
	return true, false
}

// advance reads the next token into l.tok.
func (l *lexer) advance() {
	t := l.lex()
	l.prev, l.tok = l.tok, t
}

func isIdent(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c >= 0x80
}
func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v' }

func (l *lexer) peek(i int) byte {
	if l.off+i < len(l.src) {
		return l.src[l.off+i]
	}
	return 0
}

// newline moves over a line break, and over the here documents that begin after it.
func (l *lexer) newline() {
	l.off++
	if l.heredocEnd > l.off {
		l.off = l.heredocEnd
	}
	l.heredocEnd = 0
	for strings.HasPrefix(l.src[l.off:], "=begin") {
		i := strings.Index(l.src[l.off:], "\n=end")
		if i < 0 {
			l.fail(l.off, l.off+6, "end it with =end at the start of a line", "comment =begin has no end")
		}
		l.off += i + 1
		l.skipLine()
		if l.off < len(l.src) {
			l.off++
		}
	}
}

func (l *lexer) skipLine() {
	for l.off < len(l.src) && l.src[l.off] != '\n' {
		l.off++
	}
}

// continues tells whether the next line begins with .name or &.name.
func (l *lexer) continues() bool {
	i := l.off
	for i < len(l.src) {
		switch c := l.src[i]; {
		case isSpace(c) || c == '\n':
			i++
		case c == '#':
			for i < len(l.src) && l.src[i] != '\n' {
				i++
			}
		case c == '.':
			return i+1 < len(l.src) && l.src[i+1] != '.'
		case c == '&':
			return i+1 < len(l.src) && l.src[i+1] == '.'
		default:
			return false
		}
	}
	return false
}

func (l *lexer) lex() token {
	beg, arg := l.state()
	if l.off == 0 && strings.HasPrefix(l.src, "=begin") {
		l.off = -1
		l.newline()
	}
	spc, nl := false, false
	for {
		c := l.peek(0)
		switch {
		case l.off >= len(l.src):
			return token{kind: tEOF, pos: len(l.src), end: len(l.src)}
		case isSpace(c):
			l.off++
		case c == '\\' && l.peek(1) == '\n':
			l.off++
			l.newline()
		case c == '\\' && l.peek(1) == '\r' && l.peek(2) == '\n':
			l.off += 2
			l.newline()
		case c == '#':
			l.skipLine()
			continue
		case c == '\n':
			start := l.off
			l.newline()
			if strings.HasPrefix(l.src[l.off:], "__END__") && (len(l.src) == l.off+7 || l.src[l.off+7] == '\n') {
				l.off = len(l.src)
			}
			nl = true
			// A line break ends return and its kin, which may have a value or not.
			mid := l.tok.kind == tKw && (l.tok.s == "return" || l.tok.s == "break" || l.tok.s == "next" || l.tok.s == "rescue")
			if beg && l.tok.kind != tLabel && !mid || l.continues() {
				break
			}
			return token{kind: tNL, s: "\n", pos: start, end: start + 1}
		case c == 0 || c == 4 || c == 26:
			l.fail(l.off, l.off+1, "", "control character in the program")
		default:
			goto found
		}
		spc = true
	}
found:
	t := l.word(beg, arg, spc)
	t.spc, t.nl = spc, nl
	t.end = l.off
	return t
}

func (l *lexer) word(beg, arg, spc bool) token {
	start, c := l.off, l.peek(0)
	fname := l.fname
	l.fname = false
	t := token{pos: start}
	// afterDot: keywords and operators are method names there.
	afterDot := l.tok.kind == tOp && (l.tok.s == "." || l.tok.s == "&.")
	// open tells that an argument may begin here although an operator may follow too.
	next := l.peek(1)
	open := beg || arg && spc && !isSpace(next) && next != '\n' && next != '='
	switch {
	case c == ';':
		l.off++
		t.kind, t.s = tNL, ";"
		return t
	case isDigit(c):
		return l.number(false)
	case isIdent(c):
		return l.ident(beg, arg, afterDot, fname)
	case afterDot || fname:
		if op := l.opName(); op != "" {
			l.off += len(op)
			t.kind, t.s = tIdent, op
			return t
		}
	}
	switch c {
	case '"', '`', '\'':
		l.off++
		kind := c
		parts := l.stringParts(0, kind, kind, kind != '\'', false)
		t.kind, t.n, t.isStr = tLit, &strNode{pos(start), parts, kind == '`'}, true
		if l.peek(0) == ':' && l.peek(1) != ':' && kind != '`' && l.noLabel == 0 && (beg || arg) {
			l.off++
			t.strLbl = true
		}
		return t
	case '@':
		i := 1
		if next == '@' {
			i = 2
		}
		if !isIdent(l.peek(i)) || isDigit(l.peek(i)) {
			l.fail(start, start+i, "a name follows @", "this is no variable name")
		}
		l.off += i
		for isIdent(l.peek(0)) {
			l.off++
		}
		t.s, t.kind = l.src[start:l.off], tIvar
		if i == 2 {
			t.kind = tCvar
		}
		return t
	case '$':
		l.off++
		if isIdent(next) && !isDigit(next) {
			for isIdent(l.peek(0)) {
				l.off++
			}
			if name, ok := englishNames[l.src[start:l.off]]; ok {
				if i := strings.IndexByte("~&`'+", name[1]); i >= 0 {
					t.kind, t.n = tLit, &nthNode{pos(start), -1 - i}
					return t
				}
				t.kind, t.s = tGvar, name
				return t
			}
		} else if isDigit(next) {
			for isDigit(l.peek(0)) {
				l.off++
			}
			if n, _ := strconv.Atoi(l.src[start+1 : l.off]); n > 0 {
				t.kind, t.n = tLit, &nthNode{pos(start), n}
				return t
			}
		} else if next != 0 && strings.IndexByte("~&`'+!@/\\,;.<>_0*$?:\"-", next) >= 0 {
			l.off++
			if i := strings.IndexByte("~&`'+", next); i >= 0 {
				t.kind, t.n = tLit, &nthNode{pos(start), -1 - i}
				return t
			}
		} else {
			l.fail(start, start+1, "", "a lone $ is no variable name")
		}
		t.kind, t.s = tGvar, l.src[start:l.off]
		return t
	case ':':
		if next == ':' {
			l.off += 2
			t.kind, t.s = tOp, "::"
			if beg || arg && spc && !isSpace(l.peek(0)) {
				t.s = "::p"
			}
			return t
		}
		if next == '"' || next == '\'' {
			l.off += 2
			parts := l.stringParts(0, next, next, next == '"', false)
			t.kind = tLit
			if len(parts) == 0 {
				t.n = &symNode{pos(start), ""}
			} else if r, ok := parts[0].(*rawNode); ok && len(parts) == 1 {
				t.n = &symNode{pos(start), r.s}
			} else {
				t.n = &dsymNode{pos(start), parts}
			}
			return t
		}
		l.off++
		if isIdent(next) && !isDigit(next) {
			for isIdent(l.peek(0)) {
				l.off++
			}
			if q := l.peek(0); (q == '?' || q == '!') && l.peek(1) != '=' {
				l.off++
			} else if q == '=' && l.peek(1) != '=' && l.peek(1) != '~' && l.peek(1) != '>' {
				l.off++
			}
		} else if next == '@' || next == '$' {
			l.off++
			switch c := l.peek(0); {
			case next == '$' && c == '-' && isIdent(l.peek(1)):
				l.off += 2
			case next == '$' && c != 0 && strings.IndexByte("~&`'+!@/\\,;.<>*$?:\"", c) >= 0:
				l.off++
			default:
				for isIdent(l.peek(0)) || l.peek(0) == '@' {
					l.off++
				}
			}
		} else if op := l.opName(); op != "" {
			l.off += len(op)
		} else {
			t.kind, t.s = tOp, ":"
			return t
		}
		t.kind, t.n = tLit, &symNode{pos(start), l.src[start+1 : l.off]}
		return t
	case '/':
		if open {
			l.off++
			return l.regexp(start, 0, '/')
		}
	case '%':
		if open && l.percent(beg) {
			return l.percentLiteral()
		}
	case '?':
		if beg || arg && spc {
			if tt, ok := l.charLiteral(); ok {
				return tt
			}
		}
	case '<':
		if next == '<' && (beg || arg && spc) {
			if tt, ok := l.heredoc(); ok {
				return tt
			}
		}
	case '-':
		if next == '>' {
			l.off += 2
			t.kind, t.s = tOp, "->"
			return t
		}
		if open && isDigit(next) {
			l.off++
			return l.number(true)
		}
	}
	ops3 := [...]string{"**=", "<=>", "===", "...", "<<=", ">>=", "&&=", "||=", "**", "==", "!=", ">=", "<=", "&&", "||", "=~", "!~", "..", "<<", ">>", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "=>", "&."}
	t.kind = tOp
	for _, op := range ops3 {
		if strings.HasPrefix(l.src[l.off:], op) {
			t.s = op
			break
		}
	}
	if t.s == "" {
		if strings.IndexByte("+-*/%<>=!&|^~?.,()[]{}", c) < 0 {
			r, size := utf8.DecodeRuneInString(l.src[l.off:])
			l.fail(start, start+size, "", "unexpected character %q", r)
		}
		t.s = l.src[l.off : l.off+1]
	}
	l.off += len(t.s)
	switch t.s {
	case "-", "+", "*", "&", "**":
		n := l.peek(0)
		if beg || arg && spc && !isSpace(n) && n != '\n' {
			t.s += "p"
		}
	case "..", "...":
		if beg {
			t.s += "p"
		}
	case "[":
		if beg || arg && spc {
			t.s = "[p"
		}
	case "(":
		if beg || arg && spc {
			t.s = "(p"
		}
	}
	return t
}

// opName returns the operator method name that stands here.
func (l *lexer) opName() string {
	for _, op := range [...]string{"[]=", "[]", "<=>", "===", "==", "=~", "!=", "!~", "**", "+@", "-@", "~@", "!@", "<<", ">>", "<=", ">=", "+", "-", "*", "/", "%", "<", ">", "!", "&", "|", "^", "~", "`"} {
		if strings.HasPrefix(l.src[l.off:], op) {
			return op
		}
	}
	return ""
}

func (l *lexer) ident(beg, arg, afterDot, fname bool) token {
	start := l.off
	for isIdent(l.peek(0)) {
		l.off++
	}
	t := token{pos: start, kind: tIdent}
	if c := l.src[start]; c >= 'A' && c <= 'Z' {
		t.kind = tConst
	} else if c >= 0x80 {
		if r, _ := utf8.DecodeRuneInString(l.src[start:]); r == utf8.RuneError || r == 0xa0 || r == 0xfeff || r >= 0x2000 && r <= 0x206f {
			l.fail(start, l.off, "replace it by an ordinary space or quote", "unexpected character %q", r)
		}
	}
	if q := l.peek(0); (q == '?' || q == '!') && (l.peek(1) != '=' || l.peek(2) == '=' || l.peek(2) == '~' || l.peek(2) == '>') {
		// a?b:c is a condition when a is a local variable.
		if q == '!' || l.peek(1) != ':' || l.peek(2) == ':' || beg {
			l.off++
			t.kind = tFid
		}
	}
	t.s = l.src[start:l.off]
	if t.s == "defined?" && !afterDot {
		t.kind = tKw
		return t
	}
	if c := l.peek(0); c == ':' && l.peek(1) != ':' && !afterDot && !fname && l.noLabel == 0 {
		if beg || arg || l.tok.kind == tOp {
			l.off++
			t.kind = tLabel
			return t
		}
	}
	if afterDot {
		return t
	}
	if fname {
		if c := l.peek(0); c == '=' && (t.kind == tIdent || t.kind == tConst) {
			n := l.peek(1)
			if n == '(' || isIdent(n) {
				l.off++
				t.s = l.src[start:l.off]
			}
		}
		if keywords[t.s] && t.s != "self" {
			return t
		}
		if t.s == "self" {
			t.kind = tKw
		}
		return t
	}
	if keywords[t.s] {
		t.kind = tKw
	}
	return t
}

func (l *lexer) number(neg bool) token {
	start := l.off
	i := l.off
	base := 10
	if l.src[i] == '0' && i+1 < len(l.src) {
		switch l.src[i+1] | 0x20 {
		case 'x':
			base, i = 16, i+2
		case 'b':
			base, i = 2, i+2
		case 'o':
			base, i = 8, i+2
		case 'd':
			base, i = 10, i+2
		default:
			if isDigit(l.src[i+1]) || l.src[i+1] == '_' {
				base, i = 8, i+1
			}
		}
	}
	digits := func() string {
		from := i
		for i < len(l.src) && (isDigit(l.src[i]) || l.src[i] == '_' && i > from || base == 16 && strings.IndexByte("abcdefABCDEF", l.src[i]) >= 0) {
			i++
		}
		return strings.ReplaceAll(l.src[from:i], "_", "")
	}
	text := digits()
	float := false
	if base == 10 {
		if i+1 < len(l.src) && l.src[i] == '.' && isDigit(l.src[i+1]) {
			i++
			float = true
			text += "." + digits()
		}
		if i+1 < len(l.src) && l.src[i]|0x20 == 'e' && (isDigit(l.src[i+1]) || i+2 < len(l.src) && (l.src[i+1] == '-' || l.src[i+1] == '+') && isDigit(l.src[i+2])) {
			float = true
			text += l.src[i : i+2]
			i += 2
			text += digits()
		}
	}
	l.off = i
	rational := false
	if i < len(l.src) && l.src[i] == 'r' && (i+1 >= len(l.src) || !isIdent(l.src[i+1])) {
		rational = true
		l.off++
	}
	if l.off < len(l.src) && isIdent(l.src[l.off]) && !isDigit(l.src[l.off]) {
		if rest := l.src[l.off:]; !(strings.HasPrefix(rest, "if") || strings.HasPrefix(rest, "and") || strings.HasPrefix(rest, "or") || strings.HasPrefix(rest, "unless") || strings.HasPrefix(rest, "then") || strings.HasPrefix(rest, "do") || strings.HasPrefix(rest, "end") || strings.HasPrefix(rest, "rescue") || strings.HasPrefix(rest, "while") || strings.HasPrefix(rest, "until") || strings.HasPrefix(rest, "in")) {
			l.fail(start, l.off+1, "", "numeric literal is followed by a letter")
		}
	}
	if text == "" {
		l.fail(start, i, "", "numeric literal without digits")
	}
	if neg {
		text = "-" + text
		start--
	}
	t := token{kind: tLit, pos: start}
	switch {
	case rational:
		r, ok := new(big.Rat).SetString(text)
		if !ok || len(text) > 1000 {
			l.fail(start, i, "", "malformed number")
		}
		t.n = &litNode{pos(start), newRational(r)}
	case float:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil && f == 0 {
			l.fail(start, i, "", "malformed number")
		}
		t.n = &litNode{pos(start), Float(f)}
	default:
		b, ok := new(big.Int).SetString(text, base)
		if !ok {
			l.fail(start, i, "", "malformed number")
		}
		t.n = &litNode{pos(start), bigValue(b)}
	}
	return t
}

func (l *lexer) charLiteral() (token, bool) {
	start := l.off
	c := l.peek(1)
	if c == 0 || isSpace(c) || c == '\n' {
		return token{}, false
	}
	if c == '\\' {
		l.off += 2
		var b strings.Builder
		bin := l.escape(&b, '?')
		return token{kind: tLit, pos: start, isStr: true, n: &strNode{pos: pos(start), parts: []node{&rawNode{pos(start), b.String(), bin}}}}, true
	}
	_, size := utf8.DecodeRuneInString(l.src[l.off+1:])
	if isIdent(c) && l.off+1+size < len(l.src) && isIdent(l.src[l.off+1+size]) {
		return token{}, false
	}
	l.off += 1 + size
	return token{kind: tLit, pos: start, isStr: true, n: &strNode{pos: pos(start), parts: []node{&rawNode{pos(start), l.src[start+1 : l.off], false}}}}, true
}
