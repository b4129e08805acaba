package ruby

import "unsafe"

// unsafeString returns a string that shares the memory of b, whose bytes up to its
// length never change again.
func unsafeString(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
