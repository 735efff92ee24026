/// What was read from one capture file: the model of `captures[]` in the report.
///
/// Every packet is accounted for: `packets == tcpSegments + duplicates + skipped.total`.
public struct CaptureRecord: Sendable, Codable {
  /// As on the command line; `-` is standard input.
  public let path: String
  /// Nil as long as nobody knows; the user may have left it open.
  public var role: CaptureRole?
  /// Nil where the user gave none.
  public let pointName: String?
  /// Nil where the user named no load balancer.
  public let balancer: String?
  /// Which load balancer of those in the report that is, counted from 1.
  var balancerOrdinal = 1
  /// The capture point, counted from zero over both sides; nil until the first packet.
  public internal(set) var point: Int?
  /// Which point of its side it is, counted from 1.
  var pointOrdinal = 0
  public var packets: UInt64 { tally.packets }
  /// Segments, each counted once however often it was captured.
  public var tcpSegments: UInt64 { tally.segments - duplicates }
  /// Further copies of segments, at this point or at another of the same side.
  public internal(set) var duplicates: UInt64 = 0
  /// Packets that gave no segment.
  public internal(set) var skipped = SkippedFrames()
  /// Packets whose headers or TCP options the snap length cut, with or without a segment.
  public internal(set) var cutHeaders: UInt64 = 0
  /// True if the file ends in the middle of a packet.
  public internal(set) var truncated = false
  /// Packets that the capturing host says it dropped; nil where the file does not say.
  public internal(set) var dropped: UInt64?
  /// What every packet changes.
  var tally = PacketTally()
  /// Equal for files with the same packets, whatever their names and formats.
  public var contentHash: UInt64 { disguisedHash ?? tally.content.value }
  private var disguisedHash: UInt64?
  /// What of the counts is of packets with fragments; nil where there were none.
  private var ofFragments: FragmentCounts?
  public internal(set) var warnings: [CaptureWarning] = []
  /// Why the file could not be read, or not to its end.
  public internal(set) var failure: CaptureError?

  /// When the earliest packet that was asked for was captured; nil where there was none.
  public var firstPacket: Timestamp? { tally.times.isEmpty ? nil : tally.times.earliest }
  public var lastPacket: Timestamp? { tally.times.isEmpty ? nil : tally.times.latest }

  /// The point as reports call it.
  var pointLabel: String { (pointName ?? numberedPoint) + (balancer.map { "@\($0)" } ?? "") }

  /// The point without the names that the user gave it and its load balancer.
  var plainPointLabel: String {
    numberedPoint + (balancer == nil ? "" : "@\(balancerOrdinal)")
  }

  private var numberedPoint: String {
    guard point != nil else { return "none" }
    return "\((role ?? .server).rawValue)-\(pointOrdinal)"
  }

  init(_ input: CaptureInput) {
    path = input.path
    role = input.role
    pointName = input.pointName
    balancer = input.balancer
  }

  /// Takes over what was noted when the capture itself was read. What was found by looking at others, too,
  /// stays.
  mutating func adopt(_ original: CaptureRecord) {
    tally = original.tally
    skipped = original.skipped
    cutHeaders = original.cutHeaders
    if let ofFragments {
      tally.segments &+= ofFragments.segments
      skipped.add(ofFragments.skipped)
      cutHeaders &+= ofFragments.cutHeaders
    }
    truncated = original.truncated
    dropped = original.dropped
    failure = original.failure
    let ofOthers = warnings.filter(\.isOfOthers)
    warnings = original.warnings
    warnOfPackets()
    warnings += ofOthers
  }

  /// To be called once, after the last packet.
  mutating func warnOfPackets() {
    if cutHeaders > 0 { warnings.append(.cutHeaders(packets: cutHeaders)) }
    if tally.times.setBack >= Self.warnedSetBack {
      warnings.append(.timeGoesBack(by: tally.times.setBack))
    }
  }

  /// Queues and processors bring packets out of order by less, in nanoseconds.
  private static let warnedSetBack: Int64 = 100_000_000

  /// A hash over a capture is one over its addresses, too.
  mutating func disguiseHash(by anonymizer: AddressAnonymizer) {
    disguisedHash = anonymizer.disguised(tally.content.value)
  }

  /// Notes that so many of this file's segments turned out to be copies.
  mutating func countDuplicates(_ count: UInt64) { duplicates += count }
}

