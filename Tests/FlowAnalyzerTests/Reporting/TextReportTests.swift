import Fixtures
import Foundation
import Testing

@testable import FlowAnalyzer

/// The wordings that no fixture shows. The others are in the snapshots of SnatAuditTests.
@Suite("What the text report says")
struct TextReportTests {
  @Test func `killed connections are said first, and in red`() {
    var report = AnalysisReport.sample
    report.hit(.established, .rejected, killing: 2)
    report.summary.killedConnections = 2
    #expect(
      report.text().hasPrefix(
        "VERDICT  2 connections that the server still held open were killed: "))
    #expect(
      report.text(TextStyle(hasColor: true)).contains("\u{1B}[1;31m2 connections that the server"))
    #expect(report.text().contains("killed 2 live connections"))
    #expect(report.text().contains("the load balancer had forgotten it"))
  }

  @Test func `failed attempts are in the verdict`() {
    var report = AnalysisReport.sample
    report.hit(.timeWait, .reset, outcome: .failed)
    report.summary.attempts.failed = 1
    report.summary.attempts.connected = 0
    let text = report.text()
    #expect(
      text.hasPrefix(
        """
        VERDICT  1 of 10 connection attempts (10 %) hit a tuple that the server still held: 1 answered by a
                 RST and 1 failed for good.
        """))
    #expect(text.contains("failed after 2 SYNs"))
  }

  @Test func `hits that were all accepted harmed nobody`() {
    var report = AnalysisReport.sample
    report.hit(.timeWait, .accepted)
    #expect(report.text().contains("accepted every one of them: nobody noticed."))
    #expect(report.text().contains("EXAMPLES  1 of 1"))
  }

  @Test func `hits of unknown answer are not called harmless`() {
    var report = AnalysisReport.sample
    report.hit(.timeWait, .undetermined)
    #expect(!report.text().contains("nobody noticed"))
    #expect(report.text().unwrapped.contains("the captures do not show how all of them ended"))
  }

  @Test func `no hits in a full capture is all there is to say`() {
    let text = AnalysisReport.sample.text()
    #expect(text.hasPrefix("VERDICT  No SYN hit a tuple that the server still held: 10 connection"))
    #expect(!text.contains("WHAT THE CAPTURES LEAVE OPEN"))
  }

  @Test(arguments: Coverage.Reason.allCases)
  func `every gap is explained, and has its advice`(reason: Coverage.Reason) {
    var report = AnalysisReport.sample
    report.coverage = Coverage(grade: .limited, reasons: [reason])
    #expect(
      report.text().unwrapped.contains(
        "- \(reason.explanation.finding) \(reason.explanation.advice)"))
  }

  @Test func `without a verdict the report names the capture that would give one`() {
    var report = AnalysisReport.sample
    report.coverage = Coverage(grade: .inconclusive, reasons: [.noAnswers])
    let text = report.text()
    #expect(text.hasPrefix("VERDICT  None: "))
    #expect(text.unwrapped.contains("for 180 s or longer"))
    #expect(text.contains("tcpdump -i INTERFACE -s 256 -w server.pcap 'tcp port PORT'"))
  }

  @Test func `what counts twice is not called a hit, nor a connection killed`() {
    var report = AnalysisReport.sample
    report.hit(.established, .rejected, killing: 2)
    report.summary.killedConnections = 2
    report.coverage = Coverage(grade: .inconclusive, reasons: [.clocksDiffer])
    let text = report.text()
    #expect(text.hasPrefix("VERDICT  None: these captures show the same packets under clocks that"))
    #expect(!text.contains("live connections were killed"))
    #expect(!text.unwrapped.contains("it looks as if"))
    #expect(!text.contains("tcpdump"))
  }

  @Test func `a partial report says so`() {
    var report = AnalysisReport.sample
    report.partial = true
    #expect(report.text().contains("The run was interrupted."))
  }

  @Test func `a file's name cannot rewrite the terminal`() {
    var report = AnalysisReport.sample
    report.captures[0].path = "a\u{1B}[2Jb\n.pcap"
    #expect(report.text().contains("a?[2Jb?.pcap"))
  }

  @Test func `of many files the remarkable ones are listed`() {
    var report = AnalysisReport.sample
    let capture = report.captures[0]
    report.captures = (0..<40).map { index in
      var capture = capture
      capture.path = "rotated-\(index).pcap"
      return capture
    }
    report.captures[33].error = "rotated-33.pcap: there is no such file or directory."
    let text = report.text()
    #expect(text.contains("[34] rotated-33.pcap"))
    #expect(text.contains("[9] rotated-8.pcap"))
    #expect(!text.contains("rotated-9.pcap"))
    #expect(text.contains("and 30 further files"))
  }

  @Test(arguments: [72, 80, 100, 140])
  func `prose keeps within the width`(width: Int) {
    var report = AnalysisReport.sample
    report.hit(.established, .rejected, killing: 1)
    report.summary.killedConnections = 1
    report.coverage = Coverage(grade: .limited, reasons: Coverage.Reason.allCases)
    for line in report.text(TextStyle(width: width)).split(separator: "\n") {
      #expect(
        line.count <= width || line.contains("tcpdump") || line.contains("filter:"), "\(line)")
    }
  }

  // MARK: - The next capture

  @Test(
    arguments: [
      ("l4-client-fin/server.pcap", CaptureRole.server, "-s 256 -w server.pcap 'tcp port 80'"),
      ("reset/server.pcap", .server, "-s 256 -w server.pcap 'tcp port 80'"),
      ("l4-clean/client-any.pcap", .client, "-s 256 -w server.pcap 'tcp port 80'"),
      ("l4-client-fin/lb-any.pcap", nil, "tcpdump -i any -s 256 -w lb.pcap 'tcp port 80'"),
    ] as [(String, CaptureRole?, String)])
  func `it watches the port that was seen, where it was seen`(
    capture: String, role: CaptureRole?, command: String
  ) {
    let path = Fixtures.captures.appending(path: capture).path
    let text = Analyzer().analyze([CaptureInput(path: path, role: role)]).report.text()
    #expect(text.contains(command))
    #expect(text.contains("clients ask for; the servers' may be another") == (role == .client))
  }

  @Test func `of many ports none stands out, whatever the order`() {
    var ports = ServicePorts()
    for port in [443, 80, 443, 8080] as [UInt16] { ports.note(port) }
    #expect(ports.ports == [80, 443, 8080])
    var other = ServicePorts()
    for port in [25, 22, 80] as [UInt16] { other.note(port) }
    var sum = other
    sum.add(ports)
    ports.add(other)
    #expect(sum == ports && sum.ports.isEmpty)
  }

  @Test func `what a RST has ended is not said to become free later`() {
    let text = AnalysisReport(real: "l4-collide/server.pcap").text()
    #expect(text.contains("a RST ended it") && !text.contains("free at"))
    let survived = AnalysisReport(real: "l4-rfc1337/server.pcap").text()
    #expect(survived.contains(" old, free at "))
  }
}

extension String {
  /// As one line, so that a test does not depend on where a sentence is broken.
  var unwrapped: String {
    split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }
}
