package codec

import (
	"fmt"
	"strings"
)

// cefField is a name of the CEF's extension dictionary: its long name, its short key
// where it has one, and its field of the Elastic Common Schema.
// Source: https://www.elastic.co/guide/en/logstash/8.19/plugins-codecs-cef.html#plugins-codecs-cef-field-mapping
type cefField struct {
	name, key, ecs string
	time           bool // with ECS the value becomes a timestamp
}

// In an ECS name DEVICE stands for what the option device says.
var cefFields = []cefField{
	{"agentAddress", "agt", "[agent][ip]", false},
	{"agentDnsDomain", "", "[cef][agent][registered_domain]", false},
	{"agentHostName", "ahost", "[agent][name]", false},
	{"agentId", "aid", "[agent][id]", false},
	{"agentMacAddress", "amac", "[agent][mac]", false},
	{"agentNtDomain", "", "[cef][agent][registered_domain]", false},
	{"agentReceiptTime", "art", "[event][created]", true},
	{"agentTimeZone", "atz", "[cef][agent][timezone]", false},
	{"agentTranslatedAddress", "", "[cef][agent][nat][ip]", false},
	{"agentTranslatedZoneExternalID", "", "[cef][agent][translated_zone][external_id]", false},
	{"agentTranslatedZoneURI", "", "[cef][agent][translated_zone][uri]", false},
	{"agentType", "at", "[agent][type]", false},
	{"agentVersion", "av", "[agent][version]", false},
	{"agentZoneExternalID", "", "[cef][agent][zone][external_id]", false},
	{"agentZoneURI", "", "[cef][agent][zone][uri]", false},
	{"applicationProtocol", "app", "[network][protocol]", false},
	{"baseEventCount", "cnt", "[cef][base_event_count]", false},
	{"bytesIn", "in", "[source][bytes]", false},
	{"bytesOut", "out", "[destination][bytes]", false},
	{"categoryDeviceType", "catdt", "[cef][device_type]", false},
	{"customerExternalID", "", "[organization][id]", false},
	{"customerURI", "", "[organization][name]", false},
	{"destinationAddress", "dst", "[destination][ip]", false},
	{"destinationDnsDomain", "", "[destination][registered_domain]", false},
	{"destinationGeoLatitude", "dlat", "[destination][geo][location][lat]", false},
	{"destinationGeoLongitude", "dlong", "[destination][geo][location][lon]", false},
	{"destinationHostName", "dhost", "[destination][domain]", false},
	{"destinationMacAddress", "dmac", "[destination][mac]", false},
	{"destinationNtDomain", "dntdom", "[destination][registered_domain]", false},
	{"destinationPort", "dpt", "[destination][port]", false},
	{"destinationProcessId", "dpid", "[destination][process][pid]", false},
	{"destinationProcessName", "dproc", "[destination][process][name]", false},
	{"destinationServiceName", "", "[destination][service][name]", false},
	{"destinationTranslatedAddress", "", "[destination][nat][ip]", false},
	{"destinationTranslatedPort", "", "[destination][nat][port]", false},
	{"destinationTranslatedZoneExternalID", "", "[cef][destination][translated_zone][external_id]", false},
	{"destinationTranslatedZoneURI", "", "[cef][destination][translated_zone][uri]", false},
	{"destinationUserId", "duid", "[destination][user][id]", false},
	{"destinationUserName", "duser", "[destination][user][name]", false},
	{"destinationUserPrivileges", "dpriv", "[destination][user][group][name]", false},
	{"destinationZoneExternalID", "", "[cef][destination][zone][external_id]", false},
	{"destinationZoneURI", "", "[cef][destination][zone][uri]", false},
	{"deviceAction", "act", "[event][action]", false},
	{"deviceAddress", "dvc", "[DEVICE][ip]", false},
	{"deviceDirection", "", "[network][direction]", false},
	{"deviceDnsDomain", "", "[DEVICE][registered_domain]", false},
	{"deviceEventCategory", "cat", "[cef][category]", false},
	{"deviceExternalId", "", "DEVICE-ID", false},
	{"deviceFacility", "", "[log][syslog][facility][code]", false},
	{"deviceHostName", "dvchost", "DEVICE-NAME", false},
	{"deviceInboundInterface", "", "[observer][ingress][interface][name]", false},
	{"deviceMacAddress", "dvcmac", "[DEVICE][mac]", false},
	{"deviceNtDomain", "", "[cef][nt_domain]", false},
	{"deviceOutboundInterface", "", "[observer][egress][interface][name]", false},
	{"devicePayloadId", "", "[cef][payload_id]", false},
	{"deviceProcessId", "dvcpid", "[process][pid]", false},
	{"deviceProcessName", "", "[process][name]", false},
	{"deviceReceiptTime", "rt", "@timestamp", true},
	{"deviceTimeZone", "dtz", "[event][timezone]", false},
	{"deviceTranslatedAddress", "", "[host][nat][ip]", false},
	{"deviceTranslatedZoneExternalID", "", "[cef][translated_zone][external_id]", false},
	{"deviceTranslatedZoneURI", "", "[cef][translated_zone][uri]", false},
	{"deviceVersion", "", "[observer][version]", false},
	{"deviceZoneExternalID", "", "[cef][zone][external_id]", false},
	{"deviceZoneURI", "", "[cef][zone][uri]", false},
	{"endTime", "end", "[event][end]", true},
	{"eventId", "", "[event][id]", false},
	{"eventOutcome", "outcome", "[event][outcome]", false},
	{"externalId", "", "[cef][external_id]", false},
	{"fileCreateTime", "", "[file][created]", false},
	{"fileHash", "", "[file][hash]", false},
	{"fileId", "", "[file][inode]", false},
	{"fileModificationTime", "", "[file][mtime]", true},
	{"fileName", "fname", "[file][name]", false},
	{"filePath", "", "[file][path]", false},
	{"filePermission", "", "[file][group]", false},
	{"fileSize", "fsize", "[file][size]", false},
	{"fileType", "", "[file][extension]", false},
	{"managerReceiptTime", "mrt", "[event][ingested]", true},
	{"message", "msg", "[message]", false},
	{"oldFileCreateTime", "", "[cef][old_file][created]", true},
	{"oldFileHash", "", "[cef][old_file][hash]", false},
	{"oldFileId", "", "[cef][old_file][inode]", false},
	{"oldFileModificationTime", "", "[cef][old_file][mtime]", true},
	{"oldFileName", "", "[cef][old_file][name]", false},
	{"oldFilePath", "", "[cef][old_file][path]", false},
	{"oldFilePermission", "", "[cef][old_file][group]", false},
	{"oldFileSize", "", "[cef][old_file][size]", false},
	{"oldFileType", "", "[cef][old_file][extension]", false},
	{"rawEvent", "", "[event][original]", false},
	{"Reason", "reason", "[event][reason]", false},
	{"requestClientApplication", "", "[user_agent][original]", false},
	{"requestContext", "", "[http][request][referrer]", false},
	{"requestCookies", "", "[cef][request][cookies]", false},
	{"requestMethod", "", "[http][request][method]", false},
	{"requestUrl", "request", "[url][original]", false},
	{"sourceAddress", "src", "[source][ip]", false},
	{"sourceDnsDomain", "", "[source][registered_domain]", false},
	{"sourceGeoLatitude", "slat", "[source][geo][location][lat]", false},
	{"sourceGeoLongitude", "slong", "[source][geo][location][lon]", false},
	{"sourceHostName", "shost", "[source][domain]", false},
	{"sourceMacAddress", "smac", "[source][mac]", false},
	{"sourceNtDomain", "sntdom", "[source][registered_domain]", false},
	{"sourcePort", "spt", "[source][port]", false},
	{"sourceProcessId", "spid", "[source][process][pid]", false},
	{"sourceProcessName", "sproc", "[source][process][name]", false},
	{"sourceServiceName", "", "[source][service][name]", false},
	{"sourceTranslatedAddress", "", "[source][nat][ip]", false},
	{"sourceTranslatedPort", "", "[source][nat][port]", false},
	{"sourceTranslatedZoneExternalID", "", "[cef][source][translated_zone][external_id]", false},
	{"sourceTranslatedZoneURI", "", "[cef][source][translated_zone][uri]", false},
	{"sourceUserId", "suid", "[source][user][id]", false},
	{"sourceUserName", "suser", "[source][user][name]", false},
	{"sourceUserPrivileges", "spriv", "[source][user][group][name]", false},
	{"sourceZoneExternalID", "", "[cef][source][zone][external_id]", false},
	{"sourceZoneURI", "", "[cef][source][zone][uri]", false},
	{"startTime", "start", "[event][start]", true},
	{"transportProtocol", "proto", "[network][transport]", false},
	{"type", "", "[cef][type]", false},
}

