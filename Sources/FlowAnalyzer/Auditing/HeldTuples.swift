/// Tuples that servers hold at the end: how many, and the first of them in the order of the report.
struct HeldTuples: Sendable, Codable {
  private let limit: Int
  private(set) var timeWait = 0
  private(set) var established = 0
  private(set) var closing = 0
  private var kept: [HeldTuple] = []
  /// What comes behind the last of a full list will not be listed.
  private var last: HeldTuple?

  init(limit: Int) { self.limit = limit }

  var total: Int { timeWait + established + closing }

  mutating func add(_ held: HeldTuple) {
    switch held.kind {
    case .timeWait: timeWait += 1
    case .established: established += 1
    case .closing: closing += 1
    }
    list(held)
  }

  mutating func add(_ other: HeldTuples) {
    timeWait += other.timeWait
    established += other.established
    closing += other.closing
    for held in other.kept { list(held) }
  }

  private mutating func list(_ held: HeldTuple) {
    if let last, !held.precedes(last) { return }
    kept.append(held)
    // Cutting back at twice the limit keeps the cost per tuple constant.
    guard (kept.count - 1) / 2 >= limit else { return }
    kept = Array(listed)
    last = kept.last
  }

  /// Those that the report lists, in its order.
  var listed: ArraySlice<HeldTuple> { kept.sorted { $0.precedes($1) }.prefix(limit) }
}

extension HeldTuple {
  var kind: HeldKind {
    switch state {
    case .timeWait: .timeWait
    case .finWait1, .finWait2, .closeWait, .closing, .lastAck: .closing
    case .established, .closed, .synSent, .synReceived: .established
    }
  }

  /// TIME_WAIT first, then by tuple.
  fileprivate func precedes(_ other: HeldTuple) -> Bool {
    let isFirst = state == .timeWait
    if isFirst != (other.state == .timeWait) { return isFirst }
    if tuple.destination != other.tuple.destination {
      return tuple.destination < other.tuple.destination
    }
    return tuple.source < other.tuple.source
  }
}
