package codec

import (
	"slices"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// charsets are the names that Logstash takes (Ruby's Encoding.name_list), as far as
// there is a table for them.
var charsets = map[string]func() charset{}

// withoutTable are the names that Ruby knows and golang.org/x/text does not.
var withoutTable = []string{
	"Big5-UAO", "Emacs-Mule", "EUC-TW", "IBM737", "IBM775", "IBM857", "IBM861", "IBM864", "IBM869",
	"GB1988", "macCentEuro", "macCroatian", "macGreek", "macIceland", "macRomania", "macThai", "macTurkish",
	"CP951", "stateless-ISO-2022-JP", "EUC-JIS-2004", "GB12345", "ISO-2022-JP-2", "MacJapanese", "UTF-7",
	"SJIS-DoCoMo", "SJIS-KDDI", "ISO-2022-JP-KDDI", "stateless-ISO-2022-JP-KDDI", "SJIS-SoftBank",
	"CP737", "CP775", "CP857", "CP861", "CP864", "CP869", "EUC-JISX0213", "eucTW", "ISO2022-JP2", "MacJapan", "CP65000",
}

func charsetNames() []string {
	names := make([]string, 0, len(charsets))
	for name := range charsets {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func init() {
	add := func(make func() charset, names ...string) {
		for _, name := range names {
			charsets[name] = make
		}
	}
	add(func() charset { return charset{} }, "UTF-8", "CP65001", "UTF8-MAC", "UTF-8-MAC", "UTF-8-HFS",
		"UTF8-DoCoMo", "UTF8-KDDI", "UTF8-SoftBank", "external", "locale")
	add(ascii, "US-ASCII", "ASCII", "ANSI_X3.4-1968", "646", "ASCII-8BIT", "BINARY")
	for _, s := range []struct {
		set   *charmap.Charmap
		holes string // bytes that Ruby has no character for, though the table below has one
		names []string
	}{
		{charmap.ISO8859_1, "", []string{"ISO-8859-1", "ISO8859-1"}},
		{charmap.ISO8859_2, "", []string{"ISO-8859-2", "ISO8859-2"}},
		{charmap.ISO8859_3, "", []string{"ISO-8859-3", "ISO8859-3"}},
		{charmap.ISO8859_4, "", []string{"ISO-8859-4", "ISO8859-4"}},
		{charmap.ISO8859_5, "", []string{"ISO-8859-5", "ISO8859-5"}},
		{charmap.ISO8859_6, "", []string{"ISO-8859-6", "ISO8859-6"}},
		{charmap.ISO8859_7, "", []string{"ISO-8859-7", "ISO8859-7"}},
		{charmap.ISO8859_8, "", []string{"ISO-8859-8", "ISO8859-8"}},
		{charmap.ISO8859_9, "", []string{"ISO-8859-9", "ISO8859-9"}},
		{charmap.ISO8859_10, "", []string{"ISO-8859-10", "ISO8859-10"}},
		{charmap.Windows874, windowsHoles874, []string{"ISO-8859-11", "ISO8859-11", "TIS-620", "Windows-874", "CP874"}},
		{charmap.ISO8859_13, "", []string{"ISO-8859-13", "ISO8859-13"}},
		{charmap.ISO8859_14, "", []string{"ISO-8859-14", "ISO8859-14"}},
		{charmap.ISO8859_15, "", []string{"ISO-8859-15", "ISO8859-15"}},
		{charmap.ISO8859_16, "", []string{"ISO-8859-16", "ISO8859-16"}},
		{charmap.KOI8R, "", []string{"KOI8-R", "CP878"}},
		{charmap.KOI8U, "", []string{"KOI8-U"}},
		{charmap.Windows1250, "\x81\x83\x88\x90\x98", []string{"Windows-1250", "CP1250"}},
		{charmap.Windows1251, "\x98", []string{"Windows-1251", "CP1251"}},
		{charmap.Windows1252, "\x81\x8D\x8F\x90\x9D", []string{"Windows-1252", "CP1252"}},
		{charmap.Windows1253, "\x81\x88\x8A\x8C\x8D\x8E\x8F\x90\x98\x9A\x9C\x9D\x9E\x9F", []string{"Windows-1253", "CP1253"}},
		{charmap.Windows1254, "\x81\x8D\x8E\x8F\x90\x9D\x9E", []string{"Windows-1254", "CP1254"}},
		{charmap.Windows1255, "\x81\x8A\x8C\x8D\x8E\x8F\x90\x9A\x9C\x9D\x9E\x9F", []string{"Windows-1255", "CP1255"}},
		{charmap.Windows1256, "", []string{"Windows-1256", "CP1256"}},
		{charmap.Windows1257, "\x81\x83\x88\x8A\x8C\x90\x98\x9A\x9C\x9F", []string{"Windows-1257", "CP1257"}},
		{charmap.Windows1258, "\x81\x8A\x8D\x8E\x8F\x90\x9A\x9D\x9E", []string{"Windows-1258", "CP1258"}},
		{charmap.CodePage437, "", []string{"IBM437", "CP437"}},
		{charmap.CodePage850, "", []string{"CP850", "IBM850"}},
		{charmap.CodePage852, "", []string{"IBM852", "CP852"}},
		{charmap.CodePage855, "", []string{"IBM855", "CP855"}},
		{charmap.CodePage860, "", []string{"IBM860", "CP860"}},
		{charmap.CodePage862, "", []string{"IBM862", "CP862"}},
		{charmap.CodePage863, "", []string{"IBM863", "CP863"}},
		{charmap.CodePage865, "", []string{"IBM865", "CP865"}},
		{charmap.CodePage866, "", []string{"IBM866", "CP866"}},
		{charmap.CodePage037, "", []string{"IBM037", "ebcdic-cp-us"}},
		{charmap.Macintosh, "", []string{"macRoman"}},
		{charmap.MacintoshCyrillic, "", []string{"macCyrillic", "macUkraine"}},
	} {
		add(func() charset { return oneByte(s.set, s.holes) }, s.names...)
	}
	many := func(e encoding.Encoding, names ...string) {
		add(func() charset { return charset{decode: e} }, names...)
	}
	many(japanese.ShiftJIS, "Shift_JIS", "Windows-31J", "CP932", "csWindows31J", "SJIS", "PCK")
	many(japanese.EUCJP, "EUC-JP", "eucJP", "eucJP-ms", "euc-jp-ms", "CP51932")
	many(japanese.ISO2022JP, "ISO-2022-JP", "ISO2022-JP", "CP50220", "CP50221")
	many(korean.EUCKR, "EUC-KR", "eucKR", "CP949")
	many(simplifiedchinese.GBK, "GBK", "CP936", "GB2312", "EUC-CN", "eucCN")
	many(simplifiedchinese.GB18030, "GB18030")
	many(traditionalchinese.Big5, "Big5", "CP950", "Big5-HKSCS", "Big5-HKSCS:2008")
	many(unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), "UTF-16BE", "UCS-2BE")
	many(unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), "UTF-16LE")
	many(unicode.UTF16(unicode.BigEndian, unicode.UseBOM), "UTF-16")
	many(utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM), "UTF-32BE", "UCS-4BE")
	many(utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM), "UTF-32LE", "UCS-4LE")
	many(utf32.UTF32(utf32.BigEndian, utf32.UseBOM), "UTF-32")
}

const windowsHoles874 = "\x81\x82\x83\x84\x86\x87\x88\x89\x8A\x8B\x8C\x8D\x8E\x8F\x90\x98\x99\x9A\x9B\x9C\x9D\x9E\x9F"

func oneByte(set *charmap.Charmap, holes string) charset {
	c := charset{table: new([256]rune)}
	for b := range c.table {
		c.table[b] = set.DecodeByte(byte(b))
	}
	for i := 0; i < len(holes); i++ {
		c.table[holes[i]] = utf8.RuneError
	}
	return c
}

// ascii reads what is beyond ASCII as U+FFFD, as Ruby does for BINARY too.
func ascii() charset {
	c := charset{table: new([256]rune)}
	for b := range c.table {
		c.table[b] = utf8.RuneError
		if b < utf8.RuneSelf {
			c.table[b] = rune(b)
		}
	}
	return c
}
