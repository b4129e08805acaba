package ruby

// stringRules are the rules of the generated programs for String and Regexp.
var stringRules = map[string]string{
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
}
