package ruby

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"math/big"
	"strings"
)

var (
	mBase64       = defModule("Base64")
	_             = defModule("Digest")
	cDigestBase   = defClass("Digest::Base", cObject)
	_             = defModule("OpenSSL")
	_             = defClass("OpenSSL::OpenSSLError", cStandardError)
	cODigest      = defClass("OpenSSL::Digest", cDigestBase)
	cCipher       = defClass("OpenSSL::Cipher", cObject)
	cCipherError  = defClass("OpenSSL::Cipher::CipherError", cStandardError)
	cHMAC         = defClass("OpenSSL::HMAC", cObject)
	mSecureRandom = defModule("SecureRandom")
)

var hashes = map[string]func() hash.Hash{"MD5": md5.New, "SHA1": sha1.New, "SHA256": sha256.New, "SHA384": sha512.New384, "SHA512": sha512.New, "SHA224": sha256.New224}

// digestData is a digest's state: what has been fed to it.
type digestData struct {
	name string
	text []byte
	key  []byte // of an HMAC
}

func (d *digestData) dup() any { return &digestData{d.name, append([]byte(nil), d.text...), d.key} }

func (d *digestData) sum() []byte {
	mk := hashes[d.name]
	h := mk()
	if d.key != nil {
		h = hmac.New(mk, d.key)
	}
	h.Write(d.text)
	return h.Sum(nil)
}

func (th *thread) digestName(v Value) string {
	if o, ok := v.o.(*Object); ok {
		if d, ok := o.data.(*digestData); ok {
			return d.name
		}
	}
	n := strings.ToUpper(strings.ReplaceAll(th.strArg(v), "-", ""))
	if hashes[n] == nil {
		th.raise(cRuntimeError, "Unsupported digest algorithm (%s).: unknown object name", th.strArg(v))
	}
	return n
}

func (th *thread) randomBytes(n int) string {
	if n < 0 {
		th.raise(cArgumentError, "negative string size")
	}
	th.charge(n)
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return string(b)
}

