/// One TCP segment as the rest of the program sees it: a small plain value, decoded once.
///
/// Everything a verdict can depend on is here; the bytes themselves are gone.
///
/// Fields that a header has in one word lie in one word here, too, so that decoding a packet takes few
/// stores: a segment passes through the caches of two processors.
public struct Segment: BitwiseCopyable, Sendable {
  /// Capture time.
  public var time: Timestamp
  /// Equal for copies of one IP packet, whatever link layer, VLAN tag, hop count and IP checksum
  /// they were captured with: a 64-bit hash of the other IP header fields and the TCP header.
  public var digest: UInt64
  /// As the TCP header begins: source port (16 bits), destination port (16), sequence number (32).
  private var portsAndSequence: UInt64 = 0
  /// As it goes on: acknowledgment number (32 bits), 8 unused, flags (8), window (16).
  private var acknowledgmentAndWindow: UInt64 = 0
  private var sourceLow: UInt64 = 0
  private var destinationLow: UInt64 = 0
  private var sourceHigh: UInt64 = 0
  private var destinationHigh: UInt64 = 0
  public var options: TCPOptions
  private var sourceIsIPv6 = false
  private var destinationIsIPv6 = false
  /// As the IPv4 header has them: identification (16 bits), flags and fragment offset (16), of which only
  /// "don't fragment" may be set; zero for IPv6.
  private var identificationAndFlags: UInt32
  /// Bytes of payload by the IP length, not by what was captured.
  public var payloadLength: UInt32
  /// A hash of the tuple, the same for both directions.
  private(set) var flowHash: UInt32 = 0
  /// Index of the capture file in `AnalysisReport.captures`.
  public var capture: UInt32
  /// The 1-based number of the frame in its capture file.
  public var frame: UInt64
  /// The capture point the file belongs to; copies are looked for within one point only.
  public var point: UInt32

  public init(
    time: Timestamp, source: Endpoint, destination: Endpoint, sequence: SequenceNumber,
    acknowledgment: SequenceNumber, flags: TCPFlags, window: UInt16, payloadLength: UInt32,
    options: TCPOptions, ipIdentification: UInt16, dontFragment: Bool, digest: UInt64,
    frame: UInt64, capture: UInt32, point: UInt32
  ) {
    self.time = time
    self.payloadLength = payloadLength
    self.options = options
    self.digest = digest
    self.frame = frame
    self.capture = capture
    self.point = point
    identificationAndFlags = UInt32(ipIdentification) << 16
    self.dontFragment = dontFragment
    self.sequence = sequence
    self.acknowledgment = acknowledgment
    self.flags = flags
    self.window = window
    setEndpoints(source, destination)
  }

  public var source: Endpoint {
    get {
      Endpoint(
        address: IPAddress(high: sourceHigh, low: sourceLow, isIPv6: sourceIsIPv6),
        port: UInt16(truncatingIfNeeded: portsAndSequence >> 48))
    }
    set { setEndpoints(newValue, destination) }
  }

  public var destination: Endpoint {
    get {
      Endpoint(
        address: IPAddress(
          high: destinationHigh, low: destinationLow, isIPv6: destinationIsIPv6),
        port: UInt16(truncatingIfNeeded: portsAndSequence >> 32))
    }
    set { setEndpoints(source, newValue) }
  }

  /// SEG.SEQ.
  public var sequence: SequenceNumber {
    get { SequenceNumber(UInt32(truncatingIfNeeded: portsAndSequence)) }
    set { portsAndSequence = portsAndSequence & ~0xffff_ffff | UInt64(newValue.value) }
  }

  /// SEG.ACK; meaningful only with the ACK flag.
  public var acknowledgment: SequenceNumber {
    get { SequenceNumber(UInt32(truncatingIfNeeded: acknowledgmentAndWindow >> 32)) }
    set {
      acknowledgmentAndWindow =
        acknowledgmentAndWindow & 0xffff_ffff | UInt64(newValue.value) << 32
    }
  }

  public var flags: TCPFlags {
    get { TCPFlags(rawValue: UInt8(truncatingIfNeeded: acknowledgmentAndWindow >> 16)) }
    set {
      acknowledgmentAndWindow =
        acknowledgmentAndWindow & ~0xff_0000 | UInt64(newValue.rawValue) << 16
    }
  }

  /// SEG.WND as on the wire, not scaled.
  public var window: UInt16 {
    get { UInt16(truncatingIfNeeded: acknowledgmentAndWindow) }
    set { acknowledgmentAndWindow = acknowledgmentAndWindow & ~0xffff | UInt64(newValue) }
  }

