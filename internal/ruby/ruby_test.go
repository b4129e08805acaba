package ruby

import (
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"sluice/internal/diag"
	"sluice/internal/event"
)

// run compiles and runs inline code for an event and returns the event as JSON.
func run(t testing.TB, code, input string, opts Options) (string, error) {
	t.Helper()
	s, list := Compile(diag.NewSource("code.rb", code), opts)
	if s == nil {
		return "", list
	}
	in, err := s.NewInstance(nil)
	if err != nil {
		return "", err
	}
	b := event.NewBatch()
	b.Pin()
	ev, _, err := b.Decode([]byte(input))
	if err != nil {
		t.Fatal(err)
	}
	err = in.Run(ev, nil)
	var ie *internalError
	if errors.As(err, &ie) {
		t.Errorf("internal error: %s\n%s", ie.msg, ie.stack)
	}
	return string(ev.AppendJSON(nil)), err
}

// value runs an expression and returns its inspect text.
func value(t testing.TB, expr string) string {
	t.Helper()
	out, err := run(t, "event.set('r', ("+expr+").inspect)", `{}`, Options{})
	if err != nil {
		return "error: " + err.Error()
	}
	v, _, err := event.NewBatch().DecodeValue([]byte(out))
	if err != nil {
		t.Fatal(err)
	}
	r, _ := v.Object().Get("r")
	return r.Str()
}

func TestExpressions(t *testing.T) {
	for _, test := range [][2]string{
		{`1 + 2 * 3`, `7`},
		{`["1/1.5", "0.5/2", " 1_000.5e1", "e3", "1e", "1__0", "-3.5/7x", ".5", "1e-2", "2/3e1"].map(&:to_r)`, `[(2/3), (1/4), (10005/1), (0/1), (1/1), (1/1), (-1/2), (1/2), (1/100), (1/15)]`},
		{`["%*0$d", "%1$*0$d", "%c"].map { |f| format(f, "") rescue $!.message }`, `["invalid index - 0$", "invalid index - 0$", "%c requires a character"]`},
		{`class Several; include Enumerable; def each; yield 1; yield 2, 3; yield [4, 5]; end; end; e = Several.new; [e.map { |q| q }, e.flat_map { |q| [q] }, e.filter_map { |q| q }, e.select { |q| q }]`, `[[1, 2, [4, 5]], [1, 2, [4, 5]], [1, 2, [4, 5]], [1, [2, 3], [4, 5]]]`},
		{`begin; YAML.dump({{0 => nil} => 1}); rescue NotImplementedError => e; e.message; end`, `"YAML with a list or a map as a key cannot be written"`},
		{`(*x, y = [1, 2, 3] if true); (*z, w = [4] unless true); [x, y, z]`, `[[1, 2], 3, nil]`},
		{`[1, 2, 3].map { |x| x * 2 }.select(&:even?).sum`, `12`},
		{`"%05.1f|%-4s|%+d" % [3.14159, "ab", 5]`, `"003.1|ab  |+5"`},
		{`{a: 1, "b" => [nil, true]}`, `{:a=>1, "b"=>[nil, true]}`},
		{`(1..10).each_slice(3).to_a`, `[[1, 2, 3], [4, 5, 6], [7, 8, 9], [10]]`},
		{`"héllo wörld".split.map(&:capitalize).join(" ")`, `"Héllo Wörld"`},
		{`[[nil].find(-> { return "none" }) { |v| v }, {1 => 2}.find(-> { 3 }) { false }, [4].find(nil) { false }]`, `["none", 3, nil]`},
		{`["0x1fZz"].pack("H*")`, `"\x01\x1F3"`},
		{`2**100`, `1267650600228229401496703205376`},
		{`case [1, [2, 3]] in [Integer => a, [b, *]] then [a, b] end`, `[1, 2]`},
		{`begin; Integer("x"); rescue ArgumentError => e; e.message; end`, `"invalid value for Integer(): \"x\""`},
		{`"a-b_c".tr("-_", " ").squeeze`, `"a b c"`},
		{`[3, 1, 2].sort_by { -_1 }`, `[3, 2, 1]`},
		{`%w[a b].each_with_index.to_h`, `{"a"=>0, "b"=>1}`},
		{`"2021-03-04"[/\d+-(\d+)/, 1]`, `"03"`},
		{`catch(:x) { 10.times { |i| throw :x, i if i == 3 }; :never }`, `3`},
		{`x = 5; x > 3 ? "big" : "small"`, `"big"`},
		{`[1, 2, 3].each_cons(2).map { |a, b| b - a }`, `[1, 1]`},
		{`h = Hash.new { |hash, k| hash[k] = k * 2 }; h[2]; h`, `{2=>4}`},
		{`<<~A + "x"
  one
    two
A
`, `"one\n  two\nx"`},
		{`->(a, b = 2, *c, d:, e: 5, **f) { [a, b, c, d, e, f] }.call(1, d: 4, g: 7)`, `[1, 2, [], 4, 5, {:g=>7}]`},
		{`"abc".unpack("C*").pack("U*")`, `"abc"`},
		{`Time.utc(2021, 3, 4).strftime("%A %j %-d %b")`, `"Thursday 063 4 Mar"`},
		{`[0.1, 0.2, 0.3].sum`, `0.6`},
		{`10.0.to_s + 1e20.to_s + 1e-5.to_s`, `"10.01.0e+201.0e-05"`},
		{`"x".then { |s| s * 3 }`, `"xxx"`},
		{`(1..Float::INFINITY).lazy.map { |x| x * 2 }.select { |x| x % 3 == 0 }.first(2)`, `[6, 12]`},
		{`if false then 1 end`, `nil`},
		{`[*1..3, *[4]]`, `[1, 2, 3, 4]`},
		{`"a,b;c".split(/[,;]/)`, `["a", "b", "c"]`},
		{`e = [1,2].each; [e.next, e.next, (e.next rescue "done")]`, `[1, 2, "done"]`},
		{"def f1(x)\n begin\n  return\n rescue => e\n 1\n end\nend\nf1(1).inspect", `"nil"`},
		{`"a,\"b \"\"q\"\"\",,c".parse_csv`, `["a", "b \"q\"", nil, "c"]`},
		{`YAML.safe_load("a: 1\nb:\n  - x\n  - y: [1, 'two', null]\nc: |\n  t1\n  t2\n")`, `{"a"=>1, "b"=>["x", {"y"=>[1, "two", nil]}], "c"=>"t1\nt2\n"}`},
		{`Comparable.instance_method(:clamp).class`, `UnboundMethod`},
	} {
		if got := value(t, test[0]); got != test[1] {
			t.Errorf("%s = %s, want %s", test[0], got, test[1])
		}
	}
}

