import Testing

@testable import FlowAnalyzer

/// Which correction the files of a capture point get.
@Suite("Corrections of clocks")
struct ClockCorrectionTests {
  private func input(_ path: String, _ role: CaptureRole = .client) -> CaptureInput {
    CaptureInput(path: path, role: role)
  }

  @Test func `a file that was not begun yet has that of the first of its point, then of its side`()
  {
    var corrections = ClockCorrections()
    corrections.set(5, for: input("east-1.pcap"))
    corrections.set(6, for: input("east-2.pcap"))
    corrections.set(7, for: input("west-1.pcap"))
    #expect(corrections.correction(for: input("east-2.pcap")) == 6)
    #expect(corrections.correction(for: input("east-3.pcap")) == 5)
    #expect(corrections.correction(for: input("west-3.pcap")) == 7)
    #expect(corrections.correction(for: input("north-1.pcap")) == 5)
    #expect(corrections.correction(for: input("east-3.pcap", .server)) == 0)
  }

  @Test func `a clock that has drifted is set for all files of its point, and for no other's`() {
    var corrections = ClockCorrections()
    corrections.set(5, for: input("east-1.pcap"))
    corrections.set(5, for: input("east-2.pcap"))
    corrections.set(7, for: input("west-1.pcap"))
    corrections.shift(input("east-1.pcap"), by: 100)
    #expect(corrections.correction(for: input("east-1.pcap")) == 105)
    #expect(corrections.correction(for: input("east-2.pcap")) == 105)
    #expect(corrections.correction(for: input("east-3.pcap")) == 105)
    #expect(corrections.correction(for: input("west-1.pcap")) == 7)
  }
}
