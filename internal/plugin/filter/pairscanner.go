package filter

import (
	"strings"

	"sluice/internal/onig"
	"sluice/internal/plugin"
)

// pairScanner finds the pairs of a text for kv. What a pair is, is defined by the
// regular expression that Logstash builds; where the separators are plain characters
// and the text has no backslash, a simple loop finds the same.
type pairScanner struct {
	whole    *onig.Regexp
	splitter *onig.Regexp // what stands between key and value; without it there are no pairs

	simple  bool
	fields  [128]bool
	values  [128]bool
	lenient bool
	closers map[byte]byte
}

func (s *pairScanner) open(k *kv, env *plugin.Env) (err error) {
	field, value := "["+k.fieldSplit+"]", "["+k.valueSplit+"]"
	if k.fieldSplitPattern != "" {
		field = k.fieldSplitPattern
	}
	if k.valueSplitPattern != "" {
		value = k.valueSplitPattern
	}
	if _, err = compilePattern(env, optionOf(k.fieldSplitPattern, "field_split"), field); err != nil {
		return err
	}
	if _, err = compilePattern(env, optionOf(k.valueSplitPattern, "value_split"), value); err != nil {
		return err
	}
	field, value = "(?:"+field+")", "(?:"+value+")"
	if s.lenient = k.whitespace == "lenient"; s.lenient {
		value = "(?: *" + value + " *)"
	}
	patterns := k.fieldSplitPattern != "" || k.valueSplitPattern != ""
	key := `((?:\\.|[^` + k.valueSplit + k.fieldSplit + `])+)`
	if patterns {
		key = `((?:(?!` + value + `|` + field + `)(?:\\.|.))+)`
	}
	s.closers = map[byte]byte{'"': '"', '\'': '\''}
	alternatives := []string{`"((?:\\.|[^"])+)?"`, `'((?:\\.|[^'])+)?'`}
	if k.brackets {
		s.closers['('], s.closers['['], s.closers['<'] = ')', ']', '>'
		alternatives = append(alternatives, `\(((?:\\.|[^\)])+)?\)`, `\[((?:\\.|[^\]])+)?\]`, `<((?:\\.|[^>])+)?>`)
	}
	if k.fieldSplitPattern != "" {
		alternatives = append(alternatives, `((?:(?!`+field+`)(?:\\.|.))+)`)
	} else {
		alternatives = append(alternatives, `((?:\\.|[^`+k.fieldSplit+`])+)`)
	}
	pattern := key + value + "(?:" + strings.Join(alternatives, "|") + ")?(?:" + field + "|$)"
	if s.whole, err = compilePattern(env, optionOf(k.fieldSplitPattern, "field_split"), pattern); err != nil {
		return err
	}
	if k.timeout > 0 {
		s.whole = s.whole.Limit(int64(k.timeout) * stepsPerMillisecond)
	}
	if s.splitter, err = compilePattern(env, optionOf(k.valueSplitPattern, "value_split"), value); err != nil {
		return err
	}
	s.simple = !patterns && plainSet(k.fieldSplit, &s.fields) && plainSet(k.valueSplit, &s.values)
	return nil
}

// stepsPerMillisecond is how many steps of onig a timeout of a millisecond stands for.
const stepsPerMillisecond = 50_000

func optionOf(pattern, option string) string {
	if pattern != "" {
		return option + "_pattern"
	}
	return option
}

// plainSet notes the characters of a class that means nothing but its characters.
func plainSet(class string, set *[128]bool) bool {
	for i := 0; i < len(class); i++ {
		if class[i] >= 128 || strings.IndexByte(`\^-[]&`, class[i]) >= 0 && !(class[i] == '&' && strings.Count(class, "&") == 1) {
			return false
		}
		set[class[i]] = true
	}
	return class != ""
}

// each calls yield with the pairs of a text until it returns false. The error is
// onig.ErrBudget.
func (s *pairScanner) each(text string, yield func(key, value string) bool) error {
	if s.simple && strings.IndexByte(text, '\\') < 0 {
		s.loop(text, yield)
		return nil
	}
	if ok, err := s.splitter.Match(text); !ok || err != nil {
		return err
	}
	return s.whole.Each(text, func(loc []int) bool {
		value := ""
		for i := 4; i < len(loc); i += 2 {
			if loc[i] >= 0 {
				value = text[loc[i]:loc[i+1]]
				break
			}
		}
		return yield(text[loc[2]:loc[3]], value)
	})
}

func (s *pairScanner) is(set *[128]bool, c byte) bool { return c < 128 && set[c] }

// loop finds what the regular expression finds, in a text without backslashes.
func (s *pairScanner) loop(text string, yield func(key, value string) bool) {
	for at := 0; at < len(text); {
		if s.is(&s.fields, text[at]) || s.is(&s.values, text[at]) {
			at++
			continue
		}
		end := at
		for end < len(text) && !s.is(&s.fields, text[end]) && !s.is(&s.values, text[end]) {
			end++
		}
		keyEnd, i := s.splitAt(text, at, end)
		if i < 0 {
			at = end
			continue
		}
		value, next := s.value(text, i)
		if !yield(text[at:keyEnd], value) {
			return
		}
		at = next
	}
}

// splitAt reads what stands between a key, text[at:end], and its value, and returns
// the end of the key and the start of the value; -1 where there is nothing of that kind.
func (s *pairScanner) splitAt(text string, at, end int) (keyEnd, start int) {
	i := end
	if s.lenient {
		for i < len(text) && text[i] == ' ' {
			i++
		}
	}
	if i >= len(text) || !s.is(&s.values, text[i]) {
		// A space that separates values, too, may have been passed over.
		if s.lenient && s.values[' '] && i > end {
			i--
		} else {
			return end, -1
		}
	}
	i++
	if s.lenient {
		for i < len(text) && text[i] == ' ' {
			i++
		}
	}
	return end, i
}

// value reads a value at i and what separates it from the next pair.
func (s *pairScanner) value(text string, i int) (value string, next int) {
	if i < len(text) {
		if closer, ok := s.closers[text[i]]; ok {
			if n := strings.IndexByte(text[i+1:], closer); n >= 0 {
				end := i + 1 + n
				switch behind := end + 1; {
				case behind == len(text), text[behind] == '\n' && !s.fields['\n']:
					return text[i+1 : end], behind
				case s.is(&s.fields, text[behind]):
					return text[i+1 : end], behind + 1
				}
			}
		}
	}
	end := i
	for end < len(text) && !s.is(&s.fields, text[end]) {
		end++
	}
	return text[i:end], min(end+1, len(text))
}
