# each over the event with is_a?(String), gsub with texts and with regular expressions, strip, empty?, next.
# event: {"message":"  user \"anna\" logged   in\\nfrom 192.0.2.9\\r\\n","title":"Weekly   report (final)","note":"","level":" INFO ","code":200,"agent":"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0","ratio":0.25,"comment":"a\\tb"}
event.to_hash.each do |key, value|
  next unless value.is_a?(String)
  next if key.start_with?("@")
  text = value.gsub("\\n", " ").gsub("\\r", "").gsub('"', "'").gsub(/\s+/, " ").strip
  if text.empty?
    event.remove(key)
  else
    event.set(key, text)
  end
end
event.set("slug", event.get("title").downcase.gsub(/[^a-z0-9]+/, "-"))
event.set("agent_words", event.get("agent").gsub(/[();\/]/, " ").split(" ").length)
