# event.get and event.set of numbers, to_i and to_f, round, if and elsif: the most frequent calls of all.
# event: {"duration":"1.532","bytes_in":48213,"bytes_out":"9120","packets":71,"price":199.9,"quantity":3,"rate":"0.24"}
seconds = event.get("duration").to_f
total = event.get("bytes_in") + event.get("bytes_out").to_i
event.set("bytes_total", total)
event.set("duration_ms", (seconds * 1000).to_i)
if seconds > 0
  event.set("bytes_per_second", (total / seconds).round(2))
end
net = event.get("price") * event.get("quantity")
event.set("[amount][net]", net.round(2))
event.set("[amount][gross]", (net * (1 + event.get("rate").to_f)).round(2))
if net >= 1000
  event.set("class", "large")
elsif net >= 500
  event.set("class", "medium")
else
  event.set("class", "small")
end
event.set("bytes_per_packet", total / event.get("packets")) unless event.get("packets").nil? || event.get("packets") == 0
