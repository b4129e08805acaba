package ruby

import (
	"strings"
	"testing"

	"sluice/internal/diag"
)

// TestDeclarations checks that what a script defines is read from its syntax tree: words
// in strings, comments and heredocs define nothing, and what stands over several lines
// does.
func TestDeclarations(t *testing.T) {
	for code, want := range map[string]string{
		// What looks like a definition, but is none: the mistake behind it is found.
		`x = "Foo = 1"; Foo.bar`:                               "unknown constant Foo",
		"# class Foo\nFoo.new":                                 "unknown constant Foo",
		"x = <<~A\n  module Foo\n  end\nA\nFoo::BAR":           "unknown constant Foo",
		`x = "def nosuch; end"; "a".nosuch`:                    "nosuch",
		"# attr_reader :nosuch\n[].nosuch":                     "nosuch",
		`x = 'class String; def nosuch; end'; "a".nosuch`:      "nosuch",
		"# class String\nx = /alias nosuch upcase/; [].nosuch": "nosuch",
		// Definitions wherever they stand.
		"Foo = 1; Foo + 1":           "",
		"Foo, Bar = 1, 2; Foo + Bar": "",
		"Foo ||= [1]; Foo.size":      "",
		"class Foo\n attr_reader :a,\n  :b\n def c; a; b; end\nend":                      "",
		"class Foo; define_method(:c) { 1 }; def d; c(); end; end":                       "",
		"class Foo; [:x, :y].each { |n| define_method(n) { 1 } }; def d; x(1); end; end": "",
		"module Foo; class Bar; end; end; Foo::Bar.new":                                  "",
		`class String; def shout; upcase; end; end; "a".shout`:                           "",
		"def helper(x) = x\nhelper(1)":                                                   "",
	} {
		script, list := Compile(diag.NewSource("code", code), Options{})
		text := list.Text(diag.Plain)
		switch {
		case want == "" && script == nil:
			t.Errorf("%s\n%s", code, text)
		case want != "" && (script != nil || !strings.Contains(text, want)):
			t.Errorf("%s: no mistake about %s: %s", code, want, text)
		}
	}
}
