//go:build unix

package input

import (
	"io/fs"
	"strconv"
	"syscall"
)

// fileID is what a file is known by, however it is called.
type fileID struct {
	inode        string
	major, minor uint32
}

// identify returns the id of a file, with the device's numbers as Linux splits them.
func identify(_ string, info fs.FileInfo) fileID {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return fileID{}
	}
	dev := uint64(s.Dev)
	return fileID{
		inode: strconv.FormatUint(uint64(s.Ino), 10),
		major: uint32(dev>>8&0xfff | dev>>32&^0xfff),
		minor: uint32(dev&0xff | dev>>12&^0xff),
	}
}
