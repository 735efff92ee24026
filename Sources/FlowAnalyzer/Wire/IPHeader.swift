/// What IPv4 and IPv6 say about the packet they carry: the part that both have in common.
struct IPHeader {
  /// IP protocol numbers, https://www.iana.org/assignments/protocol-numbers.
  enum TransportProtocol {
    static let tcp: UInt8 = 6
  }

  /// The place of a fragment in its datagram.
  struct Fragment {
    /// Byte offset of the fragment's payload in the datagram's, a multiple of eight.
    var offset: Int
    /// False for the last fragment.
    var moreFollow: Bool
    /// 16 bits for IPv4, 32 bits for IPv6.
    var identification: UInt32
  }

  var source: IPAddress
  var destination: IPAddress
  /// Of the payload; in a fragment of IPv6 it may still be that of an extension header.
  var transport: UInt8
  /// Byte offset of the payload, behind options and extension headers.
  var payloadOffset: Int
  /// Bytes of payload by the packet's own length field, captured or not.
  var payloadLength: Int
  /// Nil for a whole packet.
  var fragment: Fragment?
  /// The IPv4 identification; zero for IPv6.
  var identification: UInt16
  var dontFragment: Bool
  /// The hash over the header fields that no router on the way changes.
  var digest: PacketDigest

  /// Where the captured part of the payload lies in a packet of which `captured` bytes are there.
  ///
  /// What follows the packet in its frame (padding, trailers, checksums) is not part of it.
  func payloadRange(captured: Int) -> Range<Int> {
    payloadOffset..<max(payloadOffset, min(captured, payloadOffset + payloadLength))
  }
}
