package casetest

import (
	"math"
	"strconv"
	"strings"

	"sluice/internal/diag"
	"sluice/internal/settings"
)

// readYAMLFile reads a text that is one YAML value.
func readYAMLFile(src *diag.Source) (value, diag.List) {
	t, mistakes := settings.ReadTree(src)
	return valueOf(&t), mistakes
}

func valueOf(t *settings.Tree) value {
	v := value{at: t.At, text: t.Text}
	switch t.Kind {
	case settings.ScalarTree:
		v.kind = [...]kind{settings.TextScalar: text, settings.NumberScalar: number, settings.BoolScalar: boolean}[t.Scalar]
	case settings.ListTree:
		v.kind = list
		for i := range t.Items {
			v.items = append(v.items, valueOf(&t.Items[i]))
		}
	case settings.MapTree:
		v.kind = object
		for i := range t.Fields {
			f := &t.Fields[i]
			v.fields = append(v.fields, field{f.Key, f.KeyAt, valueOf(&f.Value)})
		}
	}
	if v.kind == number {
		v.kind, v.text = jsonNumber(v.text)
	}
	return v
}

// jsonNumber writes a number of YAML, such as 0x1f or 1_000, as JSON does. What JSON has
// no number for (.inf, .nan) is a text.
func jsonNumber(s string) (kind, string) {
	r := &jsonReader{src: diag.NewSource("", s), text: s}
	if r.number(); r.wrong == nil && r.at == len(s) {
		return number, s
	}
	if n, err := strconv.ParseInt(s, 0, 64); err == nil {
		return number, strconv.FormatInt(n, 10)
	}
	if f, err := strconv.ParseFloat(strings.ReplaceAll(s, "_", ""), 64); err == nil && !math.IsInf(f, 0) && !math.IsNaN(f) {
		return number, strconv.FormatFloat(f, 'f', -1, 64)
	}
	return text, s
}
