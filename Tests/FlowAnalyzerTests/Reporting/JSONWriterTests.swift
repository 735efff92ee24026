import Foundation
import Testing

@testable import FlowAnalyzer

/// What the writer makes of single values is what Foundation's encoder made of them in the first
/// version: others read it.
@Suite("JSON, value by value")
struct JSONWriterTests {
  /// What `body` writes.
  private func text(isPretty: Bool = false, _ body: (inout JSONWriter) -> Void) -> String {
    var json = JSONWriter(isPretty: isPretty)
    body(&json)
    var text: [UInt8] = []
    json.handOut(isLast: true) { text.append($0) }
    return String(decoding: text, as: UTF8.self)
  }

  private func encoded(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  @Test func `strings are escaped where they must be, and nowhere else`() throws {
    for value in 0..<0x3000 as Range<UInt32> {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let string = "a\(Character(scalar))/b"
      #expect(text { $0.string(string) } == (try encoded(string)))
    }
    #expect(text { $0.string("") } == "\"\"")
    #expect(text { $0.string("\u{1F600}\"\\\u{1}") } == "\"\u{1F600}\\\"\\\\\\u0001\"")
  }

  @Test(arguments: [Int64.min, -1, 0, 9, 10, 99, 100, .max])
  func `integers`(value: Int64) {
    #expect(text { $0.number(value) } == "\(value)")
    let magnitude = UInt64(bitPattern: value)
    #expect(text { $0.number(magnitude) } == "\(magnitude)")
  }

  @Test(arguments: [0, -0.0, 1, -1, 0.5, 0.98, 0.07, 1e-5, -12.25, 1e15, 1e16, 1e300, .pi])
  func `numbers with a fraction`(value: Double) throws {
    #expect(text { $0.number(value) } == (try encoded(value)))
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity])
  func `what is no number is null`(value: Double) {
    #expect(text { $0.number(value) } == "null")
  }

  @Test(arguments: 0..<64 as Range<UInt64>)
  func `durations are what their Double is, of any length`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for width in 0..<64 as Range<UInt64> {
      let seconds = Seconds(nanoseconds: Int64(bitPattern: generator.next()) >> Int64(width))
      #expect(text { seconds.write(to: &$0) } == (try encoded(seconds.value)), "seed \(seed)")
    }
  }

  @Test(
    arguments: [
      (0, "0"), (1, "1e-09"), (15_000, "1.5e-05"), (99_999, "9.9999e-05"), (100_000, "0.0001"),
      (1_000_000_001, "1.000000001"), (60_000_000_000, "60"), (-19_500, "-1.95e-05"),
      (-2_500_000_000, "-2.5"),
    ] as [(Int64, String)])
  func `durations`(nanoseconds: Int64, expected: String) {
    #expect(text { Seconds(nanoseconds: nanoseconds).write(to: &$0) } == expected)
  }

  private func writeSample(to json: inout JSONWriter) {
    json.object { json in
      json.field("a", [1, 2])
      json.field("b", ["y": true, "x": false])
      json.field("c", nil as Int?)
      json.name("d")
      json.oneLine { json in
        json.object { json in
          json.field("e", "f")
          json.field("g", [] as [Int])
        }
      }
    }
  }

  @Test func `on one line there is no space`() {
    #expect(
      text { writeSample(to: &$0) }
        == #"{"a":[1,2],"b":{"x":false,"y":true},"c":null,"d":{"e":"f","g":[]}}"#)
  }

  @Test func `else each value has a line, and what is in another two spaces more`() {
    #expect(
      text(isPretty: true) { writeSample(to: &$0) } == """
        {
          "a" : [
            1,
            2
          ],
          "b" : {
            "x" : false,
            "y" : true
          },
          "c" : null,
          "d" : {"e":"f","g":[]}
        }
        """)
  }

  @Test func `what was handed out is forgotten, and the rest goes on behind it`() {
    var json = JSONWriter(isPretty: false)
    var pieces: [String] = []
    json.array { json in
      for value in 0..<100_000 {
        value.write(to: &json)
        json.handOut { piece in
          pieces.append(String { $0.append(piece) })
        }
      }
    }
    json.handOut(isLast: true) { piece in pieces.append(String { $0.append(piece) }) }
    #expect(pieces.count > 5)
    #expect(pieces.dropLast().allSatisfy { $0.utf8.count < 1 << 17 })
    let numbers = (0..<100_000).map { "\($0)" }.joined(separator: ",")
    #expect(pieces.joined() == "[\(numbers)]")
  }

  // MARK: - On several threads

  @Test(arguments: [0, 1, 63, 64, 65, 4_000], [1, 2, 7, 100])
  func `the text does not depend on how many threads write it`(count: Int, workers: Int) {
    let numbers = (0..<count).map { "\($0 * $0)" }
    var json = JSONWriter(isPretty: false)
    var text: [UInt8] = []
    json.object { json in
      json.name("squares")
      json.array { json in
        json.elements(count, workers: workers, to: { text.append($0) }) { position, json in
          (position * position).write(to: &json)
        }
        "end".write(to: &json)
      }
    }
    json.handOut(isLast: true) { text.append($0) }
    let squares = (numbers + ["\"end\""]).joined(separator: ",")
    #expect(String(decoding: text, as: UTF8.self) == "{\"squares\":[\(squares)]}")
  }

  /// Who takes the text may be slow, and memory must not grow for that.
  @Test func `no thread writes far ahead of what was handed out`() {
    let progress = Progress()
    var json = JSONWriter(isPretty: false)
    var farthest = 0
    var handedOut = 0
    let write = { (piece: Span<UInt8>) in
      // Time enough for a thread that does not wait.
      usleep(500)
      farthest = max(farthest, progress.begun - handedOut)
      handedOut += piece.count
    }
    json.elements(20_000, workers: 3, to: write) { _, json in
      progress.begin()
      json.append("x" as Unicode.Scalar)
    }
    json.handOut(isLast: true, to: write)
    #expect(handedOut == 20_000)
    #expect(farthest <= 6 * 64)
  }

  @Test func `a text that cannot be written ends the work of all threads`() {
    struct Full: Error {}
    let progress = Progress()
    var json = JSONWriter(isPretty: false)
    var handedOut = 0
    let write = { (piece: Span<UInt8>) throws(Full) in
      handedOut += piece.count
      if handedOut > 1_000 { throw Full() }
    }
    #expect(throws: Full.self) {
      try json.elements(1_000_000, workers: 2, to: write) { _, json in
        progress.begin()
        json.append("x" as Unicode.Scalar)
      }
    }
    #expect(progress.begun < 10_000)
  }

  private final class Progress: @unchecked Sendable {
    private var count = 0
    private let monitor = Monitor()

    func begin() { monitor.withLock { count += 1 } }

    var begun: Int { monitor.withLock { count } }
  }
}
