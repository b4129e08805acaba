package ruby

import "strings"

// cLogFile is Ruby's Logger. A script's own Logger writes where the filter's logger does,
// whatever it is opened on.
var cLogFile = defClass("Logger", cObject)

// logSeverities are Logger's, in order.
var logSeverities = []string{"debug", "info", "warn", "error", "fatal", "unknown"}

// logFile is a Logger's state.
type logFile struct {
	level     int
	off       bool // of Logger.new(nil)
	to        Value
	progname  Value
	formatter Value
	format    Value
}

// write is what a Logger does with a message of a severity.
func (l *logFile) write(th *thread, severity int, message Value) {
	if l.off || severity < l.level {
		return
	}
	text := ""
	if s, ok := message.o.(*String); ok {
		text = s.s
	} else if e, ok := message.o.(*Exception); ok {
		text = th.message(e) + " (" + e.class().name + ")"
	} else {
		text = th.inspect(message)
	}
	if !l.formatter.isNil() {
		text = th.toS(th.send(l.formatter, "call", th.str(strings.ToUpper(logSeverities[severity])), th.send(Value{o: cTime}, "now"), l.progname, message))
	}
	if classIs(l.to, cStringIO) {
		if l.formatter.isNil() {
			text = th.toS(th.send(Value{o: cTime}, "now")) + " " + strings.ToUpper(logSeverities[severity]) + " -- " + th.toS(l.progname) + ": " + text + "\n"
		}
		th.send(l.to, "write", th.str(text))
		return
	}
	th.charge(len(text))
	level := logSeverities[min(severity, 4)]
	th.inst.host.Log(level, strings.Clone(strings.TrimSuffix(text, "\n")), nil)
}

func (th *thread) severity(v Value) int {
	if v.isInt() {
		return int(v.int())
	}
	name := strings.ToLower(th.toS(v))
	for i, s := range logSeverities {
		if s == name {
			return i
		}
	}
	th.raise(cArgumentError, "invalid log level: %s", th.toS(v))
	return 0
}

func init() {
	_ = defModule("Logger::Severity")
	_ = defClass("Logger::Error", cRuntimeError)
	severities, _ := corePath("Logger::Severity")
	for i, l := range logSeverities {
		cLogFile.setConst(strings.ToUpper(l), Int(int64(i)))
		severities.setConst(strings.ToUpper(l), Int(int64(i)))
	}
	log := func(v Value) *logFile {
		o := v.o.(*Object)
		l, ok := o.data.(*logFile)
		if !ok {
			l = &logFile{}
			o.data = l
		}
		return l
	}
	def := cLogFile.def
	def("initialize", 1, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		l := log(self)
		a, o := th.options(a)
		if len(a) > 0 {
			l.to, l.off = a[0], a[0].isNil()
		}
		if v := o.opt(th, "level"); !v.isUndef() {
			l.level = th.severity(v)
		}
		if v := o.opt(th, "progname"); !v.isUndef() {
			l.progname = v
		}
		if v := o.opt(th, "formatter"); !v.isUndef() {
			l.formatter = v
		}
		return vNil
	})
	add := func(th *thread, self Value, severity int, a []Value, blk *Proc) Value {
		l := log(self)
		if l.off || severity < l.level {
			return vTrue
		}
		message := vNil
		if blk != nil {
			message = th.callProc(blk, nil, nil)
		} else if len(a) > 0 {
			message = a[0]
		}
		l.write(th, severity, message)
		return vTrue
	}
	for i, level := range logSeverities {
		def(level, 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return add(th, self, i, a, blk) })
		def(level+"?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(log(self).level <= i) })
		def(level+"!", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
			log(self).level = i
			return Int(int64(i))
		})
	}
	def("add log", 1, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
		severity := 5
		if !a[0].isNil() {
			severity = min(max(th.severity(a[0]), 0), 5)
		}
		rest := a[1:]
		if len(a) > 2 && a[1].isNil() {
			rest = a[2:]
		}
		return add(th, self, severity, rest, blk)
	})
	def("<<", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if l := log(self); !l.off {
			th.inst.host.Log("info", strings.Clone(strings.TrimSuffix(th.toS(a[0]), "\n")), nil)
		}
		return self
	})
	def("level", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(int64(log(self).level)) })
	def("level=", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		log(self).level = th.severity(a[0])
		return a[0]
	})
	attribute := func(name string, of func(l *logFile) *Value) {
		def(name, 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return *of(log(self)) })
		def(name+"=", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			th.keep()
			*of(log(self)) = a[0]
			return a[0]
		})
	}
	attribute("progname", func(l *logFile) *Value { return &l.progname })
	attribute("formatter", func(l *logFile) *Value { return &l.formatter })
	attribute("datetime_format", func(l *logFile) *Value { return &l.format })
	def("close reopen", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return vNil })
}
