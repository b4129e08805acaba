// Package pki makes certificates, loads them, keeps them fresh, and explains what is
// wrong with them.
//
// Way in: Create and AddClient write a CA, server and client certificates under the
// guide's file names; FilesYAML turns them into a files.yml. LoadPair and LoadCAs read
// PEM files of any usual kind. Way out: ServerTLS and ClientTLS give the *tls.Config
// that every plugin uses, which re-reads its files when they change. CheckTexts,
// CheckFiles and CheckServer say in words what a chain or a server lacks, and
// ExplainHandshake does so for an error of crypto/tls.
//
// It never logs, never shows private key material in a diagnostic, and never accepts a
// certificate because checking it failed.
package pki
