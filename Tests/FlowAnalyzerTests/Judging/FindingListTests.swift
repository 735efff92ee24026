import Testing

@testable import FlowAnalyzer

@Suite("What is kept of findings")
struct FindingListTests {
  /// 100,000 findings, and a quarter more while they are gathered, have their share of 64 MB.
  @Test func `a finding with one hit takes less than 200 bytes`() {
    #expect(MemoryLayout<FindingList.Entry>.stride + MemoryLayout<Hit>.stride <= 200)
  }
}
