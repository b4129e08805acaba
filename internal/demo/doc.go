// Package demo shows everything on one machine: a sensor that plays logs, its Log
// Forwarder, mutual TLS, a receiver, and a place where the documents end up.
//
// Way in: Run. Way out: what it prints, the folder it leaves, and the ledger.
//
// It starts the program itself (sensor, receiver) as processes and changes nothing in
// the configurations that it runs.
package demo
