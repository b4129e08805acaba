package codec

import (
	"fmt"
	"slices"
	"strconv"
	"sync/atomic"

	"sluice/internal/event"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.CodecKind,
		Name: "csv",
		Doc: "Rows of comma-separated values. A row becomes an event with a field for each column; a row that is malformed becomes an event with the text as `message` and the tag `_csvparsefailure`. " +
			"An event becomes a row of the `columns`, or of all its fields. With ECS the row is kept as `event.original`.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-codecs-csv.html",
		Examples: []plugin.Example{
			{Title: "Named columns, one of them a number", Config: `csv { columns => ["host", "port"] convert => { "port" => "integer" } }`},
			{Title: "The first line names the columns", Config: `csv { autodetect_column_names => true separator => ";" }`},
			{Title: "A file with a heading", Config: `csv { columns => ["@timestamp", "message"] include_headers => true }`},
		},
		New: func() plugin.Plugin { return &csvCodec{separator: ",", quoteChar: `"`, autogenerate: true} },
	})
}

// csvCodec is the codec csv.
type csvCodec struct {
	columns        []string
	separator      string
	quoteChar      string
	includeHeaders bool
	autogenerate   bool
	skipEmpty      bool
	autodetect     bool
	convert        []plugin.TableEntry
	charset        charset
	target         event.Ref
	ecs            plugin.ECS

	rows       rowFormat
	refs       []event.Ref
	converters map[string]converter
	headed     atomic.Bool // the heading has been written
}

func (c *csvCodec) Options() []plugin.Option {
	return []plugin.Option{
		plugin.Strings("columns", &c.columns, "The names of the columns; in an output the fields that are written, in this order."),
		plugin.String("separator", &c.separator, "What stands between two values."),
		plugin.String("quote_char", &c.quoteChar, "The character around a value that holds the separator or a line end. `\\x00` is none."),
		plugin.Bool("include_headers", &c.includeHeaders, "In an output, whether the first row holds the names of the columns."),
		plugin.Bool("autogenerate_column_names", &c.autogenerate, "Whether a column without a name is called `column1`, `column2` and so on. If not, it is left out."),
		plugin.Bool("skip_empty_columns", &c.skipEmpty, "Whether columns without a value are left out."),
		plugin.Bool("autodetect_column_names", &c.autodetect, "Whether the first row of a stream or file holds the names of the columns, when `columns` does not."),
		plugin.Hash("convert", &c.convert, "The types of columns: `integer`, `float`, `date`, `date_time` or `boolean`. What cannot be converted stays a text."),
		charsetOption(&c.charset),
		plugin.Ref("target", &c.target, "The field that gets the columns. Without it they are fields of the event."),
		plugin.ECSOption(&c.ecs),
	}
}

func (c *csvCodec) Open(env *plugin.Env) error {
	c.ecs = c.ecs.Or(env.ECS)
	if c.separator == "" {
		return env.Invalid("separator", `leave the option out for ","`, "the separator is empty")
	}
	c.rows = rowFormat{separator: c.separator}
	switch {
	case c.quoteChar == `\x00` || c.quoteChar == "\x00":
	case len(c.quoteChar) == 1:
		c.rows.quote = c.quoteChar[0]
	default:
		return env.Invalid("quote_char", `write one character, or "\x00" for none`, "the quote %q is not one character", c.quoteChar)
	}
	c.converters = map[string]converter{}
	for _, e := range c.convert {
		f, ok := converters[e.Value.Flat()]
		if !ok {
			return env.Invalid("convert", "types are integer, float, date, date_time, boolean", "there is no type %q", e.Value.Flat())
		}
		c.converters[e.Key] = f
	}
	for _, name := range c.columns {
		ref, err := event.ParseRef(name)
		if err != nil {
			ref = event.Ref{} // a column may be called anything; no field is, in an output
		}
		c.refs = append(c.refs, ref)
	}
	return nil
}

