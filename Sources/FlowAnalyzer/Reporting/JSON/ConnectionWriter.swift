/// Writes lines of `connections` (contract, section 5), one object each.
struct ConnectionWriter: ~Copyable {
  private var json = JSONWriter(isPretty: false)
  private let correction: Int64

  /// - Parameter correction: what the client side's times had added to them, in nanoseconds.
  init(correction: Int64) { self.correction = correction }

  mutating func write(_ connection: JoinedConnection) {
    json.object { json in
      json.name("client")
      Self.writeClient(of: connection, to: &json)
      json.name("join")
      Self.writeJoin(of: connection, to: &json)
      if connection.client == nil {
        json.field("named", connection.named.map { AnalysisReport.Client($0) })
      }
      json.field("server", connection.servers.first)
      if connection.servers.count > 1 { json.field("servers", connection.servers) }
      // By the clock of the client side.
      json.field("start", connection.start?.advanced(byNanoseconds: 0 &- correction))
      json.field("syns", connection.syns)
    }
    json.append("\n")
  }

  /// Passes on what was written so far.
  ///
  /// - Parameter isLast: pass on the least bit; else only what makes a piece of some 64 KiB.
  /// - Returns: false where `write` wants no more.
  mutating func handOut(isLast: Bool, to write: (Span<UInt8>) -> Bool) -> Bool {
    var wantsMore = true
    json.handOut(isLast: isLast) { wantsMore = write($0) }
    return wantsMore
  }

  /// The connection as the client side shows it. A client that only the load balancer names is not seen
  /// there, its port may be unknown, and where it went is: it has a field of its own.
  private static func writeClient(of connection: JoinedConnection, to json: inout JSONWriter) {
    guard let client = connection.client else { return json.null() }
    json.object { json in
      json.field("destination", client.destination)
      json.field("source", client.source)
    }
  }

  private static func writeJoin(of connection: JoinedConnection, to json: inout JSONWriter) {
    json.object { json in
      json.field("confidence", Double(connection.confidence) / 100)
      json.field("method", connection.method)
      json.field("reason", connection.gap)
    }
  }
}
