package ruby

import (
	"runtime/debug"
	"strings"
	"testing"

	"sluice/internal/diag"
)

// TestLongChains runs chains of 20,000 links, which generated code may have.
func TestLongChains(t *testing.T) {
	const links = 20_000
	for _, test := range []struct{ first, link, last, want string }{
		{"0", ".succ", "", "20000"},
		{"0", "&.succ", "", "20000"},
		{"0", "\n  .then { |a| a + 1 }", "", "20000"},
		{"0", " + 1", "", "20000"},
		{"-1 * 0", " + 1 * 2 - 1", "", "20000"},
		{"1", " && 2", "", "2"},
		{"1", " && 2", " && nil", "nil"},
		{"nil", " || false", " || 3", "3"},
		{"(nil", " or false", " or 4)", "4"},
		{"(4", " and 5", " and 6)", "6"},
		{"1", " == 1", "", "false"},
		{"[1]", " | [1, 2]", "", "[1, 2]"},
		{"(s = +''", " << 'a'", ").size", "20000"},
		{"('a'", " 'b'", ").size", "20001"},
		{"(a = []; a << a; a", "[0]", ".equal?(a))", "true"},
		{"class A; A = self; end; A", "::A", "", "LogStash::Filters::Ruby::A"},
		{"if $0.nil? then 1", " elsif 1 == 2 then 2", " else 3 end", "3"},
		{"if nil then 1", " elsif nil then 2", " elsif 4 then 4 end", "4"},
		{"case 1", " when 2 then 1", " else 5 end", "5"},
		{"begin; raise 'a'", "; rescue ArgumentError; 1", "; rescue; 6; end", "6"},
		{"x = -> { return 7 if 1", " && 1", "; 8 }; x.call", "7"},
	} {
		code := "r = (" + test.first + strings.Repeat(test.link, links) + test.last + ")\nevent.set('r', r.inspect)"
		got, err := run(t, code, `{}`, Options{})
		if want := `"r":"` + test.want + `"`; err != nil || !strings.Contains(got, want) {
			t.Errorf("%s%s…%s: got %.300s, %v, want %s", test.first, test.link, test.last, got, err, want)
		}
	}
}

// TestEndlessChains compiles, and where that works runs, texts of megabytes that are one
// chain. The stack is kept small so that what needs some of it for each link ends the
// test.
func TestEndlessChains(t *testing.T) {
	links := 150_000
	if testing.Short() {
		links = 50_000
	}
	defer debug.SetMaxStack(debug.SetMaxStack(links * 200))
	for _, c := range []struct{ first, link, last string }{
		{"x", ".b", ""}, {"x", "&.b", ""}, {"x", "[0]", ""}, {"x", "::A", ""}, {"x", "()", ""}, {"x", ".()", ""}, {"x", ".b{}", ""},
		{"x", "+1", ""}, {"x", "**1", ""}, {"x", "&&1", ""}, {"x", "||1", ""}, {"x", " and 1", ""}, {"x", " or 1", ""}, {"x", "==1", ""}, {"x", "!=1", ""},
		{"x", "=~1", ""}, {"x", "..1", ""}, {"x", " if 1", ""}, {"x", " while nil", ""}, {"x", " unless 1", ""}, {"x", " rescue 1", ""}, {"x", " in 1", ""},
		{"x", "=x", ""}, {"x", "||=x", ""}, {"x", "+=x", ""}, {"'a'", "'a'", ""}, {"'a'", "\"#{1}\"", ""}, {"if x then 1", " elsif x then 1", " end"},
		{"if x then 1", " elsif x then 1", ""}, {"x ? 1 : 2", " ? 1 : 2", ""}, {"", "x ? 1 : ", "1"}, {"case x", " when 1 then 1", " end"},
		{"case x", " in 1 then 1", " end"}, {"begin;x", ";rescue A;1", ";end"}, {"begin;x", ";rescue;1", ";end"}, {"", "not ", "x"}, {"", "!", "x"},
		{"", "-", "x"}, {"", "- ", "x"}, {"", "~", "x"}, {"", "defined? ", "x"}, {"case 1\nin 1", "|1", "\nend"}, {"case 1\nin 1", "=>a", "\nend"},
		{"case 1\nin A", "::A", "\nend"}, {"x::A", "::B", "=1"}, {"x.a", ".a", "=1"}, {"x.a", ".a", "||=1"}, {"x[0]", "[0]", "||=1"}, {"defined? x", ".a", ""},
		{"x if x", "&&x", ""}, {"x if x", " and x", ""}, {"x, x", ".a", ", y = 1"}, {"class A", "::A", ";end"}, {"alias a b", ";alias a b", ""},
		{"", "return ", "1"}, {"", "p ", "1"}, {"", "x=>", "y"}, {"a=", "*", "b"}, {"", "->{", ""}, {"", "..", "1"}, {"x.", "b x.", "b"}, {"x", "?1:x", ""},
		{"x", " and not x", ""}, {"x", "&&not x", ""}, {"x", "&& x=x", ""}, {"x rescue x", "=x rescue x", ""}, {"undef a", ",a", ""}, {"a b", " do end", ""},
		{"f", " 1 do end.f", ""}, {"x = <<A", " + <<A", "\n"}, {"def f(a = 1", "+1", ");end"}, {"-> { |a = 1", "+1", "| a }"}, {"event.get('a')", ".to_s", ""},
	} {
		survive(t, "chain of "+c.link, "x = nil\n"+c.first+strings.Repeat(c.link, links)+c.last)
	}
}

// TestDeepBodies calls methods and blocks whose bodies nest as deep as they may from
// within each other. The limit of calls ends them before Go's stack does.
func TestDeepBodies(t *testing.T) {
	links := strings.Repeat(" + 1", 90)
	body := "f(n + 1)"
	for range 15 {
		body = "(" + body + links + ")"
	}
	limits := Limits{Depth: 10_000}
	for _, code := range []string{
		"def f(n)\n" + body + "\nend\nf(1)",
		"def f(n)\n[1].each { |a| " + body + " }\nend\nf(1)",
		"def self.f(n) = $b.call(n)\n$b = proc { |n| " + body + " }\nf(1)",
		"def self.f(n) = $b.call(n)\n$b = lambda { |n| " + body + " }\nf(1)",
	} {
		got, err := run(t, "begin\n"+code+"\nrescue SystemStackError => e\nevent.set('r', e.class.name)\nend", `{}`, Options{Limits: limits})
		if err != nil || !strings.Contains(got, "SystemStackError") {
			t.Errorf("%.40s: %.200s, %v", code, got, err)
		}
	}
	for range 60 {
		body = "(" + body + links + ")"
	}
	_, list := Compile(diag.NewSource("deep", "def f(n)\n"+body+"\nend"), Options{})
	if len(list) == 0 || !strings.Contains(list[0].Error(), "nested more than 2000 deep") || !strings.Contains(list[0].Error(), "deep:2:") {
		t.Errorf("chains in chains: %v", list)
	}
}
