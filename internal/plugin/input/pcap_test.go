package input

import "encoding/binary"

// pcapOfFlows makes a capture of UDP flows 10.0.0.N:1024+N → 10.0.1.1:53, three packets of
// 128 bytes of IP each (pcap's classic format; RFC 791, RFC 768).
func pcapOfFlows(n int) []byte {
	le, be := binary.LittleEndian, binary.BigEndian
	var out []byte
	for _, v := range []uint32{0xa1b2c3d4, 2 | 4<<16, 0, 0, 65535, 1} {
		out = le.AppendUint32(out, v)
	}
	const size = 128
	for i := range 3 * n {
		flow := i % n
		frame := append(make([]byte, 12), 8, 0) // Ethernet, IPv4
		ip := []byte{0x45, 0}
		ip = be.AppendUint16(ip, size)
		ip = append(ip, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, byte(flow+1), 10, 0, 1, 1)
		sum := uint32(0)
		for j := 0; j < 20; j += 2 {
			sum += uint32(be.Uint16(ip[j:]))
		}
		be.PutUint16(ip[10:], ^uint16(sum>>16+sum&0xffff))
		udp := be.AppendUint16(nil, uint16(1024+flow))
		udp = be.AppendUint16(udp, 53)
		udp = be.AppendUint16(udp, size-20)
		udp = append(udp, make([]byte, size-26)...)
		frame = append(append(frame, ip...), udp...)
		for _, v := range []uint32{1614868533 + uint32(i/n), uint32(i % n), uint32(len(frame)), uint32(len(frame))} {
			out = le.AppendUint32(out, v)
		}
		out = append(out, frame...)
	}
	return out
}
