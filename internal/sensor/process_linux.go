package sensor

import "syscall"

// processAttributes puts an Instrument into a process group of its own, so that ^C in a
// terminal reaches the sensor alone, and makes the kernel end it with the sensor.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
