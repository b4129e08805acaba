// Package codec holds the codecs: what makes events of bytes and bytes of events.
//
// Way in: importing the package registers them; plugin.CodecChoice.Open makes one. Way
// out: plugin.Codec and plugin.Decoder.
//
// Every decoder takes time linear in its input and keeps at most a bounded rest of it.
// What cannot be read becomes an event with a failure tag, as in Logstash; nothing is
// dropped. No codec opens files or connections.
package codec
