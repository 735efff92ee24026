/// What the beginnings of connections tell of where they were captured.
extension OpeningSample {
  /// Fewer shared connections prove nothing.
  private static let leastShared = 2

  /// Under which tuples connections come by twice; none where they hardly ever do.
  var clearTranslations: [Translation] {
    // Requests that are alike can be paired the wrong way round: the more frequent way is the right
    // one.
    let clear = translations.filter { translation, count in
      let reverse = translations.first {
        $0.key.virtual == translation.server && $0.key.server == translation.virtual
      }
      return translation.virtual == translation.server || (reverse?.value ?? 0) < count
    }
    let total = clear.values.reduce(0, +)
    guard total >= Self.leastShared, total * 10 >= syns || areAllThatServersGet(clear, total)
    else { return [] }
    return Array(clear.keys)
  }

  /// Whether connections to servers are translated ones only, however few of their clients' are: so it is at a load balancer
  /// that has no port left. A proxy on the server's own host, which serves most by itself, opens connections from
  /// the address that it is asked at, or from that which it asks.
  private func areAllThatServersGet(_ translations: [Translation: Int], _ total: Int) -> Bool {
    let virtual = Set(translations.keys.map(\.virtual))
    let servers = Set(translations.keys.map(\.server))
    let translated = Set(translations.keys.map(\.snatAddress))
    guard total > Self.leastShared, virtual.isDisjoint(with: servers),
      translated.isDisjoint(with: virtual.union(servers).map(\.address))
    else { return false }
    var behind = 0
    for tuple in tuples {
      let isTranslated = translated.contains(tuple.source.address)
      if servers.contains(tuple.destination) {
        guard isTranslated else { return false }
        behind += 1
      } else if isTranslated, virtual.contains(tuple.destination) {
        return false
      }
    }
    return total * 10 >= behind * 9
  }

  /// Whether connections to an endpoint come by.
  func leads(to destination: Endpoint) -> Bool {
    passages.values.contains { $0.tuple.destination == destination }
  }

  /// Where a point lies beside another one, as clients see it.
  enum Standing { case inFront, behind, unknown }

  /// Of two points with the same connections, the one that waits longer for the answers lies further
  /// from who gives them: on the client side.
  func standing(beside other: OpeningSample) -> Standing {
    var waits = Waits()
    var answered = (here: 0, there: 0)
    forEachShared(with: other) { here, there in
      if here.backAt != nil { answered.here += 1 }
      if there.backAt != nil { answered.there += 1 }
      waits.add(here, there)
    }
    // Answers that bypass the load balancer do not bypass the server.
    if answered.here == 0, answered.there >= Self.leastShared { return .inFront }
    if answered.there == 0, answered.here >= Self.leastShared { return .behind }
    return waits.standing
  }

  /// Whether this point, which is said to lie in front of `other`, clearly lies behind it.
  ///
  /// Who said so is to be contradicted by proof only. What came from the server itself came by the point
  /// behind first, whatever the load balancer does; a SYN may be answered on its way (SYN cookies), and
  /// a capture may lack answers.
  func clearlyLies(behind other: OpeningSample) -> Bool {
    var handshakes = Waits()
    var requests = Waits()
    forEachShared(with: other) { here, there in
      switch here.kind {
      case .syn: break
      case .synAck: handshakes.add(here, there)
      case .request: requests.add(here, there)
      }
    }
    return (handshakes.isEmpty ? requests : handshakes).standing == .behind
  }

  /// At which of two points the same things were answered later.
  private struct Waits {
    private var longerHere = 0
    private var longerThere = 0

    var isEmpty: Bool { longerHere + longerThere == 0 }

    mutating func add(_ here: Passage, _ there: Passage) {
      guard let backHere = here.backAt, let backThere = there.backAt else { return }
      let wait = backHere.nanoseconds(since: here.forthAt)
      let waitThere = backThere.nanoseconds(since: there.forthAt)
      if wait > waitThere { longerHere += 1 }
      if wait < waitThere { longerThere += 1 }
    }

    /// Nearly all of them must agree.
    var standing: Standing {
      let total = longerHere + longerThere
      guard total >= OpeningSample.leastShared else { return .unknown }
      if longerHere * 5 >= total * 4 { return .inFront }
      if longerThere * 5 >= total * 4 { return .behind }
      return .unknown
    }
  }
}
