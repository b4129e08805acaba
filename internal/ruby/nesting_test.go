package ruby

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"sluice/internal/diag"
	"sluice/internal/event"
)

// TestNesting compiles, and where that works runs, code that nests 10,000 deep, closed
// and left open: all but a crash is right. The chains do not nest in the text, but their
// syntax trees do; those are made longer still.
func TestNesting(t *testing.T) {
	const deep = 10_000
	for _, test := range []struct{ name, open, middle, close string }{
		{"lists", "[", "1", "]"},
		{"parentheses", "(", "1", ")"},
		{"calls", "x.to_s(", "1", ")"},
		{"command calls", "puts ", "1", ""},
		{"indexes", "x[", "1", "]"},
		{"objects", "{a: ", "1", "}"},
		{"objects with arrows", "{1 => ", "1", "}"},
		{"interpolation", "\"#{", "1", "}\""},
		{"symbols with interpolation", ":\"#{", "1", "}\""},
		{"regular expressions with interpolation", "/#{", "1", "}/"},
		{"words with interpolation", "%W[#{", "1", "}]"},
		{"brackets of %q", "%q(", "", ")"},
		{"brackets of one %q", "(", "", ")"},
		{"here documents", "<<A + \"#{", "1", "}\"\nA\n"},
		{"blocks", "x { ", "1", " }"},
		{"blocks with parameters", "x { |a, (b, c)| ", "1", " }"},
		{"do blocks", "x do ", "1", " end"},
		{"block parameters", "(", "a", ")"},
		{"lambdas", "-> { ", "1", " }"},
		{"lambdas with defaults", "->(a = ", "1", ") { }"},
		{"not", "!", "x", ""},
		{"not in words", "not ", "x", ""},
		{"minus", "- ", "x", ""},
		{"complement", "~", "x", ""},
		{"defined?", "defined? ", "x", ""},
		{"powers", "2 ** ", "1", ""},
		{"assignments", "b = ", "1", ""},
		{"operator assignments", "b ||= ", "1", ""},
		{"several assignments", "a, b = ", "1", ""},
		{"splats", "[*", "[]", "]"},
		{"begin", "begin\n", "1", "\nend"},
		{"rescue", "begin; x; rescue; ", "1", "; end"},
		{"ensure", "begin; x; ensure; ", "1", "; end"},
		{"rescue modifiers", "x rescue ", "1", ""},
		{"if", "if x then ", "1", " end"},
		{"if conditions", "if ", "x", " then 1 end"},
		{"else if", "if x then 1 else ", "1", " end"},
		{"unless", "unless x then ", "1", " end"},
		{"while", "while x do ", "1", " end"},
		{"until", "until x do ", "1", " end"},
		{"for", "for a in [] do ", "1", " end"},
		{"case", "case 1 when 1 then ", "1", " end"},
		{"case subjects", "case ", "1", " when 1 then 1 end"},
		{"ternaries", "x ? 1 : ", "1", ""},
		{"ternaries within", "x ? ", "1", " : 2"},
		{"definitions", "def a\n", "1", "\nend"},
		{"default values", "def a(b = ", "1", ") end"},
		{"classes", "class A\n", "1", "\nend"},
		{"singleton classes", "class << self\n", "1", "\nend"},
		{"modules", "module A\n", "1", "\nend"},
		{"and", "x && (", "1", ")"},
		{"ranges", "(1..", "2", ")"},
		{"returns", "return (", "1", ")"},
		{"super", "super(", "1", ")"},
		{"yield", "yield(", "1", ")"},
		{"patterns in patterns", "case 1 in [", "1", "] end"},
	} {
		for _, code := range []string{
			"x = nil\n" + strings.Repeat(test.open, deep) + test.middle + strings.Repeat(test.close, deep),
			"x = nil\n" + strings.Repeat(test.open, deep),
			"x = nil\n" + strings.Repeat(test.open, maxNesting/8) + test.middle + strings.Repeat(test.close, maxNesting/8),
		} {
			survive(t, test.name, code)
		}
	}
	for _, pattern := range [][2]string{{"[", "]"}, {"{a: ", "}"}, {"(", ")"}, {"Array(", ")"}, {"Array[", "]"}, {"[*, ", ", *]"}, {"^(", ")"}} {
		body := strings.Repeat(pattern[0], deep) + "1" + strings.Repeat(pattern[1], deep)
		survive(t, "pattern", "case [1]\nin "+body+"\n  1\nelse\n  2\nend")
		survive(t, "pattern", "[1] => "+body)
		survive(t, "pattern", "case [1]\nin "+strings.Repeat(pattern[0], deep))
	}
	for _, chain := range []string{" | 1", " | [1]"} {
		survive(t, "alternatives", "case 1\nin 1"+strings.Repeat(chain, deep)+"\nend")
	}
	survive(t, "parameters", "f = proc { |"+strings.Repeat("(", deep)+"a"+strings.Repeat(")", deep)+"| 1 }")
	survive(t, "targets", strings.Repeat("(", deep)+"a, b"+strings.Repeat("), c", deep)+" = 1")
	survive(t, "regular expression", "x = /"+strings.Repeat("(", deep)+"a"+strings.Repeat(")", deep)+"/\nx =~ 'a'")
	survive(t, "regular expression", "x = Regexp.new('(?:' * 10_000 + 'a' + ')?' * 10_000)\nx =~ 'a'")
	survive(t, "character class", "x = Regexp.new('[' * 10_000 + 'a' + ']' * 10_000)\nx =~ 'a'")
	heredocs := strings.Builder{}
	for i := range deep {
		fmt.Fprintf(&heredocs, "<<A%d + ", i)
	}
	heredocs.WriteString("''\n")
	for i := range deep {
		fmt.Fprintf(&heredocs, "a\nA%d\n", i)
	}
	survive(t, "here documents", "x = "+heredocs.String())
	nested := ""
	for i := range 600 {
		nested = fmt.Sprintf("<<A%d\n#{%s}\nA%d\n", i, nested, i)
	}
	survive(t, "here documents in here documents", "x = "+nested)
	for _, chain := range []struct{ first, link string }{
		{"x", ".to_s"}, {"x", "&.to_s"}, {"x", ".then { 1 }"}, {"x", "\n  .to_s"}, {"x", "[0]"}, {"x", "()"}, {"x", ".()"}, {"x", "::A"},
		{"x", " + 1"}, {"x", " && 1"}, {"x", " || 1"}, {"x", " and 1"}, {"x", " << 1"}, {"x", " == 1"}, {"x", " if 1"}, {"x", " while nil"},
		{"x", " rescue 1"}, {"x", " in 1"}, {"x", "; 1"}, {"'a'", " 'a'"}, {"if x then 1", " elsif x then 1"}, {"x ? 1 : 2", " ? 1 : 2"},
		{"case x", " when 1 then 1"}, {"begin; x", "; rescue A; 1"}, {"[1", ", 1"}, {"{a: 1", ", a: 1"}, {"p 1", ", 1"}, {"a", ", a"}, {"x = 1", ", 1"},
		{"x", " .. 1"}, {"x", " ** 1"}, {"x", " >> 1"}, {"x", " do end"}, {"x", " unless 1"}, {"\"a", "#{1}"}, {"x", " not 1"},
	} {
		for _, end := range []string{"", " end", "]"} {
			survive(t, "chain of "+chain.link, "x = nil\n"+chain.first+strings.Repeat(chain.link, deep)+end)
		}
	}
}

