package ruby

import (
	"encoding/json"
	"testing"
)

// Exceptions that statements return instead of unwinding must do what all others do.
func TestQuietExceptions(t *testing.T) {
	for code, want := range map[string]string{
		`begin; x = Integer("a"); rescue => e; r = e.message; end`:                                                           `"invalid value for Integer(): \"a\""`,
		`x = 7; begin; x = Integer("a"); rescue; end; r = x`:                                                                 `7`,
		`begin; x = Integer("12"); rescue; x = 0; else; x += 1; end; r = x`:                                                  `13`,
		`r = []; begin; begin; Integer("a"); ensure; r << 1; end; rescue ArgumentError; r << 2; end`:                         `[1, 2]`,
		`r = []; begin; begin; raise "a"; ensure; r << $!&.message; end; rescue; r << $!.message; end; r << $!`:              `["a", "a", nil]`,
		`r = []; begin; begin; [1].each { raise "a" }; ensure; r << $!&.message; end; rescue; r << $!.message; end; r << $!`: `["a", "a", nil]`,
		`r = []; begin; begin; Integer("a"); rescue TypeError; r << 1; end; rescue ArgumentError; r << 2; end`:               `[2]`,
		`r = []; begin; begin; Integer("a"); rescue; raise "b"; end; rescue => e; r << e.message << e.cause.class; end`:      `["b", ArgumentError]`,
		`n = 0; begin; n += 1; Integer(n < 3 ? "a" : "5"); rescue; retry; end; r = n`:                                        `3`,
		`r = []; begin; while true; r << 1; Float("b"); end; rescue; r << 2; end`:                                            `[1, 2]`,
		`r = []; begin; for i in 1..3; r << i; raise "x" if i == 2; end; rescue => e; r << e.message; end`:                   `[1, 2, "x"]`,
		`r = []; begin; [1, 2].each { |i| r << i; raise "x" if i == 2 }; rescue => e; r << e.message; end`:                   `[1, 2, "x"]`,
		`r = []; [1, 2].each { |i| begin; raise "x" if i == 2; r << i; rescue => e; r << e.message; end }`:                   `[1, "x"]`,
		`r = begin; Integer("a"); rescue; 3; end`:                                                                            `3`,
		`r = (Integer("a") rescue 4)`:                                                                                      `4`,
		`r = [1, (Float("1.5") rescue 4), (Float("x") rescue 5)]`:                                                          `[1, 1.5, 5]`,
		`r = []; begin; y = while true do Integer("a") end; rescue; r << 1; end`:                                           `[1]`,
		`r = []; begin; y = if true then raise "x" end; rescue; r << 1; end`:                                               `[1]`,
		`def m(s); begin; Integer(s); rescue ArgumentError; return -1; ensure; @e = s; end; end; r = [m("1"), m("a"), @e]`: `[1, -1, "a"]`,
		`def m(s); Integer(s); rescue ArgumentError; -1; else; 5; end; r = [m("1"), m("a")]`:                               `[5, -1]`,
		`def m; Integer("a"); end; begin; m; rescue => e; r = e.class; end`:                                                `ArgumentError`,
		`def Integer(x); "own"; end; begin; r = Integer("a"); rescue; r = 0; end`:                                          `"own"`,
		`r = []; begin; case 1 when 1 then raise KeyError, "k" end; rescue KeyError => e; r << e.message; end`:             `["k"]`,
		`r = []; begin; 5 and raise "x"; rescue => e; r << e.message; end`:                                                 `["x"]`,
		`begin; raise; rescue => e; r = [e.class, $!.equal?(e)]; end`:                                                      `[RuntimeError, true]`,
		`begin; begin; raise "a"; rescue; raise; end; rescue => e; r = e.message; end`:                                     `"a"`,
		`begin; JSON.parse("{"); rescue JSON::ParserError => e; r = e.message; end`:                                        `"unexpected token at '{'"`,
		`begin; event.set("z", JSON.parse("[1")); rescue => e; r = [e.class, event.get("z")]; end`:                         `[JSON::ParserError, nil]`,
		`begin; event.set("[z][y]", Integer("0x1f", 16)); rescue; end; r = event.get("[z][y]")`:                            `31`,
		`k = "z"; begin; event.set("[a][#{k}]", Float("q")); rescue => e; r = e.message; end`:                              `"invalid value for Float(): \"q\""`,
		`begin; Integer("1", 2, 3, 4); rescue ArgumentError => e; r = 1; end`:                                              `1`,
		`begin; Integer(nil); rescue TypeError => e; r = e.message; end`:                                                   `"can't convert nil into Integer"`,
		`r = catch(:done) { begin; throw :done, 5; Integer("a"); rescue; 1; end }`:                                         `5`,
		`x = [1, 2, 3].map { |s| begin; next 9 if s == 2; Integer("a"); rescue; s; end }; r = x`:                           `[1, 9, 3]`,
		`def m; begin; raise "a"; ensure; return 6; end; end; begin; r = m; rescue; r = 7; end`:                            `6`,
		`def m; begin; begin; raise "a"; ensure; return 6; end; rescue; 8; end; end; r = m`:                                `6`,
	} {
		out, err := run(t, code+"\nevent.set('r', r.inspect)", `{}`, Options{})
		var fields struct{ R string }
		if err == nil {
			err = json.Unmarshal([]byte(out), &fields)
		}
		if err != nil || fields.R != want {
			t.Errorf("%s: %s, %v, want %s", code, fields.R, err, want)
		}
	}
}
