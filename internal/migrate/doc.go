// Package migrate looks at an installation of Logstash, and tells what of it runs here,
// what differs and what is missing.
//
// Way in: Look reads the settings folder, every pipeline that it names, and what
// Logstash has left on disk. Way out: a Report, which prints itself as text, Markdown
// or JSON. What a plugin, an option or a setting means here is declared with it, not
// in this package.
//
// It changes nothing, connects to nothing and starts nothing.
package migrate
