package filter

import (
	"testing"

	"sluice/internal/event"
)

func TestDissect(t *testing.T) {
	check(t, []sample{
		{"append and repeat", `dissect { mapping => { "m" => "%{ts->} %{+ts} %{host}: %{text}" } }`, `{"m":"Mar   4 gw: up x"}`, `{"m":"Mar   4 gw: up x","ts":"Mar 4","host":"gw","text":"up x"}`},
		{"in order", `dissect { mapping => { "m" => "%{+d/2}/%{+d/1}-%{+d/3}" } }`, `{"m":"04/03-2021"}`, `{"m":"04/03-2021","d":"03 04-2021"}`},
		{"indirect", `dissect { mapping => { "m" => "%{?k}=%{&k}" } }`, `{"m":"a=1"}`, `{"m":"a=1","a":"1"}`},
		{"delimiter at the start", `dissect { mapping => { "m" => "%{a},%{b},%{c}" } }`, `{"m":",,"}`, `{"m":",,","a":"","b":"","c":",,"}`},
		{"prefix", `dissect { mapping => { "m" => "<%{a}>%{b}" } }`, `{"m":"x<1>y"}`, `{"m":"x<1>y","tags":["_dissectfailure"]}`},
		{"convert", `dissect { mapping => { "m" => "%{a} %{b}" } convert_datatype => { "a" => "int" "b" => "float" "c" => "int" } }`, `{"m":"1e3 x"}`,
			`{"m":"1e3 x","a":1000,"b":"x","tags":["_dataconversionuncoercible_b_float","_dataconversionnullvalue_c_int"]}`},
	})
	refused(t, map[string]string{
		`dissect { mapping => { "m" => "text" } }`:          "no %{field}",
		`dissect { mapping => { "m" => "%{+&a}" } }`:        "indirect",
		`dissect { convert_datatype => { "m" => "text" } }`: "int or float",
	})
}

func FuzzDissect(f *testing.F) {
	f.Add("%{a->} %{+b/1},%{&a}-", "x  y,z-")
	f.Fuzz(func(t *testing.T, mapping, text string) {
		d, err := newDissection(mapping)
		if err != nil {
			return
		}
		b := event.NewBatch()
		defer b.Release()
		_, _ = d.dissect(b.New(), text, new(event.RefCache))
	})
}

func BenchmarkDissect(b *testing.B) {
	d, err := newDissection("%{ts} %{+ts} %{+ts} %{host} %{program}[%{pid}]: %{text}")
	if err != nil {
		b.Fatal(err)
	}
	refs := new(event.RefCache)
	batch := event.NewBatch()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i%100 == 99 {
			batch.Release()
			batch = event.NewBatch()
		}
		if ok, _ := d.dissect(batch.New(), "Mar 14 14:35:33 gw01 sshd[4711]: Failed password for root from 203.0.113.9", refs); !ok {
			b.Fatal("no match")
		}
	}
}
