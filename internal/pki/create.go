package pki

import (
	"cmp"
	"crypto"
	"crypto/x509"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"sluice/internal/diag"
)

// The file names of the guide. A client of another name has its files named after it.
const (
	CAFile             = "ca.crt"
	CAKeyFile          = "ca.key"
	ServerFile         = "logstash_server.crt"
	ServerKeyFile      = "logstash_server.key"     // PKCS#1 for RSA, SEC 1 for EC
	ServerPKCS8KeyFile = "logstash_server_pk8.key" // the same key as PKCS#8
	ClientFile         = "logstash_client.crt"
	ClientKeyFile      = "logstash_client.key" // PKCS#8, as the guide shows it
	DefaultClient      = "logstash_client"
	defaultServer      = "logstash_server"
)

// How long certificates are valid. 825 days is the most that Apple's systems accept of
// any CA (support.apple.com/103769); a CA has to outlive what it issues.
const (
	DefaultLife = 825 * 24 * time.Hour
	caLife      = 10 * 365 * 24 * time.Hour
)

// Request says what Create and the Add functions make.
type Request struct {
	Dir     string   // where the files go; made when missing
	Servers []string // host names and IP addresses that clients use for the server
	Client  string   // the client's name in its certificate; empty means DefaultClient
	EC      bool     // keys on the curve P-256 in place of RSA
	// Life is how long the certificates are valid; 0 means DefaultLife. The CA gets ten
	// years, or Life when that is longer. No certificate outlives its CA.
	Life time.Duration
	Now  time.Time // the zero Time means the present
}

// Made is what was written.
type Made struct {
	Dir     string
	Files   []string // names in Dir, in the order of writing
	CA      *x509.Certificate
	Server  *x509.Certificate // nil when none was made
	Client  *x509.Certificate // nil when none was made
	Trimmed bool              // a certificate ends earlier than asked for, with its CA
}

// Create makes a CA, a server certificate and a client certificate with their keys,
// under the guide's file names. It overwrites nothing: when one of the files exists, it
// writes none and names all that are in the way. Errors are a diag.List.
func Create(r Request) (*Made, error) {
	r = r.withDefaults()
	server, problems := r.serverLeaf()
	client, more := r.clientLeaf()
	problems.Add(more...)
	if problems.Err() != nil {
		return nil, problems
	}
	names := []string{CAFile, CAKeyFile, ServerFile, ServerKeyFile, ServerPKCS8KeyFile, ClientFile, ClientKeyFile}
	if err := refuseExisting(r.Dir, names); err != nil {
		return nil, err
	}
	keys, err := newKeys(3, r.EC)
	if err != nil {
		return nil, failed(err)
	}
	ca, err := newAuthority(keys[0], r.Now, max(caLife, r.Life))
	if err != nil {
		return nil, failed(err)
	}
	var w writer
	w.add(CAFile, certificatePEM(ca.certificate), publicMode)
	w.addKey(CAKeyFile, keys[0], pkcs8PEM)
	made := &Made{Dir: r.Dir, CA: ca.certificate}
	if made.Server, err = ca.issue(server, keys[1], r.Now, r.Life); err != nil {
		return nil, failed(err)
	}
	w.addServer(defaultServer, made.Server, keys[1])
	if made.Client, err = ca.issue(client, keys[2], r.Now, r.Life); err != nil {
		return nil, failed(err)
	}
	w.addClient(DefaultClient, made.Client, keys[2])
	made.Files, err = w.write(r.Dir)
	return made, err
}

// AddClient makes another client certificate with the CA in r.Dir: NAME.crt and NAME.key.
// The kind of key is that of the CA unless EC is set.
func AddClient(r Request) (*Made, error) {
	r = r.withDefaults()
	l, problems := r.clientLeaf()
	if problems.Err() != nil {
		return nil, problems
	}
	return r.add(l, []string{r.Client + ".crt", r.Client + ".key"}, func(w *writer, m *Made, c *x509.Certificate, key crypto.Signer) {
		m.Client = c
		w.addClient(r.Client, c, key)
	})
}

// AddServer makes another server certificate with the CA in r.Dir, as for a second
// receiver or in place of one that expires. name is the stem of its three files.
func AddServer(r Request, name string) (*Made, error) {
	r = r.withDefaults()
	l, problems := r.serverLeaf()
	if why := clientNameProblem(name); why != "" {
		problems.Add(diag.New(CodeRequest, diag.Span{}, "%q cannot name files: %s", name, why))
	}
	if problems.Err() != nil {
		return nil, problems
	}
	return r.add(l, []string{name + ".crt", name + ".key", name + "_pk8.key"}, func(w *writer, m *Made, c *x509.Certificate, key crypto.Signer) {
		m.Server = c
		w.addServer(name, c, key)
	})
}

