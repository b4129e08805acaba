// Package ruby runs the Ruby of Logstash's ruby filter: Ruby 3.1 as JRuby 9.4 has it,
// parsed once, compiled to Go closures, run without reflection.
//
// Way in: Compile makes a Script of a filter's code, Script.NewInstance runs its init,
// Instance.Run runs it for one event. Way out: the event is changed in place, new
// events go to emit, a failure is an *Exception or a *LimitError.
//
// A core class is one file that registers its methods in the class's table; the steps
// of adding one are in design/0004-ruby.md. It never evaluates text at run time, never
// touches files, network or environment except through a Policy, and every program
// ends: steps, memory, depth and time are limited.
package ruby
