package engine

import (
	"context"
	"crypto/subtle"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"software.sslmate.com/src/go-pkcs12"

	"sluice/internal/diag"
	"sluice/internal/pki"
	"sluice/internal/settings"
)

// LogstashVersion is the version of Logstash whose settings, API and plugins are the
// model; what reads the API wants to know it.
const LogstashVersion = "9.6.0"

// Levels are the log levels of the program, which the API can change.
type Levels interface {
	Levels() map[string]string
	SetLevel(logger, level string) error
	ResetLevels()
}

// APIOptions are what the monitoring API is told by its surroundings.
type APIOptions struct {
	Log              *slog.Logger
	Levels           Levels
	Version          string // of this program
	NodeID, NodeName string
	Reload           bool // config.reload.automatic
	ReloadInterval   time.Duration
}

// API is the monitoring API of Logstash. Source: its API's pages and logstash-core's
// lib/logstash/api.
type API struct {
	opts      APIOptions
	e         *Engine
	settings  *settings.Settings
	collector *collector
	address   string
	ephemeral string
	handler   http.Handler

	server *http.Server
	end    context.CancelFunc
	wait   sync.WaitGroup
}

var cannotServe = diag.Define("SL3029", diag.Error, "the monitoring API cannot start",
	"Its port is in use, or its certificate cannot be used. api.http.port takes a range of ports; api.enabled: false does without the API.")

// NewAPI returns the API of an engine, which serves HTTP but does not listen.
func NewAPI(e *Engine, s *settings.Settings, opts APIOptions) *API {
	a := &API{opts: opts, e: e, settings: s, collector: newCollector(e), ephemeral: NewID()}
	a.handler = a.routes()
	return a
}

// ServeAPI starts the API on the first free port of api.http.port.
func ServeAPI(e *Engine, s *settings.Settings, opts APIOptions) (*API, error) {
	a := NewAPI(e, s, opts)
	config, err := apiTLS(s, opts.Log)
	if err != nil {
		return nil, err
	}
	l, err := listenAPI(s)
	if err != nil {
		return nil, err
	}
	a.address = l.Addr().String()
	port := l.Addr().(*net.TCPAddr).Port
	if config != nil {
		l = tls.NewListener(l, config)
	}
	a.server = &http.Server{Handler: a, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute, ErrorLog: slog.NewLogLogger(opts.Log.Handler(), slog.LevelDebug)}
	ctx, end := context.WithCancel(context.Background())
	a.end = end
	a.server.BaseContext = func(net.Listener) context.Context { return ctx }
	a.wait.Go(func() {
		if err := a.server.Serve(l); err != nil && !errors.Is(err, http.ErrServerClosed) {
			opts.Log.Error("the monitoring API has ended", "error", err)
		}
	})
	a.wait.Go(func() { a.collect(ctx) })
	opts.Log.Info("Successfully started Logstash API endpoint", "port", port, "ssl_enabled", config != nil)
	return a, nil
}

// collect looks at the counters every few seconds.
func (a *API) collect(ctx context.Context) {
	tick := time.NewTicker(sampleInterval)
	defer tick.Stop()
	for {
		a.collector.take(true)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Close ends the API; answers that are under way are broken off.
func (a *API) Close() error {
	a.end()
	err := a.server.Close()
	a.wait.Wait()
	return err
}

// Address is where the API listens, host:port.
func (a *API) Address() string { return a.address }

// ServeHTTP checks the login and answers.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !a.allowed(r) {
		w.Header().Set("WWW-Authenticate", `Basic realm="logstash-api"`)
		a.fail(w, r, http.StatusUnauthorized, "Unauthorized")
		return
	}
	a.handler.ServeHTTP(w, r)
}

// hasLogin tells whether a name and a password are asked for.
func (a *API) hasLogin() bool { return a.settings.String("api.auth.type") == "basic" }

func (a *API) allowed(r *http.Request) bool {
	if !a.hasLogin() {
		return true
	}
	name, password, ok := r.BasicAuth()
	goodName := subtle.ConstantTimeCompare([]byte(name), []byte(a.settings.String("api.auth.basic.username")))
	goodPassword := subtle.ConstantTimeCompare([]byte(password), []byte(a.settings.Secret("api.auth.basic.password").Reveal()))
	return ok && goodName&goodPassword == 1
}

func listenAPI(s *settings.Settings) (net.Listener, error) {
	first, last := s.Ports("api.http.port")
	host := s.String("api.http.host")
	var err error
	for port := first; port <= last; port++ {
		var l net.Listener
		if l, err = net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port))); err == nil {
			return l, nil
		}
		if !errors.Is(err, syscall.EADDRINUSE) {
			break
		}
	}
	what := fmt.Sprintf("port %d", first)
	if last > first {
		what = fmt.Sprintf("ports %d-%d", first, last)
	}
	at := s.At("api.http.port")
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, diag.New(cannotServe, at, "the monitoring API cannot listen on %s: %s in use", host, what).
			WithHelp("choose another api.http.port, or set api.enabled to false")
	}
	return nil, diag.New(cannotServe, at, "the monitoring API cannot listen on %s, %s: %v", host, what, err)
}

// apiTLS returns the configuration of TLS; nil without.
func apiTLS(s *settings.Settings, log *slog.Logger) (*tls.Config, error) {
	if !s.Bool("api.ssl.enabled") {
		return nil, nil
	}
	protocols := s.Strings("api.ssl.supported_protocols")
	if s.IsSet("api.ssl.certificate") {
		config, warnings, err := pki.ServerTLS(pki.ServerOptions{
			Certificate: s.String("api.ssl.certificate"), Key: s.String("api.ssl.key"), Protocols: protocols,
			Report: func(problems diag.List) {
				if problems != nil {
					log.Warn("new certificate files of the monitoring API cannot be used; the old ones stay in use", "reason", brief(problems))
				}
			},
		})
		for _, w := range warnings {
			log.Warn(w.Message)
		}
		return config, err
	}
	certificate, err := readPKCS12(s.String("api.ssl.keystore.path"), s.Secret("api.ssl.keystore.password").Reveal())
	if err != nil {
		return nil, diag.New(cannotServe, s.At("api.ssl.keystore.path"), "%s: %v", s.String("api.ssl.keystore.path"), err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	if len(protocols) > 0 && !slices.Contains(protocols, "TLSv1.2") {
		config.MinVersion = tls.VersionTLS13
	}
	if len(protocols) > 0 && !slices.Contains(protocols, "TLSv1.3") {
		config.MaxVersion = tls.VersionTLS12
	}
	return config, nil
}

// readPKCS12 reads a certificate, its chain and its key.
func readPKCS12(file, password string) (tls.Certificate, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return tls.Certificate{}, err
	}
	if len(data) > 4 && string(data[:4]) == "\xfe\xed\xfe\xed" {
		return tls.Certificate{}, errors.New("this is a Java keystore of the old format, JKS; make a PKCS#12 file of it with keytool -importkeystore -srckeystore FILE -destkeystore NEW.p12 -deststoretype pkcs12")
	}
	key, certificate, chain, err := pkcs12.DecodeChain(data, password)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("it is no PKCS#12 file with one certificate and its key, or api.ssl.keystore.password is wrong: %w", err)
	}
	c := tls.Certificate{PrivateKey: key, Leaf: certificate, Certificate: [][]byte{certificate.Raw}}
	for _, ca := range chain {
		c.Certificate = append(c.Certificate, ca.Raw)
	}
	return c, nil
}
