package ruby

import (
	"testing"

	"sluice/internal/diag"
)

func TestChangesStrings(t *testing.T) {
	for code, want := range map[string]bool{
		`names = []; names << "a"; names.concat(["b"])`:                                false,
		`h = {}; h["a"] = event.get("m"); h[:b] ||= 1`:                                 false,
		`x = event.get("m"); x << "!"`:                                                 true,
		`x = []; x = event.get("m"); x << "!"`:                                         true,
		`x = event.get("m").split(","); x << "!"; x.map!(&:to_i)`:                      false,
		`event.get("m").gsub!("a", "b")`:                                               true,
		`event.get("m").split(",").each(&:strip!)`:                                     true,
		`event.get("m").split(",").each { |x| x.strip! }`:                              true,
		`event.get("m").split(",").each { x = it; x.strip! }`:                          true,
		`event.get("l").each_with_object({}) { |(k, v), out| out[k] = v }`:             false,
		`event.get("l").each_with_object(event.get("m")) { |k, out| out << k }`:        true,
		`event.get("l").each_with_object([]) { |k, out| out << k; out = k; out << k }`: true,
		`h = Hash.new { |hash, k| hash[k] = [] }; h[1] << "a"`:                         true,
		`h = Hash.new { |hash, k| hash[k] = [] }; h[1]`:                                false,
		`a, b = [], []; a << 1`:                                                        true,
		`def f(x) = x.replace("a")`:                                                    true,
		`x = y = []; x << 1; y.push(2)`:                                                false,
		`x = event.get("a") ? [] : {}; x.clear`:                                        false,
		`x = event.get("a") || []; x << 1`:                                             true,
		`x = []; x *= event.get("sep"); x << "a"`:                                      true,
		`begin; raise "a"; rescue => e; e << "a"; end`:                                 true,
		`event.get("l").inject(:<<)`:                                                   true,
		`event.get("m").send(:upcase)`:                                                 true,
		`s = event.get("m"); s["a"] = "b"`:                                             true,
		`s = event.get("m"); s[0], y = "a", 1`:                                         true,
		`event.get("m")[0] += "b"`:                                                     true,
		`case event.get("m") in x; x << "a" end`:                                       true,
		`for x in event.get("l") do x << "a" end`:                                      true,
		`event.get("m").upcase # x << "a"`:                                             false,
		`unless !event.get("m") then event.set("a", 1 != 2) end`:                       false,
	} {
		script, list := Compile(diag.NewSource("code", code), Options{})
		if script == nil {
			t.Error(code, list)
		} else if script.tracks != want {
			t.Errorf("%s: %t", code, script.tracks)
		}
	}
}
