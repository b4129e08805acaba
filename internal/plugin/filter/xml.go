package filter

import (
	"strings"

	"sluice/internal/event"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.FilterKind,
		Name: "xml",
		Doc: "Reads XML: the whole document as an object (as Ruby's XmlSimple makes it), or parts of it by XPath. " +
			"Attributes and elements become fields, the text beside them `content`. What is no XML gets the tag `_xmlparsefailure`.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-filters-xml.html",
		Examples: []plugin.Example{
			{Title: "The whole document", Config: `xml { source => "message" target => "doc" force_array => false }`},
			{Title: "Two parts of it", Config: `xml { source => "message" store_xml => false xpath => { "/Event/System/EventID/text()" => "event_id" "//Data[@Name='User']/text()" => "user" } }`},
		},
		New: func() plugin.Plugin { return &xmlFilter{store: true, forceArray: true, suppressEmpty: true} },
	})
}

// xmlFilter is the filter xml.
type xmlFilter struct {
	common
	source, target   string
	xpath            []plugin.TableEntry
	parseOptions     string
	store            bool
	forceArray       bool
	forceContent     bool
	namespaces       []plugin.TableEntry
	removeNamespaces bool
	suppressEmpty    bool

	from, to field
	paths    []xmlPath
	spaces   map[string]string
}

type xmlPath struct {
	*xpath
	to field
}

func (x *xmlFilter) Options() []plugin.Option {
	return append([]plugin.Option{
		plugin.String("source", &x.source, "The field with the XML, a text or an array of one.").Must(),
		plugin.String("target", &x.target, "The field that gets the document. Needed unless `store_xml` is false."),
		plugin.Hash("xpath", &x.xpath, "XPath expressions and the fields that get what they find, as arrays."),
		plugin.String("parse_options", &x.parseOptions, "How strict the reading for XPath is: `strict`, or names of libxml2's options, with commas between."),
		plugin.Bool("store_xml", &x.store, "Whether the whole document is stored in `target`."),
		plugin.Bool("force_array", &x.forceArray, "Whether elements and XPath results become arrays even if there is one."),
		plugin.Bool("force_content", &x.forceContent, "Whether text becomes the field `content` of an object even if there is nothing but text."),
		plugin.Hash("namespaces", &x.namespaces, "Prefixes used in XPath expressions, and their URIs. By default those of the document's first element."),
		plugin.Bool("remove_namespaces", &x.removeNamespaces, "Whether XPath expressions see the document without namespaces."),
		plugin.Bool("suppress_empty", &x.suppressEmpty, "Whether empty elements are left out."),
	}, x.Common()...)
}

func (x *xmlFilter) Open(env *plugin.Env) error {
	x.prepare(env)
	if x.store && x.target == "" {
		return env.Invalid("target", `give a target, or store_xml => false`, "xml stores the document, but has no target")
	}
	x.from, x.to = newField(x.source), newField(x.target)
	for _, entry := range plugin.InJavaOrder(x.xpath) {
		compiled, err := newXPath(entry.Key)
		if err != nil {
			return env.Invalid("xpath", "correct the expression", "%v", err)
		}
		x.paths = append(x.paths, xmlPath{compiled, newField(entry.Value.Flat())})
	}
	if len(x.namespaces) > 0 {
		x.spaces = map[string]string{}
		for _, entry := range x.namespaces {
			x.spaces[entry.Key] = entry.Value.Flat()
		}
	}
	return nil
}

const xmlFailure = "_xmlparsefailure"

func (x *xmlFilter) Apply(e *event.Event, _ func(*event.Event)) {
	matched, err := x.apply(e)
	if err == nil && matched {
		err = x.Matched(e)
	}
	if err != nil {
		x.log.Warn("xml failed", "source", x.source, "error", err)
		e.Tag(xmlFailure)
	}
}

func (x *xmlFilter) apply(e *event.Event) (matched bool, err error) {
	if x.from.err != nil {
		return false, x.from.err
	}
	v := e.Get(x.from.ref)
	if !truthy(v) {
		return false, nil
	}
	if v.Kind() == event.Array && len(v.Array().Items) == 1 {
		v = firstOf(v)
	}
	if v.Kind() != event.String {
		e.Tag(xmlFailure)
		return false, nil
	}
	text := strip(v.Str())
	if text == "" {
		return false, nil
	}
	doc, failed := parseXML(text)
	if failed != nil && strings.Contains(strings.ToLower(x.parseOptions), "strict") {
		return false, failed
	}
	if matched, err = x.find(e, doc); err != nil || !x.store {
		return matched, err
	}
	if failed != nil {
		return false, failed
	}
	s := xmlSimple{forceArray: x.forceArray, forceContent: x.forceContent, suppressEmpty: x.suppressEmpty}
	if x.to.err != nil {
		return false, x.to.err
	}
	if len(x.paths) > 0 && x.removeNamespaces { // the document is stored as it is
		if doc, err = parseXML(text); err != nil {
			return false, err
		}
	}
	return true, e.Set(x.to.ref, s.collapse(doc.elements()[0]))
}