extension CaptureRecord {
  /// Counts a packet with a segment.
  ///
  /// - Parameters:
  ///   - segment: with its options and its digest.
  ///   - time: by the capture's own clock.
  mutating func count(_ segment: borrowing Segment, at time: Timestamp) {
    tally.count(packetAt: time, content: segment.digest)
    tally.segments &+= 1
    if segment.options.isTruncated { cutHeaders &+= 1 }
  }

  /// Counts a packet without a segment.
  ///
  /// - Parameter length: what it had on the wire, in bytes.
  mutating func count(_ reason: DecodeError, at time: Timestamp, length: Int) {
    tally.count(packetAt: time, content: UInt64(truncatingIfNeeded: length))
    skipped.count(reason)
    if reason.isCut { cutHeaders &+= 1 }
  }

  /// Counts a packet with a fragment, or one whose meaning hangs on the fragments before it.
  ///
  /// - Parameters:
  ///   - outcome: why it gave no segment; nil where it completed one.
  ///   - isCut: whether the snap length took some of that.
  mutating func countFragment(
    at time: Timestamp, length: Int, _ outcome: DecodeError?, isCut: Bool
  ) {
    countUnsettledFragment(at: time, length: length)
    if ofFragments == nil { ofFragments = FragmentCounts() }
    if let outcome {
      skipped.count(outcome)
      ofFragments?.skipped.count(outcome)
    } else {
      tally.segments &+= 1
      ofFragments?.segments &+= 1
    }
    if isCut {
      cutHeaders &+= 1
      ofFragments?.cutHeaders &+= 1
    }
  }

  /// The same, where it will be seen later what it comes to. Its content is its length: a hash over one file
  /// must not hang on others.
  mutating func countUnsettledFragment(at time: Timestamp, length: Int) {
    tally.count(packetAt: time, content: UInt64(truncatingIfNeeded: length))
  }

  /// Counts a packet that is not asked for: but for this it is as if it had not been captured.
  mutating func countUnasked(_ reason: DecodeError) {
    tally.packets &+= 1
    skipped.count(reason)
  }
}

extension CaptureRecord {
  /// Whether its counts are such as reading a capture gives; what another machine sends may have any.
  var isSound: Bool {
    tally.segments <= tally.packets && tally.packets <= PackedReader.largestCount
      && duplicates <= tally.segments && skipped.isSound
      && (0...Self.largestPoint).contains(point ?? 0)
  }

  private static let largestPoint = 1 << 32
}

/// What came of packets with fragments. That may hang on other files.
private struct FragmentCounts: Codable {
  var segments: UInt64 = 0
  var skipped = SkippedFrames()
  var cutHeaders: UInt64 = 0
}

/// What every packet of a capture changes.
struct PacketTally: BitwiseCopyable, Codable {
  fileprivate(set) var packets: UInt64 = 0
  /// With copies.
  fileprivate(set) var segments: UInt64 = 0
  /// Of those that were asked for.
  private(set) var times = TimeSpan()
  fileprivate var content = ContentHash()

  /// Counts a packet.
  ///
  /// - Parameters:
  ///   - time: by the capture's own clock.
  ///   - value: of its content.
  fileprivate mutating func count(packetAt time: Timestamp, content value: UInt64) {
    packets &+= 1
    times.add(time)
    content.combine(time, value)
  }

  /// Takes in the content of a packet that will be counted with others.
  @inline(__always)
  mutating func note(segmentAt time: Timestamp, digest: UInt64) { content.combine(time, digest) }

  /// Counts packets whose segments were noted.
  ///
  /// - Parameter times: those up to them, of packets between them, too.
  mutating func count(notedPackets count: Int, _ times: TimeSpan) {
    packets &+= UInt64(count)
    segments &+= UInt64(count)
    self.times = times
  }
}

/// Tells captures apart by their packets: a hash over the time of each, and over the digest of its TCP
/// header or, where it has none or is a fragment, its length.
private struct ContentHash: BitwiseCopyable, Codable {
  // The fractional bits of pi: numbers without a hidden purpose.
  private static let first: UInt64 = 0x0801_f2e2_858e_fc17
  private static let second: UInt64 = 0x6369_20d8_7157_4e69
  private var state: UInt64 = 0x636a_09e6_67f3_bcc9