// What can be known before the first event is an error of Compile, at its place.
func TestRefusedAtCompile(t *testing.T) {
	for code, want := range map[string]string{
		"x = (1 + ":                                "code.rb:1:10: error SL6001",
		"if a\n  b\n":                              "code.rb:1:1: error SL6001: `if` has no `end`",
		"event.set('a', Foo::Bar)":                 "code.rb:1:16: error SL6003: unknown constant Foo",
		"\n  'x'.no_such_method":                   "code.rb:2:7: error SL6003: String has no method `no_such_method`",
		"require 'redis'":                          "code.rb:1:9: error SL6002",
		"`ls`":                                     "code.rb:1:1: error SL6002",
		"eval('1')":                                "code.rb:1:1: error SL6002",
		"event.get('[a')":                          "error SL6003",
		"x =~ /(/":                                 "error SL6001",
		strings.Repeat("[", 10000):                 "nested more than 500 deep",
		strings.Repeat("(", 10000):                 "nested more than 500 deep",
		strings.Repeat("a { ", 10000):              "nested more than 500 deep",
		strings.Repeat("if x then ", 10000):        "nested more than 500 deep",
		strings.Repeat("-> { ", 10000):             "nested more than 500 deep",
		strings.Repeat("\"#{", 10000):              "nested more than 500 deep",
		strings.Repeat("!", 10000) + "x":           "nested more than 500 deep",
		"a = " + strings.Repeat("b = ", 10000):     "nested more than 500 deep",
		"case x\nin " + strings.Repeat("[", 10000): "nested more than 500 deep",
	} {
		_, list := Compile(diag.NewSource("code.rb", code), Options{})
		if got := list.Text(diag.Plain); !strings.Contains(got, want) {
			t.Errorf("%.40q: got %.300s, want %s", code, got, want)
		}
	}
}

