# A small MSpec: it runs the examples of ruby/spec and prints one line for each,
# "SPEC P|F|U <description> <reason>", the last two in hexadecimal. It is put before the
# text of a spec file and runs here and with CRuby.
require "set"
require "time"
require "stringio"
STDOUT.sync = true

class SpecFailure < StandardError; end
class SpecUnsupported < StandardError; end
class ExpectationNotMetError < StandardError; end

SPEC_VERSION = [3, 1]
SPEC_NONE = Object.new
SPEC_MAIN = self # its class has the methods that a file defines
SPEC_ROOT = "/nonexistent"
TOLERANCE = 0.00003
CODE_LOADING_DIR = SPEC_ROOT

# SpecRun holds what is being described and run.
module SpecRun
  class << self
    attr_accessor :context, :shared, :counts, :skip, :done

    def report(state, name, reason = "")
      puts "SPEC #{state} #{name.unpack1("H*")} #{reason.to_s[0, 300].unpack1("H*")}"
    end

    def example(context, text, block)
      name = context.path + " " + text
      n = counts[name] = (counts[name] || 0) + 1
      name += " (#{n})" if n > 1
      return report("L", name) if skip[name.unpack1("H*")]
      puts "SPEC B #{name.unpack1("H*")} "
      env = SPEC_MAIN.dup
      ScratchPad.clear
      state, reason = "P", ""
      begin
        chain = context.chain
        chain.each { |c| c.before_all.each { |b| env.instance_exec(&b) } }
        chain.each { |c| c.before_each.each { |b| env.instance_exec(&b) } }
        env.instance_exec(&block) if block
        SpecMocks.verify
      rescue SpecUnsupported => e
        state, reason = "U", e.message
      rescue Exception => e
        state, reason = "F", "#{e.class}: #{e.message} #{(e.backtrace || []).first}"
      end
      begin
        chain.reverse.each { |c| c.after_each.each { |b| env.instance_exec(&b) } }
        chain.reverse.each { |c| c.after_all.each { |b| env.instance_exec(&b) } }
      rescue Exception => e
        state, reason = "F", "after: #{e.class}: #{e.message}" if state == "P"
      end
      SpecMocks.clear
      report(state, name, reason)
    end
  end
  self.shared = {}
  self.counts = {}
  self.skip = {}
end

class SpecContext
  attr_reader :text, :parent, :before_all, :before_each, :after_all, :after_each, :examples

  def initialize(text, parent)
    @text, @parent = text, parent
    @before_all, @before_each, @after_all, @after_each, @examples = [], [], [], [], []
  end

  def path = parent ? parent.path + " " + text : text
  def chain = parent ? parent.chain + [self] : [self]

  def read(block)
    before, SpecRun.context = SpecRun.context, self
    block.call
    run
  rescue Exception => e
    SpecRun.report("X", path, "#{e.class}: #{e.message} #{(e.backtrace || []).first}")
  ensure
    SpecRun.context = before
  end

  def run
    @examples.each { |text, block| SpecRun.example(self, text, block) }
  end
end

module ScratchPad
  class << self
    def clear = @value = nil
    def record(v) = @value = v
    def recorded = @value
    def <<(v)
      @value << v
      self
    end
  end
end

# SpecMocks keeps the methods that examples replace.
module SpecMocks
  class Expectation
    attr_reader :count, :min, :max

    def initialize(object, name, min, max)
      @object, @name, @min, @max, @count, @values = object, name, min, max, 0, [nil]
      @args = SPEC_NONE
    end

    def with(*args)
      @args = args
      self
    end

    def and_return(*values)
      @values = values
      exactly(values.size) if values.size > 1 && @max == 1
      self
    end

    def and_raise(error)
      @error = error
      self
    end

    def and_yield(*args)
      (@yields ||= []) << args
      self
    end

    def any_number_of_times
      @min, @max = 0, nil
      self
    end

    def exactly(n)
      @min = @max = n
      self
    end

    def at_least(n)
      @min, @max = number(n), nil
      self
    end

    def at_most(n)
      @min, @max = 0, number(n)
      self
    end

    def once = exactly(1)
    def twice = exactly(2)
    def times = self
    def number(n) = { once: 1, twice: 2 }.fetch(n, n)

    def takes?(args) = @args.equal?(SPEC_NONE) || @args == args

    def call(args, block)
      @count += 1
      raise SpecFailure, "#{@name} was called #{@count} times" if @max && @count > @max
      raise @error if @error
      @yields.each { |y| block.call(*y) } if @yields
      @values[[@count, @values.size].min - 1]
    end

    def verify
      raise SpecFailure, "#{@name} was called #{@count} times" if @count < @min
    end
  end

  class << self
    def clear
      @all = []
    end

    def verify
      @all.each { |e| e[2].verify }
    end

    def add(object, name, min, max)
      name = name.to_sym
      x = Expectation.new(object, name, min, max)
      @all << [object, name, x]
      object.define_singleton_method(name) { |*args, &block| SpecMocks.call(object, name, args, block) }
      x
    end

    def call(object, name, args, block)
      mine = @all.select { |o, n, x| o.equal?(object) && n == name }
      found = mine.reverse.find { |o, n, x| x.takes?(args) }
      raise SpecFailure, "#{name} was called with other arguments" unless found
      found[2].call(args, block)
    end
  end
  clear
