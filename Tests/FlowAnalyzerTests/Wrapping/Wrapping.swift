import Testing

/// A way to carry IP packets in frames that changes nothing about the connections in them.
struct Wrapping: Sendable {
  let name: String
  /// As capture files number it.
  let linkType: UInt32
  /// Whether tshark follows it as well; it does not know all of them.
  var isKnownToTshark = true
  /// The frames that carry a packet: one as a rule, several where it is cut to fragments.
  ///
  /// - Parameters:
  ///   - packet: from the IP header on.
  ///   - number: differs from packet to packet.
  let frames: @Sendable (_ packet: [UInt8], _ number: Int) -> [[UInt8]]

  init(
    _ name: String, link: UInt32 = 1, isKnownToTshark: Bool = true,
    _ frame: @escaping @Sendable ([UInt8]) -> [UInt8]
  ) {
    self.name = name
    linkType = link
    self.isKnownToTshark = isKnownToTshark
    frames = { packet, _ in [frame(packet)] }
  }

  init(
    fragments name: String, _ frames: @escaping @Sendable ([UInt8], Int) -> [[UInt8]]
  ) {
    self.name = name
    linkType = 1
    self.frames = frames
  }
}

extension Wrapping: CustomTestStringConvertible {
  var testDescription: String { name }
}

extension Wrapping {
  /// All of them: a new one is a line.
  static let all: [Wrapping] = links + tags + labels + tunnels + nested + fragmented + trailing

  private static let links: [Wrapping] = [
    Wrapping("Ethernet") { ethernet($0) },
    Wrapping("raw IP", link: 101) { $0 },
    Wrapping("raw IP of OpenBSD", link: 14) { $0 },
    Wrapping("NULL", link: 0) { join([$0.isIPv6 ? 30 : 2, 0, 0, 0], $0) },
    Wrapping("NULL, big-endian", link: 0) { join([0, 0, 0, $0.isIPv6 ? 24 : 2], $0) },
    Wrapping("LOOP", link: 108) { join([0, 0, 0, $0.isIPv6 ? 28 : 2], $0) },
    Wrapping("SLL", link: 113) { TestPacket.linuxCooked($0, type: $0.etherType) },
    Wrapping("SLL2", link: 276) { TestPacket.linuxCooked2($0, type: $0.etherType) },
    // A full packet has no room left for the header: its length is cut, and tshark cuts the packet with it.
    Wrapping("802.3 with SNAP", isKnownToTshark: false) {
      ethernet(
        join([0xaa, 0xaa, 3, 0, 0, 0], bytes($0.etherType), $0),
        type: UInt16(min($0.count + 8, 1500)))
    },
    Wrapping("PPP", link: 9) { join([0xff, 3], ppp($0)) },
    Wrapping("PPP without HDLC", link: 9) { ppp($0) },
    Wrapping("PPP, short protocol", link: 9) { join([0xff, 3], Array(ppp($0).dropFirst())) },
    Wrapping("PPP on a serial line", link: 50) { join([0xff, 3], ppp($0)) },
    Wrapping("Cisco HDLC on a serial line", link: 50) { join([0x0f, 0], bytes($0.etherType), $0) },
    Wrapping("PPP with direction", link: 204) { join([1, 0xff, 3], ppp($0)) },
    Wrapping("PPP of Linux", link: 166, isKnownToTshark: false) { join([1, 3], ppp($0)) },
    Wrapping("PPP over Ethernet, bare", link: 51) { pppoe($0) },
    Wrapping("Cisco HDLC", link: 104) { join([0x0f, 0], bytes($0.etherType), $0) },
    Wrapping("Cisco HDLC with direction", link: 205, isKnownToTshark: false) {
      join([0, 0x8f, 0], bytes($0.etherType), $0)
    },
    Wrapping("Frame Relay", link: 107) { join([0x18, 0x41, 3, $0.isIPv6 ? 0x8e : 0xcc], $0) },
    Wrapping("Frame Relay with SNAP", link: 107) {
      join([0x18, 0x41, 3, 0, 0x80, 0, 0, 0], bytes($0.etherType), $0)
    },
    Wrapping("MPLS", link: 219, isKnownToTshark: false) { join(label(17, isLast: true), $0) },
    Wrapping("PFLOG", link: 117) {
      join([61, $0.isIPv6 ? 24 : 2, 0, 0], [UInt8](repeating: 0, count: 60), $0)
    },
    Wrapping("ENC", link: 109) {
      join([$0.isIPv6 ? 24 : 2, 0, 0, 0], [UInt8](repeating: 0, count: 8), $0)
    },
    Wrapping("IPNET", link: 226, isKnownToTshark: false) {
      join([1, $0.isIPv6 ? 26 : 2], [UInt8](repeating: 0, count: 22), $0)
    },
    Wrapping("NFLOG", link: 239) { packet in
      // A mark and a prefix of three bytes come first.
      let mark: [UInt8] = [8, 0, 2, 0, 0, 0, 0, 7]
      let prefix: [UInt8] = [7, 0, 10, 0, 0x61, 0x62, 0, 0]
      let length = UInt16(packet.count + 4)
      let header: [UInt8] = [UInt8(length & 0xff), UInt8(length >> 8), 9, 0]
      return join([packet.isIPv6 ? 10 : 2, 0, 0, 1], mark, prefix, header, packet)
    },
    Wrapping("ERF", link: 197) { packet in
      let frame = join([0, 0], ethernet(packet))
      let length = bytes(UInt16(24 + frame.count))
      // A type with an extension, of which the type says that it is the last.
      return join(
        [UInt8](repeating: 0, count: 8), [0x82, 4], length, [0, 0],
        bytes(UInt16(frame.count - 2)), [4, 0, 0, 0, 0, 0, 0, 0], frame)
    },
    Wrapping("FDDI", link: 10) { join([0x50], macs, snap($0)) },
    Wrapping("token ring", link: 6) { join([0x10, 0x40], macs, snap($0)) },
    Wrapping("token ring with a route", link: 6) {
      join(
        [0x10, 0x40, 2, 0, 0, 0, 0, 1, 0x82, 0, 0, 0, 0, 2, 6, 0x30, 0, 0x11, 0, 0x20], snap($0))
    },
    Wrapping("ATM", link: 100) { snap($0) },
    Wrapping("IP over FireWire", link: 138) {
      join([UInt8](repeating: 1, count: 16), bytes($0.etherType), $0)
    },
    Wrapping("IP over InfiniBand", link: 242) {
      join([UInt8](repeating: 1, count: 40), bytes($0.etherType), [0, 0], $0)
    },
  ]

