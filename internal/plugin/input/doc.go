// Package input holds the inputs: what brings events in.
//
// Way in: importing the package registers them; plugin.Configure makes one. Way out:
// plugin.Sink.Put, which returns when a batch is durable.
//
// An input tells its sender that it may forget an event (an ack, a saved position) only
// after Put has returned nil. It reads files and listens through plugin.Access only.
package input