end

class MockObject
  def initialize(name, options = {})
    @name = name
    @null = options[:null_object]
  end

  def inspect = "#<MockObject #{@name}>"

  def method_missing(name, *args, &block)
    @null ? self : super
  end
  private :method_missing
end

class NumericMockObject < Numeric
  def initialize(name, options = {})
    @name = name
  end

  def singleton_method_added(name)
  end
end

# SpecTest is what should and should_not without an argument return.
class SpecTest
  def initialize(actual, wanted)
    @actual, @wanted = actual, wanted
  end

  def check(got, what, args)
    return if (got ? true : false) == @wanted
    Kernel.raise SpecFailure, "#{spec_text(@actual)} #{@wanted ? "should" : "should not"} #{what} #{args.map { |a| spec_text(a) }.join(", ")}"
  end

  def spec_text(v)
    v.inspect
  rescue Exception
    "object"
  end

  %i[== != === =~ < <= > >= <=> eql? equal? is_a? kind_of? instance_of? nil? frozen? respond_to?
     instance_variable_defined? tap hash class].each do |name|
    define_method(name) { |*args| check(@actual.__send__(name, *args), name, args) }
  end

  def method_missing(name, *args, &block)
    check(@actual.__send__(name, *args, &block), name, args)
  end

  def respond_to_missing?(name, all = false) = true

  def be_close_to(x, tolerance = TOLERANCE) = check((@actual - x).abs <= tolerance, "be close to", [x])

  def raise(type = Exception, message = nil, **options, &block)
    type, message = Exception, type if type.is_a?(String) || type.is_a?(Regexp)
    error = nil
    begin
      @actual.call
    rescue Exception => e
      error = e
    end
    hit = error && type === error
    hit &&= message === error.message if message
    if @wanted
      Kernel.raise SpecFailure, "nothing raised, but #{type} should be" unless error
      Kernel.raise SpecFailure, "#{error.class} (#{error.message}) raised instead of #{type} (#{message.inspect})" unless hit
      block.call(error) if block
      error
    elsif hit
      Kernel.raise SpecFailure, "#{error.class} (#{error.message}) should not be raised"
    elsif error
      Kernel.raise error
    end
  end
end

class SpecMatcher
  def initialize(&test) = @test = test
  def matches?(actual) = @test.call(actual)
end

module SpecWarnings
  class << self
    attr_accessor :text
  end
end

if RUBY_ENGINE == "ruby"
  module Warning
    def self.warn(text, category: nil)
      SpecWarnings.text << text if SpecWarnings.text
    end
  end
end

class SpecVersion
  def self.inside?(given)
    parts = ->(v) { v.to_s.split(".").map(&:to_i).first(2) }
    return (SPEC_VERSION <=> parts.(given)) >= 0 unless given.is_a?(Range)
    return false if given.begin && given.begin != "" && (SPEC_VERSION <=> parts.(given.begin)) < 0
    return true if given.end.nil?
    c = SPEC_VERSION <=> parts.(given.end)
    given.exclude_end? ? c < 0 : c <= 0
  end
end

