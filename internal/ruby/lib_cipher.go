package ruby

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"fmt"
	"strconv"
	"strings"
)

// Cipher is OpenSSL::Cipher for AES in the modes ECB, CBC, CTR and GCM.
type Cipher struct {
	name    string
	mode    string
	keySize int
	key, iv string
	aad     string
	tag     string
	decrypt bool
	noPad   bool
	rest    []byte // ECB, CBC: what makes no whole block yet
	text    []byte // GCM: the plain text so far, for the tag
	block   cipher.BlockMode
	stream  cipher.Stream
}

func (*Cipher) class() *Class { return cCipher }

// newCipher takes a name such as aes-256-cbc.
func (th *thread) newCipher(name string) *Cipher {
	parts := strings.Split(strings.ToLower(name), "-")
	bits := 0
	if len(parts) == 3 && parts[0] == "aes" {
		bits, _ = strconv.Atoi(parts[1])
	}
	if bits != 128 && bits != 192 && bits != 256 || !wordSet("ecb cbc ctr gcm")[parts[2]] {
		th.raise(coreClass("RuntimeError"), "unsupported cipher algorithm (%s): AES in the modes ECB, CBC, CTR and GCM is there", name)
	}
	return &Cipher{name: strings.ToUpper(name), mode: parts[2], keySize: bits / 8}
}

func (c *Cipher) ivSize() int {
	return map[string]int{"cbc": 16, "ctr": 16, "gcm": 12}[c.mode]
}

// start makes the cipher ready at the first update or final.
func (c *Cipher) start(th *thread) {
	if c.block != nil || c.stream != nil {
		return
	}
	if c.key == "" {
		th.raise(cCipherError, "key not set")
	}
	b, err := aes.NewCipher([]byte(c.key))
	if err != nil {
		th.raise(cCipherError, "%s", err.Error())
	}
	iv := make([]byte, 16)
	copy(iv, c.iv)
	switch {
	case c.mode == "gcm":
		iv[15] = 2 // the first block of the counter masks the tag
		c.stream = cipher.NewCTR(b, iv)
	case c.mode == "ctr":
		c.stream = cipher.NewCTR(b, iv)
	case c.mode == "ecb":
		c.block = ecb{b, c.decrypt}
	case c.decrypt:
		c.block = cipher.NewCBCDecrypter(b, iv)
	default:
		c.block = cipher.NewCBCEncrypter(b, iv)
	}
}

func (c *Cipher) update(th *thread, data string) []byte {
	c.start(th)
	th.charge(2 * len(data))
	th.work(len(data) / 16)
	if c.stream != nil {
		out := make([]byte, len(data))
		c.stream.XORKeyStream(out, []byte(data))
		if c.mode == "gcm" && c.decrypt {
			c.text = append(c.text, out...)
		} else if c.mode == "gcm" {
			c.text = append(c.text, data...)
		}
		return out
	}
	c.rest = append(c.rest, data...)
	n := len(c.rest) / 16 * 16
	if c.decrypt && !c.noPad && n == len(c.rest) && n > 0 {
		n -= 16 // the last block may be padding
	}
	out := make([]byte, n)
	c.block.CryptBlocks(out, c.rest[:n])
	c.rest = append([]byte(nil), c.rest[n:]...)
	return out
}

func (c *Cipher) final(th *thread) []byte {
	c.start(th)
	if c.mode == "gcm" {
		b, _ := aes.NewCipher([]byte(c.key))
		aead, err := cipher.NewGCM(b)
		if err != nil || len(c.iv) != aead.NonceSize() {
			th.raise(cCipherError, "iv not set")
		}
		sealed := aead.Seal(nil, []byte(c.iv), c.text, []byte(c.aad))
		tag := string(sealed[len(c.text):])
		if c.decrypt && (c.tag == "" || !hmac.Equal([]byte(tag[:min(len(c.tag), 16)]), []byte(c.tag))) {
			th.raise(cCipherError, "")
		}
		c.tag = tag
	}
	if c.stream != nil {
		return nil
	}
	if c.noPad {
		if len(c.rest) > 0 {
			th.raise(cCipherError, "wrong final block length")
		}
		return nil
	}
	if !c.decrypt {
		n := 16 - len(c.rest)%16
		for range n {
			c.rest = append(c.rest, byte(n))
		}
		out := make([]byte, len(c.rest))
		c.block.CryptBlocks(out, c.rest)
		c.rest = nil
		return out
	}
	if len(c.rest) != 16 {
		th.raise(cCipherError, "wrong final block length")
	}
	out := make([]byte, 16)
	c.block.CryptBlocks(out, c.rest)
	c.rest = nil
	n := int(out[15])
	if n == 0 || n > 16 || strings.Trim(string(out[16-n:]), string(rune(n))) != "" {
		th.raise(cCipherError, "bad decrypt")
	}
	return out[:16-n]
}