func (r Request) add(l leaf, names []string, put func(*writer, *Made, *x509.Certificate, crypto.Signer)) (*Made, error) {
	if err := refuseExisting(r.Dir, names); err != nil {
		return nil, err
	}
	ca, err := r.loadAuthority()
	if err != nil {
		return nil, err
	}
	ec := r.EC || ca.certificate.PublicKeyAlgorithm == x509.ECDSA
	keys, err := newKeys(1, ec)
	if err != nil {
		return nil, failed(err)
	}
	c, err := ca.issue(l, keys[0], r.Now, r.Life)
	if err != nil {
		return nil, failed(err)
	}
	made := &Made{Dir: r.Dir, CA: ca.certificate, Trimmed: c.NotAfter.Before(r.Now.Add(r.Life).Truncate(time.Second))}
	var w writer
	put(&w, made, c, keys[0])
	made.Files, err = w.write(r.Dir)
	return made, err
}

// loadAuthority reads the CA in r.Dir and makes sure that it can issue.
func (r Request) loadAuthority() (*authority, error) {
	certPath, keyPath := filepath.Join(r.Dir, CAFile), filepath.Join(r.Dir, CAKeyFile)
	if _, err := os.Stat(keyPath); os.IsNotExist(err) {
		return nil, diag.List{diag.New(CodeUnreadable, diag.Span{}, "there is no CA key %s", keyPath).
			WithHelp("give the folder that holds ca.crt and ca.key (--dir), or make a CA first: sluice certs --server NAME")}
	}
	pair, err := LoadPair(certPath, keyPath, "")
	if err != nil {
		return nil, err
	}
	ca := pair.Leaf
	var problems diag.List
	if !ca.IsCA {
		problems.Add(diag.New(CodeWrongUsage, diag.Span{}, "%s is no CA: %s may not issue certificates", certPath, nameOf(ca)))
	}
	problems.Add(validity(ca, diag.Span{}, "the CA "+certPath, r.Now)...)
	if problems.Err() != nil {
		return nil, problems
	}
	return &authority{ca, pair.PrivateKey.(crypto.Signer)}, nil
}

func (r Request) withDefaults() Request {
	r.Dir = cmp.Or(r.Dir, ".")
	r.Client = cmp.Or(r.Client, DefaultClient)
	r.Life = cmp.Or(r.Life, DefaultLife)
	if r.Now.IsZero() {
		r.Now = time.Now()
	}
	return r
}

func (r Request) lifeProblems() (problems diag.List) {
	// GeneralizedTime in a certificate ends with the year 9999 (RFC 5280, 4.1.2.5), and a
	// Duration with 292 years; a century is more than any CA should live.
	if r.Life < time.Hour || r.Life > 100*365*24*time.Hour {
		problems.Add(diag.New(CodeRequest, diag.Span{}, "a certificate cannot be valid for %s", r.Life).
			WithHelp("give 1 to 36500 days"))
	}
	return problems
}

func (r Request) serverLeaf() (leaf, diag.List) {
	hosts, addresses, problems := serverNames(r.Servers)
	if len(r.Servers) == 0 {
		problems.Add(diag.New(CodeRequest, diag.Span{}, "a server certificate needs at least one name").
			WithHelp("give the host that stands in the URL of the clients: --server NAME"))
	}
	problems.Add(r.lifeProblems()...)
	l := leaf{usage: x509.ExtKeyUsageServerAuth, hosts: hosts, addresses: addresses}
	// The common name is only for people; clients look at the alternative names. One of
	// more than 64 characters would make the certificate invalid and is left out.
	if len(r.Servers) > 0 && len(r.Servers[0]) <= 64 {
		l.name = r.Servers[0]
	}
	return l, problems
}

func (r Request) clientLeaf() (leaf, diag.List) {
	problems := r.lifeProblems()
	if why := clientNameProblem(r.Client); why != "" {
		problems.Add(diag.New(CodeRequest, diag.Span{}, "%q is no client name: %s", r.Client, why).
			WithHelp("use letters, digits and . _ @ -, as in sensor-1"))
	}
	return leaf{name: r.Client, usage: x509.ExtKeyUsageClientAuth, hosts: clientHosts(r.Client)}, problems
}

// clientHosts gives the alternative names of a client certificate: its name where that
// is a host name, for receivers that look only at those.
func clientHosts(name string) []string {
	if _, err := netip.ParseAddr(name); err == nil || hostNameProblem(name) != "" {
		return nil
	}
	return []string{name}
}

// newKeys makes n keys at once, because finding the primes of an RSA key takes a while.
func newKeys(n int, ec bool) ([]crypto.Signer, error) {
	type answer struct {
		key crypto.Signer
		err error
	}
	answers := make(chan answer, n)
	for range n {
		go func() {
			key, err := newKey(ec)
			answers <- answer{key, err}
		}()
	}
	var keys []crypto.Signer
	var first error
	for range n {
		a := <-answers
		keys = append(keys, a.key)
		if a.err != nil {
			first = a.err
		}
	}
	return keys, first
}

func failed(err error) error {
	return diag.List{diag.New(CodeRequest, diag.Span{}, "%v", err)}
}