  @inline(__always)
  mutating func combine(_ time: Timestamp, _ content: UInt64) {
    let sum = state ^ UInt64(bitPattern: time.nanoseconds)
    state = (sum ^ sum >> 32) &* Self.first &+ content &* Self.second
  }

  var value: UInt64 { mixed(state) }
}

/// How many packets gave no segment, by reason.
public struct SkippedFrames: Sendable, Codable {
  private var counts = [UInt64](repeating: 0, count: DecodeError.allCases.count)

  public subscript(reason: DecodeError) -> UInt64 { counts[reason.ordinal] }

  public var total: UInt64 { counts.reduce(0, +) }

  mutating func count(_ reason: DecodeError) { counts[reason.ordinal] += 1 }

  fileprivate mutating func add(_ other: SkippedFrames) {
    for reason in DecodeError.allCases { counts[reason.ordinal] &+= other[reason] }
  }

  fileprivate var isSound: Bool {
    counts.count == DecodeError.allCases.count
      && counts.allSatisfy { $0 <= PackedReader.largestCount }
  }
}

/// What a reader of the report should know about a capture.
public enum CaptureWarning: Hashable, Sendable, Codable {
  /// The file ends in the middle of a packet, after `packets` whole ones.
  case cutOff(packets: UInt64)
  case noPackets
  /// The capturing host says that it dropped so many packets.
  case dropped(packets: UInt64)
  /// The snap length took headers or TCP options of so many packets.
  case cutHeaders(packets: UInt64)
  /// A packet is so many nanoseconds older than one that stands before it.
  case timeGoesBack(by: Int64)
  /// Fragments of so many datagrams never came; the segments in them are missing.
  case incompleteDatagrams(UInt64)
  /// What this capture shares with the one at `point` it shows `offset` nanoseconds later, too far
  /// off for copies to be recognised.
  case clocksDiffer(point: String, offset: Int64)
  /// What both sides have seen says that it lies on the other side of the load balancer.
  case showsOtherSide(saidToBe: CaptureRole)
  /// Connections come by under two tuples, though it was named as one side.
  case showsBothSides(saidToBe: CaptureRole)
}

extension CaptureWarning {
  /// It comes of a look at other captures, too, and not of reading this one.
  fileprivate var isOfOthers: Bool {
    switch self {
    case .clocksDiffer, .showsOtherSide, .showsBothSides, .incompleteDatagrams: true
    case .cutOff, .noPackets, .dropped, .cutHeaders, .timeGoesBack: false
    }
  }
}

extension CaptureWarning: CustomStringConvertible {
  public var description: String {
    switch self {
    case .cutOff(let packets):
      "cut off in the middle of a packet, after \(packets) whole ones"
    case .noPackets:
      "holds no packets"
    case .dropped(let packets):
      "\(packets) packets were dropped while it was written; capture with a larger buffer (tcpdump -B)"
    case .cutHeaders(let packets):
      "the snap length cut headers or TCP options of \(packets) packets; "
        + "capture with -s 128, inside of tunnels with -s 256"
    case .timeGoesBack(let distance):
      "its times go back by up to \(Self.seconds(distance.magnitude)): packets are out of order (reordercap "
        + "sorts them), or its clock was set back; ages and delays across such a place are wrong"
    case .incompleteDatagrams(let count):
      "\(count) fragmented datagrams were not captured whole; their segments are missing"
    case .clocksDiffer(let point, let offset):
      "its clock seems to be \(Self.seconds(offset.magnitude)) "
        + "\(offset < 0 ? "behind" : "ahead of") that of \(point); copies of packets were not "
        + "recognised and count twice: give one of them alone"
    case .showsOtherSide(let side):
      "named as the \(side.rawValue) side, but what both sides have seen was answered "
        + "\(side == .client ? "sooner" : "later") here than on the other side: "
        + "--client and --server seem to be swapped"
    case .showsBothSides(let side):
      "named as the \(side.rawValue) side, but connections come by under two tuples, one for each side "
        + "of the load balancer: name it without --client or --server"
    }
  }

  /// To the millisecond.
  private static func seconds(_ nanoseconds: UInt64) -> String {
    let milliseconds = nanoseconds / 1_000_000
    let fraction = String(milliseconds % 1000)
    let zeros = String(repeating: "0", count: 3 - fraction.count)
    return "\(milliseconds / 1000).\(zeros)\(fraction) s"
  }
}
