package event

import (
	"encoding/json"
	"strings"
	"testing"
)

// sameTree tells whether a tree has what is found level by level.
func sameTree(t *testing.T, tree *Tree, b *Batch, v Value, n Node) {
	t.Helper()
	fields := tree.Fields(n)
	var want []Field
	if v.Kind() == Object {
		want = b.Object(v).Fields()
	} else {
		for _, item := range b.Array(v).Items {
			want = append(want, Field{"", item})
		}
	}
	if len(fields) != len(want) {
		t.Fatalf("%s: %d fields, want %d", v.lazyText(), len(fields), len(want))
	}
	for i, f := range want {
		got := fields[i]
		if got.Key != f.Key || got.Value.mark != f.Value.mark || string(got.Value.AppendJSON(nil)) != string(f.Value.AppendJSON(nil)) {
			t.Fatalf("%s: %v, want %v", v.lazyText(), got, f)
		}
		kid := tree.Node(got.Value)
		if (kid != 0) != f.Value.IsText() {
			t.Fatalf("%s: kid %d of %v", v.lazyText(), kid, f)
		}
		if kid != 0 {
			sameTree(t, tree, b, f.Value, kid)
		}
	}
}

var treeTexts = []string{
	`[]`, `{}`, `[1]`, `{"a":1}`, ` [ ] `, `[ { } , [ ] ]`, `{"a" : [ {"b" : null}, "x\"y", 1.50 ] , "c":{"d":{}}}`,
	`{"a":1,"b":2,"a":{"c":3}}`, `{"a\u0062":[true,false],"ab":-0}`, `[[[[1,2],[3]],[]],{"a":[{}]}]`, `[1e5,12345678901234567890]`,
	strings.Repeat("[", 40) + strings.Repeat("]", 40), `{"` + strings.Repeat(`a":1,"`, 300) + `b":2}`,
}

func TestTree(t *testing.T) {
	b := NewBatch()
	defer b.Release()
	var tree Tree
	for _, exact := range []bool{false, true} {
		for _, text := range treeTexts {
			decode := b.DecodeValue
			if exact {
				decode = b.DecodeExact
			}
			v, _, err := decode([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			n := tree.Read(b, v)
			if deep := strings.HasPrefix(text, "[[[[[["); (n == 0) != deep {
				t.Errorf("%.40s: node %d", text, n)
			}
			if n != 0 {
				sameTree(t, &tree, b, v, n)
			}
		}
		tree.Reset()
	}
	wide := []byte("{")
	for i := range maxTreeFields + 1 {
		wide = append(append(append(wide, `"k`...), []byte(IntValue(int64(i)).String())...), `":1,`...)
	}
	wide[len(wide)-1] = '}'
	for text, why := range map[string]string{string(wide): "wide", `["` + strings.Repeat("x", MaxTree) + `"]`: "long", `"text"`: "none", `5`: "none"} {
		v, _, err := b.DecodeValue([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if n := tree.Read(b, v); n != 0 {
			t.Errorf("a text that is too %s was read", why)
		}
	}
	if n := tree.Read(b, ObjectValue(&ObjectData{})); n != 0 {
		t.Error("an object that is no text was read")
	}
}

func FuzzTree(f *testing.F) {
	for _, text := range treeTexts {
		f.Add(text, false)
	}
	f.Fuzz(func(t *testing.T, text string, unchecked bool) {
		b := NewBatch()
		defer b.Release()
		var tree Tree
		if unchecked { // as a record whose checksum wrongly fits may have it
			if len(text) > 0 && (text[0] == '{' || text[0] == '[') {
				tree.Read(b, lazyContainer(map[byte]Kind{'{': Object, '[': Array}[text[0]], []byte(text)))
			}
			return
		}
		if !json.Valid([]byte(text)) {
			return
		}
		v, _, err := b.DecodeValue([]byte(text))
		if err != nil {
			return
		}
		if n := tree.Read(b, v); n != 0 {
			sameTree(t, &tree, b, v, n)
		}
	})
}
