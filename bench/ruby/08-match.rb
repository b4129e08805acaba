# match with names, =~ and $1, scan, gsub with a block, match?, Integer(text, 16), ranges of a text.
# event: {"message":"Failed password for invalid user oracle from 203.0.113.77 port 41822 ssh2","flags":"0x018","mac":"00:1B:44:11:3A:B7","payload":"id=17;name=Ada%20Lovelace;role=admin;empty=","uri":"https://shop.example.com:8443/cart?item=9&count=2"}
line = event.get("message")
if (m = line.match(/for (?:invalid user )?(?<user>\S+) from (?<ip>[\d.]+) port (?<port>\d+)/))
  event.set("[user][name]", m["user"])
  event.set("[source][ip]", m["ip"])
  event.set("[source][port]", m[:port].to_i)
end
event.set("action", "login_failed") if line =~ /\AFailed (\w+)/
event.set("factor", $1) unless $1.nil?
event.get("payload").scan(/(\w+)=([^;]*)/) { |k, v| event.set("[payload_fields][#{k}]", v.gsub(/%(\h\h)/) { $1.hex.chr }) unless v.empty? }
flags = Integer(event.get("flags"), 16)
names = []
names << "PSH" if flags & 0x08 != 0
names << "ACK" if flags & 0x10 != 0
names << "SYN" if flags & 0x02 != 0
event.set("flag_names", names)
event.set("vendor", event.get("mac")[0..7].delete(":"))
event.set("secure", event.get("uri").match?(/\Ahttps:/))
event.set("host", event.get("uri")[/\/\/([^:\/]+)/, 1])
