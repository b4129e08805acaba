package instrument

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"sluice/internal/diag"
	"sluice/internal/engine"
	"sluice/internal/event"
	"sluice/internal/lscl"
	"sluice/internal/pki"
	"sluice/internal/plugin"
	"sluice/internal/query"
	"sluice/internal/settings"
)

var (
	noPipelineListens = diag.Define("SL7301", diag.Warning, "no pipeline listens on the port of a subscription",
		"Events of the subscription wait until one does. logstash_port has to be the port of a beats or http input in the pipelines.")
	wrongProtocol = diag.Define("SL7302", diag.Error, "the subscription and the input speak different protocols",
		"logstash_proto has to name the input that listens on logstash_port: beats or http.")
	// PortTaken is the one mistake that may be gone by itself in a moment.
	PortTaken = diag.Define("SL7303", diag.Error, "a port is in use",
		"Another program listens on it, or another pipeline of the sensor does.")
)

// readLogForwarder reads the guide's three texts and checks all that can be checked
// before anything runs.
func readLogForwarder(in Reading, list *diag.List) any {
	c := forwarderConfig{Access: in.Access, StatsInterval: in.StatsInterval}
	var files []settings.File
	unread := false // whether there is more in files than could be read
	if src := in.Text("files"); src != nil {
		var mistakes diag.List
		files, mistakes = settings.ReadFiles(src)
		list.Add(mistakes...)
		unread = mistakes.Err() != nil
		for _, d := range checkFiles(files) {
			// The certificate of a key may stand in what could not be read.
			if d.Code != pki.CodeUnrelated || !unread {
				list.Add(d)
			}
		}
		for _, f := range files {
			c.Files = append(c.Files, forwarderFile{f.Name, f.Text.Text})
		}
	}
	var inputs []listener
	complete := false // whether inputs holds all that the pipelines will have
	if src := in.Text("pipelines"); src != nil {
		c.Pipelines, c.Name = src.Text, src.Name
		folder, cannot := checkFolder(in, c.Files)
		defer os.RemoveAll(folder)
		list.Add(cannot...)
		pipelines, mistakes := engine.LoadText(src, pipelineSettings(), inFolder(in.Access, folder))
		mistakes = asSeen(mistakes, folder, files)
		list.Add(mistakes...)
		found := checkPipelines(in, pipelines, files, folder, list)
		for _, d := range found {
			// So may a file that is missing.
			if d.Code != pki.CodeUnreadable || !unread {
				list.Add(missingFile(d, files))
			}
		}
		complete = mistakes.Err() == nil && found.Err() == nil
		inputs = listeners(pipelines)
		checkPorts(inputs, in, list)
	} else {
		in.Entry.Text("pipelines", true) // says that it is missing
	}
	if src := in.Text("subscriptions"); src != nil {
		subscriptions, mistakes := settings.ReadSubscriptions(src)
		list.Add(mistakes...)
		for _, s := range subscriptions {
			stat := forwarderStat{Subscription: s.UniqueID}
			if input := feeds(s, inputs, complete, list); input != nil {
				stat.Pipeline = input.pipeline
			}
			c.Stats = append(c.Stats, stat)
			if s.Terms == nil || s.TermsJSON.Kind() != event.Object {
				continue
			}
			q, mistakes := query.Compile(s.Terms)
			list.Add(mistakes...)
			in.Subscribe(Subscription{
				ID: s.UniqueID, Query: q, Text: s.Terms.Text, History: s.History, Protocol: s.Protocol,
				Address: in.Access.Address(net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port))),
			})
		}
	}
	return c
}

// checkFiles checks the certificates and keys among the files, together, so that a key
// that fits no certificate shows.
func checkFiles(files []settings.File) diag.List {
	var texts []*diag.Source
	for _, f := range files {
		name := strings.ToLower(f.Name)
		isPEM := strings.Contains(f.Text.Text, "-----BEGIN")
		for _, ending := range []string{".crt", ".cer", ".pem", ".key"} {
			isPEM = isPEM || strings.HasSuffix(name, ending)
		}
		if isPEM {
			texts = append(texts, f.Text)
		}
	}
	if len(texts) == 0 {
		return nil
	}
	return pki.CheckTexts(texts, "", time.Now()).Findings
}

