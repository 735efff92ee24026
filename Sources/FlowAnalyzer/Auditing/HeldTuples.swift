/// Tuples that servers hold at the end: how many, and the first of them in the order of the report.
struct HeldTuples: Sendable {
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

// MARK: - Written down

extension HeldTuples: Packed, Codable {
  /// What comes too late to be listed is known to a run only.
  func write(to writer: inout PackedWriter) {
    writer.write(count: limit)
    writer.write(count: timeWait)
    writer.write(count: established)
    writer.write(count: closing)
    writer.write(kept)
  }

  init(from reader: inout PackedReader) throws(DecodingError) {
    limit = try reader.number()
    timeWait = try reader.count()
    established = try reader.count()
    closing = try reader.count()
    kept = try reader.array()
  }
}

extension HeldTuple: Packed {
  func write(to writer: inout PackedWriter) {
    tuple.write(to: &writer)
    writer.write(state.rawValue)
    writer.write(since)
    writer.write(timerStartedAt, from: since)
    writer.write(hasUnknownTimes)
  }

  init(from reader: inout PackedReader) throws(DecodingError) {
    tuple = try FourTuple(from: &reader)
    guard let state = TCPState(rawValue: try reader.number()) else {
      throw reader.error("there is no such state")
    }
    self.state = state
    since = try reader.time()
    timerStartedAt = try reader.time(from: since)
    hasUnknownTimes = try reader.flag()
  }
}
