package ruby

import (
	"errors"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"
)

var (
	mYAML       = defModule("Psych")
	cPsychError = defClass("Psych::Exception", cRuntimeError)
	cYAMLError  = defClass("Psych::SyntaxError", cPsychError)
	cDisallowed = defClass("Psych::DisallowedClass", cPsychError)
	cBadAlias   = defClass("Psych::BadAlias", cPsychError)
)

// yamlReader makes values of the nodes of a YAML text. The nodes come from a port of
// libyaml, which Psych uses too; what they stand for in Ruby is Psych's.
type yamlReader struct {
	th    *thread
	opts  *yamlOptions
	named map[*yaml.Node]Value // what has an anchor
}

// yamlNodeBytes is what a node takes in memory. A text can have one for each of the
// bytes in yamlMarks.
const (
	yamlNodeBytes = 300
	yamlMarks     = "\n,:[{-?"
)

// parseYAML returns the documents of a text.
func (th *thread) parseYAML(s string, opts *yamlOptions) (docs []Value) {
	nodes := 1
	for i := range len(s) {
		if strings.IndexByte(yamlMarks, s[i]) >= 0 {
			nodes++
		}
	}
	th.charge(8*len(s) + yamlNodeBytes*nodes)
	th.work(4 * len(s))
	d := yaml.NewDecoder(strings.NewReader(s))
	for {
		var doc yaml.Node
		err := d.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return docs
		}
		if err != nil {
			th.raiseYAML(err)
		}
		r := &yamlReader{th, opts, map[*yaml.Node]Value{}}
		docs = append(docs, r.value(&doc))
	}
}

// raiseYAML tells a mistake as Psych does: "yaml: line 3: what" is the library's form.
func (th *thread) raiseYAML(err error) {
	text, line := strings.TrimPrefix(err.Error(), "yaml: "), "1"
	if rest, ok := strings.CutPrefix(text, "line "); ok {
		line, text, _ = strings.Cut(rest, ": ")
	}
	if name, ok := strings.CutPrefix(text, "unknown anchor '"); ok {
		name, _, _ = strings.Cut(name, "'")
		th.raise(cBadAlias, "Unknown alias: %s", name)
	}
	th.raise(cYAMLError, "(<unknown>): %s at line %s", text, line)
}

func (r *yamlReader) value(n *yaml.Node) Value {
	r.th.deeper()
	defer func() { r.th.depth-- }()
	r.th.step()
	switch n.Kind {
	case yaml.DocumentNode:
		return r.value(n.Content[0])
	case yaml.AliasNode:
		return r.alias(n)
	case yaml.SequenceNode:
		r.th.charge(24 * len(n.Content))
		v := r.th.array(make([]Value, 0, len(n.Content)))
		r.name(n, v)
		list := v.o.(*Array)
		for _, item := range n.Content {
			list.items = append(list.items, r.value(item))
		}
		return r.tagged(n, v)
	case yaml.MappingNode:
		h := r.th.newHash(len(n.Content) / 2)
		r.name(n, Value{o: h})
		for i := 0; i+1 < len(n.Content); i += 2 {
			r.pair(h, n.Content[i], n.Content[i+1])
		}
		return r.tagged(n, Value{o: h})
	}
	v := r.tagged(n, r.scalar(n))
	r.name(n, v)
	return v
}

func (r *yamlReader) name(n *yaml.Node, v Value) {
	if n.Anchor != "" {
		r.named[n] = v
	}
}

func (r *yamlReader) alias(n *yaml.Node) Value {
	v, ok := r.named[n.Alias]
	if !ok || !r.opts.aliases {
		r.th.raise(cBadAlias, "Unknown alias: %s", n.Value)
	}
	return v
}

// pair sets a key; << takes over the pairs of other maps.
func (r *yamlReader) pair(h *Hash, key, value *yaml.Node) {
	th := r.th
	th.charge(64)
	k, v := r.value(key), r.value(value)
	if key.Kind == yaml.ScalarNode && key.Value == "<<" {
		maps := []Value{v}
		if l, ok := v.o.(*Array); ok {
			maps = l.list(th)
		}
		if len(maps) > 0 && classIs(maps[0], cHash) {
			for _, m := range maps {
				if from, ok := m.o.(*Hash); ok {
					hashMerge(th, h, []Value{{o: from}}, nil)
				}
			}
			return
		}
	}
	h.set(th, k, v)
}

// scalar returns what a text stands for; in quotes or as a block it is itself.
func (r *yamlReader) scalar(n *yaml.Node) Value {
	if n.Style&^yaml.TaggedStyle != 0 || n.Style&yaml.TaggedStyle != 0 && n.Tag == "!!str" {
		return r.th.str(n.Value)
	}
	v, class := r.th.yamlPlain(n.Value)
	if name, ok := v.o.(*Symbol); ok {
		r.permitSymbol(name.name)
	} else {
		r.permit(class)
	}
	return v
}

// tagged gives a value what its tag says.
func (r *yamlReader) tagged(n *yaml.Node, v Value) Value {
	th := r.th
	if n.Style&yaml.TaggedStyle == 0 {
		return v
	}
	switch n.Tag {
	case "!!str", "!str":
		return th.str(n.Value)
	case "!!int":
		return th.integer(v, 0, true)
	case "!!float":
		return Float(th.floatArg(th.send(v, "to_f")))
	case "!binary", "!!binary":
		return th.send(Value{o: mBase64}, "decode64", th.str(n.Value))
	case "!ruby/symbol", "!ruby/sym":
		r.permitSymbol(n.Value)
		return sym(n.Value)
	}
	if name, ok := strings.CutPrefix(n.Tag, "!ruby/object:"); ok {
		th.raise(cDisallowed, "Tried to load unspecified class: %s", name)
	}
	return v // an own tag changes nothing
}
