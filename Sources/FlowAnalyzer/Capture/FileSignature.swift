/// What a file seems to be, by the first bytes of its content.
public enum FileSignature: Hashable, Sendable, Codable {
  case pcap, pcapng
  /// Compressed in a way that is not read, or twice.
  case gzip, zstd, lz4, lz4Legacy, xz, bzip2
  /// Solaris snoop, RFC 1761.
  case snoop
  /// A trace of Citrix NetScaler in a format of its own.
  case netScaler
  /// A capture of another kind that `editcap` reads.
  case otherCapture(name: String)
  case tar, zip
  case text
  case empty
  case unknown

  /// How many bytes a decision needs: the longest of the magic numbers.
  static let length = 8
  /// How many bytes tell of the kinds that have something in them farther behind.
  static let farthestLength = 512

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
    } else if let found = Self.inner.first(where: { $0.isIn(bytes) }) {
      self = found.signature
    } else {
      self = bytes.prefix(Self.length).allSatisfy(Self.isText) ? .text : .unknown
    }
  }

  private struct Magic {
    var bytes: [UInt8]
    var signature: FileSignature
    /// Where it may begin.
    var places = 0...0

    func isIn(_ file: [UInt8]) -> Bool {
      places.contains { file.dropFirst($0).starts(with: bytes) }
    }
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
      Magic(bytes: [0x02, 0x21, 0x4c, 0x18], signature: .lz4Legacy),
      Magic(bytes: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], signature: .xz),
      Magic(bytes: Array("BZh".utf8), signature: .bzip2),
      Magic(bytes: Array("PK\u{3}\u{4}".utf8), signature: .zip),
      Magic(bytes: Array("snoop\0\0\0".utf8), signature: .snoop),
      // Kinds of pcap that libpcap does not know, but Wireshark does.
      Magic(bytes: [0x1c, 0x00, 0x01, 0xac], signature: .otherCapture(name: "Ixia pcap")),
      Magic(bytes: [0xac, 0x01, 0x00, 0x1c], signature: .otherCapture(name: "Ixia pcap")),
      Magic(bytes: [0x1c, 0x00, 0x01, 0xab], signature: .otherCapture(name: "Ixia pcap")),
      Magic(bytes: [0xab, 0x01, 0x00, 0x1c], signature: .otherCapture(name: "Ixia pcap")),
      Magic(bytes: [0xa1, 0xb2, 0x34, 0xcd], signature: .otherCapture(name: "modified pcap")),
      Magic(bytes: [0xcd, 0x34, 0xb2, 0xa1], signature: .otherCapture(name: "modified pcap")),
      Magic(bytes: [0xa1, 0x2b, 0x3c, 0x4d], signature: .otherCapture(name: "Navtel pcap")),
      Magic(bytes: [0x4d, 0x3c, 0x2b, 0xa1], signature: .otherCapture(name: "Navtel pcap")),
      Magic(bytes: Array("RTSS".utf8), signature: .otherCapture(name: "Network Monitor")),
      Magic(bytes: Array("GMBU".utf8), signature: .otherCapture(name: "Network Monitor")),
      Magic(bytes: Array("XCP\0".utf8), signature: .otherCapture(name: "NetXray")),
      Magic(bytes: Array("TRSNIFF ".utf8), signature: .otherCapture(name: "Sniffer")),
    ]

  /// What does not stand at the beginning.
  private static let inner: [Magic] = [
    Magic(bytes: Array("NetScaler ".utf8), signature: .netScaler, places: 0...64),
    Magic(bytes: Array("ustar".utf8), signature: .tar, places: 257...257),
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
    case .lz4, .lz4Legacy: "lz4 -dc"
    case .xz: "xz -dc"
    case .bzip2: "bzip2 -dc"
    case .pcap, .pcapng, .snoop, .netScaler, .otherCapture, .tar, .zip, .text, .empty, .unknown: nil
    }
  }

  /// What a file is called once it is decompressed: without its last extension where it says no more than
  /// that it is compressed.
  func nameDecompressed(_ path: String) -> String {
    let extensions = [".gz", ".zst", ".lz4", ".xz", ".bz2"]
    guard let compressed = extensions.first(where: { path.hasSuffix($0) }) else {
      return path + ".pcap"
    }
    return String(path.dropLast(compressed.count))
  }
}
