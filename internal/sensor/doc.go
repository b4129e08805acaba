// Package sensor is the agent on a sensor: it numbers and keeps the events of its
// Instruments, feeds event subscriptions, and starts and watches the Instruments, each a
// process of its own.
//
// Way in: ReadFile reads and checks a sensor's YAML file; Open and Sensor.Run run it.
// Way out: subscriptions send events to local ports; the HTTP API on the unix socket
// SocketName in the data folder tells how everything is, see Client.
//
// An event that an Instrument was told to be safe is in the journal, after fsync. It
// never looks into events but for the query of a subscription.
package sensor
