// Package output holds the outputs: what takes events to their destination.
//
// Way in: importing the package registers them; plugin.Configure makes one. Way out:
// plugin.Output.Write, which answers for every event: done, retry or reject.
//
// An output never drops an event: what cannot be delivered is retried or rejected with a
// reason. It reaches files and the network through plugin.Access only.
package output