  /// The IPv4 identification field; zero for IPv6, which has none.
  public var ipIdentification: UInt16 {
    get { UInt16(truncatingIfNeeded: identificationAndFlags >> 16) }
    set { identificationAndFlags = identificationAndFlags & 0xffff | UInt32(newValue) << 16 }
  }

  /// The IPv4 "don't fragment" flag; false for IPv6.
  public var dontFragment: Bool {
    get { identificationAndFlags & UInt32(IPv4.dontFragmentFlag) != 0 }
    set {
      identificationAndFlags =
        identificationAndFlags & 0xffff_0000 | (newValue ? UInt32(IPv4.dontFragmentFlag) : 0)
    }
  }

  /// Sets both ends, which costs less than one after the other.
  @inline(__always)
  mutating func setEndpoints(_ source: Endpoint, _ destination: Endpoint) {
    let ports = UInt64(source.port) << 48 | UInt64(destination.port) << 32
    setHeaders(
      source: source.address, destination: destination.address,
      ports | portsAndSequence & 0xffff_ffff, acknowledgmentAndWindow)
  }

  /// Sets what the addresses and the first two words of a TCP header say.
  @inline(__always)
  mutating func setHeaders(
    source: IPAddress, destination: IPAddress, _ first: UInt64, _ second: UInt64
  ) {
    portsAndSequence = first
    acknowledgmentAndWindow = second & ~0xff00_0000
    sourceLow = source.low
    destinationLow = destination.low
    sourceHigh = source.high
    destinationHigh = destination.high
    sourceIsIPv6 = source.isIPv6
    destinationIsIPv6 = destination.isIPv6
    flowHash = Self.flowHash(
      Endpoint(address: source, port: UInt16(truncatingIfNeeded: first >> 48)),
      Endpoint(address: destination, port: UInt16(truncatingIfNeeded: first >> 32)))
  }

  /// Sets what the second word of an IPv4 header says, of a packet that is no fragment; zero for IPv6.
  @inline(__always)
  mutating func setIdentificationAndFlags(_ word: UInt32) {
    // The reserved bit says nothing.
    identificationAndFlags = word & 0xffff_4000
  }

  /// A hash of a tuple, the same for both directions: one multiplication in full width, of which the
  /// halves are folded together.
  @inline(__always)
  static func flowHash(_ one: Endpoint, _ other: Endpoint) -> UInt32 {
    let product = one.factorForFlow.multipliedFullWidth(by: other.factorForFlow)
    return UInt32(truncatingIfNeeded: product.high ^ product.low)
  }

  /// A SYN: the SYN flag, but neither ACK nor RST.
  var isOpening: Bool { flags.contains(.syn) && flags.isDisjoint(with: [.ack, .rst]) }

  /// Neither SYN nor ACK nor RST: nothing that has a connection takes anything of it, or answers, but a TIME_WAIT
  /// (RFC 9293, section 3.10.7.4, fifth; Linux `tcp_rcv_established`, `tcp_rcv_state_process`).
  var isWithoutPurpose: Bool { flags.isDisjoint(with: [.syn, .ack, .rst]) }

  public var tuple: FourTuple { FourTuple(source: source, destination: destination) }

  /// Sequence space the segment takes: payload plus one each for SYN and FIN.
  public var sequenceLength: UInt32 {
    payloadLength &+ (flags.contains(.syn) ? 1 : 0) &+ (flags.contains(.fin) ? 1 : 0)
  }

  /// The sequence number behind the segment's last.
  public var sequenceEnd: SequenceNumber { sequence.advanced(by: sequenceLength) }
}

extension Endpoint {
  @inline(__always)
  fileprivate var factorForFlow: UInt64 {
    // The multiplier is the golden ratio; the key keeps a factor from being small.
    let value = (address.low ^ address.high &* 0x9e37_79b9_7f4a_7c15) &+ UInt64(port) &<< 40
    return value ^ 0xff51_afd7_ed55_8ccd
  }
}

/// The TCP options that bear on a verdict. What the snap length cut off counts as absent.
public struct TCPOptions: BitwiseCopyable, Hashable, Sendable {
  /// TSecr (RFC 7323, section 3); valid when `hasTimestamps`.
  public var timestampEchoReply: UInt32 = 0
  /// TSval.
  public var timestampValue: UInt32 = 0
  /// MSS (RFC 9293, section 3.7.1); zero when absent.
  public var maximumSegmentSize: UInt16 = 0
  /// Window scale shift 0…14 (RFC 7323, section 2); 255 when absent.
  public var windowScale: UInt8 = TCPOptions.noWindowScale
  public var hasTimestamps = false
  public var permitsSelectiveAcknowledgment = false
  /// True when the snap length cut into the options, so that an absent option proves nothing.
  public var isTruncated = false

  public static let noWindowScale: UInt8 = 255

  public init() {}
}
