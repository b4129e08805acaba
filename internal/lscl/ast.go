package lscl

import "sluice/internal/diag"

// Node is anything in the tree. Span is its place in the text, from its first to its
// last byte, without surrounding white space and comments.
type Node interface {
	Span() diag.Span
}

// Config is a pipeline: the sections of one or several files, in order.
type Config struct {
	Files []*File
}

// Sections returns the sections of one kind, in the order of the files.
func (c *Config) Sections(kind SectionKind) []*Section {
	var all []*Section
	for _, f := range c.Files {
		for _, s := range f.Sections {
			if s.Kind == kind {
				all = append(all, s)
			}
		}
	}
	return all
}

// File is one text. After a failed parse it holds what could be understood.
type File struct {
	Source   *diag.Source
	Sections []*Section
	Comments []*Comment // all comments of the text, in order

	complete bool // parsed without a mistake
}

// Comment is one comment, from its # up to the end of its line.
type Comment struct {
	At   diag.Span
	Text string // with the #, without the line end and the blanks before it
}

// SectionKind is one of the three kinds of sections.
type SectionKind uint8

// The kinds of sections. Unknown is only in trees that were parsed with errors.
const (
	UnknownSection SectionKind = iota
	Input
	Filter
	Output
)

func (k SectionKind) String() string {
	return [...]string{"unknown", "input", "filter", "output"}[k]
}

// Section is input, filter or output with what is between its braces.
type Section struct {
	At     diag.Span
	Kind   SectionKind
	NameAt diag.Span
	Block
}

// Block is what stands between two braces: plugins and conditionals in order.
type Block struct {
	Open, Close diag.Span // the braces; Close is the zero Span when it is missing
	Body        []Statement
}

// Statement is a *Plugin or an *If.
type Statement interface {
	Node
	statement()
}

// Plugin is a plugin with its options. It is a Statement, and a Value where it is
// nested (codec => json { … }).
type Plugin struct {
	At          diag.Span
	Name        string // as written; a quoted name is kept with its quotes, as in Logstash
	NameAt      diag.Span
	Open, Close diag.Span // the braces; Close is the zero Span when it is missing
	Attributes  []*Attribute
}

// Attribute is one option: Name => Value. The same name may stand several times in a
// plugin, see Plugin.Options.
type Attribute struct {
	At     diag.Span
	Name   string // without quotes
	NameAt diag.Span
	Value  Value // nil when the value could not be understood
}

// If is a conditional: its first branch is the if, the others are else if, in order.
type If struct {
	At       diag.Span
	Branches []*Branch
	Else     *Else // nil when there is none
}

// Branch is a condition with what happens when it is true.
type Branch struct {
	At        diag.Span // from if (or else) up to the closing brace
	Condition Condition // nil when it could not be understood
	Block
}

// Else is what happens when no condition was true.
type Else struct {
	At diag.Span
	Block
}

// Value is what an option, an array element or a hash entry holds: *String, *Number,
// *Array, *Hash or *Plugin.
type Value interface {
	Node
	value()
}

// Operand is what stands beside an operator in a condition: *String, *Number,
// *Selector, *Array, *Call or *Regex. An array of one element is read as a *Selector,
// as Logstash does: ["x"] is the field named "x" with the quotes.
type Operand interface {
	Node
	operand()
}

// String is a quoted string or a bareword.
type String struct {
	At      diag.Span
	Content diag.Span // what is between the quotes
	Quote   byte      // '"', '\'' or 0 for a bareword
	Text    string    // the value; differs from Content.Text() only when escapes were decoded
}

// Bareword tells whether the string was written without quotes.
func (s *String) Bareword() bool { return s.Quote == 0 }

// Number is a number. Text is kept as written.
type Number struct {
	At      diag.Span
	Text    string
	IsFloat bool    // it has a decimal point
	Int     int64   // the value if it is not a float; a leading 0 makes it octal, as in Logstash
	Float   float64 // the value if it is a float
}

// Array is [a, b].
type Array struct {
	At     diag.Span
	Values []Value
}

// Hash is { key => value … }, in written order.
type Hash struct {
	At      diag.Span
	Entries []*Entry
}

// Entry is one pair of a hash. The key is a *String or a *Number.
type Entry struct {
	At    diag.Span
	Key   Value
	Value Value // nil when the value could not be understood
}