// survive compiles code, and runs it if that works. The end of the test's process is
// what it is there to find; an internal error counts as one.
func survive(t *testing.T, name, code string) {
	t.Helper()
	limits := Limits{Steps: 200_000, Memory: 16 << 20, Time: 5 * time.Second}
	s, list := Compile(diag.NewSource("deep", code), Options{Limits: limits})
	if s == nil {
		if text := list[0].Error(); strings.Contains(text, "internal error") {
			t.Errorf("%s: %.300s", name, text)
		}
		return
	}
	start := time.Now()
	_, _ = run(t, code, `{"tags":["t"]}`, Options{Limits: limits})
	if d := time.Since(start); d > 20*time.Second {
		t.Errorf("%s took %v", name, d)
	}
}

// TestDeepData works on lists and objects that a loop has nested 100,000 deep, or that
// hold each other twice at every level: every use ends, at a limit if need be, and none
// ends the program.
func TestDeepData(t *testing.T) {
	limits := Limits{Steps: 250_000, Memory: 16 << 20, Time: 20 * time.Second}
	for i, make := range []string{
		"x = 1; y = 1; 100_000.times { x = [x]; y = [y] }",
		"x = 1; y = 1; 100_000.times { x = {'a' => x}; y = {'a' => y} }",
		"x = 1; y = 1; 100_000.times { x = {x => 1}; y = {y => 1} }",
		"x = 1; y = 1; 100_000.times { x = Set[x]; y = Set[y] }",
		"s = Struct.new(:a); x = 1; y = 1; 100_000.times { x = s.new(x); y = s.new(y) }",
		"class Box; attr_reader :a; def initialize(a) @a = a end; end; x = 1; y = 1; 100_000.times { x = Box.new(x); y = Box.new(y) }",
		"x = -> { 1 }; y = x; 100_000.times { z = x; x = -> { z.call }; y = x }",
		"x = (1..); y = 1; 100_000.times { x = x.lazy.map { |a| a }; y = x }",
		"x = [1].each; y = [1].each; 100_000.times { x = x.each_with_index; y = x }",
		"x = :to_s.to_proc; y = x; 100_000.times { x = x >> x; y = x }",
		"x = 1; y = 1; 100_000.times { x = (x..x) rescue [x]; y = [x] }",
		"x = 1; y = 1; 100.times { x = [x, x]; y = [y, y] }",
		"x = 1; y = 1; 100.times { x = {'a' => x, 'b' => x}; y = {'a' => y, 'b' => y} }",
		"x = 1; y = 1; 12.times { x = {x => 1, [x] => 2}; y = {y => 1, [y] => 2} }",
		"x = 1; y = 1; 100.times { x = Set[x, [x]]; y = Set[y, [y]] }",
		"s = Struct.new(:a, :b); x = 1; y = 1; 100.times { x = s.new(x, x); y = s.new(y, y) }",
		"x = '[' * 100_000 + ']' * 100_000; y = JSON.parse(x, max_nesting: false)",
		"x = '{\"a\":' * 100_000 + '1' + '}' * 100_000; y = JSON.parse(x, max_nesting: false)",
		"x = '[' * 100_000 + ']' * 100_000; y = YAML.load(x)",
		"x = '- ' * 10_000 + '1'; y = YAML.load(x)",
		"x = LogStash::Json.load('[' * 100_000 + ']' * 100_000)",
		"e = StandardError.new('a'); 100_000.times { begin; begin; raise e; rescue => f; raise StandardError, 'b'; end; rescue => g; e = g; end }; x = e; y = e",
	} {
		session, err := NewSession(Options{Limits: limits}, nil)
		if err != nil {
			t.Fatal(err)
		}
		batch := event.NewBatch()
		batch.Pin()
		e, _, err := batch.Decode([]byte(`{"tags":["t"]}`))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = session.Eval(diag.NewSource("make", make+"; nil"), e, nil)
		for j, use := range []string{
			"x.to_s", "x.inspect", "x.flatten", "x == y", "x.eql?(y)", "x.equal?(y)", "x.hash", "x <=> y", "x.to_json", "JSON.generate(x)", "JSON.dump(x)", "JSON.pretty_generate(x)",
			"LogStash::Json.dump(x)", "x.to_a.flatten(50_000)", "\"#{x}\"", "event.set('x', x)", "event.set('[a][b]', x); event.get('[a][b]').to_s", "event.to_hash['x'] = x",
			"event.append(LogStash::Event.new('x' => x))", "LogStash::Event.new({'x' => x})", "event.tag(x)", "event.overwrite(LogStash::Event.new('x' => x))",
			"x.dup == y", "x.clone.freeze", "Marshal.load(Marshal.dump(x))", "x.to_yaml", "YAML.dump(x)", "[x, y].uniq", "[x] - [y]", "[x] | [y]", "[x].include?(y)", "[x, y].sort",
			"[x, y].max", "{x => 1}[y]", "Set[x].include?(y)", "x.join(',')", "x.join", "x.flatten!", "x.sum", "[x].to_h { |a| [a, a] }", "[x].pack('a')", "'%s' % [x]", "'%p' % [x]", "p x", "puts [x]",
			"raise x.to_s", "raise ArgumentError, x", "Array(x)", "String(x)", "x.dig(*[0] * 50_000)", "x.dig(*['a'] * 50_000)", "x.deep_merge(y) rescue x.merge(y) { |k, a, b| a == b }", "x.product(y)",
			"x.transpose", "x.call", "x.first(2)", "x.next", "x.to_a.first", "x === y", "case x; in [[[a]]] then a; end", "x.cause.message", "x.full_message", "event.sprintf('%{x}')",
			"logger.info(x.to_s)", "logger.info('a', x)", "x.to_set.to_a", "x.flat_map { |a| a }", "x.compare_by_identity[x]", "x.to_h", "@x = x; $y = y", "x.instance_variables", "throw x", "x.each_entry.to_a",
			"x > y", "x <= y", "x.group_by { |a| a }", "x.tally", "x.frozen?; x.freeze", "x.assoc(y)", "x.key(y)", "x.to_enum.next", "x.method(:to_s).call",
		} {
			if i > 1 && (i+j)%5 != 0 {
				continue // lists and objects meet every use, the others one in five
			}
			_, err = session.Eval(diag.NewSource("use", use+"; nil"), e, func(*event.Event) {})
			var internal *internalError
			if errors.As(err, &internal) {
				t.Errorf("%.60s: %s: %s\n%s", make, use, internal.msg, internal.stack)
			}
		}
	}
}