class Object
  def should(matcher = SPEC_NONE)
    return SpecTest.new(self, true) if matcher.equal?(SPEC_NONE)
    raise SpecFailure, "a matcher failed for #{(inspect rescue "object")}" unless matcher.matches?(self)
  end

  def should_not(matcher = SPEC_NONE)
    return SpecTest.new(self, false) if matcher.equal?(SPEC_NONE)
    raise SpecFailure, "a matcher succeeded for #{(inspect rescue "object")}" if matcher.matches?(self)
  end

  def should_receive(name) = SpecMocks.add(self, name, 1, 1)
  def should_not_receive(name) = SpecMocks.add(self, name, 0, 0)
  def stub!(name) = SpecMocks.add(self, name, 0, nil)

  def describe(text, options = {}, &block)
    if options[:shared]
      SpecRun.shared[text.to_s] = block
    else
      SpecContext.new(text.to_s, SpecRun.context).read(block)
    end
  end
  alias context describe

  def it(text, &block)
    SpecRun.context.examples << [text, block]
  end
  alias specify it

  def before(at = :each, &block)
    (at == :all ? SpecRun.context.before_all : SpecRun.context.before_each) << block
  end

  def after(at = :each, &block)
    (at == :all ? SpecRun.context.after_all : SpecRun.context.after_each) << block
  end

  def it_behaves_like(name, method = nil, object = nil, *)
    block = SpecRun.shared[name.to_s] or raise "no shared examples #{name}"
    c = SpecContext.new("behaves like #{name} #{method.is_a?(Proc) ? "a proc" : method}", SpecRun.context)
    c.before_all << -> (*) { @method, @object = method, object }
    c.read(block)
  end
  alias it_should_behave_like it_behaves_like

  def mock(name, options = {}) = MockObject.new(name, options)
  def mock_numeric(name, options = {}) = NumericMockObject.new(name, options)

  def mock_int(n)
    m = mock("int")
    m.should_receive(:to_int).any_number_of_times.and_return(n)
    m
  end

  def bignum_value(plus = 0) = 0x1_0000_0000_0000_0000 + plus
  def fixnum_max = 0x3fff_ffff_ffff_ffff
  def fixnum_min = -0x4000_0000_0000_0000
  def max_long = 0x7fff_ffff_ffff_ffff
  def min_long = -0x8000_0000_0000_0000
  def max_int = 0x7fff_ffff
  def min_int = -0x8000_0000
  def nan_value = Float::NAN
  def infinity_value = Float::INFINITY

  def be_close(x, tolerance) = SpecMatcher.new { |v| (v - x).abs <= tolerance }
  def be_positive_zero = SpecMatcher.new { |v| v.equal?(0.0) || v == 0.0 && 1 / v > 0 }
  def be_negative_zero = SpecMatcher.new { |v| v == 0.0 && 1 / v < 0 }

  def be_computed_by(name, *more)
    SpecMatcher.new do |lines|
      lines.each do |line|
        got = line[0].__send__(name, *(line[1...-1] + more))
        raise SpecFailure, "#{line[0].inspect}.#{name} is #{got.inspect}, not #{line[-1].inspect}" unless got == line[-1]
      end
      true
    end
  end

  def complain(wanted = nil, options = {})
    SpecMatcher.new do |code|
      SpecWarnings.text = +""
      verbose, $VERBOSE = $VERBOSE, options.fetch(:verbose, false)
      begin
        code.call
      ensure
        $VERBOSE = verbose
        text, SpecWarnings.text = SpecWarnings.text, nil
      end
      wanted ? wanted === text : !text.empty?
    end
  end

  def raise_consistent_error(type, message = nil)
    SpecMatcher.new do |code|
      begin
        code.call
        false
      rescue type => e
        message.nil? || message === e.message
      end
    end
  end

  def suppress_warning
    verbose, $VERBOSE = $VERBOSE, nil
    yield
  ensure
    $VERBOSE = verbose
  end
  alias suppress_keyword_warning suppress_warning

  def ruby_version_is(*versions)
    hit = versions.any? { |v| SpecVersion.inside?(v) }
    yield if hit && block_given?
    hit
  end

  def ruby_bug(number, versions)
    hit = !SpecVersion.inside?(versions)
    yield if hit && block_given?
    hit
  end

  def spec_platform(names, options)
    return false if options.any? { |k, v| v != 64 }
    names.empty? || names.any? { |n| %w[linux 64bit].include?(n.to_s) }
  end

  def platform_is(*names, **options)
    hit = spec_platform(names, options)
    yield if hit && block_given?
    hit
  end

  def platform_is_not(*names, **options)
    hit = !spec_platform(names, options)
    yield if hit && block_given?
    hit
  end

  def not_supported_on(*names) = yield
  def conflicts_with(*names) = yield
  def little_endian = yield
  def big_endian = nil
  def guard(condition) = condition.call ? (block_given? ? yield : true) : false
  def guard_not(condition) = condition.call ? false : (block_given? ? yield : true)
  def with_feature(*) = nil
  def without_feature(*) = nil
  def as_user = yield
  def quarantine! = nil
  def flunk(text = "flunked") = raise(SpecFailure, text)
  def ruby_exe(*) = raise(SpecUnsupported, "starts ruby")
  def output(*) = raise(SpecUnsupported, "output")

  def with_timezone(name, offset = nil, minutes = 0, seconds = 0)
    raise SpecUnsupported, "the time zone of the program cannot be changed" unless RUBY_ENGINE == "ruby"
    zone = name.dup
    if offset
      sign = offset >= 0 ? "-" : "+"
      zone += format("%s%02d:%02d:%02d", sign, offset.abs, minutes, seconds)
    end
    before, ENV["TZ"] = ENV["TZ"], zone
    begin
      yield
    ensure
      ENV["TZ"] = before
    end
  end
end

# What fixtures make public must be there, whatever it does.
class Object
  %i[abort exit exit! fork system].each do |name|
    define_method(name) { |*| raise SpecUnsupported, name.to_s } unless Object.private_method_defined?(name)
  end
end
