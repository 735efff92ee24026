/// One TCP segment as the rest of the program sees it: a small plain value, decoded once.
///
/// Everything a verdict can depend on is here; the bytes themselves are gone.
public struct Segment: BitwiseCopyable, Sendable {
  /// Capture time.
  public var time: Timestamp
  public var source: Endpoint { didSet { flowHash = Self.flowHash(source, destination) } }
  public var destination: Endpoint { didSet { flowHash = Self.flowHash(source, destination) } }
  /// SEG.SEQ.
  public var sequence: SequenceNumber
  /// SEG.ACK; meaningful only with the ACK flag.
  public var acknowledgment: SequenceNumber
  public var flags: TCPFlags
  /// SEG.WND as on the wire, not scaled.
  public var window: UInt16
  /// Bytes of payload by the IP length, not by what was captured.
  public var payloadLength: UInt32
  public var options: TCPOptions
  /// The IPv4 identification field; zero for IPv6, which has none.
  public var ipIdentification: UInt16
  /// The IPv4 "don't fragment" flag; false for IPv6.
  public var dontFragment: Bool
  /// Equal for copies of one IP packet, whatever link layer, VLAN tag, hop count and IP checksum
  /// they were captured with: a 64-bit hash of the other IP header fields and the TCP header.
  public var digest: UInt64
  /// The 1-based number of the frame in its capture file.
  public var frame: UInt64
  /// Index of the capture file in `AnalysisReport.captures`.
  public var capture: UInt32
  /// The capture point the file belongs to; copies are looked for within one point only.
  public var point: UInt32
  /// A hash of the tuple, the same for both directions.
  private(set) var flowHash: UInt32

  public init(
    time: Timestamp, source: Endpoint, destination: Endpoint, sequence: SequenceNumber,
    acknowledgment: SequenceNumber, flags: TCPFlags, window: UInt16, payloadLength: UInt32,
    options: TCPOptions, ipIdentification: UInt16, dontFragment: Bool, digest: UInt64,
    frame: UInt64, capture: UInt32, point: UInt32
  ) {
    self.time = time
    self.source = source
    self.destination = destination
    self.sequence = sequence
    self.acknowledgment = acknowledgment
    self.flags = flags
    self.window = window
    self.payloadLength = payloadLength
    self.options = options
    self.ipIdentification = ipIdentification
    self.dontFragment = dontFragment
    self.digest = digest
    self.frame = frame
    self.capture = capture
    self.point = point
    flowHash = Self.flowHash(source, destination)
  }

  /// A hash of a tuple, the same for both directions.
  @inline(__always)
  static func flowHash(_ one: Endpoint, _ other: Endpoint) -> UInt32 {
    let sum = one.hashForFlow &+ other.hashForFlow
    return UInt32(truncatingIfNeeded: sum ^ sum >> 32)
  }

  /// A SYN: the SYN flag, but neither ACK nor RST.
  var isOpening: Bool { flags.contains(.syn) && flags.isDisjoint(with: [.ack, .rst]) }

  public var tuple: FourTuple { FourTuple(source: source, destination: destination) }

  /// Sequence space the segment takes: payload plus one each for SYN and FIN.
  public var sequenceLength: UInt32 {
    payloadLength &+ (flags.contains(.syn) ? 1 : 0) &+ (flags.contains(.fin) ? 1 : 0)
  }

  /// The sequence number behind the segment's last.
  public var sequenceEnd: SequenceNumber { sequence.advanced(by: sequenceLength) }
}

extension Endpoint {
  /// Multiplied so that two of them can be added.
  @inline(__always)
  fileprivate var hashForFlow: UInt64 {
    let value = (address.low ^ address.high &* 0x9e37_79b9_7f4a_7c15) &+ UInt64(port) &<< 40
    let product = value.multipliedFullWidth(by: 0xff51_afd7_ed55_8ccd)
    return product.high ^ product.low
  }
}

/// The TCP options that bear on a verdict. What the snap length cut off counts as absent.
public struct TCPOptions: BitwiseCopyable, Hashable, Sendable {
  /// TSval and TSecr (RFC 7323, section 3); valid when `hasTimestamps`.
  public var timestampValue: UInt32 = 0
  public var timestampEchoReply: UInt32 = 0
  public var hasTimestamps = false
  /// True when the snap length cut into the options, so that an absent option proves nothing.
  public var isTruncated = false
  /// Window scale shift 0…14 (RFC 7323, section 2); 255 when absent.
  public var windowScale: UInt8 = TCPOptions.noWindowScale
  /// MSS (RFC 9293, section 3.7.1); zero when absent.
  public var maximumSegmentSize: UInt16 = 0
  public var permitsSelectiveAcknowledgment = false

  public static let noWindowScale: UInt8 = 255

  public init() {}
}
