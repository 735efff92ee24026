import Fixtures
import Foundation
import Testing

@testable import FlowAnalyzer

/// What the fuzzer checks (`make fuzz`), on inputs that are always the same: seeds made of real captures,
/// mutations of them, and all that the fuzzer has ever found.
@Suite("Hostile input") struct HostileInputTests {
  private static let captures = [
    "l4-collide/server.pcap", "l7-http/server.pcap", "l4-v6/server.pcap",
  ]

  private static func seeds(_ target: FuzzTarget) throws -> [[UInt8]] {
    try captures.flatMap { name in
      let capture = try Data(contentsOf: Fixtures.captures.appending(path: name))
      return try Seeds.inputs(for: target, from: [UInt8](capture.prefix(1 << 20)))
    }
  }

  @Test(arguments: FuzzTarget.allCases)
  func `what must hold does for real captures`(target: FuzzTarget) throws {
    for seed in try Self.seeds(target) { try target.check(seed) }
  }

  @Test(arguments: FuzzTarget.allCases, 1...4 as ClosedRange<UInt64>)
  func `what must hold does for damaged ones`(target: FuzzTarget, seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let seeds = try Self.seeds(target)
    for _ in 0..<(target == .analysis ? 10 : 40) {
      var input = seeds.randomElement(using: &random) ?? []
      for _ in 0..<Int.random(in: 1...8, using: &random) { input.mutate(using: &random) }
      do {
        try target.check(input)
      } catch {
        Issue.record("\(error); the input: \(Data(input.prefix(4096)).base64EncodedString())")
      }
    }
  }

  // MARK: - Found by the fuzzer

  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Regressions")

  static var regressions: [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { $0.hasSuffix(".hex") }.sorted()
  }

  @Test(arguments: regressions)
  func `what was found once stays right`(name: String) throws {
    let target = try #require(FuzzTarget(rawValue: String(name.prefix { $0 != "-" })))
    let text = try String(contentsOf: Self.folder.appending(path: name), encoding: .utf8)
    try target.check(Self.bytes(hexadecimal: text))
  }

  private static func bytes(hexadecimal text: String) -> [UInt8] {
    let digits = text.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map {
      UInt8(digits[$0] << 4 | digits[$0 + 1])
    }
  }
}

extension [UInt8] {
  /// Does to bytes what broken disks and malicious people do.
  fileprivate mutating func mutate(using random: inout SeededGenerator) {
    guard !isEmpty else { return }
    let place = Int.random(in: 0..<count, using: &random)
    switch UInt8.random(in: 0..<7, using: &random) {
    case 0: self[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 1: self[place] = UInt8.random(in: 0...255, using: &random)
    case 2: self[place] = [0, 1, 0x7f, 0x80, 0xff].randomElement(using: &random) ?? 0
    case 3: removeSubrange(place..<Swift.min(place + Int.random(in: 1...64, using: &random), count))
    case 4: removeLast(count - place)
    case 5:
      let end = Swift.min(place + Int.random(in: 1...64, using: &random), count)
      insert(contentsOf: self[place..<end], at: place)
    default:
      // A length or a number, as large as can be.
      for index in place..<Swift.min(place + 4, count) { self[index] = 0xff }
    }
  }
}
