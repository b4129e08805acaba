package plugin

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestNothingBypassesAccess: plugins reach files and the network through Access, so that
// a policy holds for all of them. What stands here is not chosen by a configuration.
func TestNothingBypassesAccess(t *testing.T) {
	allowed := map[string]string{
		"filter/dns.go":            `os.ReadFile(env.Access.Path("/etc/hosts"))`, // the system's
		"filter/geoip.go":          `os.Stat(path)`,                              // of the usual folders
		"filter/ruby.go":           `net.DefaultResolver.LookupHost`,             // with ruby.network only
		"input/deadletterqueue.go": `os.Stat(d.dir)`,                             // which has been checked
		"input/tcp.go":             `net.DefaultResolver.LookupAddr`,             // of who has connected
	}
	direct := regexp.MustCompile(`\bos\.(ReadFile|Open|OpenFile|Create|Stat|Lstat|ReadDir|Remove|RemoveAll|Rename|Mkdir|MkdirAll|WriteFile|Chmod|Symlink|Link)\(|filepath\.(Glob|Walk|WalkDir)\(|\bnet\.(Dial\w*\(|Listen\w*\(|DefaultResolver)|os\.(Getenv|LookupEnv|Environ)|exec\.Command|net\.Dialer\{|http\.DefaultClient`)
	for _, kind := range []string{"input", "filter", "output", "codec"} {
		files, err := filepath.Glob(kind + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatal(kind, err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for n, line := range strings.Split(string(text), "\n") {
				if !direct.MatchString(line) || allowed[name] != "" && strings.Contains(line, allowed[name]) || strings.Contains(line, "LookupAddr") {
					continue
				}
				t.Errorf("%s:%d goes past Access: %s", name, n+1, strings.TrimSpace(line))
			}
		}
	}
}
