package filter

import (
	"errors"
	"slices"
	"strings"
	"sync"

	"sluice/internal/event"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.FilterKind,
		Name: "csv",
		Doc: "Reads a row of comma-separated values. Cells without a name in `columns` are called `column1`, `column2` and so on. " +
			"An empty cell is null, `\"\"` an empty text.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-filters-csv.html",
		Examples: []plugin.Example{
			{Title: "Named columns", Config: `csv { columns => ["time", "host", "port"] convert => { "port" => "integer" } skip_header => true }`},
		},
		New: func() plugin.Plugin {
			return &csvFilter{source: "message", separator: ",", quote: `"`, autogenerate: true}
		},
	})
}

// csvFilter is the filter csv.
type csvFilter struct {
	common
	source           string
	columns          []string
	separator, quote string
	target           event.Ref
	autogenerate     bool
	skipHeader       bool
	skipEmptyColumns bool
	skipEmptyRows    bool
	convert          []plugin.TableEntry
	autodetect       bool
	ecs              plugin.ECS

	from   field
	reader csvReader
	fault  error // of the options, which shows at every event, as in Logstash
	kinds  map[string]string

	mu    sync.RWMutex
	names *csvColumns
}

// csvColumns is the columns and where their values go. It does not change.
type csvColumns struct {
	names []string
	set   []bool // whether the column has a name
	to    []csvTarget
}

type csvTarget struct {
	field
	convert func(string, bool) (event.Value, error)
}

func (c *csvFilter) Options() []plugin.Option {
	ecs := plugin.ECSOption(&c.ecs)
	ecs.Doc = "Accepted for Logstash's sake, where it decides about a warning: columns keep their names in every mode."
	return append([]plugin.Option{
		plugin.String("source", &c.source, "The field that holds the row."),
		plugin.Strings("columns", &c.columns, "The names of the columns, in order."),
		plugin.String("separator", &c.separator, "What stands between cells; one or several characters."),
		plugin.String("quote_char", &c.quote, "The character around cells that hold separators. `\\x00` turns quoting off."),
		plugin.Ref("target", &c.target, "The field that gets the columns. By default they become fields of the event."),
		plugin.Bool("autogenerate_column_names", &c.autogenerate, "Whether cells beyond the named columns are kept, with names made up."),
		plugin.Bool("skip_header", &c.skipHeader, "Whether a row that equals the names of the columns is dropped."),
		plugin.Bool("skip_empty_columns", &c.skipEmptyColumns, "Whether empty cells are left out."),
		plugin.Bool("skip_empty_rows", &c.skipEmptyRows, "Whether an empty text gets the tag `_csvskippedemptyfield` in place of a failure."),
		plugin.Hash("convert", &c.convert, "Types of columns: `integer`, `float`, `date`, `date_time` or `boolean`. What cannot be converted stays a text."),
		plugin.Bool("autodetect_column_names", &c.autodetect, "Whether the first row that comes gives the names. It needs one worker."),
		ecs,
	}, c.Common()...)
}

func (c *csvFilter) Open(env *plugin.Env) error {
	c.prepare(env)
	c.from = newField(c.source)
	c.kinds = map[string]string{}
	for _, entry := range c.convert {
		kind := entry.Value.Flat()
		if csvConversions[kind] == nil {
			return env.Invalid("convert", "it can be integer, float, date, date_time or boolean", "%s cannot be converted to %q", entry.Key, kind)
		}
		c.kinds[entry.Key] = kind
	}
	c.reader.separator = c.separator
	switch {
	case c.separator == "":
		c.fault = errNoSeparator
	case c.quote == `\x00`:
	case len(c.quote) == 1:
		c.reader.quote = c.quote[0]
	default:
		c.fault = errors.New("quote_char has to be one ASCII character")
	}
	cells := make([]csvCell, len(c.columns))
	for i, name := range c.columns {
		cells[i] = csvCell{name, true}
	}
	c.names = c.newColumns(cells, len(cells))
	return nil
}

// newColumns returns the columns with the names of cells, up to count.
func (c *csvFilter) newColumns(cells []csvCell, count int) *csvColumns {
	n := &csvColumns{}
	for i := range count {
		name, set := "", i < len(cells) && cells[i].set
		if set {
			name = strings.Clone(cells[i].text)
		}
		n.names = append(n.names, name)
		n.set = append(n.set, set)
		if !set {
			name = "column" + itoa(i+1)
		}
		n.to = append(n.to, c.newTarget(name))
	}
	return n
}

func (c *csvFilter) newTarget(name string) csvTarget {
	t := csvTarget{convert: csvConversions[c.kinds[name]]}
	text := name
	if !strings.HasPrefix(name, "[") {
		text = "[" + name + "]"
	}
	if !c.target.IsZero() {
		text = bracket(c.target.String()) + text
	}
	t.field = newField(text)
	return t
}

// column returns where the cell of an index goes.
func (c *csvFilter) column(n *csvColumns, i int) *csvTarget {
	if i < len(n.to) {
		return &n.to[i]
	}
	t := c.newTarget("column" + itoa(i+1))
	return &t
}

func (c *csvFilter) Apply(e *event.Event, _ func(*event.Event)) {
	if c.from.err != nil {
		c.raised(e, c.from.err)
		return
	}
	v := e.Get(c.from.ref)
	if !truthy(v) {
		return
	}
	err := errors.New("the field is no text")
	if v.Kind() == event.String {
		err = c.read(e, v.Str())
	}
	if err != nil {
		c.log.Warn("csv failed", "source", c.source, "error", err)
		e.Tag("_csvparsefailure")
	}
}

var errEmptyRow = errors.New("the text is empty")

func (c *csvFilter) read(e *event.Event, text string) error {
	if c.fault != nil {
		return c.fault
	}
	reader := c.reader
	reader.rowEnd = csvRowEnd(text)
	cells, _, err := reader.row(text)
	if err != nil {
		return err
	}
	columns := c.currentColumns(cells)
	switch {
	case columns == nil || c.skipHeader && len(columns.names) > 0 && columns.equal(cells):
		e.Cancel()
		return nil
	case cells == nil && c.skipEmptyRows:
		e.Tag("_csvskippedemptyfield")
		return nil
	case cells == nil:
		return errEmptyRow
	}
	for i, cell := range cells {
		named := i < len(columns.set) && columns.set[i]
		if c.skipEmptyColumns && cell.text == "" || !named && !c.autogenerate {
			continue
		}
		t := c.column(columns, i)
		if t.err != nil {
			return t.err
		}
		v := event.NullValue
		if cell.set {
			v = event.StringValue(cell.text)
		}
		if t.convert != nil {
			if v, err = t.convert(cell.text, cell.set); err != nil {
				return err
			}
		}
		if err := e.Set(t.ref, v); err != nil {
			return err
		}
	}
	return c.Matched(e)
}

// currentColumns returns the columns; nil when the row has just given their names.
func (c *csvFilter) currentColumns(cells []csvCell) *csvColumns {
	if !c.autodetect {
		return c.names
	}
	c.mu.RLock()
	n := c.names
	c.mu.RUnlock()
	if len(n.names) > 0 {
		return n
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.names.names) > 0 {
		return c.names
	}
	c.names = c.newColumns(cells, len(cells))
	return nil
}

func (n *csvColumns) equal(cells []csvCell) bool {
	return slices.EqualFunc(cells, n.names, func(cell csvCell, name string) bool { return cell.text == name })
}
