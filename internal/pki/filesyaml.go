package pki

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"sluice/internal/diag"
)

// Text is one entry of a files.yml.
type Text struct{ Name, Text string }

// plainName matches the names that YAML takes as a string without quotes.
var plainName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.@-]*\.[A-Za-z][A-Za-z0-9]*$`)

// FilesYAML gives texts in the form of the guide's files.yml: a list of file_name and
// file_text, the text as a block indented by exactly four spaces. Line ends become \n,
// and the text ends with one of them.
func FilesYAML(texts ...Text) string {
	var b strings.Builder
	for _, t := range texts {
		name := t.Name
		if !plainName.MatchString(name) {
			name = strconv.Quote(name)
		}
		text := strings.TrimRight(strings.ReplaceAll(t.Text, "\r\n", "\n"), "\n")
		b.WriteString("- file_name: " + name + "\n  file_text: |")
		if strings.HasPrefix(text, " ") || strings.HasPrefix(text, "\n") {
			// Without an explicit indentation YAML would count the text's own spaces.
			b.WriteByte('2')
		}
		b.WriteByte('\n')
		for line := range strings.SplitSeq(text, "\n") {
			if line != "" {
				b.WriteString("    " + line)
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// ClientFilesYAML gives the files.yml of one client: its certificate, its key and the CA
// from dir. In it the client has the guide's file names whatever its own name is, so
// that the guide's pipelines work unchanged on every sensor. An empty client means
// DefaultClient. What is wrong with the files is told before they can be pasted anywhere.
func ClientFilesYAML(dir, client string) (string, error) {
	if client == "" {
		client = DefaultClient
	}
	paths := []string{filepath.Join(dir, client+".crt"), filepath.Join(dir, client+".key"), filepath.Join(dir, CAFile)}
	if report := CheckFiles(Files{Certificate: paths[0], Key: paths[1], CA: paths[2]}); report.Findings.Err() != nil {
		return "", report.Findings
	}
	var texts []Text
	for i, name := range []string{ClientFile, ClientKeyFile, CAFile} {
		text, err := os.ReadFile(paths[i])
		if err != nil {
			return "", diag.List{unreadable(paths[i], err)}
		}
		texts = append(texts, Text{name, string(text)})
	}
	return FilesYAML(texts...), nil
}
