package filter

import (
	"container/list"
	"sync"
	"time"
)

// lru keeps the results that were used last. It is safe for concurrent use.
type lru[V any] struct {
	mu    sync.Mutex
	size  int
	ttl   time.Duration // 0 for ever
	order list.List     // of *lruEntry[V], the one used last in front
	byKey map[string]*list.Element
}

type lruEntry[V any] struct {
	key     string
	value   V
	expires time.Time
}

// newLRU returns a cache for up to size results; with 0 it keeps none.
func newLRU[V any](size int, ttl time.Duration) *lru[V] {
	return &lru[V]{size: size, ttl: ttl, byKey: map[string]*list.Element{}}
}

func (c *lru[V]) get(key string) (v V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	element := c.byKey[key]
	if element == nil {
		return v, false
	}
	entry := element.Value.(*lruEntry[V])
	if c.ttl > 0 && time.Now().After(entry.expires) {
		c.order.Remove(element)
		delete(c.byKey, entry.key)
		return v, false
	}
	c.order.MoveToFront(element)
	return entry.value, true
}

// put keeps a result. The cache owns key and v from now on.
func (c *lru[V]) put(key string, v V) {
	if c.size <= 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if element := c.byKey[key]; element != nil {
		c.order.Remove(element)
		delete(c.byKey, key)
	}
	entry := &lruEntry[V]{key: key, value: v}
	if c.ttl > 0 {
		entry.expires = time.Now().Add(c.ttl)
	}
	c.byKey[key] = c.order.PushFront(entry)
	for len(c.byKey) > c.size {
		oldest := c.order.Back()
		c.order.Remove(oldest)
		delete(c.byKey, oldest.Value.(*lruEntry[V]).key)
	}
}
