package ruby

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"sluice/internal/diag"
)

// counted reads a table of what the ruby filters of public configurations use: its
// names, with the number of occurrences.
func counted(t *testing.T, table string) map[string]int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dataFolder(t, ""), "..", "reference", "tables", table))
	if err != nil {
		t.Skipf("the table is not there: %v", err)
	}
	out := map[string]int{}
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n")[1:] {
		f := strings.Split(line, "\t")
		if n, err := strconv.Atoi(f[len(f)-1]); err == nil && len(f) == 4 {
			out[f[0]] = n
		}
	}
	if len(out) == 0 {
		t.Fatalf("%s has no lines", table)
	}
	return out
}

// coverage fails for what is neither known nor expected to be unknown, and for what is
// expected to be unknown but known.
func coverage(t *testing.T, table string, missing map[string]string, known func(name string) bool) {
	t.Helper()
	names, occurrences, knownNames, knownOccurrences := counted(t, table), 0, 0, 0
	for name, n := range names {
		occurrences += n
		_, excepted := missing[name]
		switch is := known(name); {
		case is && excepted:
			t.Errorf("%s: %s is known, yet it is listed as missing", table, name)
		case is:
			knownNames, knownOccurrences = knownNames+1, knownOccurrences+n
		case !excepted:
			t.Errorf("%s: %s (%d occurrences) is unknown", table, name, n)
		}
	}
	t.Logf("%s: %d of %d names, %d of %d occurrences", table, knownNames, len(names), knownOccurrences, occurrences)
}

func everyClass() []*Class {
	seen := map[*Class]bool{}
	var list []*Class
	var walk func(v Value)
	walk = func(v Value) {
		c, ok := v.o.(*Class)
		if !ok || seen[c] {
			return
		}
		seen[c] = true
		list = append(list, c)
		for _, x := range c.consts {
			walk(x)
		}
	}
	for _, v := range coreConsts {
		walk(v)
	}
	return list
}

// TestMethodsOfTable asks for every method that filters call whether some class has it.
func TestMethodsOfTable(t *testing.T) {
	sealOnce.Do(seal)
	all := map[string]bool{}
	for _, c := range everyClass() {
		for name := range c.methods {
			all[name] = true
		}
		if c.meta != nil {
			for name := range c.meta.methods {
				all[name] = true
			}
		}
	}
	coverage(t, "ruby_methods.tsv", missingMethods, func(name string) bool {
		return all[name] || specialNames[name] || value(t, "respond_to?(:"+name+", true)") == "true"
	})
}

func compiles(t *testing.T, code string) bool {
	t.Helper()
	s, _ := Compile(diag.NewSource("code", code), Options{})
	return s != nil
}

// TestConstantsOfTable asks for every constant that filters name.
func TestConstantsOfTable(t *testing.T) {
	coverage(t, "ruby_constants.tsv", missingConstants, func(name string) bool {
		return compiles(t, "x = "+name) && (perInstance[name] || !strings.HasPrefix(value(t, name), "error"))
	})
}

// TestReceiversOfTable asks for every method with a core class as its receiver.
func TestReceiversOfTable(t *testing.T) {
	instances := map[string]string{"Array": "[]", "String": "''", "Hash": "{}", "Int": "1", "Regexp": "/a/", "event": "event"}
	names := counted(t, "ruby_receiver_methods.tsv")
	core := 0
	for name, n := range names {
		receiver, method, _ := strings.Cut(name, ".")
		on := instances[receiver]
		if on == "" && (receiver == "" || receiver[0] < 'A' || receiver[0] > 'Z' || strings.HasPrefix(name, "BLOCK:")) {
			continue // a variable's class is not known; its methods are those of the other table
		}
		if missingConstants[receiver] != "" {
			continue
		}
		core++
		known := false
		for _, r := range []string{on, receiver} {
			known = known || r != "" && value(t, r+".respond_to?(:"+method+", true)") == "true"
		}
		if !known {
			t.Errorf("%s (%d occurrences) is unknown", name, n)
		}
	}
	t.Logf("%d of %d names have a receiver whose class is known and which is there", core, len(names))
}

// TestConstructsOfTable runs an example of every construct that filters use.
func TestConstructsOfTable(t *testing.T) {
	coverage(t, "ruby_constructs.tsv", missingConstructs, func(name string) bool {
		example, ok := constructs[name]
		if !ok {
			t.Errorf("%s has no example", name)
		}
		return ok && value(t, example) == "7"
	})
}

