// Package engine runs many pipelines: it finds their configurations, gives each its
// queue and its dead letters, starts, replaces and stops them, and tells how they are.
//
// Way in: Load finds configurations, Check tests them, New compiles them, Engine.Run
// runs them, Engine.Reload puts changed ones into their place. Way out: Status,
// conditions while something is wrong, and the monitoring API (ServeAPI).
//
// It knows no plugin and no flag.
package engine
