import Testing

@testable import FlowAnalyzer

/// All that a reader makes of a capture, so that two readers can be compared.
struct Reading: Equatable {
  struct Packet: Equatable {
    var time: Int64
    var originalLength: Int
    var linkType: LinkType?
    var bytes: [UInt8]
  }

  enum Ending: Equatable {
    case endOfFile, cutOff, cutInFileHeader, unsupportedFormat, damaged, readFailed
    case unsupportedLinkType(number: Int32, name: String?)
    case other(CaptureError)
  }

  var packets: [Packet] = []
  var ending = Ending.endOfFile
  /// What an error said. It is no part of a comparison: the words differ, and so may the place.
  var error: CaptureError?

  /// By our reader.
  init(_ path: String, readAhead: Int = ReadBuffer.standardCapacity) {
    do throws(CaptureError) {
      var reader = try CaptureReader(path: path, readAhead: readAhead)
      while true {
        let outcome = try reader.advance()
        guard outcome == .packet else {
          ending = Ending(outcome)
          break
        }
        packets.append(
          Packet(
            time: reader.time.nanoseconds, originalLength: reader.originalLength,
            linkType: reader.linkType, bytes: reader.withFrame(Self.bytes)))
      }
      #expect(reader.packets == UInt64(packets.count))
    } catch {
      note(error)
    }
  }

  /// By libpcap.
  init(libpcap path: String) {
    do throws(CaptureError) {
      var file = try CaptureFile(path: path)
      try file.requireCapture()
      var reader = try LibpcapReader(path: path)
      var packet = CapturedPacket()
      while true {
        let outcome = try reader.advance(to: &packet)
        guard outcome == .packet else {
          ending = Ending(outcome)
          break
        }
        unsafe packets.append(
          Packet(
            time: packet.time.nanoseconds, originalLength: packet.originalLength,
            linkType: packet.linkType, bytes: Array(unsafe packet.bytes)))
      }
    } catch {
      note(error)
    }
  }

  static func == (lhs: Reading, rhs: Reading) -> Bool {
    lhs.packets == rhs.packets && lhs.ending == rhs.ending
  }

  private mutating func note(_ error: CaptureError) {
    self.error = error
    switch error {
    case .cutInFileHeader: ending = .cutInFileHeader
    case .unsupportedFormat: ending = .unsupportedFormat
    case .unsupportedLinkType(_, let number, let name):
      ending = .unsupportedLinkType(number: number, name: name)
    case .damaged(_, let count, _, _):
      ending = .damaged
      #expect(count == packets.count)
    case .readFailed(_, let count, _):
      ending = .readFailed
      #expect(count == packets.count)
    default: ending = .other(error)
    }
  }

  private static func bytes(_ span: RawSpan) -> [UInt8] {
    (0..<span.byteCount).map { span.uint8(at: $0) }
  }
}

extension Reading.Ending {
  init(_ outcome: CaptureReader.Outcome) {
    self = outcome == .cutOff ? .cutOff : .endOfFile
  }
}
