package timefmt

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestRecorded compares with what the Java libraries answer, recorded in
// testdata/recorded.tsv; the file's head says what the columns are.
func TestRecorded(t *testing.T) {
	useLocal(t, time.UTC)
	file, err := os.Open("testdata/recorded.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	seen := map[string]int{}
	lines := bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		columns := strings.Split(lines.Text(), "\t")
		args, want := columns[:len(columns)-1], columns[len(columns)-1]
		got, err := answer(args)
		if err != nil {
			got = "ERR"
		}
		if got != want {
			t.Errorf("line %d: %q:\n got %s (%v)\nwant %s", n, args, got, err, want)
		}
		seen[args[0]]++
	}
	for _, kind := range []string{"timestamp", "print-java", "print-joda", "iso8601", "parse-joda"} {
		if seen[kind] < 100 {
			t.Errorf("only %d recorded answers of kind %s", seen[kind], kind)
		}
	}
}

func answer(args []string) (string, error) {
	number := func(i int) int64 {
		v, err := strconv.ParseInt(args[i], 10, 64)
		if err != nil {
			panic(err)
		}
		return v
	}
	millis := func(t time.Time, err error) (string, error) {
		return strconv.FormatInt(t.UnixMilli(), 10), err
	}
	switch args[0] {
	case "timestamp":
		t, ok := ParseTimestamp(args[1])
		if !ok {
			return "", fmt.Errorf("no timestamp")
		}
		return fmt.Sprintf("%d.%d", t.Unix(), t.Nanosecond()), nil
	case "print-java":
		l, err := Java(args[1])
		if err != nil {
			return "", err
		}
		return string(l.Append(nil, time.Unix(number(2), number(3)).UTC())), nil
	case "print-joda":
		l, err := Joda(args[1])
		if err != nil {
			return "", err
		}
		zone, err := Zone(args[3])
		if err != nil {
			return "", err
		}
		return string(l.Append(nil, time.UnixMilli(number(2)).In(zone))), nil
	case "iso8601":
		zone, err := Zone(args[2])
		if err != nil {
			return "", err
		}
		return millis(ParseISO8601(args[1], zone))
	case "parse-joda":
		l, err := Joda(args[1])
		if err != nil {
			return "", err
		}
		zone, err := Zone(args[3])
		if err != nil {
			return "", err
		}
		locale, _ := LookupLocale(args[4])
		return millis(l.Parse(args[2], zone, time.UnixMilli(number(5)).UTC(), locale))
	}
	return "", fmt.Errorf("unknown kind %q", args[0])
}

// useLocal sets the machine's time zone for one test.
func useLocal(t *testing.T, loc *time.Location) {
	t.Helper()
	old := time.Local
	time.Local = loc
	t.Cleanup(func() { time.Local = old })
}
