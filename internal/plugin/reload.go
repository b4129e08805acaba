package plugin

// Unreloadable is an input that cannot be started anew while the program runs, because
// what it reads from is given up with it. Its pipeline is not reloaded, as in Logstash.
type Unreloadable interface {
	// Unreloadable says why, for a person.
	Unreloadable() string
}
