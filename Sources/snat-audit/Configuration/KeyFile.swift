import Foundation
import Glibc

/// A file with a key of 32 bytes: as such, or in hexadecimal digits.
enum KeyFile {
  private static let keyLength = 32
  /// Digits, and some line breaks.
  private static let longestFile = 1024

  /// - Throws: `FileFault` where it cannot be read or holds something else.
  static func read(_ path: String) throws(FileFault) -> [UInt8] {
    let bytes = [UInt8](try TextFile.data(path, atMost: longestFile))
    let key = try Self.key(bytes, path)
    warnOfReaders(path)
    return key
  }

  private static func key(_ bytes: [UInt8], _ path: String) throws(FileFault) -> [UInt8] {
    let digits = bytes.filter { !isSpace($0) }
    let isText = !digits.isEmpty && digits.allSatisfy { $0.hexadecimalDigit != nil }
    guard isText else {
      guard bytes.count == keyLength else {
        throw FileFault(
          file: path,
          problem:
            "not a key: expected \(keyLength) raw bytes or \(2 * keyLength) hexadecimal digits, found "
            + "\(bytes.isEmpty ? "nothing" : "\(bytes.count) other bytes"); \(advice)")
      }
      return bytes
    }
    // Half of one in digits must not pass for a whole one in bytes.
    guard digits.count == 2 * keyLength else {
      throw FileFault(
        file: path,
        problem: "a key has \(2 * keyLength) hexadecimal digits, not \(digits.count); \(advice)")
    }
    return stride(from: 0, to: digits.count, by: 2).map { index in
      (digits[index].hexadecimalDigit ?? 0) << 4 | (digits[index + 1].hexadecimalDigit ?? 0)
    }
  }

  /// How to get a key.
  static let advice = "make one: (umask 077; openssl rand -hex 32 > KEYFILE)"

  /// Who has the key can undo the encryption.
  private static func warnOfReaders(_ path: String) {
    var status = stat()
    guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      status.st_mode & 0o077 != 0
    else { return }
    Message.warning("\(path): others than its owner may read this key; chmod 600 keeps it secret")
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || (0x09...0x0d).contains(byte)
  }
}

extension UInt8 {
  fileprivate var hexadecimalDigit: UInt8? {
    switch self {
    case 0x30...0x39: self - 0x30
    case 0x41...0x46: self - 0x37
    case 0x61...0x66: self - 0x57
    default: nil
    }
  }
}