  private static let tags: [Wrapping] = [
    Wrapping("VLAN") { ethernet($0, tags: [0x8100]) },
    Wrapping("QinQ, 802.1ad") { ethernet($0, tags: [0x88a8, 0x8100]) },
    Wrapping("QinQ, 0x9100") { ethernet($0, tags: [0x9100, 0x8100]) },
    Wrapping("QinQ, 0x9200 twice", isKnownToTshark: false) {
      ethernet($0, tags: [0x9200, 0x9200, 0x8100])
    },
    Wrapping("VLAN in SLL", link: 113) {
      TestPacket.linuxCooked(join([0, 42], bytes($0.etherType), $0), type: 0x8100)
    },
    Wrapping("VN tag") { ethernet(join([0, 1, 0, 2], bytes($0.etherType), $0), type: 0x8926) },
    Wrapping("802.1BR") {
      ethernet(join([0, 1, 0, 2, 0, 0], bytes($0.etherType), $0), type: 0x893f)
    },
    Wrapping("802.1ah") { ethernet(join([0, 0, 0, 5], ethernet($0)), type: 0x88e7) },
    Wrapping("Cisco's group tag") {
      ethernet(join([1, 1, 0, 1, 0, 9], bytes($0.etherType), $0), type: 0x8909)
    },
  ]

  private static let labels: [Wrapping] = [
    Wrapping("MPLS, three labels") {
      ethernet(join(label(16), label(3000), label(100_000, isLast: true), $0), type: 0x8847)
    },
    Wrapping("MPLS, explicit null") {
      ethernet(join(label($0.isIPv6 ? 2 : 0, isLast: true), $0), type: 0x8847)
    },
    Wrapping("pseudowire with a control word", isKnownToTshark: false) {
      ethernet(join(label(16, isLast: true), [0, 0, 0, 0], ethernet($0)), type: 0x8847)
    },
    Wrapping("pseudowire, tagged, without control word", isKnownToTshark: false) {
      ethernet(join(label(16, isLast: true), ethernet($0, tags: [0x8100])), type: 0x8848)
    },
    Wrapping("PPPoE") { ethernet(pppoe($0), type: 0x8864) },
    Wrapping("PPPoE in QinQ") { ethernet(pppoe($0), type: 0x8864, tags: [0x88a8, 0x8100]) },
  ]

