package output

type fields = map[string]any

// defaultTemplate is the index template that is installed when there is no other. It
// gives texts a keyword beside them, as Logstash's does; with ECS texts are keywords, but
// for messages, and the fields that are addresses or places have their types.
func defaultTemplate(ecs, composable bool) fields {
	patterns, mappings := "logstash-*", legacyMappings()
	if ecs {
		patterns, mappings = "ecs-logstash-*", ecsMappings()
	}
	settings := fields{"index.refresh_interval": "5s", "number_of_shards": 1}
	if !composable {
		return fields{"index_patterns": patterns, "version": 1, "settings": settings, "mappings": mappings}
	}
	return fields{
		"index_patterns": patterns, "version": 1, "priority": 200,
		"template": fields{"settings": settings, "mappings": mappings},
		"_meta":    fields{"description": "index template of Sluice"},
	}
}

func legacyMappings() fields {
	text := fields{"type": "text", "norms": false}
	return fields{
		"dynamic_templates": []fields{
			{"message_field": fields{"path_match": "message", "match_mapping_type": "string", "mapping": text}},
			{"string_fields": fields{"match": "*", "match_mapping_type": "string", "mapping": fields{
				"type": "text", "norms": false, "fields": fields{"keyword": fields{"type": "keyword", "ignore_above": 256}}}}},
		},
		"properties": fields{
			"@timestamp": fields{"type": "date"},
			"@version":   fields{"type": "keyword"},
			"geoip": fields{"dynamic": true, "properties": fields{
				"ip": fields{"type": "ip"}, "location": fields{"type": "geo_point"},
				"latitude": fields{"type": "half_float"}, "longitude": fields{"type": "half_float"}}},
		},
	}
}

func ecsMappings() fields {
	return fields{
		"date_detection": false,
		"dynamic_templates": []fields{
			{"messages": fields{"path_match": "message", "match_mapping_type": "string", "mapping": fields{"type": "text", "norms": false}}},
			{"event_original": fields{"path_match": "event.original", "match_mapping_type": "string", "mapping": fields{"type": "keyword", "index": false, "doc_values": false}}},
			{"locations": fields{"path_match": "*.geo.location", "mapping": fields{"type": "geo_point"}}},
			{"addresses": fields{"path_match": "*.ip", "match_mapping_type": "string", "mapping": fields{"type": "ip"}}},
			{"strings": fields{"match_mapping_type": "string", "mapping": fields{"type": "keyword", "ignore_above": 1024}}},
		},
		"properties": fields{
			"@timestamp": fields{"type": "date"},
			"@version":   fields{"type": "keyword"},
			"ecs":        fields{"properties": fields{"version": fields{"type": "keyword", "ignore_above": 1024}}},
		},
	}
}
