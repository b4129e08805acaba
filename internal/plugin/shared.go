package plugin

import "sync"

// Shared is what the plugins of one pipeline share, such as the maps of several
// aggregate filters. The zero Shared is ready; it is safe for concurrent use. A nil
// *Shared shares nothing.
type Shared struct {
	mu     sync.Mutex
	values map[string]any
}

// Get returns the value of a key, made when it is asked for the first time.
func (s *Shared) Get(key string, make func() any) any {
	if s == nil {
		return make()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.values[key]
	if !ok {
		if s.values == nil {
			s.values = map[string]any{}
		}
		v = make()
		s.values[key] = v
	}
	return v
}
