import FlowAnalyzer

/// The name of a TCP flow that Zeek, Suricata, Packetbeat and others give it too (Community ID,
/// version 1, seed 0), so that their records of it are found.
struct CommunityID: CustomStringConvertible {
  /// `1:` and the SHA-1 of the tuple in Base64.
  let description: String

  /// - Parameter tuple: in either direction; both give the same name.
  init(_ tuple: FourTuple) {
    // The smaller end comes first, by address and then by port.
    let ends = [tuple.source, tuple.destination].sorted()
    var message: [UInt8] = [0, 0]
    for end in ends { message += end.address.networkBytes }
    message += [Self.tcp, 0]
    for end in ends { message += [UInt8(end.port >> 8), UInt8(truncatingIfNeeded: end.port)] }
    description = "1:" + Self.base64(SHA1.digest(of: message))
  }

  /// The number of TCP in IP headers.
  private static let tcp: UInt8 = 6

  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")

  /// RFC 4648, section 4.
  private static func base64(_ bytes: [UInt8]) -> String {
    var text = ""
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
      for place in 0...group.count { text.append(alphabet[bits >> (18 - 6 * place) & 0x3f]) }
      for _ in group.count..<3 { text.append("=") }
    }
    return text
  }
}

extension IPAddress {
  /// Its 4 or 16 bytes as they are sent.
  fileprivate var networkBytes: [UInt8] {
    let words = isIPv6 ? [high, low] : [low << 32]
    let bytes = words.flatMap { word in
      (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) }
    }
    return isIPv6 ? bytes : Array(bytes.prefix(4))
  }
}
