import Fixtures
import Foundation

@testable import FlowAnalyzer

/// A pair of a client's endpoint and an SNAT endpoint.
struct TranslatedPair: Hashable {
  var client: String
  var snat: String
}

/// What the load balancer itself said about its translations: `conntrack.txt`.
enum Translations {
  /// Every pair that conntrack logged as new, rejected SYNs included.
  static func load(_ scenario: String) throws -> Set<TranslatedPair> {
    let file = Fixtures.captures.appending(path: scenario).appending(path: "conntrack.txt")
    var pairs: Set<TranslatedPair> = []
    for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
    where line.contains("[NEW]") {
      // src dst sport dport of the original direction, then of the reply.
      let values = line.split(separator: " ").compactMap { word -> (String, String)? in
        let parts = word.split(separator: "=")
        return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
      }
      let sources = values.filter { $0.0 == "src" }.map(\.1)
      let destinations = values.filter { $0.0 == "dst" }.map(\.1)
      let sourcePorts = values.filter { $0.0 == "sport" }.map(\.1)
      let destinationPorts = values.filter { $0.0 == "dport" }.map(\.1)
      pairs.insert(
        TranslatedPair(
          client: text(sources[0], sourcePorts[0]), snat: text(destinations[1], destinationPorts[1])
        ))
    }
    return pairs
  }

  private static func text(_ address: String, _ port: String) -> String {
    address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
  }

  static func file(_ scenario: String, _ name: String) -> String {
    Fixtures.captures.appending(path: scenario).appending(path: name)
      .path(percentEncoded: false)
  }
}

/// The join of some captures: every connection, and the report.
struct Joined: Sendable {
  var connections: [JoinedConnection] = []
  var report: AnalysisReport

  init(_ inputs: [CaptureInput], _ configuration: AnalyzerConfiguration = .init()) {
    var connections: [JoinedConnection] = []
    report = Analyzer(configuration: configuration).join(inputs) { connections.append($0) }
    self.connections = connections
  }

  /// The two files of a fixture.
  static func fixture(_ scenario: String) -> Joined {
    Joined([
      CaptureInput(path: Translations.file(scenario, "client-any.pcap"), role: .client),
      CaptureInput(path: Translations.file(scenario, "server.pcap"), role: .server),
    ])
  }

  var pairs: Set<TranslatedPair> {
    var pairs: Set<TranslatedPair> = []
    for connection in connections {
      guard let client = connection.client else { continue }
      for server in connection.servers {
        pairs.insert(
          TranslatedPair(
            client: client.source.description, snat: server.source.description))
      }
    }
    return pairs
  }

  /// How many of the pairs are true, and how many of the true ones are there.
  func quality(_ truth: Set<TranslatedPair>) -> (precision: Double, recall: Double) {
    let hits = Double(pairs.intersection(truth).count)
    return (hits / Double(max(1, pairs.count)), hits / Double(max(1, truth.count)))
  }

  /// How many connections were found how.
  var methods: [JoinMethod: Int] {
    connections.reduce(into: [:]) { $0[$1.method, default: 0] += 1 }
  }
}
