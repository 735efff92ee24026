@testable import FlowAnalyzer

/// A capture file, read by our reader with a small buffer and a large one, by libpcap, and as a source
/// of segments reads it.
enum ReaderTarget {
  static func check(_ input: [UInt8]) throws {
    let file = try MemoryFile(input)
    let ours = PacketList(file.path, readAhead: ReadBuffer.standardCapacity)
    let slowly = PacketList(file.path, readAhead: 64)
    try require(ours == slowly, "the size of the buffer changes what is read")
    try compare(ours, PacketList(libpcap: file.path))
    try checkSource(of: file.path, ours)
  }

  private static func compare(_ ours: PacketList, _ libpcap: PacketList) throws {
    let shared = min(ours.packets.count, libpcap.packets.count)
    for index in 0..<shared {
      let (one, other) = (ours.packets[index], libpcap.packets[index])
      try require(one.isSame(as: other), "packet \(index + 1): \(one) is \(other) to libpcap")
    }
    if libpcap.isWhole {
      try require(
        ours.packets.count == libpcap.packets.count && ours.ending == libpcap.ending,
        "\(ours.packets.count) packets, \(ours.ending): to libpcap \(libpcap.packets.count), "
          + "\(libpcap.ending)")
    } else {
      try require(
        ours.packets.count >= libpcap.packets.count,
        "\(ours.packets.count) packets (\(ours.ending)) where libpcap reads "
          + "\(libpcap.packets.count) (\(libpcap.ending))")
    }
  }

  /// The fast lane must come to the same packets, each accounted for.
  private static func checkSource(of path: String, _ list: PacketList) throws {
    var source = SegmentSource(inputs: [CaptureInput(path: path, role: .server)])
    var segments: UInt64 = 0
    while source.next() != nil { segments += 1 }
    let record = source.captures[0]
    try require(
      record.packets == list.packets.count,
      "a source reads \(record.packets) packets, a reader \(list.packets.count)")
    try require(
      record.packets == record.tcpSegments + record.duplicates + record.skipped.total
        && segments == record.tcpSegments, "packets are not accounted for: \(record)")
    try require(
      (record.failure != nil) == list.ending.isFailure,
      "a source ends with \(String(describing: record.failure)), a reader \(list.ending)")
  }
}

/// What a reader makes of a file.
private struct PacketList: Equatable {
  struct Packet: Equatable {
    var time: Int64
    var originalLength: Int
    var linkType: LinkType?
    var count: Int
    var hash: UInt64

    /// Fractions of a second from 2^31 up are negative to libpcap, where it need not swap bytes, and
    /// units below 2^-34 s lose their upper bits; ours are right (`PlainReaderTests`).
    func isSame(as libpcap: Packet) -> Bool {
      originalLength == libpcap.originalLength && linkType == libpcap.linkType
        && count == libpcap.count && hash == libpcap.hash
    }
  }

  enum Ending: Equatable {
    case endOfFile, cutOff, failed
    var isFailure: Bool { self == .failed }
  }

  var packets: [Packet] = []
  var ending = Ending.failed
  /// libpcap refuses what it could read: interfaces and sections of different kinds.
  var isWhole: Bool { ending != .failed }

  init(_ path: String, readAhead: Int) {
    do throws(CaptureError) {
      var reader = try CaptureReader(path: path, readAhead: readAhead)
      while true {
        let outcome = try reader.advance()
        guard outcome == .packet else {
          ending = outcome == .cutOff ? .cutOff : .endOfFile
          return
        }
        var packet = Packet(
          time: reader.time.nanoseconds, originalLength: reader.originalLength,
          linkType: reader.linkType, count: 0, hash: 0)
        reader.withFrame { frame in
          packet.count = frame.byteCount
          for index in 0..<frame.byteCount { packet.add(frame.uint8(at: index)) }
        }
        packets.append(packet)
      }
    } catch {
      ending = .failed
    }
  }

  init(libpcap path: String) {
    do throws(CaptureError) {
      var file = try CaptureFile(path: path)
      try file.requireCapture()
      var reader = try LibpcapReader(path: path)
      var current = CapturedPacket()
      while true {
        let outcome = try reader.advance(to: &current)
        guard outcome == .packet else {
          ending = outcome == .cutOff ? .cutOff : .endOfFile
          return
        }
        var packet = Packet(
          time: current.time.nanoseconds, originalLength: current.originalLength,
          linkType: current.linkType, count: unsafe current.bytes.count, hash: 0)
        for byte in unsafe current.bytes { packet.add(byte) }
        packets.append(packet)
      }
    } catch {
      ending = .failed
    }
  }
}

extension PacketList.Packet {
  fileprivate mutating func add(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
}
