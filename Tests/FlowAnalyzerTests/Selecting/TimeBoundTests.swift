import Foundation
import Testing

@testable import FlowAnalyzer

@Suite("Times on the command line")
struct TimeBoundTests {
  private static let second: Int64 = 1_000_000_000

  @Test(arguments: [
    ("2026-11-24T13:37:30Z", "2026-11-24T13:37:30.000000000Z"),
    ("2026-11-24t13:37:30.5z", "2026-11-24T13:37:30.500000000Z"),
    ("2026-11-24 13:37:30.123456789", "2026-11-24T13:37:30.123456789Z"),
    ("2026-11-24T22:37:30+09:00", "2026-11-24T13:37:30.000000000Z"),
    ("2026-11-24T00:07-0330", "2026-11-24T03:37:00.000000000Z"),
    ("2026-11-24T13:37", "2026-11-24T13:37:00.000000000Z"),
    ("2026-11-24", "2026-11-24T00:00:00.000000000Z"),
    ("2024-02-29T23:59:60Z", "2024-03-01T00:00:00.000000000Z"),
    ("1795527450.25", "2026-11-24T13:37:30.250000000Z"),
    ("100000000", "1973-03-03T09:46:40.000000000Z"),
  ])
  func `an instant has several forms`(text: String, instant: String) throws {
    let bound = try #require(TimeBound(text))
    #expect(bound.instant(start: Timestamp(nanoseconds: 7)).description == instant)
  }

  @Test func `dates are those of Foundation`() throws {
    let format = Date.ISO8601FormatStyle()
    for day in stride(from: 0, to: 100_000, by: 97) {
      let date = Date(timeIntervalSince1970: Double(day) * 86_400 + 3_723)
      let expected = Timestamp(nanoseconds: Int64(day) * 86_400 * Self.second + 3_723 * Self.second)
      #expect(TimeBound(date.formatted(format)) == .instant(expected))
    }
  }

  @Test(
    arguments: [
      ("+90", 90_000_000_000), ("+90s", 90_000_000_000), ("+0.25s", 250_000_000),
      ("+1.5ms", 1_500_000), ("+2m", 120_000_000_000), ("+1h", 3_600_000_000_000),
      ("+1.5h", 5_400_000_000_000), ("+0.000000001", 1),
    ] as [(String, Int64)])
  func `a distance is counted from the first packet`(text: String, distance: Int64) throws {
    let start = Timestamp(nanoseconds: 1_795_527_450 * Self.second)
    #expect(
      try #require(TimeBound(text)).instant(start: start) == start.advanced(byNanoseconds: distance)
    )
  }

  /// Captures that run past midnight have two days.
  @Test(arguments: [
    ("2026-11-24T13:00:00Z", "13:37:30.5", "2026-11-24T13:37:30.500000000Z"),
    ("2026-11-24T13:00:00Z", "12:59", "2026-11-24T12:59:00.000000000Z"),
    ("2026-11-24T13:00:00Z", "01:00", "2026-11-24T01:00:00.000000000Z"),
    ("2026-11-24T13:00:00Z", "00:59:59", "2026-11-25T00:59:59.000000000Z"),
    ("2026-11-24T23:50:00Z", "00:10", "2026-11-25T00:10:00.000000000Z"),
    ("2026-11-24T00:05:00Z", "23:50", "2026-11-24T23:50:00.000000000Z"),
  ])
  func `a time of day is that of the first packet's day, or of the next`(
    start: String, text: String, instant: String
  ) throws {
    let start = try #require(TimeBound(start)).instant(start: Timestamp(nanoseconds: 0))
    #expect(try #require(TimeBound(text)).instant(start: start).description == instant)
  }

  @Test(arguments: [
    "", "+", "+s", "+1d", "+-1", "-1", "yesterday", "30", "99999999.5", "25:00", "13:60",
    "13:37:61", "13:3",
    "2026-13-01", "2026-02-29", "2026-11-31", "2026-11-24T", "2026-11-24T13", "2026-11-24T13:37Zx",
    "2026-11-24T13:37+9", "2026-11-24T13:37:30.", "2026-11-24T13:37:30.1234567890", "1e9",
    "12345678901",
    "+9999999999h", "2300-01-01", "+1 s", " 1", "１２:３４",
  ])
  func `anything else is refused`(text: String) {
    #expect(TimeBound(text) == nil)
  }

  @Test func `the first instant belongs to the window, the last does not`() {
    let selection = PacketSelection(since: .afterStart(10), until: .afterStart(20))
    let window = TimeWindow(selection, start: Timestamp(nanoseconds: 100))
    #expect(
      [109, 110, 119, 120].map { window.includes(Timestamp(nanoseconds: $0)) }
        == [false, true, true, false])
  }
}
