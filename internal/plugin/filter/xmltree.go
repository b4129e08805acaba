package filter

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// xmlNode is a node of an XML document, or one of its attributes.
type xmlNode struct {
	kind     xmlKind
	prefix   string
	name     string // without the prefix; the target of an instruction
	space    string // the URI of the namespace
	text     string // of texts, comments, attributes
	attrs    []*xmlNode
	children []*xmlNode
	parent   *xmlNode
	order    int // place in the document
}

type xmlKind uint8

const (
	xmlDocument xmlKind = iota
	xmlElement
	xmlText
	xmlCData
	xmlComment
	xmlInstruction
	xmlAttribute
)

func (n *xmlNode) fullName() string {
	if n.prefix == "" {
		return n.name
	}
	return n.prefix + ":" + n.name
}

// maxXMLDepth is how deep elements may nest.
const maxXMLDepth = 500

var (
	errXMLRoot  = errors.New("the text has no element, or more than one at the top")
	errXMLDepth = errors.New("elements nest too deep")
)

// parseXML reads a document. With an error it returns what it has read up to there.
func parseXML(text string) (*xmlNode, error) {
	d := xml.NewDecoder(strings.NewReader(text))
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil } // the text is UTF-8, whatever it says
	doc := &xmlNode{kind: xmlDocument}
	at, depth, count := doc, 0, 0
	add := func(n *xmlNode) {
		count++
		n.parent, n.order = at, count
		at.children = append(at.children, n)
	}
	for {
		before := d.InputOffset()
		token, err := d.RawToken()
		if err == io.EOF {
			break
		}
		if err != nil {
			return doc, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			n := &xmlNode{kind: xmlElement, prefix: t.Name.Space, name: t.Name.Local}
			add(n)
			for _, a := range t.Attr {
				count++
				n.attrs = append(n.attrs, &xmlNode{kind: xmlAttribute, prefix: a.Name.Space, name: a.Name.Local, text: a.Value, parent: n, order: count})
			}
			n.resolve()
			at = n
			if depth++; depth > maxXMLDepth {
				return doc, errXMLDepth
			}
		case xml.EndElement:
			if at.kind != xmlElement || at.name != t.Name.Local || at.prefix != t.Name.Space {
				return doc, fmt.Errorf("the end tag </%s> fits no start tag", t.Name.Local)
			}
			at = at.parent
			depth--
		case xml.CharData:
			if at == doc {
				if strings.TrimSpace(string(t)) != "" {
					return doc, errXMLRoot
				}
				continue
			}
			kind := xmlText
			if strings.HasPrefix(text[before:], "<![CDATA[") {
				kind = xmlCData
			}
			if last := len(at.children) - 1; kind == xmlText && last >= 0 && at.children[last].kind == xmlText {
				at.children[last].text += string(t)
				continue
			}
			add(&xmlNode{kind: kind, text: string(t)})
		case xml.Comment:
			add(&xmlNode{kind: xmlComment, text: string(t)})
		case xml.ProcInst:
			if t.Target != "xml" {
				add(&xmlNode{kind: xmlInstruction, name: t.Target, text: string(t.Inst)})
			}
		}
	}
	if at != doc {
		return doc, fmt.Errorf("the element <%s> has no end", at.fullName())
	}
	if len(doc.elements()) != 1 {
		return doc, errXMLRoot
	}
	return doc, nil
}

// resolve finds the namespaces of an element and its attributes.
func (n *xmlNode) resolve() {
	n.space = n.lookup(n.prefix)
	for _, a := range n.attrs {
		if a.prefix != "" && a.prefix != "xmlns" {
			a.space = n.lookup(a.prefix)
		}
	}
}

func (n *xmlNode) lookup(prefix string) string {
	for e := n; e != nil; e = e.parent {
		for _, a := range e.attrs {
			if prefix == "" && a.prefix == "" && a.name == "xmlns" || prefix != "" && a.prefix == "xmlns" && a.name == prefix {
				return a.text
			}
		}
	}
	return ""
}

func (n *xmlNode) isNamespace() bool {
	return n.prefix == "xmlns" || n.prefix == "" && n.name == "xmlns"
}

// withoutNamespaces takes all namespaces away.
func (n *xmlNode) withoutNamespaces() {
	n.prefix, n.space = "", ""
	kept := n.attrs[:0]
	for _, a := range n.attrs {
		if !a.isNamespace() {
			a.prefix, a.space = "", ""
			kept = append(kept, a)
		}
	}
	n.attrs = kept
	for _, c := range n.children {
		c.withoutNamespaces()
	}
}

func (n *xmlNode) elements() []*xmlNode {
	var list []*xmlNode
	for _, c := range n.children {
		if c.kind == xmlElement {
			list = append(list, c)
		}
	}
	return list
}

// value is the string value of a node: all text in it.
func (n *xmlNode) value() string {
	switch n.kind {
	case xmlElement, xmlDocument:
		var b strings.Builder
		for _, c := range n.children {
			if c.kind == xmlElement || c.kind == xmlText || c.kind == xmlCData {
				b.WriteString(c.value())
			}
		}
		return b.String()
	}
	return n.text
}

var (
	xmlTextEscapes      = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\r", "&#13;")
	xmlAttributeEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "\n", "&#10;", "\t", "&#9;", "\r", "&#13;")
)

// String returns the node as Nokogiri's to_s shows it. Elements that hold no text
// directly are indented.
func (n *xmlNode) String() string {
	if n.kind == xmlAttribute {
		return n.text
	}
	var b strings.Builder
	n.write(&b, 0, true)
	return b.String()
}

func (n *xmlNode) write(b *strings.Builder, depth int, indent bool) {
	switch n.kind {
	case xmlText:
		b.WriteString(xmlTextEscapes.Replace(n.text))
	case xmlCData:
		b.WriteString("<![CDATA[" + n.text + "]]>")
	case xmlComment:
		b.WriteString("<!--" + n.text + "-->")
	case xmlInstruction:
		b.WriteString("<?" + n.name + " " + n.text + "?>")
	case xmlDocument:
		for _, c := range n.children {
			c.write(b, 0, true)
		}
	case xmlElement:
		b.WriteString("<" + n.fullName())
		for _, a := range n.attrs {
			b.WriteString(" " + a.fullName() + `="` + xmlAttributeEscapes.Replace(a.text) + `"`)
		}
		if len(n.children) == 0 {
			b.WriteString("/>")
			return
		}
		b.WriteString(">")
		for _, c := range n.children {
			if c.kind == xmlText || c.kind == xmlCData {
				indent = false
			}
		}
		for _, c := range n.children {
			if indent {
				b.WriteString("\n" + strings.Repeat("  ", depth+1))
			}
			c.write(b, depth+1, indent)
		}
		if indent {
			b.WriteString("\n" + strings.Repeat("  ", depth))
		}
		b.WriteString("</" + n.fullName() + ">")
	}
}
