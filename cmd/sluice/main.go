// Command sluice carries the events of network security sensors to a SIEM.
package main

func main() {}
