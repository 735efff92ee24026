import Foundation
import Testing

/// What other projects keep in their test suites: `Scripts/odd` makes its like.
@Suite("Odd captures")
struct OddCaptureTests {
  private static let script = URL(filePath: #filePath)
    .deletingLastPathComponent().appending(path: "../../Scripts/odd/odd").standardized

  /// Thirty of each kind; `make odd` takes thousands.
  @Test func `what libpcap reads is read as capinfos counts it, and all else ends with one line`()
    throws
  {
    guard ["python3", "capinfos", "zstd", "lz4"].allSatisfy({ Consumer(name: $0).isThere }) else {
      return
    }
    let output = try Shell.run(
      "timeout 600 '\(Self.script.path)' --binary '\(Tool.url.path)' --count 390 --seed 1 2>&1 || true"
    )
    #expect(output.hasSuffix("; 0 failed\n"), "\(output)")
  }

  /// That it would see a difference.
  @Test func `a program that reads nothing fails`() throws {
    guard Consumer(name: "python3").isThere, Consumer(name: "capinfos").isThere else { return }
    let output = try Shell.run(
      "timeout 600 '\(Self.script.path)' --binary /bin/false --count 13 --seed 1 2>&1 || true")
    #expect(output.hasSuffix("; 13 failed\n"), "\(output)")
  }
}
