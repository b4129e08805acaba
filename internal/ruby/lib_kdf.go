package ruby

import (
	"crypto/pbkdf2"
	"slices"
)

// Keys made of passwords, digests of files and the list of ciphers.
func init() {
	_ = defModule("OpenSSL::PKCS5")
	_ = defModule("OpenSSL::KDF")
	pkcs5, _ := corePath("OpenSSL::PKCS5")
	kdf, _ := corePath("OpenSSL::KDF")
	derive := func(th *thread, password, salt, iterations, length, digest Value) Value {
		name := th.digestName(digest)
		n, size := th.intArg(iterations), th.intArg(length)
		if n < 1 || size < 0 || size > 1<<20 {
			th.raise(cArgumentError, "iterations and length must be positive")
		}
		// An iteration hashes two blocks; its work counts before it is done.
		for range n {
			th.work(4096 * (1 + size/32))
		}
		key, err := pbkdf2.Key(hashes[name], th.strArg(password), []byte(th.strArg(salt)), n, size)
		if err != nil {
			th.raise(cArgumentError, "%s", err)
		}
		return th.strEnc(string(key), encBinary)
	}
	pkcs5.sdef("pbkdf2_hmac", 5, 5, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return derive(th, a[0], a[1], a[2], a[3], a[4])
	})
	pkcs5.sdef("pbkdf2_hmac_sha1", 4, 4, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return derive(th, a[0], a[1], a[2], a[3], th.str("SHA1"))
	})
	kdf.sdef("pbkdf2_hmac", 2, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		a, o := th.options(a)
		var list []Value
		for _, name := range []string{"salt", "iterations", "length", "hash"} {
			v := o.opt(th, name)
			if v.isUndef() {
				th.raise(cArgumentError, "missing keyword: :%s", name)
			}
			list = append(list, v)
		}
		return derive(th, a[0], list[0], list[1], list[2], list[3])
	})
	for _, name := range []string{"MD5", "SHA1", "SHA256", "SHA384", "SHA512", "SHA2"} {
		c, _ := corePath("Digest::" + name)
		c.sdef("file", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
			return th.send(th.send(self, "new", a[1:]...), "update", th.str(th.readFile(th.readPath(a[0]))))
		})
		c.def("file", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			return th.send(self, "update", th.str(th.readFile(th.readPath(a[0]))))
		})
	}
	cCipher.sdef("ciphers", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		var names []string
		for _, bits := range []string{"128", "192", "256"} {
			for _, mode := range []string{"cbc", "ctr", "ecb", "gcm"} {
				names = append(names, "aes-"+bits+"-"+mode)
			}
		}
		slices.Sort(names)
		return th.strings(names)
	})
}
