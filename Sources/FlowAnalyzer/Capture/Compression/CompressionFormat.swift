/// The compressions that captures are read through, told by content and not by name.
public enum CompressionFormat: String, BitwiseCopyable, Hashable, Sendable {
  /// RFC 1952; also as several members, as `pigz`, `bgzip` and `cat a.gz b.gz` write them.
  case gzip
  /// RFC 8878; also as several frames, with skippable ones between, as `pzstd` writes them.
  case zstd
  /// The LZ4 frame format, 1.6; not the one from before it, `lz4 -l`.
  case lz4
}

extension CompressionFormat {
  /// How many bytes it takes to tell: those of a magic number.
  static let magicLength = 4

  private static let zstdMagic: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd]
  private static let lz4Magic: [UInt8] = [0x04, 0x22, 0x4d, 0x18]

  /// Nil if the bytes begin none of them.
  init?(firstBytes bytes: [UInt8]) {
    if bytes.starts(with: [0x1f, 0x8b]) {
      self = .gzip
    } else if bytes.starts(with: Self.zstdMagic) {
      self = .zstd
    } else if bytes.starts(with: Self.lz4Magic) {
      self = .lz4
    } else {
      return nil
    }
  }

  /// Whether a frame begins that decoders skip: the same in zstd and lz4, so that what follows tells
  /// which of them it is (RFC 8878, section 3.1.2).
  ///
  ///      0      4        8
  ///     +------+--------+-----------
  ///     | 5?2a4d18 | length | anything
  ///     +------+--------+-----------
  static func isSkippable(_ bytes: [UInt8]) -> Bool {
    bytes.count >= 4 && bytes[0] & 0xf0 == 0x50 && Array(bytes[1..<4]) == [0x2a, 0x4d, 0x18]
  }
}

/// What is wrong with compressed data.
enum CompressionFault: Error, BitwiseCopyable {
  /// Its structure or its checksum contradicts itself.
  case damaged
  /// Something that is no compressed data follows on it.
  case trailingBytes
  /// It looks back farther than `ZstdDecompressor.largestWindow`.
  case windowTooLarge
  /// It was compressed with a dictionary, which is not part of it.
  case needsDictionary
  case outOfMemory
}

extension CompressionFault {
  /// In words that end a sentence of `CaptureError`.
  func reason(_ format: CompressionFormat) -> String {
    switch self {
    case .damaged: "its \(format.rawValue) data is damaged"
    case .trailingBytes: "what follows its \(format.rawValue) data is something else"
    case .windowTooLarge:
      "its zstd data needs more than 128 MiB of memory (decompress it with zstd -dc --long=31)"
    case .needsDictionary:
      "its \(format.rawValue) data needs a dictionary (decompress it with zstd -dc -D FILE)"
    case .outOfMemory: "there is no memory to decompress its \(format.rawValue) data"
    }
  }
}
