package filter

import "testing"

func TestFingerprint(t *testing.T) {
	check(t, []sample{
		{"sha1", `fingerprint { }`, `{"message":"hello"}`, `{"message":"hello","fingerprint":"aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"}`},
		{"ecs", `fingerprint { method => "MD5" ecs_compatibility => "v1" }`, `{"message":""}`, `{"message":"","event":{"hash":"d41d8cd98f00b204e9800998ecf8427e"}}`},
		{"hmac in base 64", `fingerprint { method => "SHA256" key => "key" base64encode => true }`, `{"message":"The quick brown fox jumps over the lazy dog"}`,
			`{"message":"The quick brown fox jumps over the lazy dog","fingerprint":"97yD9DBThCSxMpjmqm+xQ+9NWaFJRhdZl0edvC0aPNg="}`},
		{"murmur3 of a number and a text", `fingerprint { source => "a" method => "MURMUR3" } fingerprint { source => "b" method => "MURMUR3" target => "g" }`,
			`{"a":1,"b":"1"}`, `{"a":1,"b":"1","fingerprint":1392991556,"g":2484513939}`},
		{"punctuation", `fingerprint { method => "PUNCTUATION" }`, `{"message":"a-b $5 [x]"}`, `{"message":"a-b $5 [x]","fingerprint":"-$[]"}`},
		{"network", `fingerprint { method => "IPV4_NETWORK" key => "16" source => "a" }`, `{"a":["10.1.2.3"]}`, `{"a":["10.1.2.3"],"fingerprint":["10.1.0.0"]}`},
		{"no address", `fingerprint { method => "IPV4_NETWORK" key => "16" source => "a" }`, `{"a":"x"}`, `{"a":"x","tags":["_fingerprint_error"]}`},
	})
	refused(t, map[string]string{
		`fingerprint { method => "IPV4_NETWORK" }`: "key",
		`fingerprint { method => "sha1" }`:         "SHA1",
	})
}

func TestAnonymize(t *testing.T) {
	check(t, []sample{
		{"hmac", `anonymize { fields => ["u", "none"] key => "key" algorithm => "SHA1" }`, `{"u":["The quick brown fox jumps over the lazy dog"]}`, `{"u":["de7c9b85b8b78aa6bc8a7a36f70a90701c9db4d9"]}`},
		{"network", `anonymize { fields => "ip" key => "24" algorithm => "IPV4_NETWORK" }`, `{"ip":"192.0.2.77"}`, `{"ip":"192.0.2.0"}`},
	})
}
