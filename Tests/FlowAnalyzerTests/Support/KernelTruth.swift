import Fixtures
import Foundation

@testable import FlowAnalyzer

/// What the server's kernel counted while a scenario was captured: `truth.json`.
struct KernelTruth: Decodable {
  struct Arguments: Decodable {
    var mode: String
    var timestamps: Int
    var rfc1337: Int
    /// Who closes: server, client, reset (the server, by a RST).
    var closer: String
  }

  private struct Socket: Decodable {
    var state: String
    var peer: String
  }

  var arguments: Arguments
  private var counters: [String: Int]
  private var timeWaitAtEnd: [String]
  /// Nil where only those in TIME_WAIT were listed.
  private var socketsAtEnd: [Socket]?

  private enum CodingKeys: String, CodingKey {
    case arguments = "args"
    case counters = "server_counters"
    case timeWaitAtEnd = "time_wait_at_end"
    case socketsAtEnd = "sockets_at_end"
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

  /// The peers of the sockets that held a tuple in such a way when the capture ended; nil where
  /// nobody looked.
  func peers(_ kind: HeldKind) -> Set<String>? {
    let states: Set<String> =
      switch kind {
      case .timeWait: ["TIME-WAIT"]
      case .established: ["ESTAB"]
      case .closing: ["FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT", "LAST-ACK", "CLOSING"]
      }
    return socketsAtEnd.map { sockets in
      Set(sockets.filter { states.contains($0.state) }.map(\.peer))
    }
  }
}

/// The segments of a capture, for tests that look at them in their own way.
func segments(of input: CaptureInput) -> [Segment] {
  var source = SegmentSource(inputs: [input])
  var segments: [Segment] = []
  while let segment = source.next() { segments.append(segment) }
  return segments
}
