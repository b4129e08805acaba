// Package vfs is the file system behind an interface, with only the calls that the
// journal and its friends need.
//
// Way in: OS, the real one, or NewSim, a simulated disk in memory that can lose what
// was not synced, tear sectors, fill up, fail a chosen call, flip bits and be slow.
// Way out: FS and File.
//
// It never buffers and never retries: what a call reports is what the disk said.
package vfs