// Selector is a field reference in a condition, such as [a][b].
type Selector struct {
	At   diag.Span
	Text string   // as written
	Path []string // what is between the brackets
}

// Regex is /pattern/. The pattern is kept as written, with its escaped slashes.
type Regex struct {
	At      diag.Span
	Content diag.Span // what is between the slashes
	Pattern string
}

// Call is a method call, name(a, b). The grammar has it; no method exists.
type Call struct {
	At     diag.Span
	Name   string
	NameAt diag.Span
	Args   []Operand
}

// Condition is *Binary, *Not, *Group, *Compare, *Match, *In or *Test.
type Condition interface {
	Node
	condition()
}

// BoolOp joins two conditions.
type BoolOp uint8

// The boolean operators.
const (
	And BoolOp = iota
	Or
	Xor
	Nand
)

func (o BoolOp) String() string { return [...]string{"and", "or", "xor", "nand"}[o] }

// Binary is Left Op Right. The tree is grouped as Logstash evaluates it, which is
// not always as one expects: a and b and c or d is a and ((b and c) or d).
type Binary struct {
	At          diag.Span
	Op          BoolOp
	OpAt        diag.Span
	Left, Right Condition
}

// Not is !(condition) or ![field].
type Not struct {
	At diag.Span
	X  Condition // *Group or *Test of a *Selector
}

// Group is a condition in parentheses.
type Group struct {
	At diag.Span
	X  Condition
}

// CompareOp compares two operands.
type CompareOp uint8

// The comparison operators.
const (
	Eq CompareOp = iota
	Ne
	Lt
	Gt
	Le
	Ge
)

func (o CompareOp) String() string { return [...]string{"==", "!=", "<", ">", "<=", ">="}[o] }

// Compare is Left Op Right. What Logstash compares when a side is an array is told
// by Operands.
type Compare struct {
	At          diag.Span
	Op          CompareOp
	OpAt        diag.Span
	Left, Right Operand
}

// Match is Left =~ Pattern, or !~ when Negated. Pattern is a *Regex or a *String.
type Match struct {
	At      diag.Span
	Negated bool
	OpAt    diag.Span
	Left    Operand
	Pattern Operand
}

// In is Left in Right, or not in when Negated.
type In struct {
	At          diag.Span
	Negated     bool
	OpAt        diag.Span
	Left, Right Operand
}

// Test is an operand alone: true when it is truthy.
type Test struct {
	X Operand
}

func (n *File) Span() diag.Span      { return n.Source.At(0, len(n.Source.Text)) }
func (n *Comment) Span() diag.Span   { return n.At }
func (n *Section) Span() diag.Span   { return n.At }
func (n *Plugin) Span() diag.Span    { return n.At }
func (n *Attribute) Span() diag.Span { return n.At }
func (n *If) Span() diag.Span        { return n.At }
func (n *Branch) Span() diag.Span    { return n.At }
func (n *Else) Span() diag.Span      { return n.At }
func (n *String) Span() diag.Span    { return n.At }
func (n *Number) Span() diag.Span    { return n.At }
func (n *Array) Span() diag.Span     { return n.At }
func (n *Hash) Span() diag.Span      { return n.At }
func (n *Entry) Span() diag.Span     { return n.At }
func (n *Selector) Span() diag.Span  { return n.At }
func (n *Regex) Span() diag.Span     { return n.At }
func (n *Call) Span() diag.Span      { return n.At }
func (n *Binary) Span() diag.Span    { return n.At }
func (n *Not) Span() diag.Span       { return n.At }
func (n *Group) Span() diag.Span     { return n.At }
func (n *Compare) Span() diag.Span   { return n.At }
func (n *Match) Span() diag.Span     { return n.At }
func (n *In) Span() diag.Span        { return n.At }
func (n *Test) Span() diag.Span      { return n.X.Span() }

func (*Plugin) statement() {}
func (*If) statement()     {}

func (*String) value() {}
func (*Number) value() {}
func (*Array) value()  {}
func (*Hash) value()   {}
func (*Plugin) value() {}

func (*String) operand()   {}
func (*Number) operand()   {}
func (*Array) operand()    {}
func (*Selector) operand() {}
func (*Regex) operand()    {}
func (*Call) operand()     {}

func (*Binary) condition()  {}
func (*Not) condition()     {}
func (*Group) condition()   {}
func (*Compare) condition() {}
func (*Match) condition()   {}
func (*In) condition()      {}
func (*Test) condition()    {}
