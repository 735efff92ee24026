import Foundation
import Testing

@testable import snat_audit

@Suite("Processors")
struct ProcessorsTests {
  @Test func `those that it may use are counted as Foundation counts them`() {
    #expect(Processors.available == ProcessInfo.processInfo.activeProcessorCount)
    #expect(Processors.available >= 1)
  }
}
