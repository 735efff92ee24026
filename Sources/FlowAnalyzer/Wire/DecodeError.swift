/// Why a frame gave no segment; also the keys of the counters in `CaptureRecord`.
///
/// "Cut" means that the capture's snap length took bytes which the frame had on the wire;
/// "malformed" means that the frame itself has no such bytes, or that its fields contradict each
/// other. The raw values appear in reports.
public enum DecodeError: String, Error, CaseIterable, Sendable, Codable {
  /// The link layer, of the frame or of one in a tunnel, carries something other than IPv4 or IPv6: ARP,
  /// LLDP, spanning tree, ….
  case notIP = "not-ip"
  /// The IP packet carries something other than TCP, or than a tunnel that is followed.
  case notTCP = "not-tcp"
  /// A fragment that was kept; the segment comes with the fragment that completes the datagram.
  case fragmentPending = "fragment-pending"
  case cutLinkHeader = "cut-link-header"
  /// What a tunnel puts between two packets: GRE, VXLAN, Geneve, ….
  case cutTunnelHeader = "cut-tunnel-header"
  case cutIPHeader = "cut-ip-header"
  /// Fewer than the 20 fixed bytes of the TCP header were captured. Cut options are no error.
  case cutTCPHeader = "cut-tcp-header"
  case malformedLinkHeader = "malformed-link-header"
  /// It contradicts itself, or more headers are stacked than in any network.
  case malformedTunnelHeader = "malformed-tunnel-header"
  case malformedIPv4 = "malformed-ipv4"
  case malformedIPv6 = "malformed-ipv6"
  /// A fragment that lies outside of its datagram or contradicts the fragments before it.
  case malformedFragment = "malformed-fragment"
  case malformedTCP = "malformed-tcp"
  /// The interface that captured the frame has a link type that is not read, while the first
  /// interface of the file has one that is.
  case unsupportedLinkType = "unsupported-link-type"
  /// The filter of `PacketSelection` keeps it out.
  case filtered
  /// It lies outside of the time of `PacketSelection`.
  case outsideTime = "outside-time"
}

extension DecodeError {
  /// The place among all cases, for counters in an array.
  var ordinal: Int {
    switch self {
    case .notIP: 0
    case .notTCP: 1
    case .fragmentPending: 2
    case .cutLinkHeader: 3
    case .cutTunnelHeader: 4
    case .cutIPHeader: 5
    case .cutTCPHeader: 6
    case .malformedLinkHeader: 7
    case .malformedTunnelHeader: 8
    case .malformedIPv4: 9
    case .malformedIPv6: 10
    case .malformedFragment: 11
    case .malformedTCP: 12
    case .unsupportedLinkType: 13
    case .filtered: 14
    case .outsideTime: 15
    }
  }

  /// Whether the snap length took what was needed.
  var isCut: Bool {
    switch self {
    case .cutLinkHeader, .cutTunnelHeader, .cutIPHeader, .cutTCPHeader: true
    case .notIP, .notTCP, .fragmentPending, .malformedLinkHeader, .malformedTunnelHeader,
      .malformedIPv4, .malformedIPv6, .malformedFragment, .malformedTCP, .unsupportedLinkType,
      .filtered,
      .outsideTime:
      false
    }
  }
}
