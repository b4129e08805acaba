// Command sluice carries the events of network security sensors to a SIEM.
package main

import (
	"os"

	"sluice/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args)) }
