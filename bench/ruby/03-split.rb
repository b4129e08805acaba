# split, include?, multiple assignment, slices of lists, join, length.
# event: {"query":"cdn.static.assets.example.co.uk","peer":"192.0.2.17:50412","range":"1024:2047","path":"/var/log/nginx/site-7/access.log","protocols":"eth:ethertype:ip:tcp:http"}
address, port = event.get("peer").split(":")
event.remove("peer")
event.set("[peer][ip]", address)
event.set("[peer][port]", port.to_i)
labels = event.get("query").split(".")
if labels.length > 2
  event.set("parent_domain", labels.slice(-3, 3).join("."))
  event.set("top_domain", labels[-1])
  event.set("label_count", labels.length)
end
range = event.get("range")
if range.include?(":")
  low, high = range.split(":")
  event.set("[range_of][low]", low.to_i)
  event.set("[range_of][high]", high.to_i)
  event.remove("range")
end
parts = event.get("path").to_s.split("/")
event.set("file", parts.last)
event.set("directory", parts[0..-2].join("/"))
event.set("protocols", event.get("protocols").split(":"))
