package settings

import (
	"fmt"
	"strings"
	"testing"

	"sluice/internal/diag"
)

// Lines that are not indented as they are meant are told, each one, and the rest of the
// text is read all the same.
func TestMend(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string // line:column: message
		keys       string   // what is read of the text
	}{
		{"lines of a text at the margin", `
			- file_name: a
			  file_text: |
			one
			two
			- file_name: b
			  file_text: |
			    three
			  four
			`, []string{"3:1: this line belongs to the text of file_text", "8:3: this line belongs to the text of file_text"},
			`[{file_name=a file_text="one\ntwo\n"} {file_name=b file_text="three\nfour\n"}]`},
		{"a line less than the first", `
			- file_name: a
			  file_text: |
			      one
			    two
			`, []string{"4:5: this line of the text of file_text is indented less than the text's first line"},
			`[{file_name=a file_text="one\ntwo\n"}]`},
		{"keys too far left and right", `
			- file_name: a
			file_text: |
			    one
			- file_name: b
			    file_text: two
			`, []string{"2:1: file_text is indented by 0 spaces, but file_name above it by 2", "5:5: file_text is indented by 4 spaces, but file_name above it by 2"},
			`[{file_name=a file_text="one\n"} {file_name=b file_text=two}]`},
		{"the text moves with its key", `
			- file_name: a
			file_text: |
			  one
			    two
			`, []string{"2:1: file_text is indented by 0 spaces, but file_name above it by 2"},
			`[{file_name=a file_text="one\n  two\n"}]`},
		{"no dash at the second entry", `
			- file_name: a
			  file_text: one
			  file_name: b
			  file_text: two
			`, []string{"3:3: file_name stands twice in this entry"},
			`[{file_name=a file_text=one} {file_name=b file_text=two}]`},
		{"no dash at the first entry", `
			  file_name: a
			  file_text: one
			- file_name: b
			  file_text: two
			`, []string{"1:3: the first entry of the list does not begin with \"- \""},
			`[{file_name=a file_text=one} {file_name=b file_text=two}]`},
		{"an entry too far right", `
			- file_name: a
			  file_text: one
			  - file_name: b
			    file_text: two
			`, []string{"3:3: this entry is indented by 2 spaces, but the list's other entries by 0"},
			`[{file_name=a file_text=one} {file_name=b file_text=two}]`},
		{"tabs", "- file_name: a\n\tfile_text: |\n\tone\n\ttwo\n- file_name: b\n", []string{"2:1: there is a tab", "3:1: there is a tab"},
			`[{file_name=a file_text="one\ntwo\n"} {file_name=b}]`},
		{"no space after a name", `
			- file_name:a
			  file_text: one
			`, []string{"1:3: there is no space after file_name:"}, `[{file_name=a file_text=one}]`},
		{"nested", `
			name: a
			instruments:
			  - kind: replay
			    rate: 5
			   loop: true
			  - kind: replay
			`, []string{"5:4: loop is indented by 3 spaces, but kind above it by 4"},
			`{name=a instruments=[{kind=replay rate=5 loop=true} {kind=replay}]}`},
		{"a comment in a text", `
			- config.string: |
			    input {
			# all of them
			    }
			  pipeline.id: a
			# the end
			`, []string{"3:1: this line belongs to the text of config.string"},
			`[{config.string="input {\n# all of them\n}\n" pipeline.id=a}]`},
		{"a mistake of another kind", `
			- file_name: "a
			  file_text: one
			`, []string{`1:14: the quote " is not closed`}, ""},
		{"two values in a line", `
			- file_name: a file_text: one
			`, []string{"1:14: there is a second \": \" in this line"}, ""},
		{"a key twice", `
			a: 1
			b: 2
			a: 3
			`, []string{"3:1: the key a stands twice"}, `{a=1 b=2 a=3}`},
	} {
		text := strings.ReplaceAll(strings.TrimPrefix(c.text, "\n"), "\n\t\t\t", "\n")
		text = strings.TrimPrefix(text, "\t\t\t")
		n, list := readYAML(diag.NewSource("text.yml", text))
		var got []string
		for _, d := range list {
			p := d.At.Position()
			got = append(got, fmt.Sprintf("%d:%d: %s", p.Line, p.Column, d.Message))
		}
		for i := range max(len(got), len(c.want)) {
			if i >= len(got) || i >= len(c.want) || !strings.HasPrefix(got[i], c.want[i]) {
				t.Errorf("%s: found %q, want %q", c.name, got, c.want)
				break
			}
		}
		if shown := show(n); c.keys != "" && shown != c.keys {
			t.Errorf("%s: read as %s, want %s", c.name, shown, c.keys)
		}
	}
}

// Values of a text that was mended have their places in the text as it was written.
func TestMendKeepsPlaces(t *testing.T) {
	text := "- file_name: ä\nfile_text: |\n  one\n  two\n"
	n, _ := readYAML(diag.NewSource("text.yml", text))
	value := n.list[0].fields[1]
	if p := value.keyAt.Position(); p.Line != 2 || p.Column != 1 {
		t.Errorf("file_text is at %+v", p)
	}
	at := strings.Index(value.value.source.Text, "two")
	if p := value.value.source.At(at, at+3).Position(); p.Line != 4 || p.Column != 3 {
		t.Errorf("two is at %+v", p)
	}
}

// In a text that stands in another one, columns are told as they are in the outer one.
func TestMendInAnotherText(t *testing.T) {
	inner := "- file_name: a\nfile_text: b\n"
	outer := "files: |\n      - file_name: a\n      file_text: b\n"
	src := diag.Embed(diag.NewSource("sensor.yml", outer), inner, []int{15, 36})
	_, list := readYAML(src)
	want := "sensor.yml:3:7: error SL3010: file_text is indented by 6 spaces, but file_name above it by 8"
	if text := list.Text(diag.Plain); !strings.HasPrefix(text, want) || !strings.Contains(text, "indent it with 8 spaces") {
		t.Errorf("no %q in\n%s", want, text)
	}
}

func show(n node) string {
	var parts []string
	switch n.kind {
	case scalar:
		if strings.Contains(n.text, "\n") {
			return fmt.Sprintf("%q", n.text)
		}
		return n.text
	case list:
		for _, item := range n.list {
			parts = append(parts, show(item))
		}
		return "[" + strings.Join(parts, " ") + "]"
	case mapping:
		for _, f := range n.fields {
			parts = append(parts, f.key+"="+show(f.value))
		}
		return "{" + strings.Join(parts, " ") + "}"
	}
	return ""
}
