/// The name of a finding: a hash of its first hit's tuple and ISN, so that it stays the same in any
/// file, at any frame, under any clock.
///
/// 64-bit FNV-1a over the text `SOURCE > DESTINATION ISN`, as sixteen hexadecimal digits.
public struct FindingIdentifier: Hashable, Sendable {
  public let value: UInt64

  init(value: UInt64) { self.value = value }

  /// From its `description`; nil where the text is none.
  public init?(_ text: String) {
    guard text.utf8.count == 16, text.utf8.allSatisfy({ $0 != UInt8(ascii: "+") }),
      let value = UInt64(text, radix: 16)
    else { return nil }
    self.value = value
  }

  init(_ tuple: FourTuple, _ isn: SequenceNumber) {
    var hash = FNVHash()
    tuple.source.writeText(to: &hash)
    hash.append(" ")
    hash.append(">")
    hash.append(" ")
    tuple.destination.writeText(to: &hash)
    hash.append(" ")
    hash.append(decimal: UInt64(isn.value))
    value = hash.value
  }

  /// Takes the text as it is written, so that it need not exist.
  private struct FNVHash: ByteSink {
    var value: UInt64 = 0xcbf2_9ce4_8422_2325

    mutating func append(_ byte: UInt8) {
      value = (value ^ UInt64(byte)) &* 0x100_0000_01b3
    }

    mutating func append(_ text: Span<UInt8>) {
      for index in text.indices { append(text[index]) }
    }
  }
}

extension FindingIdentifier: CustomStringConvertible {
  public var description: String { String { $0.append(hexadecimal: value) } }
}