// Encode appends the row of an event, and before the first one the heading.
func (c *csvCodec) Encode(dst []byte, e *event.Event) ([]byte, error) {
	fields := e.Root().Fields()
	if c.includeHeaders && !c.headed.Swap(true) {
		names := c.columns
		if len(names) == 0 {
			for _, f := range fields {
				names = append(names, f.Key)
			}
		}
		for i, name := range names {
			dst = c.rows.appendCell(dst, i, name, true)
		}
		dst = append(dst, '\n')
	}
	var buf [256]byte
	cell := func(dst []byte, i int, v event.Value) []byte {
		return c.rows.appendCell(dst, i, string(v.AppendRuby(buf[:0])), !v.IsNil())
	}
	if len(c.columns) == 0 {
		for i, f := range fields {
			dst = cell(dst, i, f.Value)
		}
	}
	for i, ref := range c.refs {
		var v event.Value
		if !ref.IsZero() {
			v = e.Get(ref)
		}
		dst = cell(dst, i, v)
	}
	return append(dst, '\n'), nil
}

func (c *csvCodec) NewDecoder() plugin.Decoder {
	return &csvDecoder{codec: c, columns: slices.Clone(c.columns)}
}

type csvDecoder struct {
	codec   *csvCodec
	columns []string
	cells   []csvCell
}

// TakesLines is that of plugin.LineTaker.
func (d *csvDecoder) TakesLines() bool { return true }

// Decode adds an event for every row. Logstash reads only the first row of what comes at
// once and forgets the others.
func (d *csvDecoder) Decode(data []byte, into *event.Batch) {
	rest := d.codec.charset.utf8(data, into)
	for len(rest) > 0 {
		cells, n, err := d.codec.rows.read(d.cells[:0], rest, into)
		d.cells = cells
		row := rest[:n]
		if rest = rest[n:]; err != nil {
			e := into.New()
			e.Root().Set("message", event.StringValue(text(trimLineEnd(row))))
			e.Tag("_csvparsefailure")
			continue
		}
		d.add(cells, trimLineEnd(row), into)
	}
}

func trimLineEnd(row []byte) []byte {
	if n := len(row); n > 0 && row[n-1] == '\n' {
		row = row[:n-1]
	}
	if n := len(row); n > 0 && row[n-1] == '\r' {
		row = row[:n-1]
	}
	return row
}

// Flush has nothing to do: a row is complete.
func (d *csvDecoder) Flush(*event.Batch) {}

func (d *csvDecoder) add(cells []csvCell, row []byte, into *event.Batch) {
	if d.codec.autodetect && len(d.columns) == 0 {
		for i, cell := range cells {
			name := fmt.Sprintf("column%d", i+1)
			if cell.set {
				name = string(cell.text) // copied: it outlives the batch
			}
			d.columns = append(d.columns, name)
		}
		return
	}
	var fields event.ObjectData
	for i, cell := range cells {
		if d.codec.skipEmpty && len(cell.text) == 0 {
			continue
		}
		var name string
		switch {
		case i < len(d.columns):
			name = d.columns[i]
		case d.codec.autogenerate:
			name = into.CopyString("column" + strconv.Itoa(i+1))
		default:
			continue
		}
		fields.Set(name, d.value(name, cell))
	}
	var e *event.Event
	if d.codec.target.IsZero() {
		e = into.AddObject(&fields)
	} else {
		e = into.New()
		_ = e.Set(d.codec.target, event.ObjectValue(&fields))
	}
	if d.codec.ecs.Enabled() {
		_ = e.Set(originalField, event.StringValue(text(row)))
	}
}

func (d *csvDecoder) value(column string, cell csvCell) event.Value {
	if !cell.set {
		return event.NullValue
	}
	if convert := d.codec.converters[column]; convert != nil {
		if v := convert(text(cell.text)); v.Exists() {
			return v
		}
	}
	return event.StringValue(text(cell.text))
}