var constructs = map[string]string{
	"if": "if true then 7 end", "array literal": "[7][0]", "regex literal": "'a7'[/\\d/].to_i", "do block": "[7].map do |x| x end[0]", "def": "def seven() 7 end; seven",
	"string interpolation": "\"#{7}\".to_i", "@ivar": "@a = 7; @a", "return": "->() { return 7; 8 }.call", "hash literal": "{a: 7}[:a]", "{ } block": "[7].each { |x| x }[0]",
	"elsif": "if false then 1 elsif true then 7 end", "range ..": "(1..7).last", "symbol": ":aaaaaaa.length", "begin": "begin; 7; end", "rescue clause": "begin; raise 'a'; rescue; 7; end",
	"if modifier": "x = 7 if true; x", "next": "[1].map { |x| next 7; 8 }[0]", "multiple assignment": "a, b = 1, 7; b", "rescue => e": "begin; raise 'aaaaaaa'; rescue => e; e.message.size; end",
	"rescue with class": "begin; Integer('x'); rescue ArgumentError; 7; end", "&arg (block pass)": "['7'].map(&:to_i)[0]", "float literal": "7.0.to_i", "unless": "unless false then 7 end",
	"case/when": "case 1 when Integer then 7 end", "break": "[1].each { |x| break 7 }", "unless modifier": "x = 7 unless false; x", "safe navigation &.": "nil&.a.nil? ? 7 : 8", "ternary": "true ? 7 : 8",
	"keyword/bare hash args": "def k(a:) a end; k(a: 7)", "for in": "for x in [7] do end; x", "@@cvar": "@@a = 7; @@a", "$gvar": "$a = 7; $a", "defined?": "defined?(String) ? 7 : 8",
	"while": "x = 0; while x < 7 do x += 1 end; x", "splat arg": "[*[7]][0]", "raise": "begin; raise ArgumentError, 'a'; rescue ArgumentError; 7; end", "rescue modifier": "(raise 'a' rescue 7)",
	"dyna symbol": ":\"a#{7}\".to_s[1].to_i", "range ...": "(1...8).to_a.last", "backticks": "`echo 7`.to_i", "-> lambda": "-> { 7 }.call", "ensure": "x = 1; begin; 1; ensure; x = 7; end; x",
	"yield": "def y() yield end; y { 7 }", "hex/oct/bin int": "0x7 & 0b111 & 07", "gsub with block": "'a'.gsub(/a/) { 7 }.to_i", "&block param": "def b(&c) c.call end; b { 7 }",
	"redo/retry": "n = 0; begin; n += 1; raise 'a' if n < 7; n; rescue; retry; end", "class": "class Seven; def a() 7 end; end; Seven.new.a", "String % format": "('%d' % 7).to_i",
	"until": "x = 0; until x == 7 do x += 1 end; x",
}

var missingConstructs = map[string]string{"backticks": "shell commands are an error of Compile"}

// listed makes a list of exceptions: a reason, and the names that it holds for.
func listed(reasons ...string) map[string]string {
	m := map[string]string{}
	for i := 0; i < len(reasons); i += 2 {
		for _, name := range strings.Fields(reasons[i+1]) {
			m[name] = reasons[i]
		}
	}
	return m
}

const (
	ofGem      = "of a gem that is not there"
	ofFile     = "of the script itself, or of one that it loads"
	ofJRuby    = "of JRuby's bridge to Java, which the calls that filters make of it are compiled without"
	ofLogstash = "another plugin of Logstash, which a script cannot run here"
	evaluates  = "runs text as code"
	ofParser   = "the YAML parser's inside"
	ofRecords  = "DNS records beyond names and addresses"
)

var (
	missingMethods = listed(
		ofGem, "city country iso_code latitude location longitude most_specific_subdivision postal getset contains exclude? deep_merge!",
		ofFile, "register",
		ofJRuby, "java_import ReentrantReadWriteLock concurrent locks util toASCII toUnicode",
		ofLogstash, "decode_mapping handle header_fields",
		evaluates, "binding eval",
		ofParser, "accept create handler root",
		ofRecords, "getresources",
	)
	missingConstants = listed(
		ofGem, "Addressable Addressable::URI Addressable::URI::InvalidURIError Dalli Dalli::Client LruRedux LruRedux::TTL LruRedux::TTL::ThreadSafeCache LruReredux LruReredux::ThreadSafeCache MaxMind MaxMind::DB MaxMind::DB::MODE_MEMORY MaxMind::GeoIP2 MaxMind::GeoIP2::AddressNotFoundError MaxMind::GeoIP2::Reader CEF Regex",
		ofFile, "DOMESTIC_CONTINENTS_MAP DOMESTIC_MAP DOMESTIC_VAL ICMP4_MAP ICMP6_MAP INTERNATIONAL_VAL IPv6Privatecidr MIXED_VAL PLACEHOLDER_STRINGS PROTO_MAP RateCache VERSION ZERO_STRINGS",
		ofJRuby, "IDN",
		ofLogstash, "LogStash::Codecs LogStash::Codecs::CEF LogStash::Filters::Grok LogStash::Filters::Mutate LogStash::Filters::Translate",
		ofParser, "Psych::Parser Psych::TreeBuilder Psych::Visitors Psych::Visitors::ToRuby",
		ofRecords, "Resolv::DNS::Resource Resolv::DNS::Resource::IN Resolv::DNS::Resource::IN::A Resolv::DNS::Resource::IN::AAAA",
	)
)
