/// What was read from one capture file: the model of `captures[]` in the report.
///
/// Every packet is accounted for: `packets == tcpSegments + duplicates + skipped.total`.
public struct CaptureRecord: Sendable {
  /// As on the command line; `-` is standard input.
  public let path: String
  /// Nil as long as nobody knows; the user may have left it open.
  public var role: CaptureRole?
  /// Nil where the user gave none.
  public let pointName: String?
  /// The capture point, counted from zero over both sides; nil until the first packet.
  public internal(set) var point: Int?
  /// Which point of its side it is, counted from 1.
  var pointOrdinal = 0
  public internal(set) var packets: UInt64 = 0
  /// Segments, each counted once however often it was captured.
  public internal(set) var tcpSegments: UInt64 = 0
  /// Further copies of segments, at this point or at another of the same side.
  public internal(set) var duplicates: UInt64 = 0
  /// Packets that gave no segment.
  public internal(set) var skipped = SkippedFrames()
  /// Packets whose TCP header or options the snap length cut, with or without a segment.
  public internal(set) var cutHeaders: UInt64 = 0
  /// True if the file ends in the middle of a packet.
  public internal(set) var truncated = false
  private var earliest = Timestamp(nanoseconds: .max)
  private var latest = Timestamp(nanoseconds: .min)
  public internal(set) var warnings: [CaptureWarning] = []
  /// Why the file could not be read, or not to its end.
  public internal(set) var failure: CaptureError?

  /// When the earliest packet was captured; nil where there was none.
  public var firstPacket: Timestamp? { packets == 0 ? nil : earliest }
  public var lastPacket: Timestamp? { packets == 0 ? nil : latest }

  /// The point as reports call it.
  var pointLabel: String {
    if let name = pointName { return name }
    guard point != nil else { return "none" }
    return "\((role ?? .server).rawValue)-\(pointOrdinal)"
  }

  init(_ input: CaptureInput) {
    path = input.path
    role = input.role
    pointName = input.pointName
  }

  /// Notes that so many of this file's segments turned out to be copies.
  mutating func countDuplicates(_ count: UInt64) {
    tcpSegments -= count
    duplicates += count
  }
}

extension CaptureRecord {
  /// Counts a packet with a segment.
  ///
  /// - Parameters:
  ///   - time: by the capture's own clock.
  ///   - hasCutHeader: the snap length cut the segment's options.
  @inline(__always)
  mutating func countSegment(at time: Timestamp, hasCutHeader: Bool) {
    count(packetAt: time)
    tcpSegments &+= 1
    if hasCutHeader { cutHeaders &+= 1 }
  }

  /// Counts a packet without a segment.
  mutating func count(_ reason: DecodeError, at time: Timestamp) {
    count(packetAt: time)
    skipped.count(reason)
    if reason == .cutTCPHeader { cutHeaders &+= 1 }
  }

  @inline(__always)
  private mutating func count(packetAt time: Timestamp) {
    packets &+= 1
    earliest = min(earliest, time)
    latest = max(latest, time)
  }
}

/// How many packets gave no segment, by reason.
public struct SkippedFrames: Sendable {
  private var counts = [UInt64](repeating: 0, count: DecodeError.allCases.count)

  public subscript(reason: DecodeError) -> UInt64 { counts[reason.ordinal] }

  public var total: UInt64 { counts.reduce(0, +) }

  mutating func count(_ reason: DecodeError) { counts[reason.ordinal] += 1 }
}

/// What a reader of the report should know about a capture.
public enum CaptureWarning: Hashable, Sendable {
  /// The file ends in the middle of a packet, after `packets` whole ones.
  case cutOff(packets: UInt64)
  case noPackets
  /// The snap length took TCP headers or options of so many packets.
  case cutHeaders(packets: UInt64)
  /// Fragments of so many datagrams never came; the segments in them are missing.
  case incompleteDatagrams(UInt64)
  /// What this capture shares with the one at `point` it shows `offset` nanoseconds later, too far
  /// off for copies to be recognised.
  case clocksDiffer(point: String, offset: Int64)
}

extension CaptureWarning: CustomStringConvertible {
  public var description: String {
    switch self {
    case .cutOff(let packets):
      "cut off in the middle of a packet, after \(packets) whole ones"
    case .noPackets:
      "holds no packets"
    case .cutHeaders(let packets):
      "the snap length cut TCP headers or options of \(packets) packets; capture with -s 128"
    case .incompleteDatagrams(let count):
      "\(count) fragmented datagrams were not captured whole; their segments are missing"
    case .clocksDiffer(let point, let offset):
      "its clock seems to be \(Self.seconds(offset.magnitude)) "
        + "\(offset < 0 ? "behind" : "ahead of") that of \(point); copies of packets were not "
        + "recognised and count twice: give one of them alone"
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
