package instrument

import (
	"bufio"
	"compress/gzip"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sluice/internal/event"
)

const zeekHead = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n#open\t2024-04-12-19-29-12\n"

func TestZeekTSV(t *testing.T) {
	for _, test := range []struct{ name, log, want string }{
		{"typed values", zeekHead + "#fields\tts\tuid\tid.orig_p\tlocal\tduration\n#types\ttime\tstring\tport\tbool\tinterval\n" +
			"1521911720.865716\tCq\t41772\tT\t0.000870",
			`{"ts":1521911720.865716,"uid":"Cq","id.orig_p":41772,"local":true,"duration":0.000870}`},
		{"unset fields are left out", zeekHead + "#fields\ta\tb\n#types\tstring\tcount\n-\t5", `{"b":5}`},
		{"empty text and empty set", zeekHead + "#fields\ta\tb\tc\n#types\tstring\tset[string]\tvector[count]\n(empty)\t(empty)\t1,-,2",
			`{"a":"","b":[],"c":[1,null,2]}`},
		{"escapes", zeekHead + "#fields\ta\tb\n#types\tstring\tset[string]\na\\x09b\\\\c\\q\tx\\x2cy,z",
			`{"a":"a\tb\\c\\q","b":["x,y","z"]}`},
		{"what looks unset is escaped", zeekHead + "#fields\ta\n#types\tstring\n\\x2d", `{"a":"-"}`},
		{"no JSON number", zeekHead + "#fields\ta\tb\n#types\tdouble\tbool\ninf\tmaybe", `{"a":"inf","b":"maybe"}`},
		{"another separator", "#separator |\n#set_separator|;\n#fields|a|b\n#types|count|set[addr]\n1|10.0.0.1;10.0.0.2",
			`{"a":1,"b":["10.0.0.1","10.0.0.2"]}`},
		{"bytes that are no text", zeekHead + "#fields\ta\n#types\tstring\n\xff\\x01\\xc3\\xa9\\x0a", `{"a":"\\xff\\x01é\n"}`},
		{"a second head", zeekHead + "#fields\ta\n#types\tcount\n#close\t2024\n" + zeekHead + "#fields\tb\n#types\tcount\n7", `{"b":7}`},
		{"without types", "#separator \\x09\n#fields\ta\n5", `{"a":"5"}`},
	} {
		z := newZeekTSV()
		var got string
		for line := range strings.SplitSeq(test.log, "\n") {
			if strings.HasPrefix(line, "#") {
				if err := z.head([]byte(line)); err != nil {
					t.Fatal(err)
				}
				continue
			}
			record, err := z.record(nil, []byte(line))
			if err != nil {
				t.Errorf("%s: %v", test.name, err)
			}
			got = string(record)
		}
		if got != test.want {
			t.Errorf("%s:\n%s, want\n%s", test.name, got, test.want)
		}
	}
	z := newZeekTSV()
	_ = z.head([]byte("#fields\ta\tb"))
	for line, want := range map[string]string{"1": "1 fields", "1\t2\t3": "more fields"} {
		if _, err := z.record(nil, []byte(line)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", line, err)
		}
	}
	if _, err := newZeekTSV().record(nil, []byte("x")); err == nil {
		t.Error("a record without a head")
	}
}

// dataDir returns the folder of third-party test data, or skips the test.
func dataDir(t testing.TB) string {
	dir := os.Getenv("SLUICE_DATA")
	if dir == "" {
		root, _ := os.Getwd()
		for {
			if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil || root == "/" {
				break
			}
			root = filepath.Dir(root)
		}
		dir = filepath.Join(root, "../shared/data")
	}
	if _, err := os.Stat(filepath.Join(dir, "events")); err != nil {
		t.Skip("the test data is not there; SLUICE_DATA names its folder")
	}
	return dir
}

func openLog(t *testing.T, file string) *bufio.Scanner {
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	r, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	s := bufio.NewScanner(r)
	s.Buffer(nil, 16<<20)
	return s
}

