package demo

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// standIn is where the receiver's output expects Elasticsearch. It answers what the
// output asks and writes the documents to files, one for each index, or passes all on
// to a real Elasticsearch. Either way it counts what has arrived.
type standIn struct {
	dir    string
	server *http.Server
	addr   string

	mu      sync.Mutex
	files   map[string]*bufio.Writer
	closers []io.Closer
	played  map[string]bool // uuids of played records that have arrived
	refused map[string]bool // uuids of those that a real one has refused, so that they become dead letters
	begun   []time.Time     // of requests under way
	done    int             // requests
	last    string          // the last answer
	others  int             // other documents, such as statistics
	repeats int             // documents that had arrived before
}

// maxBulk limits the body of one request.
const maxBulk = 64 << 20

func startStandIn(dir, elasticsearch string) (*standIn, error) {
	s := &standIn{dir: dir, files: map[string]*bufio.Writer{}, played: map[string]bool{}, refused: map[string]bool{}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s.addr = l.Addr().String()
	handler := http.Handler(http.HandlerFunc(s.answer))
	if elasticsearch != "" {
		target, err := url.Parse(elasticsearch)
		if err != nil || target.Host == "" {
			l.Close()
			return nil, fmt.Errorf("--elasticsearch %s is not a URL such as https://user:password@localhost:9200", elasticsearch)
		}
		handler = s.passOn(target)
	} else if err := os.MkdirAll(dir, 0o755); err != nil {
		l.Close()
		return nil, err
	}
	s.server = &http.Server{Handler: s.watched(handler), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.server.Serve(l) }()
	return s, nil
}

func (s *standIn) close() error {
	err := s.server.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.files {
		if e := w.Flush(); err == nil {
			err = e
		}
	}
	for _, c := range s.closers {
		if e := c.Close(); err == nil {
			err = e
		}
	}
	return err
}

// arrived returns how many different played records, and how many other documents,
// have arrived.
func (s *standIn) arrived() (played, others, repeats int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.played), s.others, s.repeats
}

// watched notes the requests for exchange.
func (s *standIn) watched(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		s.mu.Lock()
		s.begun = append(s.begun, begun)
		s.mu.Unlock()
		answer := &status{ResponseWriter: w, code: http.StatusOK}
		defer func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			i := slices.Index(s.begun, begun)
			s.begun = slices.Delete(s.begun, i, i+1)
			s.done++
			s.last = fmt.Sprintf("%d %s", answer.code, http.StatusText(answer.code))
		}()
		next.ServeHTTP(answer, r)
	})
}

// status notes the status of an answer.
type status struct {
	http.ResponseWriter
	code int
}

func (s *status) WriteHeader(code int) {
	s.code = code
	s.ResponseWriter.WriteHeader(code)
}

// exchange returns what has happened so far.
func (s *standIn) exchange(now time.Time) exchange {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := exchange{answered: s.done, last: s.last}
	if len(s.begun) > 0 {
		t.open = max(now.Sub(slices.MinFunc(s.begun, time.Time.Compare)), 1)
	}
	return t
}

func (s *standIn) answer(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Elastic-Product", "Elasticsearch")
	w.Header().Set("Content-Type", "application/json")
	body, err := readBody(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	switch {
	case r.URL.Path == "/":
		fmt.Fprint(w, `{"name":"stand-in","cluster_name":"sluice-demo","cluster_uuid":"c2x1aWNlLWRlbW8","version":{"number":"8.19.0","build_flavor":"default","lucene_version":"9.12.0"},"tagline":"You Know, for Search"}`)
	case strings.HasSuffix(r.URL.Path, "/_bulk"):
		s.bulk(w, body)
	case r.URL.Path == "/_license":
		fmt.Fprint(w, `{"license":{"status":"active","type":"basic","uid":"demo"}}`)
	case strings.HasPrefix(r.URL.Path, "/_index_template/"), strings.HasPrefix(r.URL.Path, "/_template/"), strings.HasPrefix(r.URL.Path, "/_ilm/"):
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			w.WriteHeader(http.StatusNotFound)
		}
		fmt.Fprint(w, `{"acknowledged":true}`)
	case r.URL.Path == "/_cluster/health":
		fmt.Fprint(w, `{"cluster_name":"sluice-demo","status":"green","number_of_nodes":1}`)
	default:
		fmt.Fprint(w, `{}`)
	}
}

func readBody(r *http.Request) ([]byte, error) {
	var in io.Reader = r.Body
	if r.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, err
		}
		in = z
	}
	body, err := io.ReadAll(io.LimitReader(in, maxBulk+1))
	if err == nil && len(body) > maxBulk {
		err = fmt.Errorf("a body of more than %d bytes", maxBulk)
	}
	return body, err
}

