package ruby

// numberRules are the rules of the generated programs for Integer, Float and Range.
var numberRules = map[string]string{
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
}
