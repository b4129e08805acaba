package sensor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"sluice/internal/queue"
)

// windowHTTP is how many events go in one request. An http input answers when all of
// them are durable.
const windowHTTP = 256

// sendHTTP sends events with POST: one as a JSON object, several as an array, of which
// the json codec of an http input makes one event each.
func (s *subscription) sendHTTP(ctx context.Context, r *queue.Reader) error {
	transport := &http.Transport{
		DialContext:     func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx, s.Address) },
		IdleConnTimeout: time.Minute,
	}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: ackTimeout}
	probe, err := dial(ctx, s.Address) // without an event to send, a dead pipeline has to show, too
	if err != nil {
		return err
	}
	probe.Close()
	s.nowConnected()
	var b queue.Batch
	var w window
	var body []byte
	for {
		if err := s.next(ctx, r, &b, &w, windowHTTP); err != nil {
			return err
		}
		if w.count > 0 {
			body = appendArray(body[:0], w.events)
			s.sent()
			if err := post(ctx, client, s.Address, body); err != nil {
				return err
			}
		}
		if err := r.Ack(w.ranges...); err != nil {
			return err
		}
		if w.count > 0 {
			s.acked(w.count)
		}
	}
}

func appendArray(dst []byte, events [][]byte) []byte {
	if len(events) == 1 {
		return append(dst, events[0]...)
	}
	for i, e := range events {
		if i == 0 {
			dst = append(dst, '[')
		} else {
			dst = append(dst, ',')
		}
		dst = append(dst, e...)
	}
	return append(dst, ']')
}

func post(ctx context.Context, client *http.Client, address string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+"/", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		var inner interface{ Unwrap() error }
		if errors.As(err, &inner) && inner.Unwrap() != nil {
			err = inner.Unwrap() // without the URL, which the address says
		}
		return err
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 200))
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // so that the connection can be used again
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("%s answers %s %s", address, resp.Status, strings.TrimSpace(string(text)))
	}
	return nil
}