  private static let tunnels: [Wrapping] = [
    Wrapping("4in4, 6in4") { ethernet(ipv4($0, $0.isIPv6 ? 41 : 4)) },
    Wrapping("4in6, 6in6") { ethernet(ipv6($0, $0.isIPv6 ? 41 : 4)) },
    Wrapping("IP in IP with options") {
      ethernet(ipv4($0, $0.isIPv6 ? 41 : 4, options: [1, 1, 1, 0]))
    },
    Wrapping("segment routing over IPv6") {
      ethernet(
        ipv6(
          join([$0.isIPv6 ? 41 : 4, 2, 4, 0, 0, 0, 0, 0], [UInt8](repeating: 7, count: 16), $0), 43)
      )
    },
    Wrapping("extension headers over IPv6", isKnownToTshark: true) {
      ethernet(
        ipv6(join([60, 0, 1, 4, 0, 0, 0, 0], [$0.isIPv6 ? 41 : 4, 0, 1, 4, 0, 0, 0, 0], $0), 0))
    },
    Wrapping("GRE") { ethernet(ipv4(join(gre($0.etherType), $0), 47)) },
    Wrapping("GRE with key") { ethernet(ipv4(join(gre($0.etherType, flags: 0x2000), $0), 47)) },
    Wrapping("GRE with checksum, key and sequence") {
      ethernet(ipv6(join(gre($0.etherType, flags: 0xb000), $0), 47))
    },
    Wrapping("GRE of Ethernet") {
      ethernet(ipv4(join(gre(0x6558), ethernet($0, tags: [0x8100])), 47))
    },
    Wrapping("GRE with labels") {
      ethernet(ipv4(join(gre(0x8847), label(16, isLast: true), $0), 47))
    },
    Wrapping("ERSPAN I") { ethernet(ipv4(join(gre(0x88be), ethernet($0)), 47)) },
    Wrapping("ERSPAN II") {
      ethernet(
        ipv4(join(gre(0x88be, flags: 0x1000), [0x10, 100, 0x08, 7, 0, 0, 0, 1], ethernet($0)), 47))
    },
    Wrapping("ERSPAN III") { ethernet(ipv4(join(erspan3(hasSubheader: false), ethernet($0)), 47)) },
    Wrapping("ERSPAN III with subheader") {
      ethernet(ipv4(join(erspan3(hasSubheader: true), ethernet($0)), 47))
    },
    Wrapping("EtherIP") { ethernet(ipv4(join([0x30, 0], ethernet($0)), 97)) },
    Wrapping("MPLS in IP") { ethernet(ipv4(join(label(16, isLast: true), $0), 137)) },
    Wrapping("VXLAN") { ethernet(ipv4(udp(join(vxlan, ethernet($0)), 4789), 17)) },
    Wrapping("VXLAN of Linux", isKnownToTshark: false) {
      ethernet(ipv4(udp(join(vxlan, ethernet($0)), 8472), 17))
    },
    Wrapping("VXLAN over IPv6 with a group") {
      ethernet(ipv6(udp(join([0x88, 0, 0, 9, 0, 0, 42, 0], ethernet($0)), 4789), 17))
    },
    Wrapping("VXLAN-GPE") {
      ethernet(ipv4(udp(join([0x0c, 0, 0, $0.isIPv6 ? 2 : 1, 0, 0, 42, 0], $0), 4790), 17))
    },
    Wrapping("Geneve") { ethernet(ipv4(udp(join(geneve(0x6558), ethernet($0)), 6081), 17)) },
    Wrapping("Geneve with options, of IP") {
      ethernet(
        ipv4(udp(join(geneve($0.etherType, options: [1, 8, 0, 1, 0, 0, 0, 9]), $0), 6081), 17))
    },
    Wrapping("GUE", isKnownToTshark: false) {
      ethernet(ipv4(udp(join([0, $0.isIPv6 ? 41 : 4, 0, 0], $0), 6080), 17))
    },
    Wrapping("GUE with options", isKnownToTshark: false) {
      ethernet(
        ipv4(udp(join([2, $0.isIPv6 ? 41 : 4, 0, 1], [1, 2, 3, 4, 5, 6, 7, 8], $0), 6080), 17))
    },
    Wrapping("GUE, version 1", isKnownToTshark: false) { ethernet(ipv4(udp($0, 6080), 17)) },
    Wrapping("MPLS in UDP") { ethernet(ipv4(udp(join(label(16, isLast: true), $0), 6635), 17)) },
  ]

