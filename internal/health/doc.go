// Package health holds conditions: what is not well, how bad it is, since when, and what
// to do next. A status is the worst of its conditions.
//
// Way in: a kind of condition is registered with Define; whoever sees it Raises it and
// Clears it again. Way out: Conditions.List and Status.
//
// It never logs and never decides what is wrong.
package health
