//go:build unix

package input

import (
	"net"
	"runtime"
	"syscall"
)

// receiveBuffer returns the size of a socket's receive buffer in bytes; 0 when it cannot
// be found out. Linux doubles what it is asked for, to have room for its own needs.
func receiveBuffer(conn net.PacketConn) int {
	c, ok := conn.(syscall.Conn)
	if !ok {
		return 0
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return 0
	}
	size := 0
	_ = raw.Control(func(fd uintptr) { size, _ = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF) })
	if runtime.GOOS == "linux" {
		size /= 2
	}
	return size
}
