package plugin

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"sluice/internal/diag"
)

var cannotListen = diag.Define("SL2011", diag.Error, "an input cannot listen on its address",
	"Another program has the port, the address is not one of this machine, or ports below 1024 are not allowed to this user.")

// Listen listens on a TCP port for an input. When the configuration is reloaded, the
// new pipeline gets the socket that the old one listens on. The error is a diagnostic at
// the option port that says why it cannot be, and who has the port where that can be
// found out.
func (env *Env) Listen(host string, port int) (net.Listener, error) {
	named := net.JoinHostPort(host, strconv.Itoa(port))
	if p := env.Access.Policy; p != nil && !allowed(p.Listen, named) {
		return nil, env.denied(p.deny("listen", named), env.At("port"))
	}
	address := env.Access.Address(named)
	env.listen = append(env.listen, address)
	l, err := env.Sockets.Listen("tcp", address)
	if err == nil {
		return l, nil
	}
	return nil, env.explainListen("tcp", address, err)
}

// ListenPacket listens on a UDP port for an input; see Listen.
func (env *Env) ListenPacket(host string, port int) (net.PacketConn, error) {
	named := net.JoinHostPort(host, strconv.Itoa(port))
	if p := env.Access.Policy; p != nil && !allowed(p.Listen, named) {
		return nil, env.denied(p.deny("listen", named), env.At("port"))
	}
	address := env.Access.Address(named)
	env.listen = append(env.listen, address)
	c, err := env.Sockets.ListenPacket("udp", address)
	if err == nil {
		return c, nil
	}
	return nil, env.explainListen("udp", address, err)
}

func (env *Env) explainListen(network, address string, err error) error {
	option := "port"
	d := diag.New(cannotListen, env.At(option), "%s cannot listen on %s: %v", env.Name, address, cause(err))
	_, text, _ := net.SplitHostPort(address)
	port, _ := strconv.Atoi(text)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		d.Message = fmt.Sprintf("port %d is in use", port)
		d.Help = "another program listens on it; stop it, or choose another port"
		if who := PortOwner(network, port); who != "" {
			d.Message += " by " + who
			d.Help = "stop that program, or choose another port"
		}
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		d.At = env.At("host")
		d.Message = fmt.Sprintf("%s is no address of this machine", cmp.Or(strings.TrimSuffix(address, ":"+text), address))
		d.Help = "0.0.0.0 stands for all addresses of this machine"
	case errors.Is(err, syscall.EACCES):
		d.Message = fmt.Sprintf("port %d is not allowed to this user", port)
		d.Help = "choose a port above 1023, or give the program the capability CAP_NET_BIND_SERVICE"
	}
	return d
}

func cause(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}

// PortOwner names the process that listens on a port of a network (tcp or udp), as /proc
// shows it; "" when it cannot be found, which is so for other users' processes.
func PortOwner(network string, port int) string {
	inodes := map[string]bool{}
	for _, table := range []string{"/proc/net/" + network, "/proc/net/" + network + "6"} {
		listening(table, port, network == "tcp", inodes)
	}
	if len(inodes) == 0 {
		return ""
	}
	links, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, link := range links {
		to, err := os.Readlink(link)
		if err != nil || !inodes[strings.TrimSuffix(strings.TrimPrefix(to, "socket:["), "]")] {
			continue
		}
		pid := strings.Split(link, "/")[2]
		if pid == strconv.Itoa(os.Getpid()) {
			return "this program itself"
		}
		name, _ := os.ReadFile("/proc/" + pid + "/comm")
		return fmt.Sprintf("%s (process %s)", cmp.Or(strings.TrimSpace(string(name)), "a program"), pid)
	}
	return ""
}

// listening adds the inodes of the sockets of a table that listen on the port.
func listening(table string, port int, tcp bool, inodes map[string]bool) {
	f, err := os.Open(table)
	if err != nil {
		return
	}
	defer f.Close()
	want := fmt.Sprintf(":%04X", port)
	for s := bufio.NewScanner(f); s.Scan(); {
		fields := strings.Fields(s.Text())
		if len(fields) > 9 && strings.HasSuffix(fields[1], want) && (!tcp || fields[3] == "0A") {
			inodes[fields[9]] = true
		}
	}
}
