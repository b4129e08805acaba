package lscl

import "sluice/internal/diag"

// The mistakes that a text in the configuration language can have.
var (
	BadCharacter = diag.Define("SL1001", diag.Error, "a character that has no place here",
		"Between plugins, options and values stand only blanks, line ends and comments. Comments start with #.")
	NotUTF8 = diag.Define("SL1002", diag.Error, "the text is not UTF-8",
		"Save the file as UTF-8 without a byte order mark.")
	ByteOrderMark = diag.Define("SL1003", diag.Error, "a byte order mark at the start",
		"Logstash refuses a text that starts with a byte order mark. Save the file as UTF-8 without one.")
	SmartQuote = diag.Define("SL1004", diag.Error, "typographic quotes",
		"Word processors and web pages turn quotes into “ ” ‘ ’. The language knows only \" and '.")
	UnclosedQuote = diag.Define("SL1005", diag.Error, "a quote that is not closed",
		"A string goes on over line ends until the same quote comes again, so an open one swallows what follows.\n"+
			"A backslash before a quote keeps the string open, even if another backslash stands before it.")
	UnclosedBrace = diag.Define("SL1006", diag.Error, "a brace, bracket or parenthesis that is not closed",
		"Each { needs its }, each [ its ] and each ( its ). The place is a guess by indentation.")
	StrayClose = diag.Define("SL1007", diag.Error, "a closing brace too many",
		"There is nothing open that this brace could close. Often an earlier one closed too much.")
	NotASection = diag.Define("SL1008", diag.Error, "not a section",
		"A pipeline consists of the sections input { }, filter { } and output { }.")
	OutsideSection = diag.Define("SL1009", diag.Error, "something stands outside the sections",
		"Plugins and conditionals stand inside input { }, filter { } or output { }.")
	MissingBrace = diag.Define("SL1010", diag.Error, "an opening brace is missing",
		"Sections, plugins and conditionals have their contents in braces, even when there are none: drop { }.")
	MissingArrow = diag.Define("SL1011", diag.Error, "=> is missing or written differently",
		"Between the name of an option and its value, and between the key and the value in a hash, stands =>.")
	MissingValue = diag.Define("SL1012", diag.Error, "a value is missing",
		"A value is a string, a number, a list in [ ], a hash in { }, or a codec with its braces.")
	NeedsQuotes = diag.Define("SL1013", diag.Error, "a text without quotes",
		"Only words of two or more letters, digits and underscores may stand without quotes.")
	BadNumber = diag.Define("SL1014", diag.Error, "not a number of the language",
		"Numbers are written as 5, -5 or 5.25: no plus sign, no exponent, digits on both sides of the point,\n"+
			"at most 64 bits. A leading 0 makes a number octal.")
	MissingBlank = diag.Define("SL1015", diag.Error, "a blank is missing between two options",
		"Between two options stands at least one blank or line end, also before a comment that stands between them.")
	CommaInHash = diag.Define("SL1016", diag.Error, "a comma that does not belong there",
		"Only the elements of a list are separated by commas. Options and the pairs of a hash follow each other without.")
	TrailingComma = diag.Define("SL1017", diag.Error, "a comma without an element behind it",
		"A list may not end in a comma, and two commas may not follow each other.")
	MissingComma = diag.Define("SL1018", diag.Error, "a comma is missing in a list",
		"The elements of a list are separated by commas.")
	WrongBrackets = diag.Define("SL1019", diag.Error, "brackets of the wrong kind",
		"Lists are written [ a, b ], hashes { a => b }.")
	BadKey = diag.Define("SL1020", diag.Error, "not a key of a hash",
		"A key is a quoted string or a word of two or more letters, digits and underscores.")
	DuplicateKey = diag.Define("SL1021", diag.Error, "a key stands twice in a hash",
		"Of two equal keys only one could be kept, so Logstash refuses them.")
	SeveralCodecs = diag.Define("SL1022", diag.Error, "several codecs in one plugin",
		"An input or output has one codec.")
	PluginExpected = diag.Define("SL1023", diag.Error, "something other than a plugin or conditional",
		"A section or conditional holds plugins, name { option => value }, and conditionals.")
	OptionExpected = diag.Define("SL1024", diag.Error, "something other than an option",
		"Between the braces of a plugin stand options, name => value. Conditionals stand around plugins, not inside.")
	BadElse = diag.Define("SL1025", diag.Error, "else without an if, or written differently",
		"A conditional is if condition { } else if condition { } else { }.")
	BadCondition = diag.Define("SL1026", diag.Error, "a condition that is not complete",
		"A condition compares or tests fields: [status] >= 400, [tag] in [\"a\", \"b\"], [msg] =~ /x/, ![field].")
	BadOperator = diag.Define("SL1027", diag.Error, "not an operator of the language",
		"Comparisons: == != < > <= >= =~ !~ in, not in. Boolean: and, or, xor, nand, and ! before ( or [.")
	BadNegation = diag.Define("SL1028", diag.Error, "a negation in the wrong form",
		"! stands before a field or a parenthesis: ![field], !([a] == 1). not exists only in \"not in\".")
	MixedOperators = diag.Define("SL1029", diag.Error, "xor or nand together with another operator",
		"Logstash refuses xor and nand in a chain. Parentheses say what is meant.")
	BadFieldReference = diag.Define("SL1030", diag.Error, "a field reference that is not closed",
		"A field is written [name], a nested one [outer][inner].")
	BadOperand = diag.Define("SL1031", diag.Error, "an operand that cannot be used with its operator",
		"The grammar lets it pass, but no condition can be made of it; Logstash refuses it when it compiles the pipeline.")
	CommentAtEnd = diag.Define("SL1034", diag.Error, "a comment at the end has no line end",
		"A comment goes up to its line end, so the last line of a text needs one too.")
	TooDeep = diag.Define("SL1032", diag.Error, "nested too deeply",
		"At most 1,000 levels of braces, brackets and parentheses are read.")
	NumericKey = diag.Define("SL1035", diag.Error, "a number as the key of a hash",
		"The grammar lets it pass, but Logstash takes only strings for keys and fails when it makes the plugin.")
	SameKey = diag.Define("SL1036", diag.Warning, "a key stands twice, once with other quotes",
		"Logstash compares keys with their quotes, so it does not see the repetition; the later value wins.")
	TooMany = diag.Define("SL1033", diag.Error, "too many mistakes",
		"After 100 mistakes the rest of the text is not read.")
)
