import Fixtures
import Foundation

@testable import FlowAnalyzer

/// What the server's kernel counted while a scenario was captured: `truth.json`.
struct KernelTruth: Decodable {
  struct Arguments: Decodable {
    var mode: String
    var timestamps: Int
    var rfc1337: Int
  }

  var arguments: Arguments
  private var counters: [String: Int]
  private var timeWaitAtEnd: [String]

  private enum CodingKeys: String, CodingKey {
    case arguments = "args"
    case counters = "server_counters"
    case timeWaitAtEnd = "time_wait_at_end"
  }

  static func load(_ scenario: String) throws -> KernelTruth {
    let file = Fixtures.captures.appending(path: scenario).appending(path: "truth.json")
    return try JSONDecoder().decode(KernelTruth.self, from: Data(contentsOf: file))
  }

  static func capture(_ scenario: String) -> CaptureInput {
    let file = Fixtures.captures.appending(path: scenario).appending(path: "server.pcap")
    return CaptureInput(path: file.path(percentEncoded: false), role: .server)
  }

  /// A counter; the kernel lists those that moved.
  func callAsFunction(_ counter: String) -> Int { counters[counter] ?? 0 }

  /// The peers of the sockets in TIME_WAIT when the capture ended, as `ss -tan` writes them:
  /// queue lengths, the server's endpoint, the peer's.
  var peersInTimeWait: Set<String> {
    Set(timeWaitAtEnd.compactMap { $0.split(separator: " ").last.map(String.init) })
  }
}

/// The segments of a capture, for tests that look at them in their own way.
func segments(of input: CaptureInput) -> [Segment] {
  var source = SegmentSource(inputs: [input])
  var segments: [Segment] = []
  while let segment = source.next() { segments.append(segment) }
  return segments
}
