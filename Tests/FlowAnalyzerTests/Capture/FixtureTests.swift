import Fixtures
import Foundation
import Testing

@testable import FlowAnalyzer

/// The committed captures, compared with what tshark 4.0 makes of them: `segments.txt` beside each
/// capture has the number of packets and a sample of the segments.
@Suite struct FixtureTests {
  static let scenarios = [
    "l4-clean", "l4-client-fin", "l4-collide", "l4-rfc1337", "l4-v6", "l7-http", "l7-proxyv2",
  ]

  @Test(arguments: scenarios)
  func `a fixture decodes as tshark decodes it`(scenario: String) throws {
    let directory = Fixtures.captures.appending(path: scenario)
    let expected = try String(
      contentsOf: directory.appending(path: "segments.txt"), encoding: .utf8
    ).split(separator: "\n")

    let read = ReadOut(directory.appending(path: "server.pcap").path)
    let capture = try #require(read.captures.first)
    #expect(expected[0] == "packets \(capture.packets) segments \(capture.tcpSegments)")
    #expect(read.isAccountedFor)
    #expect(read.failures.isEmpty)
    #expect(capture.warnings.isEmpty)
    #expect(capture.firstPacket == read.segments.first?.time)

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
