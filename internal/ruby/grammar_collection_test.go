package ruby

// collectionRules are the rules of the generated programs for Array and Hash.
var collectionRules = map[string]string{
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
