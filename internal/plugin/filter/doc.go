// Package filter holds the filters: what changes, drops and makes events.
//
// Way in: importing the package registers them; plugin.Configure makes one. Way out:
// plugin.Filter, and plugin.Flusher for those that hold events back.
//
// Every file is one filter, or one idea that several share. A filter does what
// Logstash's filter of the same name does; what fails tags the event and is never
// raised. Several workers call a filter at once: what it shares between events has a
// lock. No filter keeps a string or value of an event without copying it.
package filter
