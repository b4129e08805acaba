package filter

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"math"
	"sync"

	"sluice/internal/event"
)

// hasher returns the fingerprint of a value: a text, or for MURMUR3 an integer.
type hasher func(e *event.Event, v event.Value) (event.Value, error)

var digests = map[string]func() hash.Hash{
	"SHA1": sha1.New, "SHA256": sha256.New, "SHA384": sha512.New384, "SHA512": sha512.New, "MD5": md5.New,
}

// newHasher returns the hasher of a method of the fingerprint filter.
func newHasher(method, key string, keyed, inBase64 bool) hasher {
	switch method {
	case "IPV4_NETWORK":
		bits := int(leadingInt(key).Int())
		return func(e *event.Event, v event.Value) (event.Value, error) {
			if v.Kind() != event.String {
				return v, fmt.Errorf("a value of the kind %s is no address", v.Kind())
			}
			text, err := network(v.Str(), bits)
			return event.StringValue(text), err
		}
	case "MURMUR3":
		return func(e *event.Event, v event.Value) (event.Value, error) {
			var buf [64]byte
			data := v.AppendRuby(buf[:0])
			if v.Kind() == event.Int {
				data = binary.LittleEndian.AppendUint64(buf[:0], uint64(v.Int()))
			}
			return event.IntValue(int64(murmur32(data))), nil
		}
	case "MURMUR3_128":
		return func(e *event.Event, v event.Value) (event.Value, error) {
			var buf [64]byte
			data := v.AppendRuby(buf[:0])
			if v.Kind() == event.Int {
				if i := v.Int(); math.MinInt32 <= i && i <= math.MaxInt32 {
					data = binary.LittleEndian.AppendUint32(buf[:0], uint32(i))
				} else {
					data = binary.LittleEndian.AppendUint64(buf[:0], uint64(i))
				}
			}
			h1, h2 := murmur128(data, 2)
			sum := binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, h1), h2)
			return written(e, sum, inBase64), nil
		}
	}
	fresh := digests[method]
	if keyed {
		plain := fresh
		fresh = func() hash.Hash { return hmac.New(plain, []byte(key)) }
	}
	pool := sync.Pool{New: func() any { return fresh() }}
	return func(e *event.Event, v event.Value) (event.Value, error) {
		h := pool.Get().(hash.Hash)
		h.Reset()
		withBuffer(func(buf []byte) []byte {
			buf = v.AppendRuby(buf)
			h.Write(buf)
			return buf
		})
		var sum [64]byte
		result := written(e, h.Sum(sum[:0]), inBase64)
		pool.Put(h)
		return result, nil
	}
}

func written(e *event.Event, sum []byte, inBase64 bool) event.Value {
	var buf [128]byte
	if inBase64 {
		return textValue(e, base64.StdEncoding.AppendEncode(buf[:0], sum))
	}
	return textValue(e, hex.AppendEncode(buf[:0], sum))
}
