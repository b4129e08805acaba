// Package engine runs many pipelines: it finds their configurations, gives each its
// queue and its dead letters, starts and stops them, and tells how they are.
//
// Way in: Load finds configurations, Check tests them, New compiles them, Engine.Run
// runs them. Way out: Status, and conditions while something is wrong.
//
// It knows no plugin and no flag.
package engine
