//go:build unix && !linux

package sensor

import "syscall"

// processAttributes puts an Instrument into a process group of its own, so that ^C in a
// terminal reaches the sensor alone. It ends with the sensor because its connection does.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