// The same traffic logged as TSV and as JSON gives the same records: the data holds both.
func TestZeekTSVGivesWhatZeekWritesAsJSON(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(dataDir(t), "events/zeek/tsv/*.log.gz"))
	if len(files) == 0 {
		t.Skip("there are no Zeek logs in the test data")
	}
	records := 0
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".log.gz")
		tsv := openLog(t, file)
		z := newZeekTSV()
		var lines []string
		for tsv.Scan() {
			if line := tsv.Bytes(); len(line) > 0 && line[0] == '#' {
				if err := z.head(line); err != nil {
					t.Fatal(err)
				}
				continue
			}
			r, err := z.record(nil, tsv.Bytes())
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			lines = append(lines, string(r))
		}
		if z.Path != name {
			t.Errorf("the log %s calls itself %q", name, z.Path)
		}
		want := openLog(t, filepath.Join(dataDir(t), "events/zeek/json", name+".json.gz"))
		n := 0
		for want.Scan() && n < len(lines) {
			difference(t, name, lines[n], want.Text())
			n++
		}
		if n != len(lines) || want.Scan() {
			t.Errorf("%s: %d records as TSV, %d or more as JSON", name, len(lines), n)
		}
		records += n
	}
	t.Logf("%d records are the same", records)
}

// difference compares one record of each form. Times and intervals are written with
// other precision in JSON, so numbers may differ by a microsecond.
func difference(t *testing.T, log, ours, theirs string) {
	a, err := event.ParseJSON([]byte(ours))
	if err != nil {
		t.Fatalf("%s: %v: %s", log, err, ours)
	}
	b, err := event.ParseJSON([]byte(theirs))
	if err != nil {
		t.Fatal(err)
	}
	left, right := a.Object(), b.Object()
	for _, f := range right.Fields() {
		if strings.HasPrefix(f.Key, "_") {
			continue // added by the shipper
		}
		v, ok := left.Get(f.Key)
		if !ok || !alike(v, f.Value) {
			t.Fatalf("%s: field %s is %s as TSV, %s as JSON\n%s\n%s", log, f.Key, v, f.Value, ours, theirs)
		}
	}
	for _, f := range left.Fields() {
		if _, ok := right.Get(f.Key); !ok {
			t.Fatalf("%s: field %s is only in TSV\n%s\n%s", log, f.Key, ours, theirs)
		}
	}
}

func alike(a, b event.Value) bool {
	if a.Kind() == event.Array && b.Kind() == event.Array {
		x, y := a.Array().Items, b.Array().Items
		if len(x) == 0 && len(y) == 1 && y[0].Str() == "" {
			return true // TSV writes both as (empty)
		}
		for i := range x {
			if len(x) != len(y) || !alike(x[i], y[i]) {
				return false
			}
		}
		return len(x) == len(y)
	}
	if b.Kind() == event.String && a.Kind() != event.String {
		at, err := time.Parse(time.RFC3339Nano, b.Str())
		if err != nil {
			return string(a.AppendJSON(nil)) == b.Str() // a count that the shipper has made a text
		}
		return math.Abs(float64(at.UnixMicro())/1e6-a.Float()) < 1.5e-6
	}
	if a.Kind() == event.Float || b.Kind() == event.Float {
		return math.Abs(a.Float()-b.Float()) <= 1e-6*math.Max(1, math.Abs(b.Float()))
	}
	return a.Equal(b)
}

func FuzzZeekTSV(f *testing.F) {
	f.Add(zeekHead + "#fields\tts\ta\n#types\ttime\tset[string]\n1.5\tx,y\n-\t(empty)\n")
	f.Add("#separator |\n#fields|a\n#types|double\n\\x\n")
	f.Fuzz(func(t *testing.T, log string) {
		z := newZeekTSV()
		for line := range strings.SplitSeq(log, "\n") {
			if strings.HasPrefix(line, "#") {
				if z.head([]byte(line)) != nil {
					return
				}
				continue
			}
			record, err := z.record(nil, []byte(line))
			if err != nil {
				continue
			}
			if v, err := event.ParseJSON(record); err != nil || v.Kind() != event.Object {
				t.Fatalf("%q becomes %q: %v", line, record, err)
			}
		}
	})
}
