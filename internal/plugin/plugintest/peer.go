package plugintest

import (
	"os"
	"os/exec"
	"sync"
	"testing"
)

// WantPeers skips a test that needs other people's programs unless SLUICE_PEERS=1, which
// `make peers` sets.
func WantPeers(t testing.TB) {
	t.Helper()
	if os.Getenv("SLUICE_PEERS") != "1" {
		t.Skip("needs other programs; runs with SLUICE_PEERS=1")
	}
}

var installing sync.Mutex

// Peer returns the path of a program of a Debian package. The package is installed if it is
// not there and the test is run by root; the test is skipped if that cannot be.
func Peer(t testing.TB, program, pkg string) string {
	t.Helper()
	WantPeers(t)
	installing.Lock()
	defer installing.Unlock()
	for _, dir := range []string{"", "/usr/sbin/", "/sbin/"} { // which are not on everybody's PATH
		if path, err := exec.LookPath(dir + program); err == nil {
			return path
		}
	}
	if _, err := exec.LookPath("apt-get"); err != nil || os.Getuid() != 0 {
		t.Skipf("%s is not installed: it is in the Debian package %s", program, pkg)
	}
	install := exec.Command("apt-get", "install", "-y", "--no-install-recommends", pkg)
	install.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	if out, err := install.CombinedOutput(); err != nil {
		t.Skipf("%s cannot be installed: %v\n%s", pkg, err, out)
	}
	path, err := exec.LookPath(program)
	if err != nil {
		t.Skipf("%s has no %s: %v", pkg, program, err)
	}
	return path
}
