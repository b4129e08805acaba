package ruby

import "testing"

// TestCipher compares with what OpenSSL makes of the same keys and texts.
func TestCipher(t *testing.T) {
	const enc = `enc = ->(name, key, iv, text) {
  c = OpenSSL::Cipher.new(name); c.encrypt; c.key = key; c.iv = iv if iv
  c.auth_data = "head" if name =~ /gcm/i
  out = c.update(text[0, 5]) + c.update(text[5..]) + c.final
  tag = c.auth_tag if name =~ /gcm/i
  d = OpenSSL::Cipher.new(name).decrypt; d.key = key; d.iv = iv if iv
  if tag
    d.auth_tag = tag; d.auth_data = "head"
  end
  back = d.update(out[0, 16]) + d.update(out[16..]) + d.final
  [out.unpack1("H*"), tag && tag.unpack1("H*"), back == text]
}
`
	for expr, want := range map[string]string{
		`enc.("aes-128-ecb", "k" * 16, nil, "hello, this is some text to encrypt")`:      `["f5519d5dad4136dced78601af119122986d946e7ad2c37d7d5e2795591f404d4feb4c865b9108da71c2c5a671f93ed8f", nil, true]`,
		`enc.("AES-256-CBC", "k" * 32, "i" * 16, "hello, this is some text to encrypt")`: `["385bbb928280ebd6683c8d7d172ffaca93201583633e6830df9b9618affce1c849c74f96459477d86e47b6bdbc118829", nil, true]`,
		`enc.("aes-192-ctr", "k" * 24, "i" * 16, "hello, this is some text to encrypt")`: `["b1285fed84d65ad8a11f8f2fe20e3299a0d7dfb89ba7910eadc78f9224d8ece011434e", nil, true]`,
		`enc.("aes-256-gcm", "k" * 32, "i" * 12, "hello, this is some text to encrypt")`: `["b2e194185dd48170933d9258f2640514fdc91b2a6b5ece38054921e16da6852d7ec2e6", "56d57666440c94146ee74a4c33276c96", true]`,
		// A wrong tag and a wrong key are told.
		`begin; d = OpenSSL::Cipher.new("aes-128-gcm").decrypt; d.key = "k" * 16; d.iv = "i" * 12; d.auth_tag = "t" * 16; d.update("abc"); d.final; rescue => e; e.class; end`: `OpenSSL::Cipher::CipherError`,
		`begin; d = OpenSSL::Cipher::AES.new(128, :CBC).decrypt; d.key = "k"; rescue => e; e.message; end`:                                                                     `"key must be 16 bytes"`,
		`begin; OpenSSL::Cipher.new("rot-13"); rescue => e; e.class; end`:                                                                                                      `RuntimeError`,
		`c = OpenSSL::Cipher.new("aes-256-cbc").encrypt; [c.random_key.bytesize, c.random_iv.bytesize, c.iv_len, c.key_len]`:                                                   `[32, 16, 16, 32]`,
	} {
		if got := value(t, "begin\n"+enc+expr+"\nend"); got != want {
			t.Errorf("%s\n got %s\nwant %s", expr, got, want)
		}
	}
}
