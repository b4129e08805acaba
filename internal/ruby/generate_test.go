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
	for _, rules := range []map[string]string{generalRules, stringRules, numberRules, collectionRules} {
		g.add(rules)
	}
	return g
}

// add takes the rules of a part of the grammar: one a line, by kind.
func (g *grammar) add(rules map[string]string) {
	for kind, text := range rules {
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

// generalRules are the rules of the generated programs for what belongs to no class.
var generalRules = map[string]string{
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
}