// checkFolder makes a folder that stands for the Instrument's, with its files.
func checkFolder(in Reading, files []forwarderFile) (string, diag.List) {
	folder, err := os.MkdirTemp("", "sluice-check-")
	if err == nil {
		err = writeFiles(folder, files)
	}
	if err != nil {
		return folder, diag.List{diag.New(cannotCheck, in.Entry.At(), "the pipelines cannot be checked: %v", err)}
	}
	return folder, nil
}

// checkPipelines compiles the pipelines as their process will, with the files where they
// expect them. It returns what told does not hold yet.
func checkPipelines(in Reading, pipelines []engine.Pipeline, files []settings.File, folder string, told *diag.List) (found diag.List) {
	mistakes := engine.Check(pipelines, engine.Options{
		Log: slog.New(slog.DiscardHandler), DataDir: folder, Access: inFolder(in.Access, folder),
	})
	for _, d := range asSeen(mistakes, folder, files) {
		if !slices.ContainsFunc(*told, func(o diag.Diagnostic) bool {
			return o.Code == d.Code && o.At.Valid() && o.At.Position() == d.At.Position()
		}) {
			found.Add(d)
		}
	}
	return found
}

// asSeen names paths and places as the person knows them, who does not know the folder.
func asSeen(list diag.List, folder string, files []settings.File) diag.List {
	for n := range list {
		d := &list[n]
		d.Message = strings.ReplaceAll(d.Message, folder, transientData)
		d.Help = strings.ReplaceAll(d.Help, folder, transientData)
		d.At = pasted(d.At, folder, files)
		for i := range d.Related {
			d.Related[i].At = pasted(d.Related[i].At, folder, files)
		}
	}
	return list
}

// missingFile says of a file that is not among those of the Instrument which ones are.
func missingFile(d diag.Diagnostic, files []settings.File) diag.Diagnostic {
	_, name, ok := strings.Cut(d.Message, "cannot read "+filesFolder(transientData)+"/")
	if d.Code != pki.CodeUnreadable || !ok {
		return d
	}
	name, _, _ = strings.Cut(name, ":")
	var names []string
	for _, f := range files {
		names = append(names, f.Name)
	}
	d.Message = "there is no file " + name + " among the Instrument's files"
	switch near := diag.Nearest(name, names); {
	case near != "":
		return d.WithHelp("did you mean %s?", near)
	case len(names) > 0:
		return d.WithHelp("the files are: %s", strings.Join(names, ", "))
	}
	return d.WithHelp("give it in files; `sluice certs files` prints all that are needed")
}

// pasted gives a place in a file of the folder as the place in the text that was pasted.
func pasted(at diag.Span, folder string, files []settings.File) diag.Span {
	outer := at.Outer()
	if outer.Source == nil {
		return at
	}
	name, ok := strings.CutPrefix(outer.Source.Name, filesFolder(folder)+"/")
	if !ok {
		return at
	}
	for _, f := range files {
		if f.Name == name && f.Text.Text == outer.Source.Text {
			return f.Text.At(outer.Start, outer.End)
		}
	}
	return diag.Span{}
}

var cannotCheck = diag.Define("SL7304", diag.Error, "the configuration cannot be checked",
	"A check needs a folder for temporary files (TMPDIR).")

// listener is an input of a pipeline that listens on a port.
type listener struct {
	pipeline string
	plugin   string
	host     string
	port     int
	at       diag.Span // of the port
}

// defaultPorts are the ports of inputs that have one. Source: Logstash's reference.
var defaultPorts = map[string]int{"http": 8080, "elastic_agent": 0, "beats": 0, "tcp": 0}

// listeners finds the TCP ports that pipelines listen on. A port out of a variable is not
// known before the pipeline runs.
func listeners(pipelines []engine.Pipeline) []listener {
	var all []listener
	for _, p := range pipelines {
		config, mistakes := lscl.ParseAll(p.Sources, lscl.Options{SupportEscapes: p.Settings.Bool("config.support_escapes")})
		if mistakes.Err() != nil {
			continue
		}
		for _, section := range config.Sections(lscl.Input) {
			all = appendListeners(all, p.ID, section.Body)
		}
	}
	return all
}

