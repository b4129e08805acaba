package input

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"

	"sluice/internal/diag"
	"sluice/internal/event"
	"sluice/internal/lscl"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.InputKind, Name: "syslog",
		Doc: "Receives syslog messages in the form of RFC 3164, over TCP and UDP on the same port. The priority, the time, the program and the text become fields. " +
			"What does not have that form is kept as it came, with the tag `_grokparsefailure_sysloginput`, and with the priority 0, as in Logstash.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-inputs-syslog.html, logstash-input-syslog 3.7",
		Examples: []plugin.Example{
			{Title: "A port that every user may open", Config: `syslog { port => 5514 }`},
			{Title: "Another form of message", Config: `syslog { port => 5514 timezone => "Europe/Berlin" grok_pattern => "<%{POSINT:priority}>%{SYSLOGTIMESTAMP:timestamp} %{HOSTNAME:logsource} %{GREEDYDATA:message}" }`},
		},
		New: func() plugin.Plugin { return &syslogInput{} },
	})
}

// syslogPacket is the longest message over UDP, in bytes, as in Logstash.
const syslogPacket = 9000

// syslogInput is the input syslog.
type syslogInput struct {
	plugin.InputOptions
	tcpServer
	packets packetServer

	pattern        string
	field          string
	proxy          bool
	labels         bool
	facilityLabels []string
	severityLabels []string
	timezone       string
	locale         string
	service        string
	ecs            plugin.ECS

	codec      plugin.Codec
	grok, date plugin.Filter // as in Logstash the input has these filters inside
	fieldRef   event.Ref
	refs       syslogRefs
	facilities []event.Value
	severities []event.Value
}

// syslogRefs are the fields that the input sets.
type syslogRefs struct{ host, priority, facility, severity, facilityLabel, severityLabel event.Ref }

var (
	syslogPlainRefs = syslogRefs{
		host: event.MustRef("host"), priority: event.MustRef("priority"), facility: event.MustRef("facility"), severity: event.MustRef("severity"),
		facilityLabel: event.MustRef("facility_label"), severityLabel: event.MustRef("severity_label"),
	}
	syslogECSRefs = syslogRefs{
		host: event.MustRef("[host][ip]"), priority: event.MustRef("[log][syslog][priority]"),
		facility: event.MustRef("[log][syslog][facility][code]"), severity: event.MustRef("[log][syslog][severity][code]"),
		facilityLabel: event.MustRef("[log][syslog][facility][name]"), severityLabel: event.MustRef("[log][syslog][severity][name]"),
	}
	timestampRef     = event.MustRef("timestamp")
	timestamp8601Ref = event.MustRef("timestamp8601")
	originalRef      = event.MustRef("[event][original]")
	serviceRef       = event.MustRef("[service][type]")
)

func (s *syslogInput) Options() []plugin.Option {
	s.host, s.port, s.maxConnections = "0.0.0.0", 514, 1<<20
	s.packets.size, s.packets.queue = syslogPacket, 2000
	s.field, s.labels, s.service = "message", true, "system"
	s.facilityLabels = []string{"kernel", "user-level", "mail", "system", "security/authorization", "syslogd", "line printer", "network news", "UUCP", "clock",
		"security/authorization", "FTP", "NTP", "log audit", "log alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"}
	s.severityLabels = []string{"Emergency", "Alert", "Critical", "Error", "Warning", "Notice", "Informational", "Debug"}
	return slices.Concat([]plugin.Option{
		plugin.String("host", &s.host, "The address to listen on."),
		plugin.Port("port", &s.port, "The port to listen on, for TCP and UDP. Ports below 1024 need a right of their own."),
		plugin.String("grok_pattern", &s.pattern, "The grok expression that messages have to match. By default `<%{POSINT:priority}>%{SYSLOGLINE}`, or the same with the names of ECS."),
		plugin.String("syslog_field", &s.field, "The field that a codec puts the message in."),
		plugin.Bool("proxy_protocol", &s.proxy, "Whether every TCP connection begins with a line of the PROXY protocol, version 1, that tells the client's address."),
		plugin.Bool("use_labels", &s.labels, "Whether facility and severity are also given by name."),
		plugin.Strings("facility_labels", &s.facilityLabels, "The names of the facilities, from 0 up."),
		plugin.Strings("severity_labels", &s.severityLabels, "The names of the severities, from 0 up."),
		plugin.String("timezone", &s.timezone, "The time zone of the messages' times, such as `Europe/Berlin`. By default the machine's."),
		plugin.String("locale", &s.locale, "The language of the names of months, such as `de`. By default English."),
		plugin.String("service_type", &s.service, "With ECS: the value of `service.type` of events that have none; \"\" for none."),
		plugin.Int("socket_receive_buffer_bytes", &s.packets.receive, 0, 1<<31-1, "The size of the system's receive buffer for UDP, in bytes. By default, and with 0, the system decides."),
		plugin.ECSOption(&s.ecs),
	}, s.Common("plain"))
}

