package filter

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"sluice/internal/ruby"
)

// rubyHTTP makes the requests of Net::HTTP. Like Net::HTTP it follows no redirections.
type rubyHTTP struct{ checked, unchecked *http.Client }

// Limits of a request that a script makes.
const (
	maxRubyBody    = 16 << 20
	maxRubyRequest = 60 * time.Second
)

func newRubyHTTP(dial func(ctx context.Context, network, address string) (net.Conn, error)) *rubyHTTP {
	client := func(c *tls.Config) *http.Client {
		return &http.Client{
			Transport:     &http.Transport{DialContext: dial, TLSClientConfig: c, IdleConnTimeout: 30 * time.Second},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	return &rubyHTTP{client(nil), client(&tls.Config{InsecureSkipVerify: true})}
}

func (h *rubyHTTP) do(r *ruby.HTTPRequest) (*ruby.HTTPResponse, error) {
	timeout := maxRubyRequest
	if r.Timeout > 0 {
		timeout = min(timeout, r.Timeout)
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, r.Method, r.URL, strings.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	for name, value := range r.Header {
		if req.Header.Set(name, value); strings.EqualFold(name, "host") {
			req.Host = value
		}
	}
	client := h.checked
	if r.Insecure {
		client = h.unchecked
	}
	resp, err := client.Do(req)
	if err != nil {
		return rubyAnswer[*ruby.HTTPResponse](nil, err)
	}
	defer resp.Body.Close()
	limit := int64(maxRubyBody)
	if r.MaxBody > 0 {
		limit = min(limit, r.MaxBody)
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err == nil && int64(len(text)) > limit {
		err = fmt.Errorf("%w: more than %d bytes", ruby.ErrBodyTooLong, limit)
	}
	if err != nil {
		return nil, err
	}
	_, message, _ := strings.Cut(resp.Status, " ")
	answer := &ruby.HTTPResponse{Status: resp.StatusCode, Message: message, Header: map[string]string{}, Body: string(text)}
	for name, values := range resp.Header {
		answer.Header[strings.ToLower(name)] = strings.Join(values, ", ")
	}
	return answer, nil
}
