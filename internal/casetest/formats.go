package casetest

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"sluice/internal/diag"
)

// JSON prints the report as one JSON document.
func (r *Report) JSON(out io.Writer) error {
	type difference struct {
		Expected int               `json:"expected,omitempty"`
		Got      int               `json:"got,omitempty"`
		Event    json.RawMessage   `json:"event,omitempty"`
		Fields   []json.RawMessage `json:"fields,omitempty"`
	}
	type result struct {
		File        string       `json:"file"`
		Line        int          `json:"line"`
		Case        string       `json:"case"`
		Status      Status       `json:"status"`
		Millis      float64      `json:"milliseconds"`
		Differences []difference `json:"differences,omitempty"`
		Refused     []string     `json:"refused,omitempty"`
		Logged      []string     `json:"logged,omitempty"`
		Mistakes    diag.List    `json:"mistakes,omitempty"`
	}
	doc := struct {
		Passed   int       `json:"passed"`
		Failed   int       `json:"failed"`
		Errors   int       `json:"errors"`
		Updated  int       `json:"updated"`
		Millis   float64   `json:"milliseconds"`
		Cases    []result  `json:"cases"`
		Mistakes diag.List `json:"mistakes,omitempty"`
	}{r.Count(Passed), r.Count(Failed), r.Count(Broken), r.Count(Updated), millis(r.Took), []result{}, r.Mistakes}
	for i := range r.Results {
		res := &r.Results[i]
		one := result{File: res.File, Line: res.Case.At.Position().Line, Case: res.Case.Name, Status: res.Status, Millis: millis(res.Took), Refused: res.Refused, Logged: res.Logged, Mistakes: res.Mistakes}
		for _, d := range res.Differences {
			shown := difference{Expected: d.Expected, Got: d.Got}
			if d.Event != "" {
				shown.Event = json.RawMessage(d.Event)
			}
			for _, f := range d.Fields {
				shown.Fields = append(shown.Fields, f.json())
			}
			one.Differences = append(one.Differences, shown)
		}
		doc.Cases = append(doc.Cases, one)
	}
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(doc)
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func (f *FieldDifference) json() json.RawMessage {
	v := value{kind: object}
	v.set("field", textValue(f.Field))
	for _, side := range []struct{ key, text string }{{"expected", f.Want}, {"got", f.Got}} {
		switch {
		case side.text == "":
		case f.Field == "to":
			v.set(side.key, textValue(side.text))
		default:
			v.set(side.key, parseEvent([]byte(side.text)))
		}
	}
	return v.json(nil)
}

// JUnit prints the report in the XML format of JUnit, which build servers read: a suite
// for every case file.
func (r *Report) JUnit(out io.Writer) error {
	type testCase struct {
		Name    string   `xml:"name,attr"`
		Class   string   `xml:"classname,attr"`
		File    string   `xml:"file,attr"`
		Line    int      `xml:"line,attr,omitempty"`
		Time    string   `xml:"time,attr"`
		Failure *problem `xml:"failure,omitempty"`
		Error   *problem `xml:"error,omitempty"`
	}
	type suite struct {
		Name     string     `xml:"name,attr"`
		Tests    int        `xml:"tests,attr"`
		Failures int        `xml:"failures,attr"`
		Errors   int        `xml:"errors,attr"`
		Time     string     `xml:"time,attr"`
		Cases    []testCase `xml:"testcase"`
	}
	doc := struct {
		XMLName  xml.Name `xml:"testsuites"`
		Name     string   `xml:"name,attr"`
		Tests    int      `xml:"tests,attr"`
		Failures int      `xml:"failures,attr"`
		Errors   int      `xml:"errors,attr"`
		Time     string   `xml:"time,attr"`
		Suites   []*suite `xml:"testsuite"`
	}{Name: "sluice test", Tests: len(r.Results), Failures: r.Count(Failed), Errors: r.Count(Broken), Time: seconds(r.Took)}
	suites := map[string]*suite{}
	took := map[string]time.Duration{}
	of := func(name string) *suite {
		if suites[name] == nil {
			suites[name] = &suite{Name: name}
			doc.Suites = append(doc.Suites, suites[name])
		}
		return suites[name]
	}
	for i := range r.Results {
		res := &r.Results[i]
		s := of(res.File)
		c := testCase{Name: res.Case.Name, Class: res.File, File: res.File, Line: res.Case.At.Position().Line, Time: seconds(res.Took)}
		switch res.Status {
		case Failed:
			var text strings.Builder
			for j := range res.Differences {
				res.Differences[j].text(&text, painter{}, res)
			}
			c.Failure = &problem{Message: counted(len(res.Differences), "event") + " not as expected", Text: text.String()}
			s.Failures++
		case Broken:
			c.Error = brokenBy(res.Mistakes)
			s.Errors++
		}
		s.Tests++
		took[res.File] += res.Took
		s.Time = seconds(took[res.File])
		s.Cases = append(s.Cases, c)
	}
	for _, d := range r.Mistakes {
		if d.Code.Severity != diag.Error {
			continue
		}
		s := of(d.At.Position().File)
		s.Tests, s.Errors = s.Tests+1, s.Errors+1
		s.Cases = append(s.Cases, testCase{Name: "read", Class: s.Name, File: s.Name, Line: d.At.Position().Line, Time: seconds(0), Error: brokenBy(diag.List{d})})
		doc.Tests, doc.Errors = doc.Tests+1, doc.Errors+1
	}
	if _, err := io.WriteString(out, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(out)
	enc.Indent("", "  ")
	if err := enc.Encode(doc); err != nil {
		return err
	}
	_, err := io.WriteString(out, "\n")
	return err
}

// problem is why a case has not passed.
type problem struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

func brokenBy(list diag.List) *problem {
	message := "the case could not be run"
	if len(list) > 0 {
		message = list[0].Message
	}
	return &problem{message, list.Text(diag.Plain)}
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }
