package ruby

import "testing"

// TestEncodings turns texts of Windows and of older systems into UTF-8 and back.
func TestEncodings(t *testing.T) {
	for _, test := range [][2]string{
		{`"\xCF\xF0\xE8\xE2\xE5\xF2".force_encoding("Windows-1251").encode("UTF-8")`, `"Привет"`},
		{`"\xB3\xF3d\xBC".force_encoding("ISO-8859-2").encode("UTF-8")`, `"łódź"`},
		{`"\xA4".force_encoding("ISO-8859-15").encode("UTF-8")`, `"€"`},
		{`"\x84".b.force_encoding("CP850").encode("UTF-8")`, `"ä"`},
		{`"\x80".b.encode("UTF-8", "CP1252")`, `"€"`},
		{`"Жä".encode("KOI8-R", undef: :replace).bytes`, `[246, 63]`},
		{`"\x85".b.force_encoding("ISO-8859-5").encode("UTF-8").ord`, `133`},
		{`"\xCF\xF0".force_encoding("Windows-1251").length`, `2`},
		{`"é".encode("UTF-16LE").bytes`, `[233, 0]`},
		{`"c\0\xE9\0".b.force_encoding("UTF-16LE").encode("UTF-8")`, `"cé"`},
		{`"a<b>&\"c\"ü".encode("US-ASCII", xml: :text)`, `"a&lt;b&gt;&amp;\"c\"&#xFC;"`},
		{`"\"ü\"".encode("US-ASCII", xml: :attr)`, `"\"&quot;&#xFC;&quot;\""`},
		{`"ü".encode("US-ASCII", fallback: { "ü" => "ue" })`, `"ue"`},
		{`"ü".encode("US-ASCII", fallback: ->(c) { c.bytesize.to_s })`, `"2"`},
		{`begin; "ü".encode("US-ASCII", fallback: { }); rescue Encoding::UndefinedConversionError; 1; end`, `1`},
		{`[Encoding.find("cp1251").name, Encoding::ISO_8859_15.to_s, "a".force_encoding("IBM437").encoding.inspect]`, `["Windows-1251", "ISO-8859-15", "#<Encoding:IBM437>"]`},
		{`[/a/.encoding, /é/.encoding, /a/u.encoding, /a/n.options, /é/.fixed_encoding?].inspect`, `"[#<Encoding:US-ASCII>, #<Encoding:UTF-8>, #<Encoding:UTF-8>, 32, true]"`},
	} {
		if got := value(t, test[0]); got != test[1] {
			t.Errorf("%s = %s, want %s", test[0], got, test[1])
		}
	}
}

// TestConversions gives core methods objects that turn themselves into what they need.
func TestConversions(t *testing.T) {
	for _, test := range [][2]string{
		{"class S1; def to_str = 'b'; end\n'a' + S1.new", `"ab"`},
		{"class S2; def method_missing(n, *) = n == :to_str ? 'c' : super; end\n'a' + S2.new", `"ac"`},
		{"class S3; def method_missing(n, *) = 1; def respond_to_missing?(*) = false; end\n('a' + S3.new rescue $!.class)", `TypeError`},
		{"class S4; def to_int = 'x'; end\n([1][S4.new] rescue $!.message)", `"can't convert LogStash::Filters::Ruby::S4 to Integer (LogStash::Filters::Ruby::S4#to_int gives String)"`},
		{"class S5; def to_ary = [1, 2]; end\n'%d-%d' % S5.new", `"1-2"`},
		{"[[1, 2, 'ab'].pack('CL!a3'), 'abcdefgh'.unpack('l!'), 'abcd'.unpack1('a2', offset: 2)].inspect", `"[\"\\x01\\x02\\x00\\x00\\x00\\x00\\x00\\x00\\x00ab\\x00\", [7523094288207667809], \"cd\"]"`},
		{"[(1..).bsearch { |x| x * x >= 1000 }, (0.0..10.0).bsearch { |x| x >= 2.5 }, (..5).bsearch { |x| x >= -70 }]", `[32, 2.5, -70]`},
		{"Set[1, 3, 4, 6, 9, 10, 11].divide { |i, j| (i - j).abs == 1 }.map { |s| s.to_a.sort }.sort", `[[1], [3, 4], [6], [9, 10, 11]]`},
		{"Set[1, 2, 3, 4].divide { |i, j| i < j }.size", `4`},
		{"'%+#x|%08.3f|%-6d|%.3d|%x|%*d' % [255, 3.14159, 5, 7, -5, 4, 9]", `"+0xff|0003.142|5     |007|..fb|   9"`},
		{"Time.new(2020, 1, 2, 3, 4, 5, 'B').utc_offset", `7200`},
	} {
		if got := value(t, test[0]); got != test[1] {
			t.Errorf("%s = %s, want %s", test[0], got, test[1])
		}
	}
}

// TestUnionEncodings puts patterns of several encodings together.
func TestUnionEncodings(t *testing.T) {
	for _, test := range [][2]string{
		{`Regexp.union("a", "b").encoding.to_s`, `"US-ASCII"`},
		{`Regexp.union("a", "é").encoding.to_s`, `"UTF-8"`},
		{`Regexp.union("a".encode("UTF-16LE"), "b".encode("UTF-16LE")).encoding.to_s`, `"UTF-16LE"`},
		{`begin; Regexp.union("a".encode("UTF-16LE"), "b"); rescue ArgumentError => e; e.message; end`, `"ASCII incompatible encoding: UTF-16LE"`},
		{`begin; Regexp.union("é".encode("ISO-8859-1"), /é/); rescue ArgumentError => e; e.message; end`, `"incompatible encodings: ISO-8859-1 and UTF-8"`},
	} {
		if got := value(t, test[0]); got != test[1] {
			t.Errorf("%s = %s, want %s", test[0], got, test[1])
		}
	}
}
