import Foundation
import Testing

@testable import FlowAnalyzer

@Suite("Times and addresses as text")
struct ValueTextTests {
  /// Counts the days on, one by one, by the rule that everybody knows.
  @Test func `every day from 1677 to 2262 has its date`() {
    var date = CivilDate(day: -106_752)
    #expect((date.year, date.month, date.day) == (1677, 9, 21))
    for day in -106_751...106_752 as ClosedRange<Int64> {
      let isLeapYear = date.year % 4 == 0 && (date.year % 100 != 0 || date.year % 400 == 0)
      let length: Int64 =
        switch date.month {
        case 2: isLeapYear ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
      date.day += 1
      if date.day > length { (date.month, date.day) = (date.month + 1, 1) }
      if date.month > 12 { (date.year, date.month) = (date.year + 1, 1) }
      guard CivilDate(day: day) == date else {
        Issue.record("day \(day) is \(CivilDate(day: day)), not \(date)")
        return
      }
    }
    #expect((date.year, date.month, date.day) == (2262, 4, 12))
  }

  @Test(arguments: 0..<16 as Range<UInt64>)
  func `times are those of Foundation`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<500 {
      let time = Timestamp(nanoseconds: Int64(bitPattern: generator.next()))
      let (quotient, remainder) = time.nanoseconds.quotientAndRemainder(
        dividingBy: 1_000_000_000)
      let seconds = remainder < 0 ? quotient - 1 : quotient
      let fraction = time.nanoseconds &- seconds &* 1_000_000_000
      let date = Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601).dropLast()
      let digits = String(String(fraction + 1_000_000_000).dropFirst())
      #expect(time.description == "\(date).\(digits)Z", "seed \(seed): \(time.nanoseconds)")
      #expect(time.date == date.prefix(10))
      #expect(time.timeOfDay == "\(date.suffix(8)).\(digits.prefix(6))")
    }
  }

  @Test(
    arguments: [
      (0, "1970-01-01T00:00:00.000000000Z"), (-1, "1969-12-31T23:59:59.999999999Z"),
      (.max, "2262-04-11T23:47:16.854775807Z"), (.min, "1677-09-21T00:12:43.145224192Z"),
      (951_782_400_000_000_000, "2000-02-29T00:00:00.000000000Z"),
      (4_107_542_399_999_999_999, "2100-02-28T23:59:59.999999999Z"),
      (4_107_542_400_000_000_000, "2100-03-01T00:00:00.000000000Z"),
    ] as [(Int64, String)])
  func `times at their edges`(nanoseconds: Int64, text: String) {
    #expect(Timestamp(nanoseconds: nanoseconds).description == text)
  }

  @Test(arguments: 0..<16 as Range<UInt64>)
  func `addresses are written as they describe themselves`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<300 {
      let v4 = IPAddress(v4: UInt32(truncatingIfNeeded: generator.next()))
      // Groups of zeros are what the text is about.
      let zeros = generator.next()
      var halves: [UInt64] = [generator.next(), generator.next()]
      for group in 0..<8 where zeros >> UInt64(group) & 1 == 1 {
        halves[group / 4] &= ~(0xffff << UInt64(group % 4 * 16))
      }
      let v6 = IPAddress(v6High: halves[0], low: halves[1])
      let mapped = IPAddress(v6High: 0, low: 0xffff_0000_0000 | v4.low)
      for address in [v4, v6, mapped] {
        #expect(String { address.writeText(to: &$0) } == address.description, "seed \(seed)")
        let endpoint = Endpoint(address: address, port: UInt16(truncatingIfNeeded: zeros >> 8))
        #expect(String { endpoint.writeText(to: &$0) } == endpoint.description, "seed \(seed)")
      }
    }
  }

  @Test(arguments: [false, true])
  func `a finding's name is the hash of what is said of it`(isIPv6: Bool) {
    let address = isIPv6 ? IPAddress(v6High: 0xfd10 << 48, low: 1) : IPAddress(v4: 0x0a0a_0101)
    let tuple = FourTuple(
      source: Endpoint(address: address, port: 4003),
      destination: Endpoint(address: address, port: 80))
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in "\(tuple) 4294967295".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    #expect(FindingIdentifier(tuple, SequenceNumber(.max)).value == hash)
    #expect(FindingIdentifier(value: 0xabc).description == "0000000000000abc")
  }
}
