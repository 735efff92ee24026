@testable import FlowAnalyzer

/// Makes segments of bytes: few hosts, few numbers near each other, so that they meet; and now and then
/// any number at all.
struct SegmentMaker {
  struct Made {
    var segment: Segment
    var side: Side
    /// From the TCP header on.
    var tcp: [UInt8]
  }

  private var feed: ByteFeed
  private let hasPayload: Bool
  private var time: Int64 = 1_700_000_000_000_000_000
  private var frame: UInt64 = 0

  init(_ input: [UInt8], hasPayload: Bool) {
    feed = ByteFeed(input)
    self.hasPayload = hasPayload
  }

  /// Kinds of segments in use; any other byte stands for itself.
  private static let flags: [TCPFlags] = [
    .syn, [.syn, .ack], .ack, [.ack, .psh], [.fin, .ack], .rst, [.rst, .ack], .fin,
  ]

  mutating func next() -> Made? {
    guard !feed.isEmpty else { return nil }
    frame += 1
    // Who: tuple (2 bits), direction, side, family. How: number, acknowledgment, time, timestamps.
    let who = feed.next()
    let kind = feed.next()
    let how = feed.next()
    let side: Side = hasPayload && who & 0x80 != 0 ? .client : .server
    advanceTime(by: how >> 4)
    let (client, server) = ends(who, side)
    let isReply = who & 4 != 0
    let flags =
      kind < 0x80 ? Self.flags[Int(kind & 7)] : TCPFlags(rawValue: kind & 0x7f)
    var options = TCPOptions()
    if who & 0x20 != 0 {
      options.hasTimestamps = true
      options.timestampValue = number(feed.next())
      options.timestampEchoReply = number(feed.next())
    }
    let sequence = number(feed.next())
    let acknowledgment = number(feed.next())
    let payload = hasPayload && how & 8 != 0 ? feed.take(Int(feed.next())) : []
    let length =
      how & 4 != 0 ? UInt32(feed.number(as: UInt16.self)) : UInt32(payload.count)
    let segment = Segment(
      time: Timestamp(nanoseconds: time), source: isReply ? server : client,
      destination: isReply ? client : server, sequence: SequenceNumber(sequence),
      acknowledgment: SequenceNumber(acknowledgment), flags: flags, window: 1024,
      payloadLength: length, options: options,
      ipIdentification: how & 2 != 0 ? 0 : UInt16(truncatingIfNeeded: frame),
      dontFragment: true, digest: how & 1 != 0 ? 7 : frame &* 0x9e37_79b9_7f4a_7c15, frame: frame,
      capture: 0, point: side == .client ? 1 : 0)
    return Made(segment: segment, side: side, tcp: hasPayload ? header(payload) : [])
  }

  private func ends(_ who: UInt8, _ side: Side) -> (Endpoint, Endpoint) {
    let number = UInt16(who & 3)
    let isIPv6 = who & 0x40 != 0
    func address(_ value: UInt32) -> IPAddress {
      isIPv6 ? IPAddress(v6High: 0x2001_0db8_0000_0000, low: UInt64(value)) : IPAddress(v4: value)
    }
    // Class E addresses have given numbers, as those of IPv6.
    let isOdd = who & 0x08 != 0
    let client = Endpoint(
      address: address(side == .client ? 0x0a00_0001 : isOdd ? 0xf000_0001 : 0x0a00_0002),
      port: 4000 + number)
    return (
      client, Endpoint(address: address(side == .client ? 0x0a00_0064 : 0x0a00_00c8), port: 80)
    )
  }

  private mutating func advanceTime(by kind: UInt8) {
    switch kind {
    case 0...7: time &+= Int64(kind) * 100_000
    case 8: time &+= 2_000_000
    case 9: time &+= 1_000_000_000
    case 10: time &+= 3_000_000_000
    case 11: time &+= 30_000_000_000
    case 12: time &+= 61_000_000_000
    case 13: time &+= 200_000_000_000
    case 14: time &-= 500_000_000
    default: time = feed.number()
    }
  }

  /// A number near one of two, or of the feed's own.
  private mutating func number(_ byte: UInt8) -> UInt32 {
    switch byte {
    case 0...99: 1000 + UInt32(byte)
    case 100...199: 70_000 + UInt32(byte)
    case 200...219: UInt32.max - UInt32(byte)
    case 220...249: 0x8000_0000 + UInt32(byte)
    default: feed.number()
    }
  }

  /// A TCP header as long as its options, which the payload begins with where it can.
  private mutating func header(_ payload: [UInt8]) -> [UInt8] {
    var header = [UInt8](repeating: 0, count: TCPHeader.minimumLength)
    // TOA and others: the first bytes count as options then.
    let words = payload.first.map { $0 == 254 || $0 == 253 || $0 == 200 } ?? false ? 5 : 0
    header[12] = UInt8(5 + min(words, payload.count / 4)) << 4
    return header + payload
  }
}
