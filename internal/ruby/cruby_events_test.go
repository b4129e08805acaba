package ruby

import (
	"math/rand/v2"
	"regexp"
	"strings"
)

// fittingValues are values by what code does with a field: the text that stands before
// and after the expression which reads it tells.
var fittingValues = []struct {
	use    *regexp.Regexp // E stands for the expression
	values []any
}{
	{regexp.MustCompile(`JSON\.(?:parse|load)\(? ?E|LogStash::Json\.load\(E`), []any{`{"a": 1, "b": {"c": "d"}}`, `[{"name": "x", "value": "1"}]`, `{"records": [{"a": 1}]}`}},
	{regexp.MustCompile(`(?:Time|DateTime|Date)\.(?:parse|strptime|iso8601)\(? ?E`), []any{"2021-03-04T14:35:33.946Z", "2021-03-04 14:35:33", "Thu Mar  4 14:35:33 2021"}},
	{regexp.MustCompile(`(?:Integer|Float)\(E|E\.to_[if]\b`), []any{"48213", "17", "3.5", float64(1614868533)}},
	{regexp.MustCompile(`E\.(?:hex|unpack|pack|scan|split|strip|gsub|sub|tr|match|upcase|downcase|capitalize|start_with|end_with|chomp|chop|lines|slice|force_encoding|encode|delete|squeeze|bytes|each_char|index|rjust|ljust|length|to_sym|empty|include)|E ?=~|=~ ?E|E\[\d|E\[/|E\[-?\d+\.\.`), []any{"a,b=c;d=e f", "10.0.0.17", "key=value;other=1", "/var/log/app/x.log", "0x1f:aa:bb", "2021-03-04T14:35:33"}},
	{regexp.MustCompile(`E\.(?:each|map|select|reject|any\?|all\?|find)\b ?(?:do|\{) ?\|\w+\||E\.(?:first|last|join|uniq|flatten|compact|push|each_with_index|each_slice|sort|max|min|inject|reduce|collect|sum|concat)\b|E ?<<|E\[0\]|for \w+ in E\b|\.(?:zip|concat|find_index)\(E`), []any{[]any{"10.0.0.1", "fe80::1"}, []any{map[string]any{"name": "a", "value": "1", "key": "k", "Key": "k", "Value": "v"}, map[string]any{"name": "b", "value": "2", "key": "l", "Key": "l", "Value": "w"}}, []any{}}},
	{regexp.MustCompile(`E\.(?:each|map|select|reject|each_pair|sort_by)\b ?(?:do|\{) ?\|\w+, ?\w+\||E\.(?:keys|values|key\?|has_key\?|each_pair|to_a|merge|dig|delete_if|to_hash|each_key)|E\[["':]`), []any{map[string]any{"name": "eth0", "bytes": float64(12)}, map[string]any{"a": map[string]any{"b": "c"}, "d": "e"}, map[string]any{}}},
	{regexp.MustCompile(`E ?[-*/%<>]=? ?[\w(]|[-*/] ?E|E\.(?:round|floor|ceil|abs|nil|zero|times|fdiv)`), []any{float64(48213), 12.5, float64(3), 1614868533.25}},
	{regexp.MustCompile(`Time\.at\(? ?E`), []any{float64(1614868533), 1614868533.25}},
}

// localOf finds the variable that a field is put into.
var localOf = regexp.MustCompile(`(\w+) ?= ?event\.get\(\s*["']([^"'#]+)["']\s*\)`)

// named replaces variables that hold the name of a field where it is read.
func named(code string) string {
	for _, m := range nameIn.FindAllStringSubmatch(code, -1) {
		code = strings.ReplaceAll(code, "event.get("+m[1]+")", `event.get("`+m[2]+`")`)
	}
	return code
}

var nameIn = regexp.MustCompile(`(\w+) ?= ?["']([\w\[\]@.-]+)["']`)

// fieldUses tells for every field that code reads what values fit.
func fieldUses(code string) map[string][]any {
	exprs := map[string][]string{}
	for _, m := range readsField.FindAllStringSubmatch(code, -1) {
		exprs[m[1]] = append(exprs[m[1]], m[0])
	}
	for _, m := range localOf.FindAllStringSubmatch(code, -1) {
		exprs[m[2]] = append(exprs[m[2]], m[1])
	}
	fits := map[string][]any{}
	for field, list := range exprs {
		for _, expr := range list {
			text := code
			if regexp.MustCompile(`^\w+$`).MatchString(expr) {
				text = regexp.MustCompile(`\b`+expr+`\b`).ReplaceAllString(text, "E")
			} else {
				text = strings.ReplaceAll(text, expr, "E")
			}
			for _, f := range fittingValues {
				if f.use.MatchString(text) {
					fits[field] = append(fits[field], f.values...)
				}
			}
		}
	}
	return fits
}

// fittingEvent has all fields that a code reads, with values that fit how it uses them;
// where nothing is known, of any kind.
func fittingEvent(code string, fits map[string][]any, rng *rand.Rand) map[string]any {
	event := map[string]any{"message": "Mar  4 14:35:33 sensor sshd[812]: Failed password for root from 192.0.2.9 port 4182 ssh2", "tags": []any{"a"}}
	for _, m := range readsField.FindAllStringSubmatch(code, -1) {
		at, last := parentOf(event, m[1])
		if _, there := at[last]; there && last != "message" || last == "tags" {
			continue
		}
		list := fits[m[1]]
		if len(list) == 0 && last == "message" {
			continue
		}
		if len(list) == 0 || rng.IntN(8) == 0 {
			list = sampleValues
		}
		at[last] = list[rng.IntN(len(list))]
	}
	return event
}
