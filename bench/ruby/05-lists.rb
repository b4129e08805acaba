# A list of objects walked with each: is_a?, push, nil?, map, select, uniq, join, first, sort.
# event: {"targets":[{"name":"web-1","type":"host","properties":[{"key":"os","new":"linux","old":""},{"key":"site","new":"fra","old":"ams"}]},{"name":"web-2","type":"host","properties":[{"key":"os","new":"linux","old":"bsd"},{"key":"owner","new":"","old":"ops"}]},{"name":"db-1","type":"service","properties":[{"key":"port","new":"5432","old":"5433"}]}],"addresses":["10.0.0.7","10.0.0.5","10.0.0.7","192.0.2.1"],"roles":["admin","audit"]}
values = []
names = []
if event.get("targets").is_a?(Array)
  event.get("targets").each do |target|
    names.push(target["name"])
    if target["properties"].is_a?(Array)
      target["properties"].each do |property|
        values.push(property["new"]) if property["new"] != "" && !property["new"].nil?
      end
    end
  end
end
event.set("[group][values]", values.uniq) unless values.empty?
event.set("[group][names]", names.join(","))
event.set("hosts", event.get("targets").select { |t| t["type"] == "host" }.map { |t| t["name"].upcase })
addresses = event.get("addresses").uniq.sort
event.set("address", addresses.first)
event.set("addresses", addresses)
event.set("role_count", event.get("roles").length)
