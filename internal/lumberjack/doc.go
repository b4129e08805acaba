// Package lumberjack speaks the Lumberjack protocol, versions 1 and 2, that Beats and
// logstash-forwarder send events with: windows of JSON or key-value frames, plain or
// compressed, each window answered by an ack.
//
// Way in: Reader takes a connection apart into frames, in memory of the caller. Way out:
// Client sends windows and waits for their acks; AppendAck makes a server's answer.
// The source is PROTOCOL.md of logstash-input-beats.
//
// It never allocates for a size that a peer only claims, never looks into an event, and
// never decides when to ack: that is for whoever has made the events durable.
package lumberjack
