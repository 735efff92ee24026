import Fixtures
import Foundation
import Testing

@Suite("Text reports of the real captures")
struct TextReportSnapshotTests {
  static let scenarios = [
    "l4-clean", "l4-client-fin", "l4-collide", "l4-rfc1337", "l4-v6", "l7-http", "l7-proxyv2",
  ]

  @Test(arguments: scenarios)
  func `a fixture's report is as recorded`(scenario: String) throws {
    let result = try Tool.run("analyze", "--server", "\(scenario)/server.pcap")
    #expect(result.status == 0)
    #expect(result.errors.isEmpty)
    try expectSnapshot(result.output, named: "\(scenario).txt")
  }

  @Test(arguments: ["l4-collide", "l7-http"])
  func `both sides' report is as recorded`(scenario: String) throws {
    let result = try Tool.run(
      "analyze", "--client", "\(scenario)/client-any.pcap", "--server", "\(scenario)/server.pcap")
    #expect(result.status == 0)
    #expect(result.errors.isEmpty)
    try expectSnapshot(result.output, named: "\(scenario)-both-sides.txt")
  }

  @Test func `one file with both sides names the same clients`() throws {
    let result = try Tool.run("analyze", "l4-collide/lb-any.pcap")
    #expect(result.status == 0)
    #expect(result.errors.isEmpty)
    try expectSnapshot(result.output, named: "l4-collide-one-file.txt")
  }

  /// The others test counts, not wording.
  @Test func `every fixture of an ordinary load balancer has a snapshot`() throws {
    let folders = try FileManager.default.contentsOfDirectory(atPath: Fixtures.captures.path)
    #expect(
      folders.filter { $0.hasPrefix("l4-") || $0.hasPrefix("l7-") }.sorted() == Self.scenarios)
  }

  @Test(arguments: scenarios)
  func `a report in a file is plain ASCII within 100 columns`(scenario: String) throws {
    let text = try Tool.run("analyze", "--server", "\(scenario)/server.pcap").output
    #expect(text.utf8.allSatisfy { $0 < 128 })
    #expect(!text.contains("\u{1B}"))
    for line in text.split(separator: "\n") {
      // Filters are for copying and are not broken.
      #expect(line.count <= 100 || line.contains("filter: "), "\(line)")
      #expect(!line.hasSuffix(" "), "\(line)")
    }
  }
}