func (s *syslogInput) Open(env *plugin.Env) (err error) {
	s.tcpServer.env, s.packets.env = env, env
	s.packets.host, s.packets.port = s.host, s.port
	s.ecs = s.ecs.Or(env.ECS)
	s.refs = syslogPlainRefs
	if s.ecs.Enabled() {
		s.refs = syslogECSRefs
	}
	if s.fieldRef, err = event.ParseRef(s.field); err != nil {
		return env.Invalid("syslog_field", "write a field as name or as [outer][inner]", "%v", err)
	}
	s.facilities, s.severities = labelValues(s.facilityLabels), labelValues(s.severityLabels)
	inner := *env
	inner.ECS = s.ecs
	s.Prepare()
	if s.codec, err = s.Codec.Open(&inner); err != nil {
		return err
	}
	if list := s.openFilters(&inner); len(list) > 0 {
		return list
	}
	return nil
}

func labelValues(labels []string) []event.Value {
	values := make([]event.Value, len(labels))
	for i, l := range labels {
		values[i] = event.StringValue(l)
	}
	return values
}

var syslogDates = []string{"timestamp", "MMM dd HH:mm:ss", "MMM  d HH:mm:ss", "MMM d HH:mm:ss", "ISO8601"}

// openFilters makes the filters grok and date. Mistakes stand where the input's options do.
func (s *syslogInput) openFilters(env *plugin.Env) (mistakes diag.List) {
	text := func(option, value string) *lscl.String {
		if set, ok := env.Setting(option); ok && set.String != nil && set.Text == value {
			return set.String
		}
		return &lscl.String{At: env.At(option), Quote: '"', Text: value}
	}
	list := func(values ...string) *lscl.Array {
		a := &lscl.Array{}
		for _, v := range values {
			a.Values = append(a.Values, text("", v))
		}
		return a
	}
	pattern := s.pattern
	if pattern == "" {
		pattern = "<%{POSINT:priority}>%{SYSLOGLINE}"
		if s.ecs.Enabled() {
			pattern = "<%{POSINT:[log][syslog][priority]:int}>%{SYSLOGLINE}"
		}
	}
	filter := func(name string, options map[string]lscl.Value) plugin.Filter {
		node := &lscl.Plugin{At: env.At(""), Name: name, NameAt: env.At("")}
		for option, v := range options {
			node.Attributes = append(node.Attributes, &lscl.Attribute{At: v.Span(), Name: option, NameAt: v.Span(), Value: v})
		}
		inner := *env
		inner.ID = env.ID + "-" + name
		inner.Variables = nil // the texts have been filled in already
		f, _ := plugin.Configure(plugin.FilterKind, node, &inner, &mistakes).(plugin.Filter)
		return f
	}
	s.grok = filter("grok", map[string]lscl.Value{
		"match":          &lscl.Hash{Entries: []*lscl.Entry{{Key: text("syslog_field", s.field), Value: text("grok_pattern", pattern)}}},
		"overwrite":      list(s.field),
		"tag_on_failure": list("_grokparsefailure_sysloginput"),
	})
	dates := map[string]lscl.Value{"match": list(syslogDates...)}
	if s.timezone != "" {
		dates["timezone"] = text("timezone", s.timezone)
	}
	if s.locale != "" {
		dates["locale"] = text("locale", s.locale)
	}
	s.date = filter("date", dates)
	return mistakes
}

// Listen opens both ports.
func (s *syslogInput) Listen() error {
	if err := s.tcpServer.Listen(); err != nil {
		return err
	}
	if s.port == 0 { // the same one for both
		_, port, _ := net.SplitHostPort(s.listener.Addr().String())
		s.packets.port, _ = strconv.Atoi(port)
	}
	if err := s.packets.Listen(); err != nil {
		s.tcpServer.Close()
		return err
	}
	return nil
}

// ListensOn returns the address, which is the same for both.
func (s *syslogInput) ListensOn() []string { return s.tcpServer.ListensOn() }

// Close gives the ports back when nothing has run.
func (s *syslogInput) Close() error {
	return errors.Join(s.tcpServer.Close(), s.packets.Close())
}