func (th *thread) uuid() string {
	b := []byte(th.randomBytes(16))
	b[6], b[8] = b[6]&15|0x40, b[8]&63|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func init() {
	bin := func(th *thread, b []byte) Value { return th.strEnc(string(b), encBinary) }
	wrap := func(s string, n int) string {
		var b strings.Builder
		for len(s) > n {
			b.WriteString(s[:n] + "\n")
			s = s[n:]
		}
		if s != "" {
			b.WriteString(s + "\n")
		}
		return b.String()
	}
	enc := func(names string, f func(th *thread, s []byte, a []Value) string) {
		mBase64.sdef(names, 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
			s := th.strArg(a[0])
			th.charge(2 * len(s))
			return th.strEnc(f(th, []byte(s), a), encASCII)
		})
	}
	enc("encode64", func(th *thread, s []byte, a []Value) string { return wrap(base64.StdEncoding.EncodeToString(s), 60) })
	enc("strict_encode64", func(th *thread, s []byte, a []Value) string { return base64.StdEncoding.EncodeToString(s) })
	enc("urlsafe_encode64", func(th *thread, s []byte, a []Value) string {
		_, o := th.options(a)
		if v := o.opt(th, "padding"); !v.isUndef() && !v.truthy() {
			return base64.RawURLEncoding.EncodeToString(s)
		}
		return base64.URLEncoding.EncodeToString(s)
	})
	mBase64.sdef("decode64", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s := th.strArg(a[0])
		th.charge(len(s))
		return th.strEnc(decodeBase64(s), encBinary)
	})
	strict := func(th *thread, s string) Value {
		b, err := base64.StdEncoding.Strict().DecodeString(s)
		if err != nil || strings.ContainsAny(s, "\r\n") {
			th.raise(cArgumentError, "invalid base64")
		}
		th.charge(len(b))
		return bin(th, b)
	}
	mBase64.sdef("strict_decode64", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return strict(th, th.strArg(a[0])) })
	mBase64.sdef("urlsafe_decode64", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s := strings.NewReplacer("-", "+", "_", "/").Replace(th.strArg(a[0]))
		if !strings.HasSuffix(s, "=") {
			s += strings.Repeat("=", (4-len(s)%4)%4)
		}
		return strict(th, s)
	})

	digest := func(v Value) *digestData {
		o := v.o.(*Object)
		d, ok := o.data.(*digestData)
		if !ok {
			d = &digestData{name: "SHA256"}
			for k := o.cls; k != nil; k = k.super {
				if n := k.name[strings.LastIndexByte(k.name, ':')+1:]; hashes[n] != nil {
					d.name = n
				}
			}
			o.data = d
		}
		return d
	}
	def := cDigestBase.def
	for _, c := range []*Class{cDigestBase, cHMAC} {
		c.def("update <<", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			d, s := digest(self), th.strArg(a[0])
			th.charge(len(s))
			d.text = append(d.text, s...)
			return self
		})
		c.def("reset", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
			digest(self).text = nil
			return self
		})
	}
	// result registers digest, hexdigest and base64digest, of what has been fed or of an
	// argument.
	result := func(c *Class) {
		form := func(th *thread, b []byte, name string) Value {
			switch {
			case strings.HasPrefix(name, "hex") || name == "to_s":
				return th.strEnc(hex.EncodeToString(b), encASCII)
			case strings.HasPrefix(name, "base64"):
				return th.strEnc(base64.StdEncoding.EncodeToString(b), encASCII)
			}
			return bin(th, b)
		}
		for _, n := range []string{"digest", "hexdigest", "base64digest", "to_s"} {
			c.def(n, 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
				d := digest(self)
				if len(a) > 0 {
					d = &digestData{name: d.name, text: []byte(th.strArg(a[0]))}
				}
				th.work(len(d.text))
				return form(th, d.sum(), n)
			})
			c.def(n+"!", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
				d := digest(self)
				v := form(th, d.sum(), n)
				d.text = nil
				return v
			})
		}
	}
	result(cDigestBase)
	result(cHMAC)
	def("inspect", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.str("#<" + classOf(self).real().name + ": " + hex.EncodeToString(digest(self).sum()) + ">")
	})
	def("==", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Bool(hex.EncodeToString(digest(self).sum()) == th.toS(a[0]))
	})
	def("digest_length length size", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Int(int64(hashes[digest(self).name]().Size()))
	})
	def("block_length", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Int(int64(hashes[digest(self).name]().BlockSize()))
	})
	def("name", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(digest(self).name) })
	oneShot := func(c *Class) {
		for _, n := range []string{"digest", "hexdigest", "base64digest"} {
			c.sdef(n, 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
				k := self.o.(*Class)
				d := &digestData{}
				text := a[0]
				if len(a) > 1 {
					d.name, text = th.digestName(a[0]), a[1]
				} else {
					d = digest(Value{o: &Object{cls: k}})
				}
				d.text = []byte(th.strArg(text))
				th.work(len(d.text))
				return th.send(Value{o: &Object{cls: cDigestBase, data: d}}, n)
			})
		}
	}
	for _, n := range []string{"MD5", "SHA1", "SHA256", "SHA384", "SHA512"} {
		oneShot(defClass("Digest::"+n, cDigestBase))
		oneShot(defClass("OpenSSL::Digest::"+n, cODigest))
	}
	oneShot(cODigest)
	sha2 := defClass("Digest::SHA2", cDigestBase)
	oneShot(sha2)
	sha2.def("initialize", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		n := 256
		if len(a) > 0 {
			n = th.intArg(a[0])
		}
		self.o.(*Object).data = &digestData{name: fmt.Sprintf("SHA%d", n)}
		return vNil
	})
	cODigest.def("initialize", 0, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if len(a) > 0 {
			self.o.(*Object).data = &digestData{name: th.digestName(a[0])}
		}
		return vNil
	})
	cHMAC.def("initialize", 2, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		self.o.(*Object).data = &digestData{name: th.digestName(a[1]), key: []byte(th.strArg(a[0]))}
		return vNil
	})
	for _, n := range []string{"digest", "hexdigest", "base64digest"} {
		cHMAC.sdef(n, 3, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
			d := &digestData{name: th.digestName(a[0]), key: []byte(th.strArg(a[1])), text: []byte(th.strArg(a[2]))}
			th.work(len(d.text))
			return th.send(Value{o: &Object{cls: cDigestBase, data: d}}, n)
		})
	}

	size := func(th *thread, a []Value, def int) int {
		if len(a) > 0 && !a[0].isNil() {
			return min(th.intArg(a[0]), 1<<20)
		}
		return def
	}
	sr := mSecureRandom.sdef
	sr("hex", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.strEnc(hex.EncodeToString([]byte(th.randomBytes(size(th, a, 16)))), encASCII)
	})
	sr("random_bytes bytes", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.strEnc(th.randomBytes(size(th, a, 16)), encBinary)
	})
	sr("uuid", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(th.uuid()) })
	sr("base64", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.str(base64.StdEncoding.EncodeToString([]byte(th.randomBytes(size(th, a, 16)))))
	})
	sr("urlsafe_base64", 0, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.str(base64.RawURLEncoding.EncodeToString([]byte(th.randomBytes(size(th, a, 16)))))
	})
	sr("alphanumeric", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		const abc = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
		b := make([]byte, max(size(th, a, 16), 0))
		for i := range b {
			n, _ := rand.Int(rand.Reader, big.NewInt(int64(len(abc))))
			b[i] = abc[n.Int64()]
		}
		return th.str(string(b))
	})
	sr("random_number rand", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return cRandom.singleton().methods["rand"].fn(th, self, a, nil)
	})
}
