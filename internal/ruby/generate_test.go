package ruby

import (
	"math/rand/v2"
	"strings"
)

// grammar writes expressions. A rule is a text with $kind in it, which stands for an
// expression of that kind.
type grammar struct {
	rng   *rand.Rand
	rules map[string][]string // by kind; those without $ are what an expression ends with
	leafs map[string][]string
}

func newGrammar(seed uint64) *grammar {
	g := &grammar{rng: rand.New(rand.NewPCG(seed, 31)), rules: map[string][]string{}, leafs: map[string][]string{}}
	for kind, text := range grammarRules {
		for rule := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
			if rule = strings.TrimSpace(rule); rule == "" {
				continue
			}
			g.rules[kind] = append(g.rules[kind], rule)
			if !strings.Contains(rule, "$") {
				g.leafs[kind] = append(g.leafs[kind], rule)
			}
		}
	}
	return g
}

// write returns an expression of a kind, nested at most this deep.
func (g *grammar) write(kind string, depth int) string {
	list := g.rules[kind]
	if leafs := g.leafs[kind]; len(leafs) > 0 && (depth <= 0 || g.rng.IntN(4) == 0) {
		list = leafs
	}
	if list == nil {
		panic("no rule for $" + kind)
	}
	rule := list[g.rng.IntN(len(list))]
	// What has operators or blocks is put in parentheses, so that a method called on it
	// is called on all of it.
	operators := strings.Contains(rule, "$") && strings.Contains(rule, " ") && rule[0] != '(' || strings.ContainsAny(rule[:1], "-~!")
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(rule, "$")
		b.WriteString(before)
		if !found {
			break
		}
		end := 0
		for end < len(rest) && rest[end] >= 'a' && rest[end] <= 'z' {
			end++
		}
		if end == 0 { // $~
			b.WriteByte('$')
		} else {
			b.WriteString(g.write(rest[:end], depth-1))
		}
		rule = rest[end:]
	}
	if !operators {
		return b.String()
	}
	return "(" + b.String() + ")"
}

// generated returns a program that leaves what it found in the field r.
func generated(seed uint64) string {
	g := newGrammar(seed)
	var b strings.Builder
	names := []string{"a", "b", "c"}[:1+g.rng.IntN(3)]
	for _, n := range names {
		b.WriteString(n + " = begin; " + g.write("any", 3) + "; rescue => e; e.class; end\n")
	}
	b.WriteString("event.set('r', [" + strings.Join(names, ", ") + "].inspect.unpack1('H*'))")
	return b.String()
}