// cefLegacy are names of old versions of the format, with the ones of today.
var cefLegacy = map[string]string{
	"destinationLatitude":  "destinationGeoLatitude",
	"destinationLongitude": "destinationGeoLongitude",
	"destinationTimeZone":  "deviceTimeZone",
	"sourceLatitude":       "sourceGeoLatitude",
	"sourceLongitude":      "sourceGeoLongitude",
}

// cefPreferred are the names that an encoder writes where two have one ECS field.
var cefPreferred = map[string]bool{
	"agentDnsDomain":       true,
	"destinationDnsDomain": true,
	"deviceDnsDomain":      true,
	"sourceDnsDomain":      true,
}

// cefNames is the dictionary for one kind of device and one way of naming fields.
type cefNames struct {
	decode map[string]string // key or name -> field reference
	encode map[string]string // field reference or name -> key
	times  map[string]bool   // field references of timestamps
}

// newCEFNames makes the dictionary. short makes the encoder write short keys.
func newCEFNames(ecs bool, device string, short bool) *cefNames {
	n := &cefNames{decode: map[string]string{}, encode: map[string]string{}, times: map[string]bool{}}
	all := append([]cefField(nil), cefFields...)
	for i := 1; i <= 15; i++ {
		for _, custom := range [][3]string{
			{"deviceCustomFloatingPoint", "cfp", "device_custom_floating_point"}, {"deviceCustomIPv6Address", "c6a", "device_custom_ipv6_address"},
			{"deviceCustomNumber", "cn", "device_custom_number"}, {"deviceCustomString", "cs", "device_custom_string"},
		} {
			all = append(all,
				cefField{fmt.Sprint(custom[0], i), fmt.Sprint(custom[1], i), fmt.Sprintf("[cef][%s_%d][value]", custom[2], i), false},
				cefField{fmt.Sprint(custom[0], i, "Label"), fmt.Sprint(custom[1], i, "Label"), fmt.Sprintf("[cef][%s_%d][label]", custom[2], i), false})
		}
	}
	deviceID, deviceName := "[observer][name]", "[observer][hostname]"
	if device == "host" {
		deviceID, deviceName = "[host][id]", "[host][name]"
	}
	inECS := strings.NewReplacer("DEVICE-ID", deviceID, "DEVICE-NAME", deviceName, "DEVICE", device)
	for _, preferred := range []bool{false, true} { // the later ones win
		for _, f := range all {
			if cefPreferred[f.name] == preferred {
				n.add(f, ecs, short, inECS)
			}
		}
	}
	return n
}

func (n *cefNames) add(f cefField, ecs, short bool, inECS *strings.Replacer) {
	field, written := f.name, f.name
	if ecs {
		field = inECS.Replace(f.ecs)
	}
	if f.key == "" {
		f.key = f.name
	}
	if short {
		written = f.key
	}
	n.decode[f.key], n.decode[f.name] = field, field
	n.encode[field], n.encode[f.name] = written, written
	if ecs && f.time {
		n.times[field] = true
	}
	for old, name := range cefLegacy {
		if name != f.name {
			continue
		}
		n.decode[old], n.encode[old] = old, old
		if ecs {
			n.decode[old] = field
		}
		if short {
			n.encode[old] = f.key
		}
	}
}
