package ruby

import (
	"slices"
	"strings"
	"testing"

	"sluice/internal/diag"
	"sluice/internal/event"
)

// TestShelter runs scripts with state on two events whose memory is used again, and
// tells which of them keep something.
func TestShelter(t *testing.T) {
	event.PoisonReleased(true)
	defer event.PoisonReleased(false)
	for _, c := range []struct {
		init, code string
		keeps      bool
		second     string // what the second event gets in r
	}{
		{`@t = {"a" => "x"}`, `event.set("r", @t[event.get("k")])`, false, "x"},
		{`@t = {}`, `event.set("r", @t["k"].to_s); @t["k"] = event.get("k")`, true, "a"},
		{`@l = []`, `event.set("r", @l.join(",")); @l << event.get("k") + "!"`, true, "a!"},
		{`@l = [[]]`, `event.set("r", @l.flatten.join(",")); @l[0].push(event.get("k") + "!")`, true, "a!"},
		{`@s = "s"`, `event.set("r", @s); @s = event.get("k")`, true, "a"},
		{`@s = +"s"`, `event.set("r", @s); s = @s; s.replace(event.get("k"))`, true, "a"},
		{`$g = 1`, `event.set("r", $g.to_s); $g = event.get("k")`, true, "a"},
		{`@f = ->(x) { @x = x }`, `event.set("r", @x.to_s); @f.call(event.get("k"))`, true, "a"},
		{`@h = Hash.new { |h, k| h[k] = [] }`, `event.set("r", @h["z"].join); @h["z"] << event.get("k")`, true, "a"},
		{`require "set"; @s = Set.new(["q"])`, `event.set("r", @s.to_a.join); @s.add(event.get("k"))`, true, "qa"},
		{`@t = {"a" => ["x"]}.freeze`, `event.set("r", @t["a"].join); l = @t["a"]; l.push(event.get("k"))`, true, "xa"},
		{`T = {"a" => "c"}`, `event.set("r", T[event.get("k")].upcase)`, false, "C"},
		{`class Box; attr_accessor :v; end; @b = Box.new`, `event.set("r", @b.v.to_s); @b.v = event.get("k")`, true, "a"},
		{`@t = [1]`, `event.set("r", @t.frozen?.to_s + @t.dup.frozen?.to_s)`, false, "falsefalse"},
		{`@n = 0`, `@@last ||= "none"; event.set("r", @@last); @@last = event.get("k")`, true, "a"},
		{`@t = 1`, `define_singleton_method(:last) { "none" } unless respond_to?(:last); event.set("r", last); k = event.get("k"); define_singleton_method(:last) { k }`, true, "a"},
	} {
		script, list := Compile(diag.NewSource("code", c.code), Options{Init: diag.NewSource("init", c.init)})
		if script == nil {
			t.Fatal(c.code, list)
		}
		in, err := script.NewInstance(nil)
		if err != nil {
			t.Fatal(err)
		}
		result := ""
		for range 3 { // the objects of the second run take the places of the first one's
			batch := event.NewBatch()
			ev, _, err := batch.Decode(batch.Copy([]byte(`{"k":"a","l":["b","c","d"],"m":{"n":"o"}}`)))
			if err != nil {
				t.Fatal(err)
			}
			if err := in.Run(ev, nil); err != nil {
				t.Fatal(c.code, err)
			}
			if result == "" {
				result = "first"
			} else if result == "first" {
				result = strings.Clone(ev.Get(event.MustRef("r")).Str())
			}
			batch.Release()
		}
		if result != c.second || in.keeps != c.keeps {
			t.Errorf("%s; %s: %q, keeps %t", c.init, c.code, result, in.keeps)
		}
	}
}

// TestNothingChangesUnseen calls every method of the classes that a state consists of on
// a sheltered object: whatever changes it must have asked raiseFrozen.
func TestNothingChangesUnseen(t *testing.T) {
	objects := map[string]*Class{
		`+"text"`: cString, `["b", "a", nil, ["c"], "b"]`: cArray, `{"b" => 1, "a" => "x", :s => [2]}`: cHash, `Set.new(["b", "a"])`: cSet,
	}
	const call = `before = @o.inspect; d = @o.is_a?(Hash) ? @o.default : 0
		begin
			args = [[], [1], ["a"], [0, 1], ["a", "b"], [["z", "y"]], [{"k" => 1}], [/a/, "b"], [0, 1, "q"], [nil], [Set.new(["z"])]][event.get("args")]
			case event.get("block")
			when 0 then @o.__send__(event.get("name"), *args)
			when 1 then @o.__send__(event.get("name"), *args) { |*x| x.size > 1 ? x[1] : "v" }
			else @o.__send__(event.get("name"), *args) { |x| nil }
			end
		rescue StandardError, NotImplementedError, StopIteration
		end
		event.set('r', @o.inspect == before && (@o.is_a?(Hash) ? @o.default : 0) == d)`
	const argLists, blocks = 11, 3
	skip := strings.Fields("freeze object_id __id__ hash exit exit! abort sleep loop gets raise fail throw catch binding fork system instance_variable_set extend define_singleton_method singleton_class instance_eval instance_exec send __send__ public_send method display puts p print pp then yield_self tap cycle instance_variable_get remove_instance_variable warn printf srand rand")
	changed := 0
	for text, class := range objects {
		var names []string
		for _, k := range class.ancestors() {
			for name := range k.methods {
				if !slices.Contains(skip, name) && !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
		}
		slices.Sort(names)
		init := "require 'set'; @o = " + text
		script, list := Compile(diag.NewSource("code", call), Options{Init: diag.NewSource("init", init), Limits: Limits{Steps: 100_000}})
		if script == nil {
			t.Fatal(list)
		}
		script.tracks = false
		for _, name := range names {
			for i := range argLists * blocks {
				in, err := script.NewInstance(nil)
				if err != nil {
					t.Fatal(err)
				}
				if in.keeps {
					t.Fatal(init, " is not sheltered")
				}
				ev := event.NewBatch().New()
				ev.Root().Set("name", event.StringValue(name))
				ev.Root().Set("args", event.IntValue(int64(i/blocks)))
				ev.Root().Set("block", event.IntValue(int64(i%blocks)))
				_ = in.Run(ev, nil)
				same := ev.Get(event.MustRef("r"))
				if !same.Exists() || same.Bool() {
					continue
				}
				changed++
				if !in.keeps {
					t.Errorf("%s: %s (%d) changes it unseen", text, name, i)
				}
			}
		}
	}
	if changed < 100 {
		t.Errorf("only %d calls changed anything", changed)
	}
}