// Every script ends.
func TestLimits(t *testing.T) {
	limits := Limits{Steps: 200_000, Memory: 4 << 20, Time: 3 * time.Second}
	for code, want := range map[string]string{
		"loop { }":                              "steps",
		"while true; end":                       "steps",
		"(1..Float::INFINITY).each { }":         "steps",
		"'a' * 10_000_000":                      "memory",
		"a = 'x'; loop { a << a }":              "memory",
		"a = [1]; loop { a += a }":              "memory",
		"x = 'a' * 5000; x =~ /^(?=(a|aa)+$)b/": "",
		"('a' * 3000) =~ /^(?:(a+)+\\1)+$x/":    "regexp",
		"sleep 10":                              "time",
		"def f; f; end\nbegin; f; rescue SystemStackError; event.set('ok', 1); end": "",
		"begin; loop { }; rescue Exception; end":                                    "steps",
		"begin; loop { }; ensure; loop { }; end":                                    "steps",
		"a = []; a << a; a.inspect; a == a; a.hash rescue 1":                        "",
		"[1].cycle { }": "steps",
		"x = y = 1; 64.times { x = [x, x]; y = [y, y] }; x == y":                        "steps",
		"x = y = 1; 64.times { x = [x, x]; y = [y, y] }; x.eql?(y)":                     "steps",
		"x = y = 1; 64.times { x = [x, x]; y = [y, y] }; x <=> y":                       "steps",
		"x = y = 1; 64.times { x = {1 => x, 2 => x}; y = {1 => y, 2 => y} }; x.eql?(y)": "steps",
		"x = 1.0; 64.times { x = [x, x] }; x.hash":                                      "memory",
		"x = (1..); 20_000.times { x = x.lazy.map { |a| a } }":                          "memory",
		"2 ** (2 ** 40)":    "",
		"'%999999999d' % 1": "memory",
		"Enumerator.new { |y| loop { y << 1 } }.next": "",
	} {
		_, err := run(t, code, `{}`, Options{Limits: limits})
		var le *LimitError
		switch {
		case want == "":
			if errors.As(err, &le) {
				t.Errorf("%s: %v", code, err)
			}
		case !errors.As(err, &le) || le.Limit != want:
			t.Errorf("%s: got %v, want the %s limit", code, err, want)
		}
	}
}

func TestExceptionPlace(t *testing.T) {
	_, err := run(t, "x = 1\n\nx.upcase\n", `{}`, Options{})
	e, ok := IsException(err)
	if !ok || e.Class != "NoMethodError" || e.At.Position().Line != 3 {
		t.Errorf("got %v", err)
	}
}

// Without a policy nothing outside of the script can be reached.
func TestPolicy(t *testing.T) {
	for _, code := range []string{"File.read('/etc/passwd')", "IO.read('x')", "Dir.glob('/*')", "ENV['HOME']", "Resolv.getname('10.0.0.1')",
		"Net::HTTP.get('http://a/')", "Socket.getaddrinfo('a', 1)", "CSV.read('x')", "YAML.load_file('x')", "open('x')", "File.write('a', 'b')", "Process.kill(9, 1)", "ENV.to_h", "ENV.map { 1 }", "File.stat('x')", "File.exist?('x')", "Dir.children('x')", "Dir.glob('**/x')", "CSV.foreach('x') { }", "Zlib::GzipReader.open('x')", "Digest::MD5.file('x')", "Net::HTTP.start('a', 1) { |h| h.get('/') }"} {
		_, err := run(t, code, `{}`, Options{})
		if e, ok := IsException(err); !ok || e.Class != "SecurityError" {
			t.Errorf("%s: %v", code, err)
		}
	}
	opts := Options{Policy: Policy{
		ReadFile: func(string) ([]byte, error) { return []byte("k: v\n"), nil },
		HTTP: func(r *HTTPRequest) (*HTTPResponse, error) {
			return &HTTPResponse{Status: 200, Body: r.Method + " " + r.URL + " " + r.Body}, nil
		}}}
	out, err := run(t, "event.set('y', YAML.load_file('t')['k'])\nh = Net::HTTP.new('a', 8080)\nr = Net::HTTP::Post.new('/p')\nr.body = 'b'\nevent.set('h', h.request(r).body)", `{}`, opts)
	if err != nil || !strings.Contains(out, `"y":"v"`) || !strings.Contains(out, `"h":"POST http://a:8080/p b"`) {
		t.Errorf("%s, %v", out, err)
	}
}

