package ruby

import "strings"

// The letters with one mark that Latin texts have, composed and taken apart. Marks are
// in the order of the rows.
var composed = map[rune]string{
	'\u0300': "AÀEÈIÌOÒUÙaàeèiìoòuùNǸnǹWẀwẁYỲyỳ",
	'\u0301': "AÁEÉIÍOÓUÚYÝaáeéiíoóuúyýCĆcćLĹlĺNŃnńRŔrŕSŚsśZŹzźGǴgǵ",
	'\u0302': "AÂEÊIÎOÔUÛaâeêiîoôuûCĈcĉGĜgĝHĤhĥJĴjĵSŜsŝWŴwŵYŶyŷ",
	'\u0303': "AÃNÑOÕaãnñoõIĨiĩUŨuũ",
	'\u0304': "AĀaāEĒeēIĪiīOŌoōUŪuū",
	'\u0306': "AĂaăEĔeĕGĞgğIĬiĭOŎoŏUŬuŭ",
	'\u0307': "CĊcċEĖeėGĠgġIİZŻzż",
	'\u0308': "AÄEËIÏOÖUÜaäeëiïoöuüyÿYŸ",
	'\u030a': "AÅaåUŮuů",
	'\u030b': "OŐoőUŰuű",
	'\u030c': "CČcčDĎdďEĚeěNŇnňRŘrřSŠsšTŤtťZŽzž",
	'\u0327': "CÇcçSŞsşTŢtţGĢKĶkķLĻlļNŅnņRŖrŗ",
	'\u0328': "AĄaąEĘeęIĮiįUŲuų",
}

var (
	takeApart   = map[rune]string{}
	putTogether = map[string]rune{}
)

func init() {
	for mark, row := range composed {
		rs := []rune(row)
		for i := 0; i+1 < len(rs); i += 2 {
			pair := string(rs[i]) + string(mark)
			takeApart[rs[i+1]] = pair
			putTogether[pair] = rs[i+1]
		}
	}
}

// normalize brings a text into Unicode form nfc or nfd for Latin letters with one mark
// and Hangul; other letters stay as they are. nfkc and nfkd also fold full-width forms.
func normalize(s, form string) string {
	var b strings.Builder
	compat := strings.Contains(form, "k")
	for _, r := range s {
		if compat {
			switch {
			case r >= 0xff01 && r <= 0xff5e:
				r -= 0xfee0
			case r == 0x3000 || r == 0xa0:
				r = ' '
			case r == 'ﬁ':
				b.WriteString("fi")
				continue
			case r == 'ﬂ':
				b.WriteString("fl")
				continue
			}
		}
		if t, ok := takeApart[r]; ok {
			b.WriteString(t)
		} else if r >= 0xac00 && r <= 0xd7a3 {
			i := r - 0xac00
			b.WriteRune(0x1100 + i/588)
			b.WriteRune(0x1161 + i%588/28)
			if i%28 > 0 {
				b.WriteRune(0x11a7 + i%28)
			}
		} else {
			b.WriteRune(r)
		}
	}
	if strings.HasSuffix(form, "d") {
		return b.String()
	}
	var out []rune
	for _, r := range b.String() {
		if n := len(out); n > 0 {
			if c, ok := putTogether[string(out[n-1])+string(r)]; ok {
				out[n-1] = c
				continue
			}
			switch last := out[n-1]; {
			case last >= 0x1100 && last < 0x1113 && r >= 0x1161 && r < 0x1176:
				out[n-1] = 0xac00 + ((last-0x1100)*21+r-0x1161)*28
				continue
			case last >= 0xac00 && last <= 0xd7a3 && (last-0xac00)%28 == 0 && r > 0x11a7 && r < 0x11c3:
				out[n-1] = last + r - 0x11a7
				continue
			}
		}
		out = append(out, r)
	}
	return string(out)
}
