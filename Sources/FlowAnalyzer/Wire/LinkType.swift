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

  /// - Parameter number: what `pcap_datalink` says. The values of raw IP depend on the system
  ///   that wrote the file, and libpcap maps only some of them.
  init?(dataLink number: Int32) {
    switch number {
    case 1: self = .ethernet
    case 113: self = .linuxCooked
    case 276: self = .linuxCooked2
    case 12, 14, 101, 228, 229: self = .rawIP
    case 0, 108: self = .loopback
    default: return nil
    }
  }

  /// A number of each in capture files, Ethernet first.
  static let fileNumbers: [UInt32] = [1, 113, 276, 101, 228, 229, 0, 108]

  /// How `CaptureError` lists what is supported, in the words of `pcap_datalink_val_to_name`.
  static let supportedNames = "EN10MB, LINUX_SLL, LINUX_SLL2, RAW, IPV4, IPV6, NULL, LOOP"
}
