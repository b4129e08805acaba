package lscl

// keyAt tells whether key => starts at i.
func (p *parser) keyAt(i int) bool {
	end := p.key(i)
	return end > i && p.has(p.after(end), "=>")
}

// key scans a key of a hash.
func (p *parser) key(i int) int {
	if isQuote(p.at(i)) {
		return p.quoted(i)
	}
	if end := p.number(i); end > i {
		return end
	}
	return p.bareword(i)
}

// array reads [ … ].
func (p *parser) array() *Array {
	start := p.pos
	a := &Array{}
	p.enter(opening{start, start, "the list", otherBlock})
	defer func() {
		p.leave()
		a.At = p.span(start)
	}()
	if p.cur() == '[' { // or missing, which has been reported
		p.pos++
	}
	comma := -1 // of the last comma, when no element has followed it
	for {
		p.space()
		switch {
		case p.eof():
			p.leaveAll()
			return a
		case p.cur() == ']':
			if comma >= 0 {
				p.report(TrailingComma, comma, comma+1, "no element follows this comma").help("remove it")
			}
			p.pos++
			return a
		case p.cur() == ',':
			if comma >= 0 || len(a.Values) == 0 {
				p.report(TrailingComma, p.pos, p.pos+1, "expected an element before this comma").help("remove it")
			}
			comma = p.pos
			p.pos++
			continue
		case p.cur() == '}':
			switch {
			case p.swallowed():
				continue
			case p.bracesAddUp():
				p.report(WrongBrackets, p.pos, p.pos+1, "expected ] at the end of the list, found }").
					related(p.src.At(start, start+1), "the list starts here").help("write ]")
				p.pos++
			default:
				p.unclosed()
			}
			return a
		}
		if comma < 0 && len(a.Values) > 0 && p.swallowed() {
			continue
		}
		if comma < 0 && len(a.Values) > 0 {
			if p.arrayBreaks(a) {
				if p.leaving || p.cur() != ']' {
					return a
				}
				continue
			}
		}
		comma = -1
		before := p.pos
		v := p.value(inArray)
		if v != nil {
			a.Values = append(a.Values, v)
		}
		if p.leaving {
			return a
		}
		if p.pos == before {
			p.step()
		}
	}
}

// arrayBreaks handles something other than a comma behind an element. It returns true
// when the array is over.
func (p *parser) arrayBreaks(a *Array) bool {
	last := a.Values[len(a.Values)-1].Span()
	switch {
	case p.has(p.pos, "=>"):
		o := p.top()
		if !p.sameLine(last.Start, p.pos) || p.firstOnLine(last.Start) && !p.sameLine(o.at, last.Start) && p.indent(last.Start) <= p.indent(o.at) {
			p.pos = last.Start
			a.Values = a.Values[:len(a.Values)-1]
			p.unclosed()
			return true
		}
		p.report(WrongBrackets, o.at, o.at+1, "[ ] holds a list, but here are keys and values").help("write a hash: { %s => … }", shorten(last.Text()))
		p.skipUntil(func(i int) bool { return p.text[i] == ']' })
		return true
	case p.pairAt(p.pos), p.cur() == '{', p.statementStart(p.pos):
		p.unclosed()
		return true
	case p.missingCommas() > 1: // it is something else altogether
		p.skipUntil(func(i int) bool { return p.text[i] == ']' || p.text[i] == '\n' })
		if p.cur() == ']' {
			p.pos++
		}
		return true
	}
	p.report(MissingComma, last.End, last.End+1, "expected a comma between the elements, found %s", p.describe(p.pos)).
		help("write %s, …", shorten(last.Text()))
	return false
}

// missingCommas returns how many commas have been reported as missing in a row.
func (p *parser) missingCommas() int {
	n := 0
	for i := len(p.list) - 1; i >= 0 && p.list[i].Code == MissingComma && p.list[i].At.Start > p.top().at; i-- {
		n++
	}
	return n
}

// hash reads { … } behind =>.
func (p *parser) hash() *Hash {
	start := p.pos
	h := &Hash{}
	p.enter(opening{start, start, "the hash", hashBlock})
	defer func() {
		p.leave()
		h.At = p.span(start)
	}()
	if p.cur() == '{' { // or missing, which has been reported
		p.pos++
	}
	for {
		p.space()
		switch {
		case p.eof():
			p.leaveAll()
			return h
		case p.cur() == '}':
			p.closed(p.pos)
			p.pos++
			return h
		}
		before := p.pos
		e, ends := p.entry(h)
		if e != nil {
			h.Entries = append(h.Entries, e)
		}
		if ends || p.leaving {
			return h
		}
		if p.pos == before {
			p.step()
		}
	}
}

