package output

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// node is one server of a cluster.
type node struct {
	base *url.URL
	bulk *url.URL // nil for the usual path
	down atomic.Int64
}

// nodes are the servers of a cluster. Requests go round; who did not answer is left
// alone for a while, unless nobody else is left.
type nodes struct {
	all   []*node
	delay time.Duration
	next  atomic.Uint64
}

// order returns the servers in the order in which a request should try them.
func (n *nodes) order() []*node {
	start := int(n.next.Add(1) % uint64(len(n.all)))
	up, down := make([]*node, 0, len(n.all)), []*node(nil)
	now := time.Now().UnixNano()
	for i := range n.all {
		one := n.all[(start+i)%len(n.all)]
		if one.down.Load() > now {
			down = append(down, one)
		} else {
			up = append(up, one)
		}
	}
	if len(up) == 0 {
		return down
	}
	return up
}

// do sends a request to the first server that answers.
func (o *elastic) do(ctx context.Context, method, path string, header http.Header, body []byte) (answer, error) {
	var got answer
	var err error
	for _, n := range o.nodes.order() {
		if got, err = o.client.send(ctx, method, n.url(path), header, body, maxBulkAnswer); err == nil {
			n.down.Store(0)
			return got, nil
		}
		if ctx.Err() != nil {
			return got, err
		}
		n.down.Store(time.Now().Add(o.nodes.delay).UnixNano())
	}
	return got, err
}

// maxBulkAnswer is how much of an answer is read: a megabyte of errors for each of the
// documents of a full request is far below.
const maxBulkAnswer = 256 << 20

// url returns the URL for a path, which is escaped and may have a query.
func (n *node) url(path string) *url.URL {
	path, query, _ := strings.Cut(path, "?")
	u := *n.base
	switch unescaped, err := url.PathUnescape(path); {
	case n.bulk != nil && path == n.bulk.Path:
		u.Path = path
	case err == nil && unescaped != path:
		u.Path, u.RawPath = u.Path+unescaped, u.EscapedPath()+path
	default:
		u.Path += path
	}
	if query != "" && u.RawQuery != "" {
		query += "&" + u.RawQuery
	}
	if query != "" {
		u.RawQuery = query
	}
	return &u
}
