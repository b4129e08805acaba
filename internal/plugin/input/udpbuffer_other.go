//go:build !unix

package input

import "net"

// receiveBuffer would return the size of a socket's receive buffer; it is not known here.
func receiveBuffer(net.PacketConn) int { return 0 }
