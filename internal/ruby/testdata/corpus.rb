# Runs the code of ruby filters, one JSON object a line with code, init and event, with
# Logstash's Event API as far as filters of public configurations use it, and prints
# for each what it left as JSON, or the class of the exception.
require "json"
require "set"
require "stringio"
require "time"
require "date"
require "csv"
require "uri"
require "ipaddr"
require "base64"
require "digest"
require "yaml"
require "timeout"
$VERBOSE = nil

module LogStash
  class Event
    attr_reader :fields
    def initialize(fields = {}) = @fields = fields

    def path(ref)
      raise TypeError unless ref.is_a?(String)
      ref.start_with?("[") ? ref[1..-2].split("][") : [ref]
    end

    def step(at, name)
      case at
      when Hash then at[name]
      when Array then name =~ /\A-?\d+\z/ ? at[name.to_i] : nil
      end
    end

    def get(ref) = path(ref).inject(@fields) { |at, name| at && step(at, name) }

    def set(ref, value)
      *parents, last = path(ref)
      at = parents.inject(@fields) { |h, name| h.is_a?(Array) ? h[name.to_i] : (h[name] ||= {}) }
      at.is_a?(Array) ? at[last.to_i] = value : at[last] = value
    end

    def remove(ref)
      *parents, last = path(ref)
      at = parents.inject(@fields) { |h, name| h && step(h, name) }
      at.delete(last) if at.is_a?(Hash)
    end

    def include?(ref) = !get(ref).nil?
    def to_hash = JSON.parse(JSON.generate(@fields))
    def cancel = @fields["cancelled"] = true
    def tag(name) = (@fields["tags"] = Array(@fields["tags"])).include?(name) || @fields["tags"] << name
  end
end

logger = Object.new
def logger.method_missing(*) = nil

# What the code prints is not an answer.
answers = STDOUT.dup
$stdout = StringIO.new
STDOUT.reopen(File::NULL)

STDIN.each_line do |line|
  job = JSON.parse(line)
  event = LogStash::Event.new(job["event"])
  filter = Object.new
  filter.define_singleton_method(:logger) { logger }
  begin
    Timeout.timeout(2) do
      filter.instance_eval(job["init"]) if job["init"]
      filter.instance_eval("def filter(event)\n#{job["code"]}\nend")
      filter.filter(event)
    end
    out = begin JSON.generate(event.fields); rescue JSON::GeneratorError; "binary" end
  rescue Exception => e
    out = "raised " + e.class.name
  end
  out = "long" if out.bytesize > 1 << 20
  answers.puts [out].pack("m0")
end
