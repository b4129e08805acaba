package sensor

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Client asks a running sensor by its API.
type Client struct {
	socket string
	http   *http.Client
}

// NewClient returns a client for the sensor with this data folder.
func NewClient(data string) *Client {
	socket := filepath.Join(data, SocketName)
	return &Client{socket, &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "unix", socket)
		},
		DisableKeepAlives: true,
	}}}
}

// Answers tells whether a sensor runs.
func (c *Client) Answers() bool {
	conn, err := net.DialTimeout("unix", c.socket, time.Second)
	if err != nil {
		return false
	}
	conn.Close()
	return true
}

// Status asks how everything is.
func (c *Client) Status(ctx context.Context) (Status, error) {
	var s Status
	body, err := c.get(ctx, "/status")
	if err != nil {
		return s, err
	}
	defer body.Close()
	if err := json.NewDecoder(body).Decode(&s); err != nil {
		return s, fmt.Errorf("the sensor's answer cannot be read: %w", err)
	}
	return s, nil
}

// Events gives the newest n events to each, one JSON object a call; with follow it goes on
// until ctx ends or the sensor does. The text is valid during the call.
func (c *Client) Events(ctx context.Context, n int, follow bool, each func([]byte) error) error {
	path := fmt.Sprintf("/events?n=%d", n)
	if follow {
		path += "&follow=1"
	}
	body, err := c.get(ctx, path)
	if err != nil {
		return err
	}
	defer body.Close()
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		if err := each(lines.Bytes()); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return nil
	}
	return lines.Err()
}

func (c *Client) get(ctx context.Context, path string) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://sensor"+path, nil)
	if err != nil {
		return nil, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
			return nil, fmt.Errorf("no sensor runs with the data folder %s", filepath.Dir(c.socket))
		}
		return nil, fmt.Errorf("the sensor does not answer: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		defer resp.Body.Close()
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 500))
		return nil, fmt.Errorf("the sensor answers %s: %s", resp.Status, strings.TrimSpace(string(text)))
	}
	return resp.Body, nil
}
