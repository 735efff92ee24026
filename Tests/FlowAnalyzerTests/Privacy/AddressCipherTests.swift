import Testing

@testable import FlowAnalyzer

@Suite("Prefix-preserving encryption")
struct AddressCipherTests {
  private static let key = "0123456789abcdeffedcba98765432101032547698badcfeefcdab8967452301"
  private static let otherKey = "2b7e151628aed2a6abf7158809cf4f3ca9f5ba40db214c3798f2e1c23456789a"

  /// The test vectors of draft-denis-ipcrypt for ipcrypt-pfx.
  @Test(arguments: [
    (key, v4(0, 0, 0, 0), "151.82.155.134"),
    (key, v4(255, 255, 255, 255), "94.185.169.89"),
    (key, v4(192, 0, 2, 1), "100.115.72.131"),
    (key, v6(0x2001_0db8_0000_0000, 1), "c180:5dd4:2587:3524:30ab:fa65:6ab6:f88"),
    (otherKey, v4(10, 0, 0, 47), "19.214.210.244"),
    (otherKey, v4(10, 0, 0, 129), "19.214.210.80"),
    (otherKey, v4(10, 0, 0, 234), "19.214.210.30"),
    (otherKey, v4(172, 16, 5, 193), "210.78.229.136"),
    (otherKey, v4(172, 16, 97, 42), "210.78.179.241"),
    (otherKey, v4(172, 16, 248, 177), "210.78.121.215"),
    (
      otherKey, v6(0x2001_0db8_0000_0000, 0xa5c9_4e2f_bb91_5a7d),
      "7cec:702c:1243:f70:1956:125:b9bd:1aba"
    ),
    (
      otherKey, v6(0x2001_0db8_0000_0000, 0x7234_d8f1_3c6e_9a52),
      "7cec:702c:1243:f70:a3ef:c8e:95c1:cd0d"
    ),
    (
      otherKey, v6(0x2001_0db8_3a5c_0000, 0xe7d1_4b9f_2c8a_f673),
      "7cec:702c:3503:bef:e616:96bd:be33:a9b9"
    ),
  ])
  func `addresses become those of the specification`(
    key: String, address: IPAddress, encrypted: String
  ) throws {
    var cipher = try AddressCipher(key: bytes(key))
    #expect(cipher.encrypt(address).description == encrypted)
  }

  /// Not only at least as many bits: not one more.
  @Test func `two addresses have just as many first bits in common as before`() throws {
    var random = SplitMix(state: 1)
    var cipher = try AddressCipher(key: bytes(Self.key))
    for round in 0..<2000 {
      let isIPv6 = round % 2 == 0
      let one = isIPv6 ? Self.v6(random.next(), random.next()) : Self.v4(random.next())
      let common = Int(random.next() % (isIPv6 ? 128 : 32))
      let other = one.flipped(from: common, &random)
      #expect(one.commonBits(with: other) == common)
      #expect(cipher.encrypt(one).commonBits(with: cipher.encrypt(other)) == common)
    }
  }

  @Test func `an IPv4-mapped address becomes what its IPv4 address becomes`() throws {
    var cipher = try AddressCipher(key: bytes(Self.key))
    for address in [0 as UInt32, 0x0a00_0001, 0xc000_0201, .max] {
      let mapped = IPAddress(v6High: 0, low: 0xffff_0000_0000 | UInt64(address))
      let encrypted = cipher.encrypt(mapped)
      #expect(encrypted.isMapped)
      #expect(encrypted.unmapped == cipher.encrypt(IPAddress(v4: address)))
    }
  }

  @Test func `another key gives other addresses, hashes and another fingerprint`() throws {
    let one = try AddressAnonymizer(key: bytes(Self.key))
    let again = try AddressAnonymizer(key: bytes(Self.key))
    let other = try AddressAnonymizer(key: bytes(Self.otherKey))
    let address = Self.v4(192, 0, 2, 1)
    #expect(one.encrypted(address) == again.encrypted(address))
    #expect(one.encrypted(address) != other.encrypted(address))
    #expect(one.keyFingerprint == again.keyFingerprint)
    #expect(one.keyFingerprint != other.keyFingerprint)
    #expect(one.disguised(7) == again.disguised(7))
    #expect(one.disguised(7) != other.disguised(7))
    #expect(one.disguised(7) != one.disguised(8))
  }

  @Test func `a flood of addresses is forgotten, and comes out the same again`() throws {
    let anonymizer = try AddressAnonymizer(key: bytes(Self.key), remembering: 500)
    let first = anonymizer.encrypted(IPAddress(v4: 0))
    for address in 0..<1200 as Range<UInt32> { _ = anonymizer.encrypted(IPAddress(v4: address)) }
    #expect(anonymizer.encrypted(IPAddress(v4: 0)) == first)
  }

  @Test func `what is no key is refused`() {
    #expect(throws: AnonymizationError.keyLength(31)) {
      _ = try AddressAnonymizer(key: Array(0..<31))
    }
    #expect(throws: AnonymizationError.equalHalves) {
      _ = try AddressAnonymizer(key: Array(0..<16) + Array(0..<16))
    }
  }

  // MARK: -

  private static func v4(_ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: UInt32) -> IPAddress {
    IPAddress(v4: a << 24 | b << 16 | c << 8 | d)
  }

  private static func v4(_ bits: UInt64) -> IPAddress {
    IPAddress(v4: UInt32(truncatingIfNeeded: bits))
  }

  private static func v6(_ high: UInt64, _ low: UInt64) -> IPAddress {
    IPAddress(v6High: high, low: low)
  }

  private func bytes(_ hexadecimal: String) -> [UInt8] {
    let digits = hexadecimal.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
  }
}

/// Random numbers, the same in every run.
private struct SplitMix {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
    return value ^ value >> 31
  }
}

extension IPAddress {
  private var width: Int { isIPv6 ? 128 : 32 }

  private func bit(_ index: Int) -> UInt64 {
    let place = width - 1 - index
    return (place < 64 ? low >> UInt64(place) : high >> UInt64(place - 64)) & 1
  }

  fileprivate func commonBits(with other: IPAddress) -> Int {
    (0..<width).first { bit($0) != other.bit($0) } ?? width
  }

  /// The same up to a bit, another in that, and whatever behind it.
  fileprivate func flipped(from index: Int, _ random: inout SplitMix) -> IPAddress {
    var address = self
    for place in 0..<(width - index) {
      let flips = place == width - index - 1 ? 1 : random.next() & 1
      if place < 64 { address.low ^= flips << UInt64(place) }
      if place >= 64 { address.high ^= flips << UInt64(place - 64) }
    }
    return address
  }
}
