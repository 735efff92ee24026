/// What shows that connections on the two sides of a load balancer belong together. A closed list.
public enum JoinMethod: String, BitwiseCopyable, Sendable, CaseIterable, Codable,
  CodingKeyRepresentable
{
  /// The client's initial sequence number.
  case isn
  /// The server's initial sequence number: the load balancer has replaced the client's.
  case serverISN = "server-isn"
  /// The SYN's timestamp and options.
  case timestamp
  /// The SYN's options and their order.
  case options
  /// The first bytes of a request.
  case payload
  case proxyProtocol = "proxy-protocol"
  /// A TCP option with the client's address.
  case toa
  /// `X-Forwarded-For`, `Forwarded` or `X-Real-IP`.
  case forwarded
  /// One connection follows the other, and nothing contradicts.
  case timing
  /// Nothing was translated.
  case sameTuple = "same-tuple"
  case none

  /// How the load balancer treats connections that are found so.
  var translation: Translation? {
    switch self {
    case .isn, .timestamp, .options: .l4
    case .serverISN, .toa: .fullnat
    case .payload, .proxyProtocol, .forwarded, .timing: .l7
    case .sameTuple: Translation.none
    case .none: nil
    }
  }
}

/// What a load balancer does to connections. A closed list.
public enum Translation: String, Sendable, CaseIterable, Codable, CodingKeyRepresentable {
  /// It replaces addresses and ports.
  case l4
  /// It ends the client's connection and opens another.
  case l7
  /// It replaces addresses, ports, the client's sequence numbers and timestamps.
  case fullnat
  case none
  case unknown
}

/// Why a connection has no partner on the other side. A closed list.
public enum JoinGap: String, Sendable, CaseIterable, Codable, CodingKeyRepresentable {
  /// Its SYNs never came by on the other side.
  case notForwarded = "not-forwarded"
  /// Several connections fit, and nothing tells which.
  case ambiguous
  /// Nothing was sent on it that would tell.
  case noRequest = "no-request"
  /// The other side was not captured at that time.
  case notCovered = "not-covered"
  /// Nothing on the other side fits.
  case noMatch = "no-match"
}

/// A client, as far as it is known, and how it was found.
struct Party: BitwiseCopyable, Equatable {
  /// The number of its address in `Joiner.addresses`.
  var address = UInt32.max
  /// Zero where only the address is known.
  var port: UInt16 = 0
  var method = JoinMethod.none
  /// In percent.
  var confidence: UInt8 = 0

  static let unknown = Party()

  var isKnown: Bool { method != .none }

  /// - Parameter numbers: of addresses that go by another number now.
  mutating func renumber(_ numbers: [UInt32: UInt32]) {
    if isKnown { address = numbers[address] ?? address }
  }

  /// Whether it is the same client, however found.
  func isSameClient(as other: Party) -> Bool { address == other.address && port == other.port }
}

extension Party: Packed {
  func write(to writer: inout PackedWriter) {
    // One that is not known takes a character.
    writer.write(address &+ 1)
    writer.write(port)
    writer.write(method)
    writer.write(confidence)
  }

  init(from reader: inout PackedReader) throws(DecodingError) {
    address = try reader.number(as: UInt32.self) &- 1
    port = try reader.number()
    method = try reader.value()
    confidence = try reader.number()
  }
}
