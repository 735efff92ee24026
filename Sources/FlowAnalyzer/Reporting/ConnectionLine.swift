import FoundationEssentials

/// A line of `connections` (contract, section 5).
public struct ConnectionLine: Encodable, Sendable {
  @OrNull public var client: Client?
  @OrNull public var server: AnalysisReport.Tuple?
  /// All partners, where there are several.
  public var servers: [AnalysisReport.Tuple]?
  public var join: Join
  /// The first SYN by the clock of the client side; null where it was not captured.
  @OrNull public var start: Timestamp?
  /// How many SYNs the attempt took.
  public var syns: Int

  /// The connection as the client side shows it. The load balancer may name a client whose connection
  /// was not captured: its port can then be unknown, and where it went is.
  public struct Client: Encodable, Sendable {
    public var source: AnalysisReport.Client
    @OrNull public var destination: AnalysisReport.Address?
  }

  public struct Join: Encodable, Sendable {
    public var method: JoinMethod
    /// 0...1.
    public var confidence: Double
    /// Why there is no partner; null where there is one.
    @OrNull public var reason: JoinGap?
  }

  /// - Parameter correction: what the client side's times had added to them, in nanoseconds.
  public init(_ connection: JoinedConnection, correction: Int64) {
    if let client = connection.client {
      self.client = Client(
        source: AnalysisReport.Client(client.source),
        destination: AnalysisReport.Address(client.destination))
    } else {
      client = connection.named.map {
        Client(source: AnalysisReport.Client($0), destination: nil)
      }
    }
    let tuples = connection.servers.map(AnalysisReport.Tuple.init)
    server = tuples.first
    servers = tuples.count > 1 ? tuples : nil
    join = Join(
      method: connection.method, confidence: Double(connection.confidence) / 100,
      reason: connection.gap)
    start = connection.start?.advanced(byNanoseconds: -correction)
    syns = connection.syns
  }
}

/// Writes lines of `connections` with one encoder for all.
public struct ConnectionWriter {
  private let encoder = JSONEncoder()
  private let correction: Int64

  /// - Parameter correction: what the client side's times had added to them, in nanoseconds.
  public init(correction: Int64) {
    self.correction = correction
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  }

  /// The line, with the newline at its end.
  ///
  /// - Throws: what `JSONEncoder` throws, whom no value of this model makes do so.
  public func line(_ connection: JoinedConnection) throws -> String {
    let line = ConnectionLine(connection, correction: correction)
    return String(decoding: try encoder.encode(line), as: UTF8.self) + "\n"
  }
}
