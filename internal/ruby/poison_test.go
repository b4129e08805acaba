package ruby

// Blocks that somebody keeps without saying so break every test that calls them later.
func init() { poisonLent = true }
