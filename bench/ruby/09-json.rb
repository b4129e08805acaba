# JSON.parse in begin and rescue, a Hash walked with key and value, references by interpolation, to_json, key?, fetch, delete.
# event: {"payload":"{\"id\":\"a81\",\"kind\":\"order\",\"total\":129.5,\"items\":[{\"sku\":\"X1\",\"n\":2},{\"sku\":\"Y2\",\"n\":1}],\"customer\":{\"name\":\"Anna\",\"country\":\"SE\",\"vip\":false},\"trace\":null}","broken":"{\"a\":","labels":{"env":"prod","team":"shop","tier":"1"}}
begin
  parsed = JSON.parse(event.get("payload"))
  parsed.delete("trace")
  parsed.each { |k, v| event.set("[order][#{k}]", v) unless v.nil? }
  event.set("item_count", parsed["items"].map { |i| i["n"] }.sum) if parsed.key?("items")
  event.set("country", parsed.fetch("customer", {}).fetch("country", "unknown"))
rescue JSON::ParserError => e
  event.tag("_payload_failure")
end
begin
  event.set("other", JSON.parse(event.get("broken")))
rescue => e
  event.set("failure", e.class.to_s)
end
labels = event.get("labels")
event.set("label_text", labels.map { |k, v| "#{k}=#{v}" }.sort.join(" "))
event.set("label_json", labels.to_json)
