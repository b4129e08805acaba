package lscl

import "sluice/internal/diag"

// checker finds mistakes that the grammar lets pass but Logstash refuses when it
// compiles the tree.
type checker struct {
	add func(...diag.Diagnostic)
}

func (c *checker) file(f *File) {
	for _, s := range f.Sections {
		c.body(s.Body, s.Kind)
	}
}

func (c *checker) body(body []Statement, kind SectionKind) {
	for _, st := range body {
		switch n := st.(type) {
		case *Plugin:
			c.plugin(n)
			if kind != Filter {
				c.codecs(n)
			}
		case *If:
			for _, b := range n.Branches {
				c.condition(b.Condition, false)
				c.body(b.Body, kind)
			}
			if n.Else != nil {
				c.body(n.Else.Body, kind)
			}
		}
	}
}

func (c *checker) plugin(p *Plugin) {
	for _, a := range p.Attributes {
		c.value(a.Value)
	}
}

func (c *checker) value(v Value) {
	switch v := v.(type) {
	case *Plugin:
		c.plugin(v)
	case *Array:
		for _, x := range v.Values {
			c.value(x)
		}
	case *Hash:
		c.hash(v)
	}
}

// hash finds keys that are written the same twice. Logstash compares the text with
// its quotes, so "a" and 'a' pass and the later one wins.
func (c *checker) hash(h *Hash) {
	seen := make(map[string]*Entry, len(h.Entries))
	values := make(map[string]*Entry, len(h.Entries))
	for _, e := range h.Entries {
		key := e.Key.Span().Text()
		if first := seen[key]; first != nil {
			c.add(diag.New(DuplicateKey, e.Key.Span(), "the key %s stands twice in this hash", shorten(key)).
				WithHelp("remove one, or give both values in a list: %s => [ …, … ]", shorten(key)).
				WithRelated(first.Key.Span(), "it stands here first"))
		} else {
			seen[key] = e
			if n, isNumber := e.Key.(*Number); isNumber {
				c.add(diag.New(NumericKey, n.At, "the key %s is a number", n.Text).WithHelp("write \"%s\"", n.Text))
			} else if other := values[keyText(e)]; other != nil {
				c.add(diag.New(SameKey, e.Key.Span(), "the key %s stands twice in this hash; this value wins", shorten(key)).
					WithHelp("remove one").WithRelated(other.Key.Span(), "it stands here first, with other quotes"))
			}
			values[keyText(e)] = e
		}
		c.value(e.Value)
	}
}

// codecs finds a second codec of an input or output. Written twice with the same
// plain value it passes, as in Logstash.
func (c *checker) codecs(p *Plugin) {
	var first *Attribute
	for _, a := range p.Attributes {
		if a.Name != "codec" || a.Value == nil {
			continue
		}
		if _, isList := a.Value.(*Array); isList {
			c.add(diag.New(SeveralCodecs, a.Value.Span(), "codec takes one codec, not a list").WithHelp("write codec => name, or codec => name { … }"))
			return
		}
		if first == nil {
			first = a
			continue
		}
		x, ok1 := first.Value.(*String)
		y, ok2 := a.Value.(*String)
		if ok1 && ok2 && x.Text == y.Text {
			continue
		}
		c.add(diag.New(SeveralCodecs, a.Span(), "the plugin %s has more than one codec", shorten(p.Name)).
			WithHelp("keep one of them").WithRelated(first.Span(), "the first codec is here"))
		return
	}
}