func TestRetainsState(t *testing.T) {
	for code, want := range map[string]bool{
		"event.set('a', event.get('b').to_s)": false,
		"@n = (@n || 0) + 1":                  true,
		"$last = event.get('a')":              true,
		"X = 1 unless defined?(X)":            true,
		"def f(x) x end\nf(1)":                true,
		"[1].each { |x| event.set('a', x) }":  false,
	} {
		s, list := Compile(diag.NewSource("c", code), Options{})
		if s == nil {
			t.Errorf("%s: %v", code, list)
		} else if s.RetainsState() != want {
			t.Errorf("%s: %v", code, !want)
		}
	}
}

func TestScriptFile(t *testing.T) {
	text := `
def register(params)
  @suffix = params["suffix"]
end

def filter(event)
  return [] if event.get("drop")
  event.set("m", event.get("m").to_s + @suffix)
  copy = event.clone
  copy.set("copy", true)
  [event, copy]
end

test "adds the suffix" do
  parameters { { "suffix" => "!" } }
  in_event { { "m" => "a" } }
  expect("two events") { |events| events.size == 2 }
  expect("the suffix") { |events| events.all? { |e| e.get("m") == "a!" } }
end
`
	compile := func(text string) (*Instance, error) {
		s, list := Compile(diag.NewSource("f.rb", text), Options{File: true, Params: map[string]any{"suffix": "?"}})
		if s == nil {
			return nil, list
		}
		return s.NewInstance(nil)
	}
	in, err := compile(text)
	if err != nil {
		t.Fatal(err)
	}
	b := event.NewBatch()
	ev, _, _ := b.Decode([]byte(`{"m":"x"}`))
	var more []*event.Event
	if err := in.Run(ev, func(e *event.Event) { more = append(more, e) }); err != nil {
		t.Fatal(err)
	}
	if got := ev.Get(event.MustRef("m")).Str(); got != "x?" || len(more) != 1 || ev.Cancelled() {
		t.Errorf("m is %q, %d more events", got, len(more))
	}
	ev, _, _ = b.Decode([]byte(`{"drop":true}`))
	if err := in.Run(ev, nil); err != nil || !ev.Cancelled() {
		t.Errorf("an event that is not returned must be cancelled: %v", err)
	}
	_, err = compile(strings.Replace(text, `"a!"`, `"b!"`, 1))
	var te *TestError
	if !errors.As(err, &te) || te.Expect != "the suffix" {
		t.Errorf("a failing test gave %v", err)
	}
}

// Scripts without state run in parallel on one instance, others one at a time.
func TestWorkers(t *testing.T) {
	for _, code := range []string{
		"event.set('r', event.get('l').map { |x| x * 2 }.select { |x| x > 2 }.sum); [1].each { |x| break if x == 1 }",
		"@n = (@n || 0) + 1; event.set('r', event.get('l').sum + 4)",
	} {
		s, list := Compile(diag.NewSource("c", code), Options{})
		if s == nil {
			t.Fatal(list)
		}
		in, err := s.NewInstance(nil)
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for range 500 {
					b := event.NewBatch()
					b.Pin()
					ev, _, _ := b.Decode([]byte(`{"l":[1,2,3]}`))
					if err := in.Run(ev, nil); err != nil || ev.Get(event.MustRef("r")).Int() != 10 {
						t.Errorf("%v %s", err, ev.AppendJSON(nil))
						return
					}
				}
			})
		}
		wg.Wait()
	}
}

const guideFilter = `
        # Move SensorFleet specific fields from root to _sensorfleet_event
        event.to_hash.each { |k, v|
            unless [ "@timestamp", "@version", "host"].include?(k)
                event.set("[_sensorfleet_event][#{k}]", v)
                event.remove(k)
            end
        }

        # Copy fields from SensorFleet event data to root level (if any)
        data = event.get("[_sensorfleet_event][data]")
        unless data.nil?
            data.to_hash.each { |k, v|
                event.set("[#{k}]", v)
            }
        end
`

const guideEvent = `{"source_instrument":"suricata_0@testsensor","type":"instruments.suricata.event","message":"alert","context_uuid":"e41d4fbf-482f-4f74-a4e2-60717b03f623","sensor_event_id":872,"source_sensor":"testsensor","timestamp":1614868533.946555,"uuid":"cc2b3bb1-bd8f-4b9c-a89e-0e06ecb9cab3","@timestamp":"2021-03-04T14:35:33.946Z","data":{"event_type":"alert","src_ip":"10.0.0.1","src_port":1234,"dest_ip":"10.0.0.2","dest_port":80,"proto":"TCP","flow_id":1234567890123,"in_iface":"eth0","app_proto":"http","direction":"to_server","tx_id":0,"pcap_cnt":99,"payload":"AAAA","stream":1,"packet":"BBBB","alert":{"action":"allowed","gid":1,"signature_id":2019284,"rev":3,"signature":"ET ATTACK","category":"Misc","severity":2},"http":{"hostname":"a","url":"/","http_user_agent":"curl"},"flow":{"pkts_toserver":5,"pkts_toclient":4}}}`

