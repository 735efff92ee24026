/// What a file seems to be, by its first bytes.
public enum FileSignature: Hashable, Sendable {
  case pcap, pcapng
  case gzip, zstd, lz4, xz, bzip2
  /// Solaris snoop, RFC 1761.
  case snoop
  case text
  case empty
  case unknown

  /// How many bytes a decision needs: the longest of the magic numbers.
  static let length = 8

  init(firstBytes bytes: [UInt8]) {
    guard !bytes.isEmpty else {
      self = .empty
      return
    }
    if let known = Self.magicNumbers.first(where: { bytes.starts(with: $0.bytes) }) {
      self = known.signature
    } else if let cut = Self.captureMagic.first(where: { $0.bytes.starts(with: bytes) }) {
      // A capture cut inside its very first field.
      self = cut.signature
    } else {
      self = bytes.allSatisfy(Self.isText) ? .text : .unknown
    }
  }

  private struct Magic {
    var bytes: [UInt8]
    var signature: FileSignature
  }

  private static let captureMagic: [Magic] = [
    // Microseconds and nanoseconds, either byte order; 0xa1b2cd34 is the "modified" format of
    // Linux 2.2 times, which libpcap reads as well.
    Magic(bytes: [0xa1, 0xb2, 0xc3, 0xd4], signature: .pcap),
    Magic(bytes: [0xd4, 0xc3, 0xb2, 0xa1], signature: .pcap),
    Magic(bytes: [0xa1, 0xb2, 0x3c, 0x4d], signature: .pcap),
    Magic(bytes: [0x4d, 0x3c, 0xb2, 0xa1], signature: .pcap),
    Magic(bytes: [0xa1, 0xb2, 0xcd, 0x34], signature: .pcap),
    Magic(bytes: [0x34, 0xcd, 0xb2, 0xa1], signature: .pcap),
    Magic(bytes: [0x0a, 0x0d, 0x0d, 0x0a], signature: .pcapng),
  ]

  private static let magicNumbers: [Magic] =
    captureMagic + [
      Magic(bytes: [0x1f, 0x8b], signature: .gzip),
      Magic(bytes: [0x28, 0xb5, 0x2f, 0xfd], signature: .zstd),
      Magic(bytes: [0x04, 0x22, 0x4d, 0x18], signature: .lz4),
      Magic(bytes: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], signature: .xz),
      Magic(bytes: Array("BZh".utf8), signature: .bzip2),
      Magic(bytes: Array("snoop\0\0\0".utf8), signature: .snoop),
    ]

  private static func isText(_ byte: UInt8) -> Bool {
    // Printable ASCII, tab, line feed, form feed, carriage return; and UTF-8.
    (0x20...0x7e).contains(byte) || (0x09...0x0d).contains(byte) || byte >= 0xc2
  }

  /// The command that writes the plain content to standard output.
  var decompressor: String? {
    switch self {
    case .gzip: "gzip -dc"
    case .zstd: "zstd -dc"
    case .lz4: "lz4 -dc"
    case .xz: "xz -dc"
    case .bzip2: "bzip2 -dc"
    case .pcap, .pcapng, .snoop, .text, .empty, .unknown: nil
    }
  }
}
