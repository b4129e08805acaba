# The sensor guide's filter: event.to_hash.each with event.set and event.remove of references built by interpolation.
# event: {"source_instrument":"suricata_0@testsensor","type":"instruments.suricata.event","message":"alert","context_uuid":"e41d4fbf-482f-4f74-a4e2-60717b03f623","sensor_event_id":872,"source_sensor":"testsensor","timestamp":1614868533.946555,"uuid":"cc2b3bb1-bd8f-4b9c-a89e-0e06ecb9cab3","data":{"event_type":"alert","src_ip":"10.0.0.1","src_port":1234,"dest_ip":"10.0.0.2","dest_port":80,"proto":"TCP","flow_id":1234567890123,"in_iface":"eth0","app_proto":"http","alert":{"action":"allowed","gid":1,"signature_id":2019284,"rev":3,"signature":"ET ATTACK","category":"Misc","severity":2},"http":{"hostname":"a","url":"/","http_user_agent":"curl"},"flow":{"pkts_toserver":5,"pkts_toclient":4}}}
event.to_hash.each { |k, v|
    unless [ "@timestamp", "@version", "host"].include?(k)
        event.set("[_sensorfleet_event][#{k}]", v)
        event.remove(k)
    end
}
data = event.get("[_sensorfleet_event][data]")
unless data.nil?
    data.to_hash.each { |k, v|
        event.set("[#{k}]", v)
    }
end