type action struct {
	Index *struct {
		Index string `json:"_index"`
	} `json:"index"`
	Create *struct {
		Index string `json:"_index"`
	} `json:"create"`
}

// bulk writes the documents of a _bulk request and answers each one.
func (s *standIn) bulk(w http.ResponseWriter, body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out bytes.Buffer
	out.WriteString(`{"took":1,"errors":false,"items":[`)
	n := 0
	eachDocument(body, func(index, verb string, doc []byte) {
		s.count(doc)
		f, err := s.file(index)
		if err == nil {
			_, err = f.Write(append(doc, '\n'))
		}
		status := http.StatusCreated
		if err != nil {
			status = http.StatusInsufficientStorage
		}
		if n++; n > 1 {
			out.WriteByte(',')
		}
		fmt.Fprintf(&out, `{"%s":{"_index":%q,"_id":"%d","status":%d}}`, verb, index, n, status)
	})
	out.WriteString(`]}`)
	for _, f := range s.files {
		_ = f.Flush()
	}
	_, _ = w.Write(out.Bytes())
}

// eachDocument walks through the pairs of lines of a _bulk body.
func eachDocument(body []byte, yield func(index, verb string, doc []byte)) {
	for len(body) > 0 {
		var head, doc []byte
		head, body, _ = bytes.Cut(body, []byte("\n"))
		doc, body, _ = bytes.Cut(body, []byte("\n"))
		var a action
		if json.Unmarshal(head, &a) != nil {
			continue
		}
		switch {
		case a.Index != nil:
			yield(a.Index.Index, "index", doc)
		case a.Create != nil:
			yield(a.Create.Index, "create", doc)
		}
	}
}

// playedRecord tells played records from statistics by the sensor's header, and returns
// the uuid of one.
func playedRecord(doc []byte) (uuid string, ok bool) {
	var e struct {
		Header struct {
			Type string `json:"type"`
			UUID string `json:"uuid"`
		} `json:"_sensorfleet_event"`
	}
	err := json.Unmarshal(doc, &e)
	return e.Header.UUID, err == nil && e.Header.UUID != "" && !strings.HasPrefix(e.Header.Type, "instruments.logforwarder.")
}

// count counts a document that was taken.
func (s *standIn) count(doc []byte) {
	uuid, ok := playedRecord(doc)
	switch {
	case !ok:
		s.others++
	case s.played[uuid]:
		s.repeats++
	default:
		s.played[uuid] = true
	}
}

// deadLetters returns how many played records a real Elasticsearch has refused.
func (s *standIn) deadLetters() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.refused)
}

// file returns the file of an index. The index comes from the network: its name is made
// safe before it becomes that of a file.
func (s *standIn) file(index string) (*bufio.Writer, error) {
	if w := s.files[index]; w != nil {
		return w, nil
	}
	name := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) || r < ' ' {
			return '_'
		}
		return r
	}, index)
	if name == "" || name[0] == '.' || len(name) > 200 || len(s.files) >= 1000 {
		name = "other"
	}
	f, err := os.OpenFile(filepath.Join(s.dir, name+".ndjson"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	w := bufio.NewWriter(f)
	s.files[index], s.closers = w, append(s.closers, f)
	return w, nil
}

// passOn gives everything to a real Elasticsearch and counts what it has taken.
func (s *standIn) passOn(target *url.URL) http.Handler {
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		if u := target.User; u != nil {
			password, _ := u.Password()
			r.Out.SetBasicAuth(u.Username(), password)
		}
	}}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/_bulk") {
			proxy.ServeHTTP(w, r)
			return
		}
		body, err := readBody(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
			return
		}
		r.Header.Del("Content-Encoding")
		r.Header.Del("Accept-Encoding") // a real server would compress its answer, which is read here
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		answer := &recorder{ResponseWriter: w, status: http.StatusOK}
		proxy.ServeHTTP(answer, r)
		s.countTaken(body, answer)
	})
}

type recorder struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(p []byte) (int, error) {
	r.body.Write(p)
	return r.ResponseWriter.Write(p)
}

func (s *standIn) countTaken(body []byte, answer *recorder) {
	var result struct {
		Items []map[string]struct{ Status int } `json:"items"`
	}
	if answer.status >= 300 || json.Unmarshal(answer.body.Bytes(), &result) != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	i := 0
	eachDocument(body, func(_, verb string, doc []byte) {
		if i < len(result.Items) {
			switch status := result.Items[i][verb].Status; status {
			case http.StatusBadRequest, http.StatusNotFound: // what the output makes a dead letter
				if uuid, ok := playedRecord(doc); ok {
					s.refused[uuid] = true
				}
			default:
				if status < 300 {
					s.count(doc)
				}
			}
		}
		i++
	})
}