func appendListeners(all []listener, pipeline string, body []lscl.Statement) []listener {
	for _, statement := range body {
		switch n := statement.(type) {
		case *lscl.Plugin:
			port, known := defaultPorts[n.Name]
			if !known {
				continue
			}
			l := listener{pipeline: pipeline, plugin: n.Name, host: "0.0.0.0", port: port, at: n.NameAt}
			for _, a := range n.Options() {
				switch text := valueText(a.Value); a.Name {
				case "port":
					l.port, _ = strconv.Atoi(text)
					l.at = a.Value.Span()
				case "host":
					l.host = text
				case "mode":
					if text == "client" {
						l.port = 0
					}
				}
			}
			if l.port > 0 {
				all = append(all, l)
			}
		case *lscl.If:
			for _, b := range n.Branches {
				all = appendListeners(all, pipeline, b.Body)
			}
			if n.Else != nil {
				all = appendListeners(all, pipeline, n.Else.Body)
			}
		}
	}
	return all
}

func valueText(v lscl.Value) string {
	switch v := v.(type) {
	case *lscl.String:
		return v.Text
	case *lscl.Number:
		return v.Text
	}
	return ""
}

// feeds finds the input that a subscription feeds. Whether there is none can be told only
// of pipelines without mistakes.
func feeds(s settings.Subscription, inputs []listener, complete bool, list *diag.List) *listener {
	for i := range inputs {
		l := &inputs[i]
		if l.port != s.Port {
			continue
		}
		if s.Protocol == "http" && l.plugin == "beats" || s.Protocol == "beats" && l.plugin == "http" {
			list.Add(diag.New(wrongProtocol, s.At, "the subscription %s speaks %s, but on port %d listens an input %s", s.UniqueID, s.Protocol, s.Port, l.plugin).
				WithHelp("set logstash_proto: %s", l.plugin).WithRelated(l.at, "the input listens here"))
		}
		return l
	}
	if s.Port > 0 && complete {
		d := diag.New(noPipelineListens, s.At, "the subscription %s feeds port %d, but no pipeline listens on it", s.UniqueID, s.Port)
		if len(inputs) > 0 {
			d = d.WithHelp("an input %s of the pipeline %s listens on port %d", inputs[0].plugin, inputs[0].pipeline, inputs[0].port).WithRelated(inputs[0].at, "it listens here")
		}
		list.Add(d)
	}
	return nil
}

// checkPorts tries to listen where the pipelines will.
func checkPorts(inputs []listener, in Reading, list *diag.List) {
	if in.Running {
		return // the Instrument itself has them
	}
	taken := map[string]listener{}
	for _, l := range inputs {
		address := in.Access.Address(net.JoinHostPort(l.host, strconv.Itoa(l.port)))
		if other, twice := taken[address]; twice {
			list.Add(diag.New(PortTaken, l.at, "two inputs listen on port %d", l.port).WithRelated(other.at, "the other one is here"))
			continue
		}
		taken[address] = l
		socket, err := plugin.Access{}.Listen(address)
		if err == nil {
			socket.Close()
			continue
		}
		var errno syscall.Errno
		why := err.Error()
		if errors.As(err, &errno) {
			why = errno.Error()
		}
		d := diag.New(PortTaken, l.at, "an input %s cannot listen on %s: %s", l.plugin, address, why)
		if errors.Is(err, syscall.EADDRINUSE) {
			d = portTaken(l, address)
		}
		list.Add(d)
	}
}

func portTaken(l listener, address string) diag.Diagnostic {
	_, port, _ := net.SplitHostPort(address)
	number, _ := strconv.Atoi(port)
	which := "port " + port
	if number != l.port {
		which += fmt.Sprintf(", which stands for port %d,", l.port)
	}
	who := cmp.Or(plugin.PortOwner("tcp", number), "another program")
	return diag.New(PortTaken, l.at, "%s is in use by %s", which, who).
		WithHelp("stop that program, or choose another port here and in the subscription")
}
