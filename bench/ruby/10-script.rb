# script. A script file: instance variables set by register, methods with arguments, recursion over Hash and Array, each_with_object, return.
# event: {"severity":"3","vendor":"acme","details":{"name":"disk full","path":"","usage":{"percent":97,"inodes":null,"labels":[]},"disks":[{"name":"sda","state":"ok","hint":null},{"name":"sdb","state":"","hint":"-"}]},"contact":{"mail":null,"phone":""},"owner":"ops"}
def register(params)
  @names = { "0" => "emergency", "1" => "alert", "2" => "critical", "3" => "error", "4" => "warning" }
  @placeholders = ["", "-", "n/a"]
  @target = params.fetch("target", "clean")
end

def void?(value)
  return true if value.nil?
  return @placeholders.include?(value) if value.is_a?(String)
  value.respond_to?(:empty?) && value.empty?
end

def compact(value)
  case value
  when Hash
    value.each_with_object({}) do |(k, v), kept|
      inner = compact(v)
      kept[k] = inner unless void?(inner)
    end
  when Array
    value.map { |v| compact(v) }.reject { |v| void?(v) }
  else
    value
  end
end

def filter(event)
  event.set("severity_name", @names[event.get("severity")] || "unknown")
  event.set("[#{@target}][details]", compact(event.get("details")))
  contact = compact(event.get("contact"))
  event.set("contact", contact) unless void?(contact)
  event.remove("contact") if void?(contact)
  event.tag("owned") unless void?(event.get("owner"))
  [event]
end
