import Testing

@testable import FlowAnalyzer

@Suite("Numbers for people")
struct QuantityTests {
  @Test(
    arguments: [
      (0, "0 s"), (1, "1 us"), (16_400, "16 us"), (999_499, "999 us"), (999_500, "1.00 ms"),
      (25_204_000, "25.2 ms"), (246_275_000, "246 ms"), (999_499_999, "999 ms"),
      (999_999_999, "1.00 s"), (4_095_739_000, "4.10 s"), (68_829_537_000, "68.8 s"),
      (99_999_999_999, "1 min 40 s"), (200_000_000_000, "3 min 20 s"), (600_000_000_000, "10 min"),
      (7_500_000_000_000, "2 h 5 min"), (-1_500_000_000, "-1.50 s"),
    ] as [(Int64, String)])
  func `durations have three digits and a unit that suits`(nanoseconds: Int64, text: String) {
    #expect(Quantity.duration(Seconds(nanoseconds: nanoseconds)) == text)
  }

  @Test(arguments: [Int64.min, Int64.max])
  func `the wildest durations do not trap`(nanoseconds: Int64) {
    #expect(!Quantity.duration(Seconds(nanoseconds: nanoseconds)).isEmpty)
  }

  @Test(
    arguments: [
      (60_000_000_000, "60 s"), (180_000_000_000, "180 s"), (500_000_000, "500 ms"),
    ] as [(Int64, String)])
  func `settings read as they were given`(nanoseconds: Int64, text: String) {
    #expect(Quantity.setting(Seconds(nanoseconds: nanoseconds)) == text)
  }

  @Test(arguments: [
    (0, "0"), (999, "999"), (1_820, "1,820"), (1_501_500, "1,501,500"), (-12_345, "-12,345"),
  ])
  func `counts have commas`(value: Int, text: String) {
    #expect(Quantity.count(value) == text)
  }

  @Test(arguments: [
    (0, 0, "0 %"), (0, 9, "0 %"), (1, 1_000, "<1 %"), (73, 140, "52 %"), (999, 1_000, ">99 %"),
    (5, 5, "100 %"),
  ])
  func `a share is never rounded to nothing or all`(part: Int, whole: Int, text: String) {
    #expect(Quantity.percent(part, of: whole) == text)
  }

  @Test func `lists end in and`() {
    #expect(Quantity.list([]).isEmpty)
    #expect(Quantity.list(["a"]) == "a")
    #expect(Quantity.list(["a", "b", "c"]) == "a, b and c")
  }
}
