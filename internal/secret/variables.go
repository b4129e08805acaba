package secret

import "strings"

// Variables finds the value of a variable ${NAME}: in the keystore, then in the
// environment.
type Variables func(name string) (value string, ok bool)

// Or returns variables that are looked for in v first, then in next. Either may be nil.
func (v Variables) Or(next Variables) Variables {
	switch {
	case v == nil:
		return next
	case next == nil:
		return v
	}
	return func(name string) (string, bool) {
		if value, ok := v(name); ok {
			return value, true
		}
		return next(name)
	}
}

// Expand fills in ${NAME} and ${NAME:default}, once: a value is not read again. Names
// without a value and without a default are in missing; nothing stands for them. A nil
// lookup leaves the text as it is. Source: LogStash::Util::SubstitutionVariables.
func Expand(text string, lookup Variables) (expanded string, missing []string) {
	if lookup == nil || !strings.Contains(text, "${") {
		return text, nil
	}
	var b strings.Builder
	for {
		open := strings.Index(text, "${")
		if open < 0 {
			break
		}
		end := strings.IndexByte(text[open:], '}')
		if end < 0 {
			break
		}
		end += open
		name, fallback, hasFallback := strings.Cut(text[open+2:end], ":")
		if !IsName(name) {
			b.WriteString(text[:end+1])
			text = text[end+1:]
			continue
		}
		b.WriteString(text[:open])
		if value, ok := lookup(name); ok {
			b.WriteString(value)
		} else if hasFallback {
			b.WriteString(fallback)
		} else {
			missing = append(missing, name)
		}
		text = text[end+1:]
	}
	b.WriteString(text)
	return b.String(), missing
}

// IsName tells whether a text can be the name of a variable: letters, digits, _ and dots.
func IsName(name string) bool {
	for i := 0; i < len(name); i++ {
		c := name[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '.') {
			return false
		}
	}
	return name != ""
}
