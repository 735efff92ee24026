/// A packet without a segment, as records hold it: as a segment between no ends.
enum Passage: Equatable {
  /// Why it has none, and how many bytes it had on the wire.
  case without(DecodeError, length: Int)
  /// A packet with a fragment, which one of the capture, and of how many bytes on the wire: which segment it
  /// completes hangs on others, which may lie in other files, or not be asked for. It travels as it is.
  case fragment(linkType: UInt16, number: UInt64, length: Int)
  /// The filter cannot be applied to packets of that link type and byte order.
  case refused(linkType: UInt16, isBigEndian: Bool)

  /// Whether it was asked for, as far as its frame tells.
  var isAsked: Bool {
    switch self {
    case .without(.filtered, _), .refused: false
    case .without, .fragment: true
    }
  }

  /// Whether more is kept of it than a segment says.
  var hasBytes: Bool {
    switch self {
    case .without: false
    case .fragment, .refused: true
    }
  }

  /// - Parameters:
  ///   - segment: that stands for it.
  ///   - bytes: that were kept of it.
  init(_ segment: borrowing Segment, _ bytes: RawSpan) {
    let length = Int(segment.sequence.value)
    let reason = DecodeError(ordinal: Int(segment.flags.rawValue)) ?? .notIP
    switch reason {
    case .fragmentPending where bytes.byteCount >= Self.fragmentHeadBytes:
      self = .fragment(
        linkType: bytes.uint16(at: 0), number: bytes.uint64(at: Self.linkTypeBytes), length: length)
    case .filtered where bytes.byteCount == Self.linkTypeBytes:
      self = .refused(linkType: bytes.uint16(at: 0), isBigEndian: length != 0)
    default: self = .without(reason, length: length)
    }
  }

  private static let linkTypeBytes = 2
  /// How many bytes stand in front of a fragment's frame.
  static let fragmentHeadBytes = linkTypeBytes + 8

  /// What stands in records for it.
  func segment(at time: Timestamp) -> Segment {
    var segment = Segment.none
    segment.time = time
    let (reason, number) =
      switch self {
      case .without(let reason, let length): (reason, length)
      case .fragment(_, _, let length): (DecodeError.fragmentPending, length)
      case .refused(_, let isBigEndian): (DecodeError.filtered, isBigEndian ? 1 : 0)
      }
    segment.flags = TCPFlags(rawValue: UInt8(truncatingIfNeeded: reason.ordinal))
    segment.sequence = SequenceNumber(UInt32(truncatingIfNeeded: number))
    // So that two bytes tell it and not eight.
    segment.digest = segment.commonDigest(checksum: Self.checksum)
    return segment
  }

  static let checksum: UInt16 = 0

  /// What is kept of it.
  ///
  /// - Parameter frame: its captured bytes.
  func bytes(of frame: RawSpan) -> [UInt8] {
    switch self {
    case .without: return []
    case .refused(let linkType, _): return Self.bytes(linkType)
    case .fragment(let linkType, let number, _):
      var bytes = Self.bytes(linkType) + Self.bytes(number)
      unsafe frame.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
      return bytes
    }
  }

  /// The highest first.
  private static func bytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    stride(from: Number.bitWidth - 8, through: 0, by: -8).map {
      UInt8(truncatingIfNeeded: number >> Number($0))
    }
  }
}

extension DecodeError {
  private static let all = allCases

  /// The inverse of `ordinal`.
  init?(ordinal: Int) {
    guard Self.all.indices.contains(ordinal) else { return nil }
    self = Self.all[ordinal]
  }
}
