package plugin

import (
	"testing"

	"sluice/internal/diag"
)

// FuzzPolicy: no text of a policy brings the reader down, and one that is read denies
// what it does not list.
func FuzzPolicy(f *testing.F) {
	for _, seed := range []string{
		"", "read: [/a]\nwrite: /b\nconnect: ['h:1-2', '[::1]:5', '10.0.0.0/8', '*.x', '*']\nlisten: [':80']\nvariables: [A*]\nruby: {files: true}", "connect: ['a:b:c', ':']", "read: {}",
	} {
		f.Add(seed, "h:1")
	}
	f.Fuzz(func(t *testing.T, text, address string) {
		p, list := ReadPolicy(diag.NewSource("policy", text))
		if p == nil {
			if list.Err() == nil {
				t.Fatal("there is neither a policy nor a mistake")
			}
			return
		}
		if ok, _ := p.mayConnect(address); ok && len(p.Connect) == 0 {
			t.Fatalf("%q is allowed by nothing", address)
		}
		p.shows(address)
		_, _, err := Access{Policy: p}.Files().within(address, true)
		if err == nil && len(p.Write) == 0 {
			t.Fatalf("%q may be written by nothing", address)
		}
	})
}
