import Glibc

/// A capture file: pcap or pcapng, headers only, written in blocks of a few megabytes.
struct CaptureWriter: ~Copyable {
  enum Format: String, CaseIterable { case pcap, pcapng }

  private(set) var packets = 0
  private let format: Format
  private let isNanoseconds: Bool
  private let frame: Frame
  private let descriptor: Int32
  private let buffer: UnsafeMutableRawPointer
  private var used = 0
  private var hasFailed = false

  private static let capacity = 4 << 20
  private static let snapLength: UInt32 = 96
  /// When the capture began: seconds since 1970.
  private static let epoch: UInt64 = 1_760_000_000

  /// nil when the file cannot be made; `errno` says why.
  init?(_ path: String, _ format: Format, isNanoseconds: Bool, frame: Frame) {
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    guard descriptor >= 0 else { return nil }
    self.format = format
    self.isNanoseconds = isNanoseconds
    self.frame = frame
    buffer = .allocate(byteCount: Self.capacity, alignment: 16)
    putHeader()
  }

  deinit { buffer.deallocate() }

  mutating func append(_ segment: Segment) {
    if used > Self.capacity - 256 { flush() }
    let time = Self.epoch * 1_000_000_000 + segment.time
    let header = format == .pcap ? 16 : 28
    let captured = frame.write(segment, to: buffer + used + header)
    let original = UInt32(captured) + UInt32(segment.payloadLength)
    switch format {
    case .pcap:
      put(UInt32(time / 1_000_000_000))
      put(UInt32(time % 1_000_000_000 / (isNanoseconds ? 1 : 1_000)))
      put(UInt32(captured))
      put(original)
      used += captured
    case .pcapng:
      let padded = (captured + 3) & ~3
      let ticks = isNanoseconds ? time : time / 1_000
      put(6)
      put(UInt32(padded + 32))
      put(0)
      put(UInt32(ticks >> 32))
      put(UInt32(truncatingIfNeeded: ticks))
      put(UInt32(captured))
      put(original)
      (buffer + used + captured).storeBytes(of: 0, as: UInt32.self)
      used += padded
      put(UInt32(padded + 32))
    }
    packets += 1
  }

  /// Writes what is left and closes the file; tells whether all of it reached the disk.
  consuming func finish() -> Bool {
    flush()
    return close(descriptor) == 0 && !hasFailed
  }

  private mutating func flush() {
    var written = 0
    while written < used, !hasFailed {
      let count = write(descriptor, buffer + written, used - written)
      if count < 0, errno != EINTR { hasFailed = true }
      written += max(count, 0)
    }
    used = 0
  }

  private mutating func putHeader() {
    let words: [UInt32] =
      switch format {
      case .pcap:
        [isNanoseconds ? 0xa1b2_3c4d : 0xa1b2_c3d4, 4 << 16 | 2, 0, 0, Self.snapLength, 1]
      case .pcapng:
        // The section; then the interface, and its time resolution: 10^-6 or 10^-9 s.
        [0x0a0d_0d0a, 28, 0x1a2b_3c4d, 1, .max, .max, 28]
          + [1, 32, 1, Self.snapLength, 1 << 16 | 9, isNanoseconds ? 9 : 6, 0, 32]
      }
    for word in words { put(word) }
  }

  private mutating func put(_ word: UInt32) {
    buffer.storeBytes(of: word, toByteOffset: used, as: UInt32.self)
    used += 4
  }
}

/// The client side of the same traffic: a little earlier toward the server, a little later from it.
///
/// Each direction keeps its order, as in a queue, so that two sorted streams are merged: what goes
/// to the clients waits until a segment to the server is later.
struct ClientSideWriter: ~Copyable {
  private var writer: CaptureWriter
  private var toClients = Queue<Segment>()
  private var latestToClient: UInt64 = 0
  private var latestToServer: UInt64 = 0
  private let clockOffset: UInt64
  /// Of its own, so that the server side is the same with and without a client side.
  private var random = Random(seed: 0)

  var packets: Int { writer.packets }

  init(_ writer: consuming CaptureWriter, clockOffset: UInt64) {
    self.writer = writer
    self.clockOffset = clockOffset
  }

  mutating func append(_ segment: Segment) {
    var segment = segment
    // The way through the load balancer.
    let delay = random.duration(2_000, 8_000)
    if segment.isToServer {
      segment.time = max(latestToServer, segment.time - min(delay, segment.time))
      latestToServer = segment.time
      drain(until: segment.time)
      put(segment)
    } else {
      segment.time = max(latestToClient, segment.time + delay)
      latestToClient = segment.time
      toClients.append(segment)
    }
  }

  consuming func finish() -> Bool {
    drain(until: .max)
    return writer.finish()
  }

  mutating func drain(until time: UInt64) {
    while let next = toClients.first, next.time <= time {
      put(next)
      toClients.removeFirst()
    }
  }

  private mutating func put(_ segment: Segment) {
    var segment = segment
    segment.time += clockOffset
    writer.append(segment)
  }
}
