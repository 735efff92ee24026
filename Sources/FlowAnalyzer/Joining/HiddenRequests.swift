/// Requests of the client side that nothing but their time and length tells of, because TLS hides
/// them or because the load balancer rewrites them, and that have no partner yet.
///
/// A load balancer passes a request on within moments, so that few are under way at any time. Of more
/// than `capacity` the oldest are let go, and for as long as one of those could be meant nobody is.
struct HiddenRequests {
  static let capacity = 256
  /// How long before the first sign of its partner a request may have come, in nanoseconds: where the
  /// client is known, and where nothing but time tells. Traffic that has nothing to do with each other
  /// comes within the latter by chance only.
  static let window: Int64 = 1_000_000_000
  static let shortWindow: Int64 = 20_000_000

  struct Request: Equatable {
    var leg: UInt32
    /// The number of the client's address.
    var client: UInt32
    var time: Timestamp
    /// Payload of its first segment.
    var length: UInt32
    /// It can be read here; on the server side it cannot, or it was rewritten.
    var isHTTP = false
    /// The load balancer has sent something since: with TLS that may have been a session ticket.
    var isAnswered = false
  }

  private var requests: [Request] = []
  private var lostAt: Timestamp?
  private var lengths = LengthShift()

  /// Takes up the latest request of a leg.
  mutating func insert(_ request: Request) {
    remove(request.leg)
    if requests.count == Self.capacity { lostAt = requests.removeFirst().time }
    requests.append(request)
  }

  mutating func remove(_ leg: UInt32) {
    guard let position = position(of: leg) else { return }
    requests.remove(at: position)
  }

  mutating func noteAnswer(to leg: UInt32) {
    guard let position = position(of: leg) else { return }
    requests[position].isAnswered = true
  }

  private func position(of leg: UInt32) -> Int? { requests.lastIndex { $0.leg == leg } }

  enum Origin: Equatable {
    case nobody
    /// With the confidence in percent.
    case one(Request, confidence: UInt8)
    /// Each of these could be meant, and maybe one that is not kept.
    case several([Request])
  }

  /// Whose request comes by on the server side at `time`.
  ///
  /// - Parameters:
  ///   - opened: when its connection was opened; nil for one that was open before the request.
  ///   - length: payload of its first segment.
  ///   - isHTTP: it can be read there. Then one that could be read here would be the same.
  func origin(at time: Timestamp, opened: Timestamp?, length: UInt32, isHTTP: Bool) -> Origin {
    let latest = opened ?? time
    if let lostAt, latest.nanoseconds(since: lostAt) <= Self.shortWindow { return .several([]) }
    let possible = requests.filter {
      $0.time <= time && latest.nanoseconds(since: $0.time) <= Self.shortWindow
        && !(isHTTP && $0.isHTTP)
    }
    let pool = Self.likeliest(possible, opened: opened)
    if pool.count == 1 {
      let confidence: UInt8 = pool[0].isAnswered ? 40 : 50
      let fits = lengths.fits(server: length, client: pool[0].length)
      return .one(pool[0], confidence: fits.map { $0 ? confidence + 10 : 25 } ?? confidence)
    }
    let fitting = pool.filter { lengths.fits(server: length, client: $0.length) == true }
    if fitting.count == 1 { return .one(fitting[0], confidence: 40) }
    return pool.isEmpty ? .nobody : .several(pool)
  }

  /// The only request under way of a client that the load balancer names.
  func only(
    of client: UInt32, at time: Timestamp, opened: Timestamp?, isHTTP: Bool
  ) -> Request? {
    let possible = requests.filter {
      $0.client == client && $0.time <= time && !(isHTTP && $0.isHTTP)
        && (opened ?? time).nanoseconds(since: $0.time) <= Self.window
    }
    let pool = Self.likeliest(possible, opened: opened)
    return pool.count == 1 ? pool[0] : nil
  }

  private static func likeliest(_ requests: [Request], opened: Timestamp?) -> [Request] {
    let waiting = requests.filter { !$0.isAnswered }
    let pool = waiting.isEmpty ? requests : waiting
    guard let opened, pool.count > 1 else { return pool }
    let causes = pool.filter { (0...Self.shortWindow).contains(opened.nanoseconds(since: $0.time)) }
    return causes.isEmpty ? pool : causes
  }

  /// A request was found to be the partner of one of `length` on the server side.
  mutating func learn(_ request: Request, length: UInt32) {
    lengths.learn(server: length, client: request.length)
  }
}

/// What a load balancer adds to requests or takes off, learnt from those whose partners time alone
/// told: another cipher, headers of its own.
struct LengthShift {
  private static let remembered = 32
  private static let least = 8
  /// Addresses in headers and padding vary by so much.
  private static let slack: Int64 = 8

  private var shifts: [Int64] = []
  private var next = 0
  /// What most of them agree in.
  private var typical: Int64?

  mutating func learn(server: UInt32, client: UInt32) {
    let shift = Int64(server) - Int64(client)
    if shifts.count < Self.remembered {
      shifts.append(shift)
    } else {
      shifts[next] = shift
      next = (next + 1) % Self.remembered
    }
    typical = median
  }

  private var median: Int64? {
    guard shifts.count >= Self.least else { return nil }
    let median = shifts.sorted()[shifts.count / 2]
    let agreeing = shifts.count { abs($0 - median) <= Self.slack }
    return agreeing * 4 >= shifts.count * 3 ? median : nil
  }

  /// Whether the lengths are those of one request; nil as long as too little is known, or where
  /// lengths tell nothing.
  func fits(server: UInt32, client: UInt32) -> Bool? {
    typical.map { abs(Int64(server) - Int64(client) - $0) <= Self.slack }
  }
}
