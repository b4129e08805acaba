package ruby

// englishNames are the global variables that the library English names, and their
// names without it.
var englishNames = map[string]string{
	"$ERROR_INFO": "$!", "$ERROR_POSITION": "$@", "$FS": "$;", "$FIELD_SEPARATOR": "$;", "$OFS": "$,", "$OUTPUT_FIELD_SEPARATOR": "$,",
	"$RS": "$/", "$INPUT_RECORD_SEPARATOR": "$/", "$ORS": "$\\", "$OUTPUT_RECORD_SEPARATOR": "$\\", "$INPUT_LINE_NUMBER": "$.", "$NR": "$.",
	"$LAST_READ_LINE": "$_", "$DEFAULT_OUTPUT": "$>", "$DEFAULT_INPUT": "$<", "$PID": "$$", "$PROCESS_ID": "$$", "$CHILD_STATUS": "$?",
	"$LAST_MATCH_INFO": "$~", "$ARGV": "$*", "$MATCH": "$&", "$PREMATCH": "$`", "$POSTMATCH": "$'", "$LAST_PAREN_MATCH": "$+",
}
