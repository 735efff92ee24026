/// The name of a finding: a hash of its first hit's tuple and ISN, so that it stays the same in any
/// file, at any frame, under any clock.
///
/// 64-bit FNV-1a over the text `SOURCE > DESTINATION ISN`, as sixteen hexadecimal digits.
struct FindingIdentifier: CustomStringConvertible {
  let value: UInt64

  init(_ tuple: FourTuple, _ isn: SequenceNumber) {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in "\(tuple) \(isn.value)".utf8 {
      hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
    }
    value = hash
  }

  var description: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
