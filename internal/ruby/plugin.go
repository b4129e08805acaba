package ruby

import "strings"

var (
	_ = defModule("LogStash::Logging")
	_ = defModule("LogStash::Instrument")

	cLogger    = defClass("LogStash::Logging::Logger", cObject)
	cMetricObj = defClass("LogStash::Instrument::NamespacedMetric", cObject)
)

type ioOut struct{}

// setUpFilter gives self what a Logstash plugin has.
func (in *Instance) setUpFilter() {
	def := in.filterClass.def
	logger := Value{o: &Object{cls: cLogger}}
	metric := Value{o: &Object{cls: cMetricObj}}
	in.self.set("@logger", logger)
	in.self.set("@metric", metric)
	def("logger", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return logger })
	def("metric", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return metric })
	def("filter_matched", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return vNil })
	def("to_s inspect", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str("#<LogStash::Filters::Ruby>") })
	def("config_name", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str("ruby") })
	in.coreConsts = map[*Class]map[string]Value{cObject: {
		"LOGSTASH_VERSION":      Value{o: &String{s: in.host.Version(), frozen: true}},
		"LOGSTASH_CORE_VERSION": Value{o: &String{s: in.host.Version(), frozen: true}},
		"STDOUT":                in.stdout, "STDERR": in.stdout,
	}}
}

func init() {
	// The names are there for the compiler; an instance has its own values.
	for _, n := range []string{"LOGSTASH_VERSION", "LOGSTASH_CORE_VERSION", "STDOUT", "STDERR"} {
		perInstance[n] = true
	}
	coreConsts["RUBY_VERSION"] = Value{o: &String{s: "3.1.4", frozen: true}}
	coreConsts["RUBY_ENGINE"] = Value{o: &String{s: "jruby", frozen: true}}
	coreConsts["RUBY_PLATFORM"] = Value{o: &String{s: "java", frozen: true}}
	coreConsts["JRUBY_VERSION"] = Value{o: &String{s: "9.4.15.0", frozen: true}}
	coreConsts["ARGV"] = Value{o: &Array{frozen: true}}
	mFilters.setConst("Ruby", Value{o: &Class{name: "LogStash::Filters::Ruby", super: cObject, builtin: true}})
	for _, level := range []string{"trace", "debug", "info", "warn", "error", "fatal"} {
		cLogger.def(level, 0, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
			msg := ""
			if len(a) > 0 {
				msg = th.toS(a[0])
			} else if blk != nil {
				msg = th.toS(th.callProc(blk, nil, nil))
			}
			var fields map[string]string
			if len(a) > 1 {
				if h, ok := a[1].o.(*Hash); ok {
					fields = map[string]string{}
					for _, e := range h.entries(th) {
						if e.live {
							fields[strings.Clone(th.toS(e.k))] = strings.Clone(th.toS(e.v))
						}
					}
				}
			}
			th.inst.host.Log(level, strings.Clone(msg), fields)
			return vNil
		})
		cLogger.def(level+"?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
			return Bool(level != "trace" && level != "debug")
		})
	}
	cLogger.def("level", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return sym("info") })
	cLogger.def("level=", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return a[0] })
	metricName := func(th *thread, a []Value) string {
		var parts []string
		for _, v := range a {
			if l, ok := v.o.(*Array); ok {
				for _, e := range l.list(th) {
					parts = append(parts, th.toS(e))
				}
			} else if !v.isInt() {
				parts = append(parts, th.toS(v))
			}
		}
		return strings.Join(parts, ".")
	}
	cMetricObj.def("increment", 1, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
		n := int64(1)
		if v := a[len(a)-1]; v.isInt() {
			n = v.int()
		}
		th.inst.host.Metric(metricName(th, a), n)
		return vNil
	})
	cMetricObj.def("decrement", 1, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.inst.host.Metric(metricName(th, a), -1)
		return vNil
	})
	cMetricObj.def("gauge time report_time", 1, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk != nil {
			return th.callProc(blk, nil, nil)
		}
		return vNil
	})
	cMetricObj.def("namespace", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return self })
	cIO.def("puts", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.inst.print(th, th.putsText(a))
		return vNil
	})
	cIO.def("print write <<", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		for _, v := range a {
			th.inst.print(th, th.toS(v))
		}
		return self
	})
	cIO.def("flush sync fsync", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return self })
	cIO.def("sync=", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return a[0] })
	cIO.def("tty? isatty", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return vFalse })
}

// perInstance are constants whose value an instance decides.
var perInstance = map[string]bool{}
