# Runs programs, one JSON string a line, with Logstash's Event API as far as the
# programs use it, and prints for each what it left in the field r, in hexadecimal, and
# the other fields as JSON.
require "json"
require "set"
require "time"
require "date"
require "bigdecimal"
require "ostruct"
require "timeout"
$VERBOSE = nil

# JRuby writes floats below 10**19 without an exponent, CRuby those below 10**15.
class Float
  alias cruby_to_s to_s
  def to_s
    text = cruby_to_s
    return text unless text =~ /\A(-?)(\d)\.(\d+)e\+(15|16|17|18)\z/
    digits, whole = $2 + $3, $4.to_i + 1
    digits = digits.ljust(whole, "0")
    rest = digits[whole..]
    $1 + digits[0, whole] + "." + (rest.empty? ? "0" : rest)
  end
  alias inspect to_s
end unless RUBY_ENGINE == "jruby"

module LogStash
  class Event
    attr_reader :fields
    def initialize(fields = {}) = @fields = fields
    def get(name) = @fields[name]
    def set(name, value) = @fields[name] = plain(value)
    def remove(name) = @fields.delete(name)
    def include?(name) = @fields.key?(name)
    def to_hash = @fields

    def plain(value)
      case value
      when Array then value.map { |v| plain(v) }
      when Hash then value.to_h { |k, v| [k.to_s, plain(v)] }
      when String then value.dup
      else value
      end
    end
  end
end

# The code runs where Logstash runs it: within its filter's class.
module LogStash
  module Filters
    class Ruby
      def scope(event) = binding
      def inspect = "#<LogStash::Filters::Ruby>"
    end
  end
end

answers = STDOUT.dup
answers.sync = true
STDOUT.reopen(File::NULL)
STDIN.each_line do |line|
  event = LogStash::Event.new
  begin
    Timeout.timeout(2) { eval(JSON.parse(line), LogStash::Filters::Ruby.new.scope(event), "code") }
    out = event.get("r").to_s
  rescue SyntaxError => e
    out = "syntax " + e.message
  rescue Exception => e
    out = "raised " + e.class.name.to_s
  end
  rest = begin JSON.generate(event.fields.reject { |k, _| k == "r" }); rescue Exception; "none"; end
  answers.puts out.unpack1("H*") + " " + rest.unpack1("H*")
end
