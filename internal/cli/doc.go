// Package cli holds the commands, one file each: flags and printing, nothing else.
//
// Way in: Main, with the words of the command line. Way out: an exit code.
package cli
