package ruby

import (
	"slices"
	"strings"
)

func inspectSymbol(name string) string {
	if isSymbolName(name) {
		return ":" + name
	}
	return ":" + inspectString(&String{s: name})
}

func isSymbolName(s string) bool {
	switch s {
	case "[]", "[]=", "<=>", "==", "===", "=~", "!", "!=", "!~", "+", "-", "*", "/", "%", "**", "<", ">", "<=", ">=", "<<", ">>", "&", "|", "^", "~", "+@", "-@", "`":
		return true
	}
	if len(s) > 1 && s[0] == '$' {
		if strings.Trim(s[1:], "0123456789") == "" || len(s) == 2 && strings.IndexByte("~*$?!@/\\;,.=:<>\"&`'+0_", s[1]) >= 0 || len(s) == 3 && s[1] == '-' && isIdent(s[2]) {
			return true
		}
	}
	t := strings.TrimPrefix(s, "$")
	if len(t) == len(s) {
		t = strings.TrimPrefix(strings.TrimPrefix(s, "@"), "@")
	}
	if t == "" || isDigit(t[0]) || !isIdent(t[0]) {
		return false
	}
	for i := range len(t) {
		if !isIdent(t[i]) {
			return i == len(t)-1 && len(s) == len(t) && (t[i] == '?' || t[i] == '!' || t[i] == '=')
		}
	}
	return true
}

func init() {
	sdef := cSymbol.def
	name := func(v Value) string { return v.o.(*Symbol).name }
	sdef("to_s id2name", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(name(self)) })
	sdef("name", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.frozenStr(name(self), encUTF8) })
	sdef("to_sym", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return self })
	sdef("to_proc", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Value{o: symbolProc(name(self))} })
	sdef("inspect", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(inspectSymbol(name(self))) })
	sdef("== ===", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(th.equal(self, a[0])) })
	sdef("<=>", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if _, ok := a[0].o.(*Symbol); !ok {
			return vNil
		}
		return Int(int64(strings.Compare(name(self), name(a[0]))))
	})
	sdef("hash", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.hashOf(self) })
	for _, m := range []string{"length size", "[] slice", "empty?", "=~", "match", "match?", "start_with?", "end_with?", "encoding"} {
		first, _, _ := strings.Cut(m, " ")
		sdef(m, 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			args := slices.Clone(a)
			for i, v := range args {
				if s, ok := v.o.(*Symbol); ok {
					args[i] = th.str(s.name)
				}
			}
			return th.sendBlock(th.str(name(self)), first, args, blk)
		})
	}
	for _, m := range []string{"upcase", "downcase", "capitalize", "swapcase", "succ next"} {
		first, _, _ := strings.Cut(m, " ")
		sdef(m, 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			return sym(th.toS(th.sendBlock(th.str(name(self)), first, a, blk)))
		})
	}
	for _, m := range []string{"casecmp", "casecmp?"} {
		sdef(m, 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			other, ok := a[0].o.(*Symbol)
			if !ok {
				return vNil
			}
			return th.send(th.str(name(self)), m, th.str(other.name))
		})
	}
	cSymbol.include(mComparable)
}