func BenchmarkGuideFilter(b *testing.B) {
	s, list := Compile(diag.NewSource("guide", guideFilter), Options{})
	if s == nil {
		b.Fatal(list)
	}
	in, _ := s.NewInstance(nil)
	run := func(b *testing.B, f func(ev *event.Event)) {
		b.ReportAllocs()
		for b.Loop() {
			batch := event.NewBatch()
			for range 125 {
				ev, _, err := batch.Decode(batch.Copy([]byte(guideEvent)))
				if err != nil {
					b.Fatal(err)
				}
				f(ev)
			}
			batch.Release()
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/125, "ns/event")
	}
	// The difference of the two is what the filter costs.
	b.Run("decode only", func(b *testing.B) { run(b, func(*event.Event) {}) })
	b.Run("decode and filter", func(b *testing.B) {
		run(b, func(ev *event.Event) {
			if err := in.Run(ev, nil); err != nil {
				b.Fatal(err)
			}
		})
	})
}

func BenchmarkCompileGuideFilter(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Compile(diag.NewSource("guide", guideFilter), Options{})
	}
}

func FuzzParse(f *testing.F) {
	f.Add(guideFilter)
	f.Add("case x\nin {a: [Integer => b, *], **nil} if b > 1 then <<~A\n #{b}\nA\nend")
	f.Add("def f(a, (b, *c), d = 1, *e, f:, g: 2, **h, &i) = a&.b ||= c rescue %w[x y]")
	f.Fuzz(func(t *testing.T, code string) {
		if len(code) < 4096 {
			_, list := Compile(diag.NewSource("fuzz", code), Options{})
			if text := list.Text(diag.Plain); strings.Contains(text, "internal error") {
				t.Error(text)
			}
		}
	})
}

func FuzzEval(f *testing.F) {
	if os.Getenv("SLUICE_FUZZ_SEED") == "" {
		f.Add(guideFilter)
		f.Add("[1,2].each_slice(2).map { |a, b| a.to_s * b }.join.gsub(/(.)/) { $1.ord.chr }")
		f.Add("x = {}; x[x] = x; x.inspect; [x].flatten.hash")
		for seed := range uint64(200) {
			f.Add(generated(seed))
		}
	}
	limits := Limits{Steps: 20_000, Memory: 2 << 20, Time: time.Second}
	f.Fuzz(func(t *testing.T, code string) {
		if len(code) < 4096 {
			_, _ = run(t, code, `{"a":"x","b":[1,{"c":null}],"tags":["t"]}`, Options{Limits: limits})
		}
	})
}

// TestCoreCallsEnd runs code in which core methods would call each other for ever: it
// ends in an exception or a value, not with the program.
func TestCoreCallsEnd(t *testing.T) {
	for code, want := range map[string]string{
		`class NoOrder; include Comparable; end; NoOrder.new == NoOrder.new`:                      `false`,
		`class Bare < BasicObject; end; begin; Bare.new.nothing; rescue => e; e.class; end`:       `NoMethodError`,
		`class Mute; undef_method :to_s; end; begin; Mute.new.nothing; rescue => e; e.class; end`: `NoMethodError`,
		`begin; Integer("10", 1); rescue => e; e.class; end`:                                      `ArgumentError`,
		`begin; "hello"[/(h)(x)?/, 2] = "a"; rescue => e; e.class; end`:                           `IndexError`,
		`begin; [1, 2].bsearch; rescue => e; e.class; else "ok"; end`:                             `"ok"`,
		`"a1b2".split(/(\d)/, 2)`:                     `["a", "1", "b2"]`,
		`x = []; "ab".chars { |c| x << c }; x`:        `["a", "b"]`,
		`"Äb".downcase(:ascii) + "ß".downcase(:fold)`: `"Äbss"`,
		`+5.pred`: `4`,
	} {
		if got := value(t, "begin; "+code+"; end"); got != want {
			t.Errorf("%s is %s, want %s", code, got, want)
		}
	}
}