// find sets the fields of the XPath expressions, and tells whether one found something.
func (x *xmlFilter) find(e *event.Event, doc *xmlNode) (matched bool, err error) {
	if len(x.paths) == 0 {
		return false, nil
	}
	spaces := x.spaces
	if x.removeNamespaces {
		doc.withoutNamespaces()
	} else if spaces == nil {
		spaces = map[string]string{}
		for _, root := range doc.elements() {
			for _, a := range root.attrs {
				if a.isNamespace() {
					spaces[a.name] = a.text // the default one is called xmlns
				}
			}
		}
	}
	for _, path := range x.paths {
		var items []event.Value
		switch v := path.eval(doc, spaces).(type) {
		case []*xmlNode:
			for _, n := range v {
				items = append(items, event.StringValue(n.String()))
			}
		case bool:
			if v {
				items = append(items, event.StringValue("true"))
			}
		case float64:
			items = append(items, textValue(e, event.AppendRubyFloat(nil, v)))
		case string:
			items = append(items, event.StringValue(v))
		}
		if len(items) == 0 {
			continue
		}
		matched = true
		v := arrayOf(items)
		if len(items) == 1 && !x.forceArray {
			v = items[0]
		}
		if path.to.err != nil {
			return matched, path.to.err
		}
		if err := e.Set(path.to.ref, v); err != nil {
			return matched, err
		}
	}
	return matched, nil
}

// xmlSimple makes objects of elements as XmlSimple.xml_in does.
type xmlSimple struct {
	forceArray, forceContent, suppressEmpty bool
}

const xmlContent = "content"

func (s *xmlSimple) collapse(n *xmlNode) event.Value {
	o := &event.ObjectData{}
	for _, a := range n.attrs {
		o.Set(a.fullName(), event.StringValue(a.text))
	}
	var texts []event.Value
	joined := ""
	for _, c := range n.children {
		if c.kind == xmlText || c.kind == xmlCData {
			shown := c.text
			if c.kind == xmlText {
				shown = xmlTextEscapes.Replace(shown)
			}
			texts = append(texts, event.StringValue(shown))
			joined += c.text
		}
	}
	elements := n.elements()
	if len(elements) == 0 && len(texts) > 0 {
		if strip(joined) == "" {
			return event.ObjectValue(&event.ObjectData{})
		}
		if len(n.attrs) == 0 && !s.forceContent {
			return event.StringValue(joined)
		}
		s.merge(o, xmlContent, event.StringValue(joined))
		return event.ObjectValue(o)
	}
	for _, c := range elements {
		v := s.collapse(c)
		if s.suppressEmpty && len(n.attrs) == 0 && emptyXML(v) {
			continue
		}
		s.merge(o, c.name, v)
	}
	if len(elements) > 0 && strip(joined) != "" {
		content := arrayOf(texts)
		if len(texts) == 1 {
			content = texts[0]
		}
		o.Set(xmlContent, content)
	}
	if o.Len() == 0 && s.suppressEmpty {
		return event.NullValue
	}
	return event.ObjectValue(o)
}

func emptyXML(v event.Value) bool {
	switch v.Kind() {
	case event.Object:
		return v.Object().Len() == 0
	case event.String:
		return strip(v.Str()) == ""
	}
	return v.IsNil()
}

// merge adds a value to those of a name.
func (s *xmlSimple) merge(o *event.ObjectData, name string, v event.Value) {
	old, ok := o.Get(name)
	switch {
	case ok && old.Kind() == event.Array:
		a := old.Array()
		a.Items = append(a.Items, v)
	case ok:
		o.Set(name, arrayOf([]event.Value{old, v}))
	case v.Kind() == event.Array || s.forceArray && name != xmlContent:
		o.Set(name, arrayOf([]event.Value{v}))
	default:
		o.Set(name, v)
	}
}