// entry reads key => value. ends tells that the hash ends here, because its brace is
// missing.
func (p *parser) entry(h *Hash) (e *Entry, ends bool) {
	start := p.pos
	if p.cur() == ',' {
		p.pos++
		if !p.swallowed() {
			p.report(CommaInHash, start, start+1, "no comma stands between the pairs of a hash").help("remove it")
		}
		return nil, false
	}
	end := p.key(start)
	if end == start || !isQuote(p.text[start]) && (p.runEnd(start) > end && p.operatorAt(end) == "" || isQuote(p.at(end)) && !p.keyAt(end)) {
		if end, ends = p.badKey(); end <= p.pos {
			return nil, ends
		}
	}
	key := p.text[start:end]
	next := p.after(end)
	if p.at(next) == '{' && p.hashEndsHere(start) {
		return nil, true
	}
	e = &Entry{}
	k := p.src.At(start, end)
	switch {
	case isQuote(key[0]) && end-start > 1 && key[end-start-1] == key[0]:
		s := &String{At: k, Content: p.src.At(start+1, end-1), Text: key[1 : len(key)-1], Quote: key[0]}
		if p.opts.SupportEscapes {
			s.Text = unescape(s.Text)
		}
		e.Key, p.lastText = s, s
	case p.number(start) == end:
		e.Key = p.num(start, end)
	default:
		e.Key = p.str(start, end, end, 0)
	}
	p.pos = end
	var last *String
	if n := len(h.Entries); n > 0 {
		last, _ = h.Entries[n-1].Value.(*String)
	}
	if !p.arrow(key, last) {
		e.At = p.src.At(start, end)
		return e, false
	}
	e.Value = p.value(inHash)
	e.At = p.span(start)
	return e, false
}

// hashEndsHere tells whether name { at start cannot belong to the hash, because it is
// not indented deeper than the line on which the hash begins.
func (p *parser) hashEndsHere(start int) bool {
	o := p.top()
	if !p.firstOnLine(start) || p.lineStart(start) == p.lineStart(o.at) || p.indent(start) > p.indent(o.at) {
		return false
	}
	p.unclosed()
	return true
}

// badKey reports something that is no key. It returns the end of what is taken for the
// key, or pos when there is none.
func (p *parser) badKey() (end int, ends bool) {
	start := p.pos
	if p.swallowed() {
		return p.pos, false
	}
	if isQuote(p.cur()) {
		p.openQuote(start)
		return p.pos, false
	}
	if n := p.name(start); n > start && (p.isIf(start) || p.at(p.after(n)) == '{') && p.hashEndsHere(start) {
		return start, true
	}
	if n := p.smartQuote(start); n > 0 {
		p.smartString(n)
		end = p.pos
		p.pos = start
		return end, false
	}
	if end = max(p.selector(start), p.runEnd(start)); end > start && isQuote(p.at(end)) && p.has(p.after(end+1), "=>") {
		p.report(UnclosedQuote, start, end+1, "the quote %c has no opening one", p.text[end]).
			help("write %c%s", p.text[end], shorten(p.text[start:end+1]))
		return end + 1, false
	}
	if end = p.selector(start); end > start {
		p.report(BadKey, start, end, "the key %s needs quotes", shorten(p.text[start:end])).
			help("write \"%s\"", shorten(p.text[start:end]))
		return end, false
	}
	if p.junk("a key") {
		return p.pos, false
	}
	if end = p.runEnd(start); end > start {
		if text := p.text[start:end]; len(text) == 1 {
			p.report(BadKey, start, end, "a key of one letter needs quotes").help("write \"%s\"", text)
		} else {
			p.report(BadKey, start, end, "the key %s needs quotes", shorten(text)).help("write \"%s\"", shorten(text))
		}
		return end, false
	}
	p.report(BadKey, start, start+1, "expected a key, found %s", p.describe(start)).
		help("a hash is written { key => value }")
	p.pos++
	p.skipUntil(func(i int) bool { return p.keyAt(i) && (i == 0 || !isName(p.text[i-1])) })
	return p.pos, false
}
