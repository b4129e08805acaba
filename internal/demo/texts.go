package demo

import (
	"embed"
	"fmt"
	"os"
	"path/filepath"
)

//go:embed texts
var builtIn embed.FS

// textNames are the configurations that the demo runs.
var textNames = []string{"subscription.yml", "pipelines.yml", "receiver.conf", "filter.conf"}

// readTexts returns the configurations: those of a folder where one is given, else the
// demo's own. They run as they are.
func readTexts(dir string) (map[string][]byte, error) {
	texts := map[string][]byte{}
	for _, name := range textNames {
		var err error
		if dir == "" {
			texts[name], err = builtIn.ReadFile("texts/" + name)
		} else {
			texts[name], err = os.ReadFile(filepath.Join(dir, name))
		}
		if err != nil {
			return nil, fmt.Errorf("a configuration of the demo cannot be read: %w", err)
		}
	}
	return texts, nil
}
