package plugin

import (
	"io"
	"net"
	"runtime"
	"testing"
)

// A pipeline that replaces another one listens on the same port before the old one lets
// go of it, and connections that wait are accepted by the new one.
func TestSocketsAreHandedOver(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("sockets have no second handles on Windows")
	}
	old := NewSockets(nil)
	first, err := old.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := first.Addr().String()
	old.open["tcp/"+address] = old.open["tcp/127.0.0.1:0"]

	if l, err := NewSockets(nil).Listen("tcp", address); err == nil {
		l.Close()
		t.Fatal("a stranger could listen on the same port")
	}
	next := NewSockets(old)
	second, err := next.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	waiting, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer waiting.Close()
	first.Close()
	late, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal("the port was closed in between:", err)
	}
	defer late.Close()
	for _, c := range []net.Conn{waiting, late} {
		if _, err := c.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		c, err := second.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		c.Close()
	}
	// The one after the next, when the first is long gone.
	next.Forget()
	third, err := NewSockets(next).Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	third.Close()
}

func TestPacketSocketsAreHandedOver(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("sockets have no second handles on Windows")
	}
	old := NewSockets(nil)
	first, err := old.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	next := NewSockets(old)
	second, err := next.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if first.LocalAddr().String() != second.LocalAddr().String() {
		t.Fatalf("%s is not %s", second.LocalAddr(), first.LocalAddr())
	}
	first.Close()
	var none *Sockets
	l, err := none.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
}
