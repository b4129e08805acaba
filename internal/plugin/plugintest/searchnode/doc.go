// Package searchnode starts a real OpenSearch or Elasticsearch for tests.
//
// Way in: Shared and Start, from tests that run with SLUICE_PEERS=1 (`make peers`). Their
// jars come from Maven Central once, into the user's cache folder; Java 17 or newer and mvn
// have to be there. Way out: a node on loopback, with at most 512 MB of heap, that ends with
// the process that started it.
//
// Nothing of it is part of the program; nothing but tests may import it.
package searchnode
