import Fixtures
import Foundation
import Testing

@testable import FlowAnalyzer

/// The committed captures. Some are compared with what tshark 4.0 makes of them: `segments.txt`
/// beside the capture has the number of packets and a sample of the segments.
@Suite struct FixtureTests {
  static let all =
    (try? FileManager.default.contentsOfDirectory(atPath: Fixtures.captures.path))?
    .filter { !$0.hasPrefix(".") }.sorted() ?? []
  static let decoded = all.filter { FileManager.default.fileExists(atPath: table(of: $0).path) }

  private static func table(of scenario: String) -> URL {
    Fixtures.captures.appending(path: scenario).appending(path: "segments.txt")
  }

  @Test func `the real captures are tested, some of them against tshark`() {
    #expect(Self.all == RealCaptureTests.scenarios.sorted())
    #expect(Self.decoded.count == 7)
  }

  @Test(arguments: all)
  func `a fixture is read as a whole`(scenario: String) throws {
    let read = ReadOut(KernelTruth.capture(scenario).path)
    let capture = try #require(read.captures.first)
    #expect(read.isAccountedFor)
    #expect(read.failures.isEmpty)
    #expect(capture.warnings.isEmpty)
    #expect(capture.firstPacket == read.segments.first?.time)
  }

  @Test(arguments: decoded)
  func `a fixture decodes as tshark decodes it`(scenario: String) throws {
    let expected = try String(contentsOf: Self.table(of: scenario), encoding: .utf8)
      .split(separator: "\n")
    let read = ReadOut(KernelTruth.capture(scenario).path)
    let capture = try #require(read.captures.first)
    #expect(expected[0] == "packets \(capture.packets) segments \(capture.tcpSegments)")

    let decoded = Dictionary(
      uniqueKeysWithValues: read.segments.map { ("\($0.frame)", Self.line($0)) })
    for line in expected.dropFirst() {
      #expect(decoded[String(line.prefix { $0 != " " })] == String(line))
    }
  }

  private static func line(_ segment: Segment) -> String {
    var options: [String] = []
    if segment.options.maximumSegmentSize != 0 {
      options.append("mss \(segment.options.maximumSegmentSize)")
    }
    if segment.options.windowScale != TCPOptions.noWindowScale {
      options.append("wscale \(segment.options.windowScale)")
    }
    if segment.options.permitsSelectiveAcknowledgment { options.append("sackOK") }
    if segment.options.hasTimestamps {
      options.append(
        "TS \(segment.options.timestampValue) \(segment.options.timestampEchoReply)")
    }
    let flags = String(segment.flags.rawValue, radix: 16)
    return "\(segment.frame) \(segment.time.nanoseconds) \(segment.tuple)"
      + " seq \(segment.sequence.value) ack \(segment.acknowledgment.value)"
      + " flags \(flags.count < 2 ? "0" : "")\(flags) win \(segment.window)"
      + " len \(segment.payloadLength) id \(segment.ipIdentification)"
      + " df \(segment.dontFragment ? 1 : 0) [\(options.joined(separator: ", "))]"
  }
}
