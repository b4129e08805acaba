package searchnode

import (
	"embed"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Kind is a program and its version.
type Kind string

// The nodes that there are. The folders of these names hold their pom.xml, which names the
// version, and their Main.java.
const (
	OpenSearch    Kind = "opensearch"
	Elasticsearch Kind = "elasticsearch"
)

//go:embed opensearch elasticsearch
var files embed.FS

// folder is where the jars of a kind are kept: one folder for each text of the pom.xml.
func folder(t testing.TB, kind Kind) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	pom, err := files.ReadFile(string(kind) + "/pom.xml")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(cache, "sluice-tests", string(kind)+"-"+version(string(pom)))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"pom.xml", "Main.java"} {
		text, err := files.ReadFile(string(kind) + "/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if old, err := os.ReadFile(filepath.Join(dir, name)); err == nil && string(old) == string(text) {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// version is that of the first dependency.
func version(pom string) string {
	_, rest, _ := strings.Cut(pom, "<dependency>")
	_, rest, _ = strings.Cut(rest, "<version>")
	text, _, _ := strings.Cut(rest, "</version>")
	return text
}

// classPath fetches the jars if they are not there, and returns the class path.
func classPath(t testing.TB, kind Kind) string {
	t.Helper()
	for _, program := range []string{"java", "mvn"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed: %s comes from Maven Central and runs with Java 17 or newer", program, kind)
		}
	}
	dir := folder(t, kind)
	jars := filepath.Join(dir, "jars")
	if _, err := os.Stat(jars); err == nil {
		return filepath.Join(jars, "*")
	}
	t.Logf("fetching %s, which happens once", kind)
	part, err := os.MkdirTemp(dir, "part")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(part)
	mvn := exec.Command("mvn", "-q", "-B", "-f", filepath.Join(dir, "pom.xml"), "dependency:copy-dependencies", "-DoutputDirectory="+part)
	if out, err := mvn.CombinedOutput(); err != nil {
		t.Fatalf("mvn: %v\n%s", err, out)
	}
	// Another process may have been faster; its jars are as good.
	if err := os.Rename(part, jars); err != nil {
		if _, there := os.Stat(jars); there != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(jars, "*")
}

func mainFile(t testing.TB, kind Kind) string {
	return filepath.Join(folder(t, kind), "Main.java")
}
