package filter

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sluice/internal/diag"
	"sluice/internal/event"
	"sluice/internal/ruby"
)

// TestRubyHTTP runs what scripts do with Net::HTTP against a server of this process.
func TestRubyHTTP(t *testing.T) {
	wait := make(chan struct{})
	handle := func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch r.URL.Path {
		case "/missing":
			http.Error(w, "no such thing", http.StatusNotFound)
		case "/moved":
			http.Redirect(w, r, "/new", http.StatusFound)
		case "/slow":
			<-wait
		case "/big":
			_, _ = w.Write(make([]byte, 4<<20))
		default:
			w.Header().Set("X-Seen", r.Header.Get("X-Token")+r.Header.Get("Authorization"))
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			fmt.Fprintf(w, "%s %s %s [%s]", r.Method, r.RequestURI, body, r.Header.Get("Content-Type"))
		}
	}
	plain, secure := httptest.NewServer(http.HandlerFunc(handle)), httptest.NewUnstartedServer(http.HandlerFunc(handle))
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer plain.Close()
	defer secure.Close()
	defer close(wait)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := closed.Addr().String()
	closed.Close()
	policy := ruby.Policy{HTTP: newRubyHTTP((&net.Dialer{}).DialContext).do}
	for code, want := range map[string]string{
		`Net::HTTP.get(URI("$PLAIN/a?b=1"))`:                `"GET /a?b=1  []"`,
		`Net::HTTP.get("$HOST", "/a", $PORT)`:               `"GET /a  []"`,
		`Net::HTTP.get(URI("$PLAIN/"), {"X-Token" => "t"})`: `"GET /  []"`,
		`r = Net::HTTP.get_response(URI("$PLAIN/")); [r.code, r.message, r.class, r["X-Seen"], r.body, r.is_a?(Net::HTTPSuccess), r.content_type, r.key?("date")]`:               `["200", "OK", Net::HTTPOK, "", "GET /  []", true, "text/plain", true]`,
		`r = Net::HTTP.get_response(URI("$PLAIN/missing")); [r.code, r.class, Net::HTTPSuccess === r, (case r when Net::HTTPClientError then 1 end), (r.value rescue $!.class)]`: `["404", Net::HTTPNotFound, false, 1, Net::HTTPError]`,
		`r = Net::HTTP.get_response(URI("$PLAIN/moved")); [r.code, r["location"], r.is_a?(Net::HTTPRedirection)]`:                                                                `["302", "/new", true]`,
		`Net::HTTP.post(URI("$PLAIN/p"), "x=1").body`:                                                                                                        `"POST /p x=1 [application/x-www-form-urlencoded]"`,
		`Net::HTTP.post(URI("$PLAIN/p"), {a: 1}.to_json, "Content-Type" => "application/json").body`:                                                         `"POST /p {\"a\":1} [application/json]"`,
		`Net::HTTP.post_form(URI("$PLAIN/p"), "a" => "b c", "d" => 1).body`:                                                                                  `"POST /p a=b+c&d=1 [application/x-www-form-urlencoded]"`,
		`Net::HTTP.start("$HOST", $PORT) { |h| h.get("/x").body + h.post("/y", "z").code }`:                                                                  `"GET /x  []200"`,
		`Net::HTTP.start("$HOST", $PORT, read_timeout: 5) { |h| r = Net::HTTP::Get.new("/x"); r["X-Token"] = "tok"; r["x-token"] + h.request(r)["x-seen"] }`: `"toktok"`,
		`h = Net::HTTP.new("$HOST", $PORT); r = Net::HTTP::Post.new("/x", "Content-Type" => "application/json"); r.body = "{}"; r.basic_auth("u", "p"); x = h.request(r); [x["X-Seen"], x.body, r.method, r.path]`: `["Basic dTpw", "POST /x {} [application/json]", "POST", "/x"]`,
		`r = Net::HTTP::Post.new(URI("$PLAIN/f?g=1")); r.set_form_data("a" => "1"); Net::HTTP.new("$HOST", $PORT).start { |h| h.request(r) { |x| x.read_body }.body }`:                                             `"POST /f?g=1 a=1 [application/x-www-form-urlencoded]"`,
		`h = Net::HTTP.new("$HOST", $PORT); [h.put("/x", "b").body[0, 3], h.delete("/x").body[0, 6], h.head("/x").body, h.patch("/x", "").code, h.address, h.use_ssl?, h.started?]`:                                `["PUT", "DELETE", "", "200", "127.0.0.1", false, false]`,
		`h = Net::HTTP.new("$HOST", $PORT); h.read_timeout = 0.05; begin; h.get("/slow"); rescue Net::ReadTimeout => e; [e.class, e.is_a?(Timeout::Error)]; end`:                                                   `[Net::ReadTimeout, true]`,
		`begin; Net::HTTP.get(URI("http://$NOBODY/")); rescue Errno::ECONNREFUSED, SocketError => e; e.class; end`:                                                                                                 `Errno::ECONNREFUSED`,
		`u = URI("$SECURE/s"); h = Net::HTTP.new(u.host, u.port); h.use_ssl = true; h.verify_mode = OpenSSL::SSL::VERIFY_NONE; h.get(u.request_uri).body`:                                                          `"GET /s  []"`,
		`u = URI("$SECURE/s"); begin; Net::HTTP.start(u.host, u.port, use_ssl: true) { |h| h.get("/") }; rescue => e; e.class; end`:                                                                                `OpenSSL::SSL::SSLError`,
		`r = Net::HTTP.get_response(URI("$PLAIN/")); [r.each_header.map { |k, v| k }, r.to_hash["content-type"], r.content_length, r.get_fields("x-none"), r.fetch("nope", 1), r.uri.path]`:                        `[["content-length", "content-type", "date", "x-seen"], ["text/plain; charset=utf-8"], 9, nil, 1, "/"]`,
		`Net::HTTP.get(URI("$PLAIN/big")).size rescue $!.class`: "Net::HTTPBadResponse",
	} {
		host, port, _ := net.SplitHostPort(plain.Listener.Addr().String())
		code = strings.NewReplacer("$PLAIN", plain.URL, "$SECURE", secure.URL, "$HOST", host, "$PORT", port, "$NOBODY", nobody).Replace(code)
		script, list := ruby.Compile(diag.NewSource("code", "event.set('r', ("+code+").inspect)"), ruby.Options{Policy: policy, Limits: ruby.Limits{Memory: 4 << 20}})
		if script == nil {
			t.Errorf("%s: %v", code, list)
			continue
		}
		in, err := script.NewInstance(nil)
		if err != nil {
			t.Fatal(err)
		}
		ev := event.NewBatch().New()
		if err := in.Run(ev, nil); err != nil {
			t.Errorf("%s: %v", code, err)
			continue
		}
		if got := ev.Get(event.MustRef("r")).Str(); got != want {
			t.Errorf("%s\n got %s\nwant %s", code, got, want)
		}
	}
}
