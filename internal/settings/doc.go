// Package settings holds every setting in one table: name, type, default, documentation.
//
// Way in: flags, logstash.yml, pipelines.yml and the environment set values; each is
// checked when it is set. Way out: typed getters, and the table itself for help texts
// and the reference page. The YAML texts of a sensor (subscriptions, files) are read
// here too, with the place of every mistake.
//
// It knows no plugins and starts nothing.
package settings
