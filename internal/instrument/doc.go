// Package instrument is the catalogue of Instruments, the programs that a sensor hosts,
// one file each, and the connection between an Instrument and its sensor.
//
// Way in: Register adds a Kind; a sensor reads its part of the sensor's YAML with
// Kind.Read and starts a process, which calls Main. Way out: the process puts events on
// the sensor's event pipeline with Host.Put, which returns when they are durable, and
// shows how it is with Host.Conditions.
//
// It never starts processes and keeps no history: that is the sensor's.
package instrument
