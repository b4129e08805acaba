# Runs the snippets of this folder on an event that is a Hash, for comparison. It reads
# lines "FILE EVENTS" and answers each with the nanoseconds of CPU time that an event
# took; "FILE ?" is answered with what the snippet leaves, as JSON.
require "json"
require "time"

module LogStash
  class Timestamp
    attr_reader :time
    def initialize(time) = @time = time
    def to_json(*) = @time.utc.iso8601(3).to_json
  end

  class Event
    PATHS = {}
    attr_reader :fields
    def initialize(fields) = @fields = fields
    def path(ref) = PATHS[ref] ||= ref.start_with?("[") ? ref[1..-2].split("][") : [ref]

    def get(ref)
      at = @fields
      path(ref).each { |name| return nil if (at = at[name]).nil? }
      at
    end

    def set(ref, value)
      names = path(ref)
      at = @fields
      i = 0
      while i < names.length - 1
        at = (at[names[i]] ||= {})
        i += 1
      end
      at[names[i]] = value
    end

    def remove(ref)
      names = path(ref)
      return @fields.delete(ref) if names.length == 1
      parent = names[0..-2].inject(@fields) { |at, name| at && at[name] }
      parent && parent.delete(names[-1])
    end

    def include?(ref) = !get(ref).nil?
    # Logstash's is a new Hash.
    def to_hash = @fields.dup
    def tag(name) = (@fields["tags"] ||= []).include?(name) || @fields["tags"] << name
  end
end

class Snippet
  attr_reader :filter

  def initialize(file)
    text = File.read(file)
    @json = text[/^# event: (.*)/, 1]
    @filter = Object.new
    if text.start_with?("# script.")
      @filter.instance_eval(text)
      @filter.register({})
    else
      @filter.instance_eval("def filter(event)\n#{text}\nend")
    end
  end

  def event
    fields = JSON.parse(@json)
    fields["@version"] = "1"
    at = fields["@timestamp"]
    fields["@timestamp"] = LogStash::Timestamp.new(at ? Time.iso8601(at) : Time.now)
    LogStash::Event.new(fields)
  end

  def result
    e = event
    @filter.filter(e)
    e.fields.to_json
  end

  # Events are made before the clock runs, a hundred at a time.
  def time(count)
    spent = done = 0
    while done < count
      events = Array.new(100) { event }
      start = cpu
      events.each { |e| @filter.filter(e) }
      spent += cpu - start
      done += 100
    end
    spent / done
  end
end

# A JVM compiles and collects in other threads, which this leaves out: in its favour.
if RUBY_ENGINE == "jruby"
  THREADS = java.lang.management.ManagementFactory.getThreadMXBean
  def cpu = THREADS.getCurrentThreadCpuTime
else
  def cpu = Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID, :nanosecond)
end

$stdout.sync = true
snippets = {}
$stdin.each_line do |line|
  file, count = line.split
  snippet = snippets[file] ||= Snippet.new(file)
  puts count == "?" ? snippet.result : snippet.time(count.to_i)
end
