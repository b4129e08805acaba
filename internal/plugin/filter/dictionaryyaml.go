package filter

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"sluice/internal/event"
)

// readYAMLDictionary reads a YAML mapping. Plain scalars mean what they mean in Ruby's
// Psych (YAML 1.1): yes and on are true. A key that is no text is never found, as in
// Logstash.
func readYAMLDictionary(text []byte, d *dictionary) error {
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return err
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		return nil
	}
	y := yamlReader{anchors: map[string]ast.Node{}, left: maxYAMLNodes}
	body := file.Docs[0].Body
	entries, ok := y.entries(body)
	if !ok {
		if _, comment := body.(*ast.CommentGroupNode); comment {
			return nil
		}
		return fmt.Errorf("line %d: a mapping, key: value, was expected", body.GetToken().Position.Line)
	}
	for _, entry := range entries {
		value, err := y.value(entry.Value, 0)
		if err != nil {
			return err
		}
		if key, ok := y.key(entry.Key); ok {
			d.set(key, value)
		}
	}
	return nil
}

// maxYAMLNodes is how many values a file may have, so that aliases of aliases end.
const maxYAMLNodes = 20_000_000

type yamlReader struct {
	anchors map[string]ast.Node
	left    int
}

func (y *yamlReader) entries(n ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	case *ast.TagNode:
		return y.entries(n.Value)
	case *ast.AnchorNode:
		y.anchors[n.Name.GetToken().Value] = n.Value
		return y.entries(n.Value)
	}
	return nil, false
}

// key returns the text of a key that is one.
func (y *yamlReader) key(k ast.MapKeyNode) (string, bool) {
	v, err := y.value(k, 0)
	if err != nil || v.Kind() != event.String {
		return "", false
	}
	return v.Str(), true
}

func (y *yamlReader) value(n ast.Node, depth int) (event.Value, error) {
	if y.left--; y.left < 0 || depth > 100 {
		return event.Value{}, fmt.Errorf("the file holds too many values, or they nest too deep")
	}
	if entries, ok := y.entries(n); ok {
		o := &event.ObjectData{}
		for _, entry := range entries {
			v, err := y.value(entry.Value, depth+1)
			if err != nil {
				return v, err
			}
			key, ok := y.key(entry.Key)
			if !ok {
				key = entry.Key.GetToken().Value
			}
			o.Set(key, v)
		}
		return event.ObjectValue(o), nil
	}
	switch n := n.(type) {
	case nil, *ast.NullNode:
		return event.NullValue, nil
	case *ast.SequenceNode:
		items := make([]event.Value, 0, len(n.Values))
		for _, item := range n.Values {
			v, err := y.value(item, depth+1)
			if err != nil {
				return v, err
			}
			items = append(items, v)
		}
		return arrayOf(items), nil
	case *ast.AnchorNode:
		y.anchors[n.Name.GetToken().Value] = n.Value
		return y.value(n.Value, depth+1)
	case *ast.AliasNode:
		target, ok := y.anchors[n.Value.GetToken().Value]
		if !ok {
			return event.Value{}, fmt.Errorf("line %d: there is no anchor &%s", n.GetToken().Position.Line, n.Value.GetToken().Value)
		}
		return y.value(target, depth+1)
	case *ast.TagNode:
		if n.Start.Value == "!!str" || n.Start.Value == "!str" {
			return event.StringValue(strings.Clone(n.Value.GetToken().Value)), nil
		}
		return y.value(n.Value, depth+1)
	case *ast.LiteralNode:
		return event.StringValue(strings.Clone(n.Value.Value)), nil
	}
	t := n.GetToken()
	if t.Type == token.SingleQuoteType || t.Type == token.DoubleQuoteType {
		return event.StringValue(strings.Clone(t.Value)), nil
	}
	text := strings.Clone(t.Value)
	if s, ok := n.(*ast.StringNode); ok {
		text = strings.Clone(s.Value)
	}
	return plainScalar(text), nil
}

// plainScalar reads a YAML scalar without quotes as Psych does.
func plainScalar(s string) event.Value {
	switch strings.ToLower(s) {
	case "", "~", "null":
		return event.NullValue
	case "true", "yes", "on":
		return event.BoolValue(true)
	case "false", "no", "off":
		return event.BoolValue(false)
	}
	if c := s[0]; c == '+' || c == '-' || c == '.' || '0' <= c && c <= '9' {
		digits := strings.ReplaceAll(strings.ReplaceAll(s, ",", ""), "_", "")
		if !strings.ContainsAny(digits, ".eE") || strings.HasPrefix(digits, "0x") {
			if v, err := rubyInteger(digits); err == nil {
				return v
			}
		} else if f, err := rubyFloat(digits); err == nil && !strings.ContainsAny(digits, "xX") {
			return event.FloatValue(f)
		}
	}
	return event.StringValue(s)
}