// ecb is the mode that Go leaves out on purpose: equal blocks stay equal. It is here
// for data that somebody else has encrypted so.
type ecb struct {
	b       cipher.Block
	decrypt bool
}

func (e ecb) BlockSize() int { return 16 }

func (e ecb) CryptBlocks(dst, src []byte) {
	for i := 0; i+16 <= len(src); i += 16 {
		if e.decrypt {
			e.b.Decrypt(dst[i:], src[i:])
		} else {
			e.b.Encrypt(dst[i:], src[i:])
		}
	}
}

func init() {
	cph := func(v Value) *Cipher { return v.o.(*Cipher) }
	binary := func(th *thread, b []byte) Value { return th.strEnc(string(b), encBinary) }
	cCipher.sdef("new", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Value{o: th.newCipher(th.strArg(a[0]))}
	})
	aesClass := defClass("OpenSSL::Cipher::AES", cCipher)
	aesClass.sdef("new", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		name := "AES"
		for _, v := range a {
			name += "-" + th.toS(v)
		}
		return Value{o: th.newCipher(name)}
	})
	for _, bits := range []int{128, 192, 256} {
		defClass(fmt.Sprintf("OpenSSL::Cipher::AES%d", bits), cCipher).sdef("new", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			mode := "CBC"
			if len(a) > 0 {
				mode = th.toS(a[0])
			}
			return Value{o: th.newCipher(fmt.Sprintf("AES-%d-%s", bits, mode))}
		})
	}
	def := cCipher.def
	for name, decrypt := range map[string]bool{"encrypt": false, "decrypt": true} {
		def(name, 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
			c := cph(self)
			*c = Cipher{name: c.name, mode: c.mode, keySize: c.keySize, decrypt: decrypt, key: c.key, iv: c.iv, noPad: c.noPad}
			return self
		})
	}
	sized := func(what string, size func(c *Cipher) int, set func(c *Cipher, s string)) {
		def(what+"=", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			s := strings.Clone(th.strArg(a[0]))
			if n := size(cph(self)); len(s) != n {
				th.raise(cArgumentError, "%s must be %d bytes", what, n)
			}
			set(cph(self), s)
			return a[0]
		})
		def("random_"+what, 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
			s := th.randomBytes(size(cph(self)))
			set(cph(self), s)
			return th.strEnc(s, encBinary)
		})
		def(what+"_len", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(int64(size(cph(self)))) })
	}
	sized("key", func(c *Cipher) int { return c.keySize }, func(c *Cipher, s string) { c.key, c.block, c.stream = s, nil, nil })
	sized("iv", (*Cipher).ivSize, func(c *Cipher, s string) { c.iv, c.block, c.stream = s, nil, nil })
	def("update", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s := th.strArg(a[0])
		if s == "" {
			th.raise(cArgumentError, "data must not be empty")
		}
		return binary(th, cph(self).update(th, s))
	})
	def("final", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return binary(th, cph(self).final(th)) })
	def("reset", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		c := cph(self)
		c.block, c.stream, c.rest, c.text = nil, nil, nil, nil
		return self
	})
	def("padding=", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		cph(self).noPad = th.intArg(a[0]) == 0
		return a[0]
	})
	def("auth_data=", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		cph(self).aad = strings.Clone(th.strArg(a[0]))
		return a[0]
	})
	def("auth_tag", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		n := 16
		if len(a) > 0 {
			n = min(max(th.intArg(a[0]), 0), 16)
		}
		c := cph(self)
		if c.mode != "gcm" || len(c.tag) < n || c.decrypt {
			th.raise(cCipherError, "retrieving the authentication tag failed")
		}
		return th.strEnc(c.tag[:n], encBinary)
	})
	def("auth_tag=", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s := strings.Clone(th.strArg(a[0]))
		if len(s) == 0 || len(s) > 16 {
			th.raise(cCipherError, "unable to set GCM tag")
		}
		cph(self).tag = s
		return a[0]
	})
	def("name", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(cph(self).name) })
	def("block_size", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if cph(self).ivSize() == 12 || cph(self).mode == "ctr" {
			return Int(1)
		}
		return Int(16)
	})
	def("authenticated?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(cph(self).mode == "gcm") })
}
