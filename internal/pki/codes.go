package pki

import "sluice/internal/diag"

// The codes of everything that can be wrong with TLS and certificates (SL4xxx).
var (
	CodeUnreadable = diag.Define("SL4001", diag.Error, "a certificate or key file cannot be read",
		"The file is missing, is a folder, is too large for a certificate, or this user may not read it. Check the path and the owner: a key with mode 0600 is read by its owner only.")
	CodeNotPEM = diag.Define("SL4002", diag.Error, "a certificate or key file is not PEM",
		"A PEM file is text: a line -----BEGIN …-----, lines of base64, a line -----END …-----, each at the start of its line. A DER or PKCS#12 file is binary and has to be converted with openssl first.")
	CodeWrongKind = diag.Define("SL4003", diag.Error, "a file holds something else than what is needed",
		"A certificate stands where a key is needed, or the other way round, or it is a request, a public key or an OpenSSH key.")
	CodeDamaged = diag.Define("SL4004", diag.Error, "a PEM block is damaged",
		"The text between BEGIN and END is cut off or was changed, often by copy and paste. Copy the whole file again.")
	CodePassphrase = diag.Define("SL4005", diag.Error, "the passphrase of a key is missing or wrong",
		"The key file is encrypted. Give its passphrase (ssl_key_passphrase), or decrypt the key with: openssl pkey -in KEY -out NEWKEY.")
	CodeUnsupportedKey = diag.Define("SL4006", diag.Error, "a key is of a kind that TLS or this program cannot use",
		"RSA (1024 bits or more), ECDSA (P-256, P-384, P-521) and Ed25519 keys work, plain or encrypted with PBES2 (PBKDF2 with AES or 3DES).")
	CodeMismatch = diag.Define("SL4007", diag.Error, "a key does not fit its certificate",
		"A certificate carries the public half of exactly one key. The files come from different runs, or the certificate was renewed and the key was not.")
	CodeExpired = diag.Define("SL4008", diag.Error, "a certificate has expired",
		"Renew the certificate. If it should still be valid, check the clock of this machine.")
	CodeNotYetValid = diag.Define("SL4009", diag.Error, "a certificate is not valid yet",
		"Nearly always the clock of one of the two machines is wrong; compare `date -u` on both.")
	CodeExpiresSoon = diag.Define("SL4010", diag.Warning, "a certificate expires soon",
		"Renew it before that day. Files that are replaced in place are picked up without a restart.")
	CodeWrongName = diag.Define("SL4011", diag.Error, "a server's certificate is for another name",
		"The host in the URL has to be one of the subject alternative names of the server's certificate. Use one of its names, or make a certificate with the right one: sluice certs --server NAME.")
	CodeUnknownCA = diag.Define("SL4012", diag.Error, "a certificate was issued by a CA that is not trusted here",
		"The CA file given does not hold the CA that issued the certificate. Copy the right ca.crt to this side.")
	CodeIncomplete = diag.Define("SL4013", diag.Error, "a chain of certificates has a gap",
		"An intermediate certificate is missing. The certificate file has to hold the certificate first and then every intermediate up to the CA.")
	CodeWrongUsage = diag.Define("SL4014", diag.Error, "a certificate may not be used for this",
		"The extended key usage limits a certificate to servers or to clients, and only a CA certificate may issue others.")
	CodeWeak = diag.Define("SL4015", diag.Warning, "a certificate or key is weak",
		"RSA keys of less than 2048 bits and SHA-1 signatures are refused by current software.")
	CodeCertificateRequired = diag.Define("SL4016", diag.Error, "the server demands a client certificate",
		"The server checks its clients by certificate. Give a client certificate and its key, issued by a CA that the server trusts.")
	CodeRejected = diag.Define("SL4017", diag.Error, "the other side refuses the certificate it was shown",
		"The reason is in the other side's log; most often it trusts another CA, or the certificate has expired by its clock.")
	CodeNotTLS = diag.Define("SL4018", diag.Error, "the other side does not speak TLS",
		"One side uses TLS and the other does not. Compare https:// with http://, and ssl_enabled on both sides.")
	CodeNoCommon = diag.Define("SL4019", diag.Error, "the two sides have no TLS version or cipher in common",
		"Allow TLSv1.2 or TLSv1.3 on both sides and remove restrictions of cipher suites.")
	CodeRefused = diag.Define("SL4020", diag.Error, "nothing listens on that port",
		"The machine answered that the port is closed: the receiver is not running, listens on another port, or only on 127.0.0.1.")
	CodeUnknownHost = diag.Define("SL4021", diag.Error, "a host name cannot be resolved",
		"The name is not known to the DNS servers of this machine. Check its spelling and the DNS servers of the interface.")
	CodeUnreachable = diag.Define("SL4022", diag.Error, "a host does not answer",
		"Packets get lost on the way: a firewall, a missing route, a wrong address, or the machine is off.")
	CodeClosed = diag.Define("SL4023", diag.Error, "the connection was closed during the TLS handshake",
		"The other side hung up without saying why: a port that is not TLS, a proxy or firewall between, or a server that closes instead of sending an alert.")
	CodeOption = diag.Define("SL4024", diag.Error, "a TLS option has a value that does not exist or does not fit",
		"Protocols are TLSv1.2 and TLSv1.3; cipher suites have their IANA names; see the option's page.")
	CodeOptionIgnored = diag.Define("SL4025", diag.Warning, "a part of a TLS option has no effect",
		"TLSv1.1 is insecure and not offered, and some old CBC cipher suites do not exist here; the rest of the list works.")
	CodeExists = diag.Define("SL4026", diag.Error, "a file is in the way",
		"Certificates and keys are never overwritten, because a lost CA key cannot be had back. Move the files away or use another folder.")
	CodeExposedKey = diag.Define("SL4027", diag.Warning, "other users may read a private key",
		"Whoever can read the key can pose as its owner: chmod 600 KEY.")
	CodeUnwritable = diag.Define("SL4028", diag.Error, "a file cannot be written",
		"Check the folder, its owner and the space on the disk. Nothing was left half-written.")
	CodeRequest = diag.Define("SL4029", diag.Error, "a certificate cannot be made as asked for",
		"A server name is a host name or an IP address without scheme and port; a client name has letters, digits and . _ @ -.")
	CodeNoCertificate = diag.Define("SL4030", diag.Error, "a client came without a certificate",
		"This server demands a client certificate. Give the client its certificate and key, or set ssl_client_authentication to none.")
	CodeHandshake = diag.Define("SL4031", diag.Error, "the TLS handshake failed",
		"The message holds the words of the TLS library or of the other side.")
	CodeUnrelated = diag.Define("SL4032", diag.Warning, "a key or CA belongs to none of the certificates given",
		"It does no harm, but it is probably not the file that was meant.")
	CodeOutOfDate = diag.Define("SL4033", diag.Warning, "a certificate in use is out of date",
		"The program runs with it, because a clock may still be put right, but the other side will refuse it. Renew the certificate; files that are replaced in place are picked up without a restart.")
)