  private static let nested: [Wrapping] = [
    Wrapping("IP in IP in VXLAN in a VLAN") {
      ethernet(
        ipv4(udp(join(vxlan, ethernet(ipv4($0, $0.isIPv6 ? 41 : 4))), 4789), 17), tags: [0x8100])
    },
    Wrapping("a mirrored VXLAN (ERSPAN II)") {
      ethernet(
        ipv4(
          join(
            gre(0x88be, flags: 0x1000), [0x10, 100, 0x08, 7, 0, 0, 0, 1],
            ethernet(ipv4(udp(join(vxlan, ethernet($0)), 4789), 17))), 47))
    },
  ]

  static let fragmented: [Wrapping] = [
    Wrapping(fragments: "fragments of IPv4 or IPv6") { packet, number in
      packet.ipFragments(number, size: 24).map { ethernet($0) }
    },
    Wrapping(fragments: "fragments that come backwards") { packet, number in
      packet.ipFragments(number, size: 32).reversed().map { ethernet($0) }
    },
    Wrapping(fragments: "a VXLAN packet in fragments") { packet, number in
      ipv4(udp(join(vxlan, ethernet(packet)), 4789), 17).ipFragments(number, size: 64)
        .map { ethernet($0) }
    },
    Wrapping(fragments: "fragments inside of GRE") { packet, number in
      packet.ipFragments(number, size: 40).map { ethernet(ipv4(join(gre($0.etherType), $0), 47)) }
    },
    Wrapping(fragments: "fragments of fragments") { packet, number in
      packet.ipFragments(number, size: 40).enumerated().flatMap { index, fragment in
        ipv4(fragment, fragment.isIPv6 ? 41 : 4).ipFragments(number * 64 + index, size: 48)
      }.map { ethernet($0) }
    },
  ]

  private static let trailing: [Wrapping] = [
    Wrapping("padding") { join(ethernet($0), [UInt8](repeating: 0, count: 18)) },
    Wrapping("a frame check sequence") { join(ethernet($0), [0xde, 0xad, 0xbe, 0xef]) },
    Wrapping("an F5 trailer") {
      join(ethernet($0), [0xf5, 0xde, 0xb0, 0xf5], bytes(UInt16(12)), [0, 1, 1, 2, 0, 3])
    },
    // Before version 14: a byte of type, one of length, and so on, for each level of noise.
    Wrapping("an F5 trailer of old") {
      join(
        ethernet($0), [1, 12, 2], [UInt8](repeating: 0x2f, count: 9), [2, 8, 1, 0, 0, 0, 0, 9],
        [3, 25, 1], Array($0.prefix(22)))
    },
    Wrapping("a NetScaler trailer") { packet in
      // What nstrace knows of each packet, in its own order of bytes: the network adapter, nanoseconds,
      // numbers of the connection and of its other side, the length, a VLAN, the core.
      let record = join(
        [3, 0x10, 0xa7, 0xd4, 0x9e, 0x2b, 0x1c, 0x17, 0], [0x45, 0, 0, 0x28, 0x06, 0, 0, 0x80],
        Array(bytes(UInt16(14 + packet.count)).reversed()), [1, 0, 2, 0])
      return join(ethernet(packet), record)
    },
    // Longer than any packet that it could belong to, and looks like one.
    Wrapping("a trailer with a packet in it") { join(ethernet($0), ethernet($0), $0) },
    Wrapping("a trailer in a tunnel") {
      join(
        ethernet(ipv4(udp(join(vxlan, ethernet($0), [UInt8](repeating: 6, count: 9)), 4789), 17)),
        [1, 2, 3, 4, 5])
    },
    Wrapping("wrong checksums") { ethernet($0.withoutChecksums) },
    Wrapping("lengths left to the adapter", isKnownToTshark: false) {
      ethernet($0.withoutLength)
    },
    Wrapping("options of IPv4, extension headers of IPv6") { ethernet($0.withOptions) },
  ]
}
