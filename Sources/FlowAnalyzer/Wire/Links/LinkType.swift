/// The link layers that frames may start with.
///
/// Source of the numbers: https://www.tcpdump.org/linktypes.html and `pcap/dlt.h`.
enum LinkType: Sendable {
  case ethernet
  /// Linux "cooked" captures, as `tcpdump -i any` writes them; version 1 and 2.
  case linuxCooked, linuxCooked2
  /// An IP packet without link layer; its version field tells which IP.
  case rawIP
  /// BSD loopback: four bytes of address family, in the writer's or in network byte order.
  case loopback
  /// PPP; on serial lines, where it may be Cisco's HDLC; with a byte of direction in front, or in place
  /// of the first.
  case ppp, pppSerial, pppWithDirection, pppOfLinux
  /// The session packets of PPP over Ethernet, without Ethernet.
  case pppoe
  case ciscoHDLC, ciscoHDLCWithDirection, frameRelay, frameRelayWithDirection, slip
  case mpls
  /// Packets as firewalls and systems hand them to whoever watches them.
  case pflog, enc, nflog, ipnet
  /// Ethernet behind what a capturing card or a tester has to say of it.
  case erf, netAnalyzer, netAnalyzerTransparent, ethernetPreemption
  /// Links that carry IP behind an LLC header, or behind a type as of Ethernet.
  case fddi, tokenRing, atmLLC, fibreChannel, fireWire, infiniBand

  /// - Parameter number: what the file says, or `pcap_datalink`. The values of raw IP and of ATM
  ///   depend on the system that wrote the file, and libpcap maps only some of them.
  init?(dataLink number: Int32) {
    switch number {
    case 1: self = .ethernet
    case 113: self = .linuxCooked
    case 276: self = .linuxCooked2
    case 12, 14, 101, 228, 229: self = .rawIP
    case 0, 108: self = .loopback
    case 9: self = .ppp
    case 50: self = .pppSerial
    case 51: self = .pppoe
    case 166: self = .pppOfLinux
    case 204: self = .pppWithDirection
    case 104: self = .ciscoHDLC
    case 205: self = .ciscoHDLCWithDirection
    case 107: self = .frameRelay
    case 206: self = .frameRelayWithDirection
    case 8: self = .slip
    case 219: self = .mpls
    case 117: self = .pflog
    case 109: self = .enc
    case 239: self = .nflog
    case 226: self = .ipnet
    case 197: self = .erf
    case 240: self = .netAnalyzer
    case 241: self = .netAnalyzerTransparent
    case 274: self = .ethernetPreemption
    case 10: self = .fddi
    case 6: self = .tokenRing
    case 11, 100: self = .atmLLC
    case 122: self = .fibreChannel
    case 138: self = .fireWire
    case 242: self = .infiniBand
    default: return nil
    }
  }

  /// The numbers that capture files may have, Ethernet first.
  static let fileNumbers: [UInt32] =
    [1] + (0..<300).filter { $0 != 1 && LinkType(dataLink: Int32($0)) != nil }

  /// How `CaptureError` lists what is supported, in the words of `pcap_datalink_val_to_name`.
  static let supportedNames =
    "EN10MB, LINUX_SLL, LINUX_SLL2, RAW, IPV4, IPV6, NULL, LOOP, PPP, PPP_SERIAL, PPP_ETHER, C_HDLC, "
    + "FRELAY, MPLS, NFLOG, PFLOG and some rare ones"

  /// What follows on the link layer's header.
  @inline(__always)
  func payload(of frame: RawSpan, wireLength: Int) throws(DecodeError) -> LayerPayload {
    // Not left to the switch, which would jump by a table.
    if self == .ethernet { return try Ethernet.payload(of: frame, wireLength: wireLength) }
    return try uncommonPayload(of: frame, wireLength: wireLength)
  }

  @inline(never)
  private func uncommonPayload(
    of frame: RawSpan, wireLength wire: Int
  ) throws(DecodeError) -> LayerPayload {
    switch self {
    case .ethernet: try Ethernet.payload(of: frame, wireLength: wire)
    case .linuxCooked: try LinuxCooked.payload(of: frame, wireLength: wire)
    case .linuxCooked2: try LinuxCooked.payload2(of: frame, wireLength: wire)
    case .rawIP: try RawIP.payload(of: frame, wireLength: wire)
    case .loopback: try Loopback.payload(of: frame, wireLength: wire)
    case .ppp: try PPP.payload(of: frame, wireLength: wire)
    case .pppSerial:
      if frame.byteCount > 0, CiscoHDLC.isAddress(frame.uint8(at: 0)) {
        try CiscoHDLC.payload(of: frame, wireLength: wire)
      } else {
        try PPP.payload(of: frame, wireLength: wire)
      }
    case .pppOfLinux: try PPP.payload(of: frame, at: 2, wireLength: wire)
    case .pppWithDirection: try OlderLinks.behind(1, .ppp, frame, wireLength: wire)
    case .pppoe: try PPPoE.payload(of: frame, wireLength: wire)
    case .ciscoHDLC: try CiscoHDLC.payload(of: frame, wireLength: wire)
    case .ciscoHDLCWithDirection:
      try Self.behindDirection(frame, wireLength: wire, CiscoHDLC.payload)
    case .frameRelay: try FrameRelay.payload(of: frame, wireLength: wire)
    case .frameRelayWithDirection:
      try Self.behindDirection(frame, wireLength: wire, FrameRelay.payload)
    case .slip: try OlderLinks.behind(16, .ip, frame, wireLength: wire)
    case .mpls: try MPLS.payload(of: frame, wireLength: wire)
    case .pflog: try FirewallLog.pflog(frame, wireLength: wire)
    case .enc: try FirewallLog.enc(frame, wireLength: wire)
    case .nflog: try FirewallLog.nflog(frame, wireLength: wire)
    case .ipnet: try FirewallLog.ipnet(frame, wireLength: wire)
    case .erf: try ERF.payload(of: frame, wireLength: wire)
    case .netAnalyzer: try OlderLinks.behind(4, .ethernet, frame, wireLength: wire)
    case .netAnalyzerTransparent: try OlderLinks.behind(12, .ethernet, frame, wireLength: wire)
    case .ethernetPreemption: try OlderLinks.behind(8, .ethernet, frame, wireLength: wire)
    case .fddi: try OlderLinks.fddi(frame, wireLength: wire)
    case .tokenRing: try OlderLinks.tokenRing(frame, wireLength: wire)
    case .atmLLC: try OlderLinks.llc(frame, at: 0, wireLength: wire)
    case .fibreChannel: try OlderLinks.llc(frame, at: 16, wireLength: wire)
    case .fireWire: try OlderLinks.typed(frame, at: 16, headerLength: 18, wireLength: wire)
    case .infiniBand: try OlderLinks.typed(frame, at: 40, headerLength: 44, wireLength: wire)
    }
  }

  /// A byte in front says which way the frame went.
  private static func behindDirection(
    _ frame: RawSpan, wireLength: Int,
    _ payload: (RawSpan, Int) throws(DecodeError) -> LayerPayload
  ) throws(DecodeError) -> LayerPayload {
    try frame.requireLinkHeader(upTo: 1, wireLength: wireLength)
    var found = try payload(frame.extracting(1..<frame.byteCount), wireLength - 1)
    found.offset += 1
    return found
  }
}
