/// Prefix-preserving encryption of addresses: ipcrypt-pfx (draft-denis-ipcrypt).
///
/// Two addresses that have their first n bits in common, and no more, become two others that do.
/// Each bit is flipped, or not, by a pseudorandom function of the bits before it:
///
///     F(prefix) = AES-128(K1, block) ^ AES-128(K2, block),   block = 0...0 1 prefix,   of 128 bits
///
/// IPv4 addresses count as what they are as IPv4-mapped ones (RFC 4291, section 2.5.5.2), whose 96 bits
/// in front stay as they are: they become IPv4 addresses again, and both forms the same one.
struct AddressCipher: ~Copyable {
  /// K1, then K2.
  static let keyLength = 2 * AES128.keyLength

  private var first: AES128
  private var second: AES128
  private var blocks: [UInt8] = []
  private var others: [UInt8] = []

  init(key: [UInt8]) throws(AnonymizationError) {
    guard key.count == Self.keyLength else { throw .keyLength(key.count) }
    let (one, other) = (key[..<AES128.keyLength], key[AES128.keyLength...])
    // Both halves would cancel each other out, and no address would change.
    guard one != other else { throw .equalHalves }
    guard let first = AES128(key: one), let second = AES128(key: other) else {
      throw .cipherMissing
    }
    self.first = first
    self.second = second
  }

  mutating func encrypt(_ address: IPAddress) -> IPAddress {
    let isIPv4 = !address.isIPv6 || address.isMapped
    let bits =
      address.isIPv6
      ? UInt128(address.high) << 64 | UInt128(address.low)
      : Self.mappedPrefix | UInt128(address.low)
    let encrypted = encrypt(bits, from: isIPv4 ? 96 : 0)
    let low = UInt64(truncatingIfNeeded: encrypted)
    return address.isIPv6
      ? IPAddress(v6High: UInt64(truncatingIfNeeded: encrypted >> 64), low: low)
      : IPAddress(v4: UInt32(truncatingIfNeeded: low))
  }

  private static let mappedPrefix = UInt128(0xffff) << 32

  /// - Parameter start: how many bits in front stay as they are.
  private mutating func encrypt(_ bits: UInt128, from start: Int) -> UInt128 {
    // Every prefix is known beforehand, so that one call does for all of them.
    blocks.removeAll(keepingCapacity: true)
    for length in start..<128 {
      let prefix = length == 0 ? 0 : bits >> UInt128(128 - length)
      append(UInt128(1) << UInt128(length) | prefix)
    }
    applyFunction()
    var result = bits
    for length in start..<128 {
      let last = blocks[(length - start + 1) * AES128.blockLength - 1]
      result ^= UInt128(last & 1) << UInt128(127 - length)
    }
    return result
  }

  /// A number in place of another, for what must not be told but compared.
  ///
  /// It is made of bits of F that no address uses up.
  mutating func disguise(_ value: UInt64) -> UInt64 {
    function(of: UInt128(1) << 64 | UInt128(value))
  }

  /// Tells keys apart without telling them: F of the one block that is no prefix.
  mutating func fingerprint() -> UInt64 { function(of: 0) }

  /// The upper half of F.
  private mutating func function(of block: UInt128) -> UInt64 {
    blocks.removeAll(keepingCapacity: true)
    append(block)
    applyFunction()
    return blocks.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }

  private mutating func append(_ block: UInt128) {
    for shift in stride(from: 120, through: 0, by: -8) {
      blocks.append(UInt8(truncatingIfNeeded: block >> UInt128(shift)))
    }
  }

  /// Replaces each block by F of it.
  private mutating func applyFunction() {
    others = blocks
    first.encrypt(&blocks)
    second.encrypt(&others)
    for index in blocks.indices { blocks[index] ^= others[index] }
  }
}

/// Why addresses cannot be encrypted.
public enum AnonymizationError: Error, Equatable {
  /// A key has 32 bytes.
  case keyLength(Int)
  /// The halves of the key are equal, so that they would undo each other.
  case equalHalves
  /// This build of libcrypto has no AES.
  case cipherMissing
}

extension AnonymizationError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .keyLength(let length):
      "\(length) bytes are no key, which has \(AddressCipher.keyLength)"
    case .equalHalves: "this is no random key: its two halves are equal"
    case .cipherMissing: "libcrypto has no AES-128"
    }
  }
}
