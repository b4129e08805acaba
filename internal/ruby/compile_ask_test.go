package ruby

import (
	"testing"

	"sluice/internal/diag"
	"sluice/internal/event"
)

// TestAskedOfOwnClasses has the questions answered by what a script defines, also after
// the place in the code has been passed with other answers.
func TestAskedOfOwnClasses(t *testing.T) {
	const code = `
class Liar
  def is_a?(k) = k == Integer
  def respond_to?(name, all = false) = name == :nothing
end
class Quiet < BasicObject; end
class Grown; end
class Hidden
  def here; end
  private :here
end
out = []
grown = Grown.new
[1, "a", Liar.new, nil, String].each { |x| out << x.is_a?(Integer) << x.respond_to?(:upcase) }
2.times do
  out << grown.respond_to?(:upcase) << Liar.new.respond_to?(:nothing) << Hidden.new.respond_to?(:here)
  class Grown; def upcase; end; end
end
out << [].is_a?(Enumerable) << String.is_a?(Class) << (Quiet.new.is_a?(String) rescue "none")
event.set("out", out.map(&:to_s).join(" "))
`
	script, list := Compile(diag.NewSource("ask.rb", code), Options{})
	if script == nil {
		t.Fatal(list)
	}
	in, err := script.NewInstance(nil)
	if err != nil {
		t.Fatal(err)
	}
	batch := event.NewBatch()
	defer batch.Release()
	ev := batch.New()
	if err := in.Run(ev, nil); err != nil {
		t.Fatal(err)
	}
	const want = "true false false true true false false false false false " +
		"false true false true true false true true none"
	if got := ev.Get(event.MustRef("out")).Str(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