var grammarRules = map[string]string{
	"any": `
		$str
		$int
		$float
		$arr
		$hash
		$bool
		$odd
		$str
		$arr
		$changed
	`,
	"lit": `
		1
		0
		nil
		true
		"a"
		"10"
		:a
		2.5
		[1]
		{}
		-7
		"é"
	`,
	"small": `
		0
		1
		2
		3
		5
		-1
		-2
		7
	`,
	"bool": `
		true
		false
		$str.empty?
		$str.include?($sub)
		$str.start_with?($sub)
		$str.end_with?($sub, $sub)
		$str.match?($re)
		$str == $str
		$str.eql?($str)
		$str.ascii_only?
		$str.valid_encoding?
		$str.between?($str, $str)
		$str.casecmp?($str)
		$arr.include?($lit)
		$arr.empty?
		$arr.any?
		$arr.all?
		$arr.none?
		$arr.one?
		$arr.any? { |x| x == $lit }
		$ints.all? { |x| x > $small }
		$ints.none?(&:zero?)
		$ints.one?(1..3)
		$arr == $arr
		$arr.eql?($arr)
		$hash.key?($key)
		$hash.value?($lit)
		$hash.empty?
		$hash == $hash
		$hash.any? { |k, v| v == $lit }
		$hash.all? { |k, v| k }
		$hash > $hash
		$hash <= $hash
		$int.zero?
		$int.even?
		$int.odd?
		$int.positive?
		$int.between?(-3, $int)
		$int == $float
		$int > $float
		$int.eql?($float)
		$int.equal?($int)
		$int.integer?
		$int.anybits?(6)
		$int.allbits?(3)
		$int.nobits?(1)
		$float.nan?
		$float.finite?
		$float.zero?
		$float.negative?
		$range.include?($small)
		$range.cover?($float)
		$range === $int
		$re === $str
		String === $any
		$any.is_a?(Enumerable)
		$any.respond_to?(:each)
		$any.nil?
		$any.frozen?
		!$any
		$any.instance_of?(String)
		$any == $any
	`,
	"sub": `
		"a"
		"b"
		"lo"
		""
		" "
		"é"
		","
		"-"
		"1"
		"A"
	`,
	"re": `
		/a/
		/[aeiou]/
		/\d+/
		/\s+/
		/(\w)(\w)/
		/(?<x>\d)(?<y>\w)?/
		/b|c/i
		/^./
		/.$/
		/\A\W*/
		/x*/
		/(l+)|(o)/
		/[^a-z]/
		/\p{L}+/
		/,/
		/(?=l)/
		/\b/
		/(a)?b?/
	`,
	"set": `
		"a-y"
		"^a-z"
		"lo"
		"aeiou"
		"a-zA-Z"
		"^0-9"
		"é"
		"\\-a"
		" "
		""
		"a^"
	`,
	"key": `
		:a
		:b
		"a"
		"k"
		1
		nil
		2.0
		[1]
	`,
	"fmt": `
		"%d"
		"%5d|"
		"%-5d|"
		"%05d"
		"%+d"
		"% d"
		"%x"
		"%#x"
		"%X"
		"%o"
		"%b"
		"%#b"
		"%08b"
		"%e"
		"%.3e"
		"%f"
		"%.0f"
		"%.2f"
		"%10.3f|"
		"%g"
		"%.3g"
		"%G"
		"%s"
		"%10s|"
		"%-10s|"
		"%.2s"
		"%p"
		"%c"
		"%%"
		"%+.1f"
		"%+x"
		"%.10g"
		"%#o"
		"%a"
		"%5.1f%%"
		"%.5d"
		"%+05d"
	`,
	"str": `
		""
		"a"
		"hello world"
		"Hello, World"
		"ÀÉÎ ñandú ß"
		"日本語 text"
		"  padded\t\n"
		"a,b,,c,,"
		"line1\nline2\r\nline3\n"
		"12abc"
		"-3.75e2xyz"
		"0x1F"
		"foo_bar-baz"
		"CamelCaseWord"
		"aaabbbccc"
		"az"
		"Zz9"
		"a\\b\"c'd#{1}e"
		"\e\x00\u200b\u{1F600}"
		"key=value key2=\"v 2\""
		'single #{x} \n'
		$str.upcase
		$str.downcase
		$str.capitalize
		$str.swapcase
		$str.strip
		$str.lstrip
		$str.rstrip
		$str.chomp
		$str.chomp($sub)
		$str.chop
		$str.chr
		$str.reverse
		$str.squeeze
		$str.squeeze($set)
		"ab9".succ
		$str.dump
		$str.inspect
		$str.scrub
		$str.scrub("?")
		$str.b.inspect
		$str.delete($set)
		$str.delete($set, $set)
		$str.delete_prefix($sub)
		$str.delete_suffix($sub)
		$str.tr($set, "A-Za-z^")
		$str.tr($set, "*")
		$str.tr_s("a-y", $set)
		$str.tr("a-y", "b-z")
		$str.center($small, "*")
		$str.center(15, "ab")
		$str.ljust(12, ".")
		$str.rjust(12)
		$str.rjust(9, "é-")
		$str.sub($re, $sub)
		$str.gsub($re, $sub)
		$str.sub($re) { |m| m.upcase }
		$str.gsub($re) { $~.pre_match.size.to_s }
		$str.gsub($re, "<\\0>")
		$str.gsub($re, "[\\1\\2]")
		$str.gsub($sub, $sub)
		$str.gsub($re, "a" => "1", "l" => "L")
		$str.gsub(/(?<z>[aeo])/, "{\\k<z>}")
		$str.slice($small, $small).to_s
		$str[$small].to_s
		$str[$range].to_s
		$str[$re].to_s
		$str[/(\w)(\d)?/, $small].to_s
		$str[$sub].to_s
		$str + $str
		$str * 3
		$str.concat($str, "!")
		$str.dup << $sub
		$str.insert($small, $sub)
		$str.prepend($sub)
		$str.replace($str)
		$str.unicode_normalize(:nfd)
		$str.unicode_normalize(:nfkc)
		$str.encode("UTF-16BE").unpack1("H*")
		$str.encode("ISO-8859-1", undef: :replace, invalid: :replace).bytes.inspect
		$str.encode("UTF-8", "ISO-8859-1")
		$str.dup.force_encoding("BINARY").unpack1("H*")
		$str.byteslice($small, $small).to_s
		$str.size.to_s
		$str.each_char.to_a.join("-")
		$str.lines.join("|")
		$str.unpack1("H*")
		[$str].pack("m0").force_encoding("UTF-8")
		[$str].pack("m").force_encoding("UTF-8")
		[$str, $small].pack("A8C").unpack1("H*")
		[$int, $int].pack("nN").unpack1("H*")
		$str.sum.to_s
		$str.hex.to_s
		$str.oct.to_s
		"Zz9z".next
		$str.partition($re).inspect
		$str.to_sym.inspect
		$str.undump
		$str =~ $re ? $~[0] : "none"
		$str.then { |s| s.size > 3 ? s[1..] : s }
		$int.to_s
		$int.to_s(2)
		$int.to_s(36)
		($int % 128).chr.bytes.inspect
		$int.inspect
		$float.to_s
		$arr.join($sub)
		$arr.inspect
		$hash.inspect
		$hash.to_s
		$range.to_s
		$range.inspect
		$any.to_s
		$any.class.name.dup
		format($fmt, $int % 1000)
		format($fmt, $float)
		format($fmt, $str)
		$fmt % $lit
		format("%-6s|%3d|%s", $sub, $int, $lit)
		format("%<a>05.1f %{b}", a: 12.25, b: $lit)
		"#{$any}-#{$any}"
		String($any)
		$str.freeze
		$str.itself
		$str.each_line.map(&:chomp).join
		Regexp.escape($str)
		Regexp.union($str, $re).source
		$re.inspect
		$strs.max.to_s
		$strs.min_by(&:size).to_s
		$strs.inject(:+).to_s
		$strs.sum("")
		case $any when String then "s" when Integer then "i" when nil then "n" else "o" end
	`,
	"int": `
		0
		1
		-1
		7
		-13
		42
		255
		1_000_000
		65
		2147483648
		-(2**63)
		(2**64 + 1)
		(10**20)
		$str.size
		$str.bytesize
		$str.count($set)
		$str.count($set, $set)
		$str.index($sub).to_i
		$str.rindex($sub).to_i
		$str.index($re, $small).to_i
		$str.rindex($re).to_i
		$str.to_i
		$str.to_i(2)
		$str.to_i(16)
		$str.to_i(36)
		$str.ord
		$str.hex
		$str.oct
		$str <=> $str
		$str.casecmp($str).to_i
		$str.getbyte($small).to_i
		$str =~ $re
		$str.unpack1("C").to_i
		Integer($str)
		Integer($str, exception: false).to_i
		Integer($sub, 16)
		$arr.size
		$arr.count
		$arr.count($lit)
		$arr.count { |x| x == $lit }
		$arr.index($lit).to_i
		$arr.rindex($lit).to_i
		$arr <=> $arr
		$arr.find_index($lit).to_i
		$ints.sum
		$ints.max.to_i
		$ints.min.to_i
		$ints.inject(:+).to_i
		$ints.reduce(1) { |a, x| a * x }
		$ints.inject { |a, x| a - x }.to_i
		$hash.size
		$hash.count { |k, v| v }
		$int + $int
		$int - $int
		$int * $int
		$int / $int
		$int % $int
		$int.div($int)
		$int.modulo($int)
		$int.remainder($int)
		$int.fdiv($int).to_i
		$int ** 3
		$int ** $small.abs
		$int.pow(5, 7)
		-$int
		~$int
		$int & $int
		$int | 12
		$int ^ $int
		$int << 3
		$int >> $small
		$int[$small]
		$int.abs
		$int.succ
		$int.pred
		$int.gcd($int)
		$int.lcm($int)
		$int.bit_length
		$int.digits.size
		$int.round(-1)
		$int.round(-2, half: :even)
		$int.floor(-1)
		($int % 1000).ceil(-2)
		$int.truncate(-1)
		$int.clamp(-5, 5)
		$int.clamp(..3)
		$int <=> $float
		$int.to_i
		$int.ord
		Integer.sqrt($int)
		$float.to_i
		$float.floor
		$float.ceil
		$float.round
		$float.round(half: :even)
		$float.round(half: :down)
		$float.truncate
		$float <=> $int
		$finite.size.to_i
		$finite.sum
		$finite.count
		Integer($any)
		$any.to_i
		$any.size
		$any.length
	`,
	"float": `
		0.0
		-0.0
		1.5
		-2.5
		3.14159
		1e20
		1e16
		123456789.123456789
		1e-5
		0.1
		100.0
		2.675
		0.5
		(1.0/3)
		Float::INFINITY
		Float::NAN
		-1e-10
		$str.to_f
		Float($str)
		Float($str, exception: false).to_f
		$int.to_f
		($int % 100000).fdiv($int)
		$int * 1.5
		$int / 4.0
		$int ** -1.0
		$float + $float
		$float - $int
		$float * $float
		$float / $float
		$float % $float
		$float.modulo(3)
		$float ** 2
		($int).abs ** 0.5
		-$float
		$float.abs
		$float.round(1)
		$float.round(2)
		$float.round(-1).to_f
		$float.round(2, half: :even)
		$float.round(12)
		$float.floor(1)
		$float.ceil(2)
		$float.truncate(1)
		$float.clamp(0, 2)
		$float.div(2).to_f
		($float + 1).next_float
		($float.abs + 1).prev_float
		$float.to_r.to_f
		$float.rationalize(Rational(1, 100)).to_f
		Math.sqrt($float)
		Math.log10($float)
		$floats.sum
		$floats.max.to_f
		$floats.minmax.first.to_f
		$floats.inject(:*).to_f
		$ints.sum / 3.0
		$ints.sum(0.0)
		Float($any)
		$any.to_f
	`,
	"finite": `
		(1..5)
		(1...5)
		(-3..-1)
		(2..1)
		("a".."e")
	`,
	"range": `
		(1..5)
		(1...5)
		(0..)
		(..3)
		(-3..-1)
		(2..1)
		("a".."e")
		(1..nil)
		(-2..)
		(0...-1)
	`,
	"ints": `
		[]
		[1]
		[3, 1, 2]
		[5, -2, 5, 0, 9]
		[1, 2, 3, 4, 5, 6, 7]
		[10, 2, 33, 4]
		(1..6).to_a
		[$int, $int, $int]
		[$small, $small]
		$ints.map { |x| x * 2 }
		$ints.select(&:even?)
		$ints.reject { |x| x > 3 }
		$str.bytes
		$str.codepoints
		$str.sum.digits
		$str.each_char.map(&:ord)
		$ints.uniq
		$int.digits
		$int.divmod($int)
		$int.divmod(7)
		$int.digits(16)
		$ints.each_with_index.map { |x, i| x * i }
		$ints.partition(&:odd?).flatten
		1.step(10, 3).to_a
		10.downto(5).to_a
		3.upto(6).map { |x| x ** 2 }
		$ints.each_cons(2).map { |x, y| y - x }
		$ints.take_while { |x| x < 5 }
		$ints.sort
		$ints.sort { |x, y| y <=> x }
		$ints.sort_by { |x| [x % 3, -x] }
		$ints.max(2)
		$ints.min(2)
		$ints.minmax
		$strs.map(&:size)
		$ints.filter_map { |x| x + 1 if x.odd? }
		$ints.bsearch { |x| x >= 3 }.then { |x| [x] }
		$ints.inject([]) { |m, x| m.unshift(x) }
		$ints.each_with_object([]) { |x, m| m << x + 1 }
	`,
	"floats": `
		[]
		[1.5, 2.25]
		[0.1] * 10
		[0.1, 0.2, 0.3]
		[$float, $float]
		[1e100, 1.0, -1e100]
		[3, 0.1, 2]
	`,
	"strs": `
		[]
		%w[apple Banana cherry]
		%w[b a c a]
		["a1", "b22", ""]
		["é", "e", "z"]
		$str.chars
		$str.split
		$str.split($sub)
		$str.split($re)
		$str.split($sub, $small)
		$str.split($re, $small)
		$str.split("")
		$str.lines
		$str.each_line(chomp: true).to_a
		$str.each_line($sub).to_a
		$str.partition($sub)
		$str.rpartition($sub)
		$str.partition($re)
		$str.rpartition($re)
		$str.scan(/\w+/)
		$str.scan($sub)
		$str.grapheme_clusters
		$str.each_grapheme_cluster.to_a
		$strs.map(&:upcase)
		$strs.sort
		$strs.sort_by { |s| [s.size, s] }
		%w[a az Zz a9 -9 1.9 a-].map(&:succ)
		$strs.grep(/a/)
		$strs.grep_v($re)
		$strs.sort_by(&:downcase)
		$strs.uniq { |s| s[0] }
		$str.upto("c").first(3)
		("x".."ab").to_a
		("08".."11").to_a
		$strs.map(&:to_s).map(&:capitalize)
	`,
	"arr": `
		[]
		[1, nil, "a", :b, 2.5]
		[[1, 2], [3, [4, [5]]]]
		[nil, false, true]
		[3, "x", [1], {a: 1}]
		$ints
		$strs
		$floats
		[$lit, $lit, $lit]
		[$any, $any]
		Array($any)
		Array.new($small, $lit)
		Array.new(3) { |i| i * 2 }
		[*$range]
		$range.to_a
		$finite.step(2).to_a
		$range.first(2)
		$finite.each_slice(2).to_a
		$arr + $arr
		$arr - $arr
		$arr & $arr
		$arr | $arr
		$arr * 2
		$arr << $lit
		$arr.push($lit, $lit)
		$arr.unshift($lit)
		$arr.insert($small, $lit)
		$arr.concat($arr)
		$arr.reverse
		$arr.rotate
		$arr.rotate($small)
		$arr.compact
		$arr.flatten
		$arr.flatten($small)
		$arr.uniq
		$arr.first($small)
		$arr.last($small)
		$arr.take($small)
		$arr.drop($small)
		$arr.drop_while { |x| x }
		$arr[$small, $small]
		$arr[$range]
		$arr.slice($range)
		$arr.values_at($small, $small, $range)
		$arr.each_slice(2).to_a
		$arr.each_cons(2).to_a
		$arr.each_with_index.to_a
		$arr.each_with_index.map { |x, i| [i, x] }
		$arr.each.with_index(1).to_a
		$arr.zip($arr)
		$arr.zip($ints, $strs)
		$arr.product($ints.first(2))
		$ints.first(4).combination(2).to_a
		$ints.first(3).permutation.to_a
		$ints.first(3).permutation(2).to_a
		$ints.first(3).each_cons(2).to_a
		$ints.first(3).repeated_combination(2).to_a
		$arr.transpose
		$arr.partition { |x| x.is_a?(Integer) }
		$arr.group_by(&:class).to_a
		$arr.chunk_while { |x, y| x.class == y.class }.to_a
		$arr.slice_when { |x, y| x.class != y.class }.to_a
		$ints.chunk { |x| x.even? }.to_a
		$ints.slice_before(&:even?).to_a
		$ints.slice_after { |x| x > 2 }.to_a
		$arr.map(&:to_s)
		$arr.map(&:inspect)
		$arr.flat_map { |x| [x, x] }
		$arr.flat_map { |x| x }
		$arr.select { |x| x }
		$arr.reject(&:nil?)
		$arr.sort
		$arr.sort_by(&:to_s)
		$arr.minmax_by(&:to_s)
		$arr.min_by(&:to_s)
		$arr.tally.to_a
		$arr.cycle.first(5)
		$arr.cycle(2).to_a
		$arr.fill($lit)
		$arr.fill($lit, $small, 2)
		$arr.fill { |i| i * i }
		$arr.dup.delete($lit)
		$arr.delete_at($small)
		$arr.delete_if { |x| x.nil? }
		$arr.pop
		$arr.shift(2)
		$arr.slice!($small, 2)
		$arr.assoc(1)
		$arr.rassoc(2)
		$arr.dig(0, 1)
		$arr.dig(1, 1, 0)
		$arr.fetch($small)
		$arr.fetch($small, $lit)
		$arr.at($small)
		$arr.sum
		$arr.sum("")
		$arr.inject { |m, x| m }
		$arr.each_entry.to_a
		$arr.lazy.map(&:to_s).reject(&:empty?).first(2)
		$arr.to_a.reverse_each.to_a
		$arr.find { |x| x.is_a?(String) }
		$arr.filter_map { |x| x && x.to_s }
		$arr.union($arr, $arr)
		$arr.difference($arr)
		$arr.intersection($arr)
		$arr.intersect?($arr)
		$arr.none?(Integer)
		$arr.bsearch_index { |x| x >= 2 }
		$arr.pack("C*").bytes
		$arr.deconstruct
		$arr.to_h { |x| [x, 1] }
		$arr.each_with_object({}) { |x, h| h[x] = true }
		$arr.take_while { |x| x }
		$arr.inspect.scan(/\d/)
		$arr.find_all(&:itself)
		$arr.sum { |x| x.to_s.size }
		$arr.then { |x, *y| [x, y] }
		$arr.each_slice(2).map { |x, y| [y, x] }
		$hash.to_a
		$hash.keys
		$hash.values
		$hash.map { |k, v| [v, k] }
		$hash.flat_map { |k, v| [k, v] }
		$hash.sort_by { |k, v| k.to_s }
		$hash.min_by { |k, v| v.to_s }
		$hash.each_with_index.map { |(k, v), i| [k, v, i] }
		$hash.partition { |k, v| v }
		$hash.find { |k, v| v }
		$hash.sum { |k, v| v.to_s.size }
		$hash.values_at($key, $key)
		$hash.fetch_values(:a)
		$hash.assoc($key)
		$hash.rassoc(1)
		$hash.first
		$hash.first(2)
		$hash.each_slice(2).to_a
		$hash.zip([1, 2])
		$hash.inject { |m, x| [m, x] }
		$hash.reduce(0) { |m, (k, v)| m + v.to_s.size }
		$hash.each_with_object([]) { |(k, v), m| m << k }
		$hash.flatten
		$hash.sort { |x, y| y.to_s <=> x.to_s }
		$hash.filter_map { |k, v| k if v }
		$hash.each_entry.to_a
		$str.scan($re)
		$str.match($re).to_a
		$str.unpack("C*")
		$str.unpack("a2 a*")
		$str.unpack("U*")
		$str.unpack("b8")
		$str.each_byte.to_a
		$str.match(/(?<x>\w)(?<y>\d)?/)&.named_captures.to_a
		$str.bytes.each_slice(2).map(&:sum)
		$float.divmod($int)
		$int.divmod($float)
		$int.coerce($float)
		$float.to_r.then { |r| [r.numerator, r.denominator] }
		(x, *y = $arr; [x, y])
		[[1, $lit], [2, $lit]].each_with_object([]) { |(x, y), m| m.push(y, x) }
		(x, (y, *z), w = $arr; [x, y, z, w])
	`,
	"hash": `
		{}
		{a: 1, b: 2}
		{"a" => 1, :b => nil}
		{1 => [1, 2], nil => {x: 1}}
		{"k" => "v", "n" => {"m" => [1, {"o" => 2}]}}
		{a: 3, c: 4}
		{$key => $lit, $key => $lit}
		{a: $any}
		{"a b": 1, "c?": 2, d!: 3, E: 4}
		{1.0 => :x, 2.0 => :y, [1] => "z"}
		$hash.merge($hash)
		$hash.merge($hash) { |k, o, n| [o, n] }
		$hash.merge($hash, $hash)
		$hash.select { |k, v| v }
		$hash.reject { |k, v| v.nil? }
		$hash.filter_map { |k, v| [k, v] if v }.to_h
		$hash.transform_values(&:to_s)
		$hash.transform_keys(&:to_s)
		$hash.transform_keys({a: :z})
		$hash.transform_keys({a: :b}) { |k| k.to_s }
		$hash.map { |k, v| [k.to_s, v] }.to_h
		$hash.to_h { |k, v| [v, k] }
		$hash.invert
		$hash.compact
		$hash.slice(:a, "a", 1)
		$hash.except(:a)
		$hash.sort_by { |k, v| k.to_s }.to_h
		$hash.min_by { |k, v| v.to_s }.to_a
		$hash.group_by { |k, v| v.class }
		$hash.partition { |k, v| v }.map(&:to_h)
		$hash.each_with_object({}) { |(k, v), h| h[v] = k }
		$hash.delete_if { |k, v| v == 1 }
		$hash.keep_if { |k, v| v }
		$hash.update($hash)
		$hash.tap { |h| h.delete($key) }
		$hash.tap { |h| h[$key] = $lit }
		$hash.tap { |h| h.store($key, $lit) }
		$hash.tap { |h| h.default = $lit }
		$hash.dig("n", "m", 1, "o")
		$hash.dig(1, 0)
		$hash[$key]
		$hash.fetch($key)
		$hash.fetch($key, $lit)
		$hash.fetch($key) { |k| k.to_s }
		$hash.key($lit)
		$hash.sum { |k, v| v.to_i }
		$hash.shift
		$hash.find_all { |k, v| v }.to_h
		$hash.reduce({}) { |m, (k, v)| m.merge(v => k) }
		$hash.any?
		$hash.compare_by_identity
		$hash.to_a.transpose
		$hash.filter_map { |k, v| v }
		$hash.each_pair.to_a.to_h
		$hash.count
		$hash.sort.to_h
		$hash.uniq { |k, v| v }.to_h
		$hash.zip($arr).first
		$hash.each { |k, v| k }
		$arr.group_by { |x| x.class }
		$arr.tally
		$arr.each_with_index.to_h
		$arr.to_h { |x| [x.to_s, x] }
		$arr.zip($arr).to_h
		$ints.group_by(&:odd?).transform_values(&:sum)
		$ints.each_with_object(Hash.new(0)) { |x, h| h[x % 3] += 1 }
		$strs.group_by(&:size)
		$strs.partition { |s| s =~ /a/ }.then { |x, y| {x: x, y: y} }
		$strs.tally.sort_by { |k, v| [-v, k] }.to_h
		$strs.each_with_index.to_h { |s, i| [s, i] }
		Hash[$arr.each_slice(2).to_a]
		Hash.new { |h, k| h[k] = k.to_s * 2 }.tap { |h| h[$key] }
		($hash in {a: Integer => n}) ? {n: n} : {}
		{**$hash.to_h, z: 1}
		$hash.deconstruct_keys(nil)
		(case $any; in [x, *] then {x: x}; in {a:} then {a: a}; in String | Integer => s then {s: s}; else {} end)
	`,
	"odd": `
		nil
		:sym
		:"odd sym"
		$str.to_sym
		$str.to_sym.to_proc.call("abc")
		$any.dup
		$any.to_a
		$any&.first
		$any.then { |x| x.inspect }
		$any.tap { |x| x }
		$any.send(:class)
		$any <=> $any
		$any + $any
		$any * 2
		$any.method(:to_s).call
		$any.public_send(:inspect)
		$any.instance_variables
		$any || $any
		$any && $any
		($any if $bool)
		$bool ? $any : $any
		$any.hash == $any.hash
		$bool & $bool
		$bool ^ $any
		nil.to_a
		$range.to_a.sum
		$finite.step(2).map { |x| x }
		$finite.each_with_index.to_a
		$range.minmax
		$range.max
		$range.last(2)
		$range % 2
		Rational($int, 3)
		Rational("1/3") + $int
		$float.to_r
		[$any, $any].max
		[$any, $any].sort
		[$any].flatten.first
		$ints.each_slice(2).include?([1, 2])
		$arr.each_with_index.max_by { |x, i| x.to_s }
		$arr.each.next
		$ints.lazy.select(&:even?).map { |x| x * 3 }.to_a
		$ints.sum.then { |x| x.zero? ? nil : 100 / x }
		$str.each_char.with_index.map { |c, i| c * i }
		$str.each_char.with_object([]).to_a.size
		(begin; Integer($str); rescue ArgumentError => e; e.message; end)
		(begin; $hash.fetch($key); rescue KeyError => e; e.message; end)
		(begin; raise ArgumentError, $str; rescue => e; [e.class, e.message]; ensure; 1; end)
		(catch(:done) { $ints.each { |x| throw :done, x if x > 2 }; :none })
		($ints.each_with_index { |x, i| break i if x > 2 })
		(x = 0; $ints.each { |y| next if y.odd?; x += y }; x)
		(x = 5; x -= 1 while x > $small.abs; x)
		(x = []; 3.times { |i| x << i if i != 1 }; x)
		(f = ->(x, y = 2, *z, k: 3) { [x, y, z, k] }; f.($lit, $lit))
		(f = proc { |x, (y, z)| [x, y, z] }; f.call($arr))
		(f = :upcase.to_proc >> :reverse.to_proc; f.call($str))
		$arr.each_entry.with_index(2).to_a
		defined?(foo).inspect
		Set.new($ints).include?(1)
		Set.new($ints).to_a
		(Set.new($ints) | Set[9]).size
		Time.at(($int).abs % 4000000000).utc.strftime("%Y-%m-%d %H:%M:%S %j %a %b %e %-d %y %U")
		Time.utc(2024, 2, 29, 12, 30, 15).strftime("%s %z %Z %I %l %p %L %N %3N %F %T %D %R %c %x %X %u %w %G %V %C %%")
		Struct.new(:x, :y).new($lit, $lit).to_a
		$str.unpack("n*")
		$str.dup.force_encoding("ASCII-8BIT").inspect
		$str.encode("UTF-16LE").bytes.first(4)
	`,
	"changed": `
		(x = $str.dup; y = x.upcase!; [x, y])
		(x = $str.dup; y = x.strip!; [x, y])
		(x = $str.dup; y = x.squeeze!; [x, y])
		(x = $str.dup; y = x.sub!($re, $sub); [x, y])
		(x = $str.dup; y = x.gsub!($re, $sub); [x, y])
		(x = $str.dup; y = x.slice!($re); [x, y])
		(x = $str.dup; y = x.slice!($small); [x, y])
		(x = $str.dup; y = x.slice!($small, 2); [x, y])
		(x = $str.dup; y = x.tr!($set, "_"); [x, y])
		(x = $str.dup; y = x.delete!($set); [x, y])
		(x = $str.dup; y = x.chomp!; [x, y])
		(x = $str.dup; y = x.capitalize!; [x, y])
		(x = $str.dup; y = x.swapcase!; [x, y])
		(x = $str.dup; y = x.upcase!; [x, y])
		(x = $str.dup; x[$small] = $sub; x)
		(x = $str.dup; x[$small, 2] = $sub; x)
		(x = $str.dup; x[$range] = $sub; x)
		(x = $str.dup; x[$re] = $sub; x)
		(x = $str.dup; x[$sub] = "!"; x)
		(x = $str.dup; y = x.delete_prefix!($sub); [x, y])
		(x = $str.dup; x.setbyte(0, 65); x)
		(x = $arr.dup; y = x.push($lit); [x, y.equal?(x)])
		(x = $arr.dup; y = x.pop; [x, y])
		(x = $arr.dup; y = x.pop(2); [x, y])
		(x = $arr.dup; y = x.shift; [x, y])
		(x = $arr.dup; y = x.delete($lit); [x, y])
		(x = $arr.dup; y = x.delete_at($small); [x, y])
		(x = $arr.dup; y = x.compact!; [x, y])
		(x = $arr.dup; y = x.uniq!; [x, y])
		(x = $arr.dup; y = x.flatten!; [x, y])
		(x = $arr.dup; y = x.reject!(&:nil?); [x, y])
		(x = $arr.dup; y = x.select! { |z| z }; [x, y])
		(x = $arr.dup; y = x.map!(&:to_s); [x, y])
		(x = $arr.dup; y = x.sort_by!(&:to_s); [x, y])
		(x = $arr.dup; y = x.slice!($small, $small); [x, y])
		(x = $arr.dup; y = x.slice!($range); [x, y])
		(x = $arr.dup; x[$small] = $lit; x)
		(x = $arr.dup; x[$small, $small] = $lit; x)
		(x = $arr.dup; x[$small, $small] = $arr; x)
		(x = $arr.dup; x[$range] = $lit; x)
		(x = $arr.dup; x.insert($small, $lit, $lit); x)
		(x = $arr.dup; x.fill($lit, $small); x)
		(x = $arr.dup; x.fill($lit, $finite); x)
		(x = $arr.dup; x.rotate!($small); x)
		(x = $arr.dup; x.reverse!; x)
		(x = $arr.dup; x.concat(x); x)
		(x = $arr.dup; x.replace($arr); x)
		(x = $arr.dup; x.clear; x)
		(x = $arr.dup; x.unshift(*$arr); x)
		(x = $arr.dup; x.keep_if { |z| z.is_a?(Integer) }; x)
		(x = $hash.dup; y = x.delete($key); [x, y])
		(x = $hash.dup; y = x.delete($key) { |k| [k] }; [x, y])
		(x = $hash.dup; x[$key] = $lit; x)
		(x = $hash.dup; y = x.reject! { |k, v| v }; [x, y])
		(x = $hash.dup; y = x.select! { |k, v| v }; [x, y])
		(x = $hash.dup; y = x.compact!; [x, y])
		(x = $hash.dup; x.transform_values! { |v| [v] }; x)
		(x = $hash.dup; x.transform_keys!(&:to_s); x)
		(x = $hash.dup; y = x.shift; [x, y])
		(x = $hash.dup; x.merge!($hash) { |k, o, n| [o, n] }; x)
		(x = $hash.dup; x.replace($hash); x)
		(x = $hash.dup; x.default = 5; [x[:none], x.fetch(:none, 6), x])
		(x = $hash.dup; x[:a] ||= 9; x[:zz] ||= 8; x)
		(x = $hash.dup; x[:a] &&= 9; x)
		(x = Hash.new { |h, k| h[k] = [] }; $strs.each { |s| x[s[0]] << s }; x)
		(x = $str.freeze; (x << "a" rescue "frozen"))
		(x = $arr.freeze; (x << 1 rescue "frozen"))
	`,
}
