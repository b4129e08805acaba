# Time.at of seconds and milliseconds, strftime, arithmetic with times, parts of @timestamp, LogStash::Timestamp.
# event: {"@timestamp":"2021-03-04T14:35:33.946Z","start":1614868533.25,"end_ms":"1614868571940","day":"2021-03-04"}
started = Time.at(event.get("start").to_f).utc
ended = Time.at(event.get("end_ms").to_i / 1000.0).utc
event.set("elapsed", (ended - started).round(3))
event.set("started", started.strftime("%Y-%m-%dT%H:%M:%S"))
event.set("index", started.strftime("events-%Y.%m.%d"))
event.set("weekday", started.strftime("%A"))
event.set("hour", started.hour)
event.set("weekend", started.wday == 0 || started.wday == 6)
event.set("seen", event.get("@timestamp").time.to_i)
event.set("[event][end]", ended.to_f.round(3))
event.set("expires", (started + 86400).strftime("%d/%b/%Y"))
