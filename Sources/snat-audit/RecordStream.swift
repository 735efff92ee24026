import FlowAnalyzer
import Foundation
import Glibc

/// Frames of records as bytes in a pipe: the length of each in four bytes, the highest first, then a letter that
/// says what it is, and its content. `docs/records.md` describes them.
enum RecordStream {
  private enum Kind: UInt8 {
    case begin = 0x43  // C, as in capture
    case block = 0x42  // B
    case end = 0x45  // E
  }

  /// Longer ones are none: a block has some hundred kilobytes, or the payloads of that many segments.
  private static let longestFrame = 1 << 30

  static func bytes(of frame: RecordFrame) throws -> [UInt8] {
    switch frame {
    case .begin(let header): try bytes(.begin, JSONEncoder.sorted.encode(header))
    case .block(let bytes): self.bytes(.block, Data(bytes))
    case .end(let record): try bytes(.end, JSONEncoder.sorted.encode(record))
    }
  }

  private static func bytes(_ kind: Kind, _ content: Data) -> [UInt8] {
    let length = UInt32(content.count + 1)
    return stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: length >> $0) }
      + [kind.rawValue] + content
  }

  /// Reads frames from standard input to its end.
  static func forEachFrame(_ body: (RecordFrame) throws -> Void) throws {
    while let head = try read(5, mayEnd: true) {
      let count = head[..<4].reduce(0) { $0 << 8 | Int($1) }
      // The letter, too, before memory is asked for: other files begin with anything.
      guard count > 0, count <= longestFrame, let kind = Kind(rawValue: head[4]) else {
        throw RecordStreamError.notRecords
      }
      let content = try read(count - 1, mayEnd: false) ?? []
      try body(try frame(kind, content[...]))
    }
  }

  private static func frame(_ kind: Kind, _ content: ArraySlice<UInt8>) throws -> RecordFrame {
    switch kind {
    case .begin: .begin(try decoded(content))
    case .block: .block(Array(content))
    case .end: .end(try decoded(content))
    }
  }

  private static func decoded<Value: Decodable>(_ content: ArraySlice<UInt8>) throws -> Value {
    do {
      return try JSONDecoder().decode(Value.self, from: Data(content))
    } catch {
      throw RecordStreamError.notRecords
    }
  }

  /// - Returns: nil where there is nothing more, and there may be nothing.
  private static func read(_ count: Int, mayEnd: Bool) throws -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      // SAFETY: what is written lies within the array.
      let read = unsafe bytes.withUnsafeMutableBytes { buffer in
        unsafe Glibc.read(
          STDIN_FILENO, buffer.baseAddress.map { unsafe $0 + filled }, count - filled)
      }
      if read < 0 { throw RecordStreamError.cannotRead(SystemError.last) }
      if read == 0 { break }
      filled += read
    }
    bytes.removeLast(count - filled)
    if bytes.isEmpty, mayEnd { return nil }
    guard bytes.count == count else { throw RecordStreamError.cutOff }
    return bytes
  }
}

extension JSONEncoder {
  /// The same bytes for the same value.
  static var sorted: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return encoder
  }
}

/// Why standard input gives no frames.
enum RecordStreamError: Error, CustomStringConvertible {
  case notRecords
  case cutOff
  case cannotRead(SystemError)

  var description: String {
    switch self {
    case .notRecords:
      "standard input: these are no records; they come from snat-audit extract-records"
    case .cutOff:
      "standard input: it ends in the middle of a record; was extract-records interrupted?"
    case .cannotRead(let failure): "standard input: \(failure)"
    }
  }
}