// Run receives until ctx ends.
func (s *syslogInput) Run(ctx context.Context, to plugin.Sink) error {
	if err := s.Listen(); err != nil {
		return err
	}
	var both sync.WaitGroup
	var errs [2]error
	both.Go(func() { errs[0] = s.runUDP(ctx, to) })
	both.Go(func() {
		errs[1] = s.run(ctx, func(conn net.Conn, idle *idleConn, log *slog.Logger) { s.serve(ctx, conn, idle, log, to) })
	})
	both.Wait()
	return errors.Join(errs[:]...)
}

func (s *syslogInput) runUDP(ctx context.Context, to plugin.Sink) error {
	packets := make(chan packet, s.packets.queue)
	var worker sync.WaitGroup
	worker.Go(func() {
		d := s.codec.NewDecoder()
		var last netip.Addr
		var host event.Value
		putPackets(ctx, packets, max(s.packets.env.BatchSize, 1), to, s.packets.env.Log, func(p packet, b *event.Batch) {
			if p.from != last || !host.Exists() {
				last, host = p.from, event.StringValue(p.from.String())
			}
			first := len(b.Events)
			d.Decode(b.Copy(p.data), b)
			d.Flush(b)
			s.relay(b, first, host)
		})
	})
	err := s.packets.receiveAll(ctx, packets)
	close(packets)
	worker.Wait()
	return err
}

func (s *syslogInput) serve(ctx context.Context, conn net.Conn, idle *idleConn, log *slog.Logger, to plugin.Sink) {
	ip, _ := addressOf(conn.RemoteAddr())
	host := event.StringValue(ip)
	stream := newLineStream(conn, idle, s.codec.NewDecoder(), true)
	stream.finish = func(b *event.Batch, first int) { s.relay(b, first, host) }
	if s.proxy {
		stream.begin = func(data []byte) ([]byte, bool, error) {
			line, rest, done, err := readProxyLine(data)
			if done {
				host = textOrNone(line.client)
			}
			return rest, done, err
		}
	}
	if err := stream.run(ctx, to); errors.Is(err, errNoProxyLine) {
		log.Warn("a client was refused", "error", err)
	} else if err != nil {
		log.Debug("connection closed", "reason", err)
	}
}

// relay takes the messages of events apart.
func (s *syslogInput) relay(b *event.Batch, first int, host event.Value) {
	s.Decorate(b, first)
	for _, e := range b.Events[first:] {
		if !host.Exists() {
			host = event.NullValue
		}
		_ = e.Set(s.refs.host, host)
		if s.ecs.Enabled() {
			_ = e.Set(originalRef, e.Get(s.fieldRef))
		}
		s.grok.Apply(e, nil)
		if s.ecs.Enabled() && s.service != "" && !e.Has(serviceRef) {
			_ = e.Set(serviceRef, event.StringValue(s.service))
		}
		s.setPriority(e)
		if s.ecs.Enabled() {
			s.date.Apply(e, nil)
			e.Remove(timestampRef)
		} else {
			if e.Has(timestamp8601Ref) {
				_ = e.Set(timestampRef, e.Get(timestamp8601Ref))
			}
			s.date.Apply(e, nil)
		}
		if s.labels {
			s.setLabels(e)
		}
	}
}

// setPriority sets priority, facility and severity as numbers. A message that has no priority gets 0: Logstash means to take 13 for those that
// do not match, as RFC 3164 says, but compares a tag with a list.
func (s *syslogInput) setPriority(e *event.Event) {
	priority := int64(13)
	switch v := e.Get(s.refs.priority); v.Kind() {
	case event.Missing, event.Null:
		priority = 0
	case event.String:
		priority = leadingInt(v.Str())
	case event.Int:
		priority = v.Int()
	}
	_ = e.Set(s.refs.priority, event.IntValue(priority))
	_ = e.Set(s.refs.severity, event.IntValue(priority&7))
	_ = e.Set(s.refs.facility, event.IntValue(priority>>3))
}

// setLabels gives facility and severity their names.
func (s *syslogInput) setLabels(e *event.Event) {
	facility, severity := e.Get(s.refs.facility).Int(), e.Get(s.refs.severity).Int()
	if 0 <= facility && facility < int64(len(s.facilities)) {
		_ = e.Set(s.refs.facilityLabel, s.facilities[facility])
	}
	if severity < int64(len(s.severities)) {
		_ = e.Set(s.refs.severityLabel, s.severities[severity])
	}
}

// leadingInt reads the digits that a text begins with, as Ruby's to_i; 13 for a number
// that no priority can be.
func leadingInt(text string) int64 {
	digits := strings.TrimLeft(text, " ")
	end := 0
	for end < len(digits) && '0' <= digits[end] && digits[end] <= '9' {
		end++
	}
	if end == 0 {
		return 0
	}
	n, err := strconv.ParseInt(digits[:end], 10, 64)
	if err != nil {
		return 13
	}
	return n
}
