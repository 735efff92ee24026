import BasicContainers

/// Follows the connections of the clients' side, and notes beside each of its segments what the join needs
/// to know of it.
///
/// It asks nothing of the servers' side, nor of the join, so that another thread can do it some batches
/// ahead of both (`BatchReader`).
struct ClientSide: ~Copyable {
  private(set) var tracker: FlowTracker
  /// Looks out for captures of both sides of the load balancer.
  private var translations = TranslationSign()
  /// SYNs that repeat another's ISN toward another destination within moments: both sides of an LB.
  private(set) var translatedSyns = 0
  /// How many were copies of ones already seen at the same point, by capture.
  private(set) var duplicates: [UInt64] = []
  private var changes = UniqueArray<ClientChange>()
  private var hasToldFlood = false

  /// - Parameters:
  ///   - timeWait: the TIME_WAIT assumed for the servers, in nanoseconds.
  ///   - embryos: how many tuples without a connection are kept.
  ///   - duplicateBuckets: in which copies of packets are looked for.
  init(timeWait: Int64, embryos: Int, duplicateBuckets: Int) {
    tracker = FlowTracker(
      timeWait: timeWait, isJudged: false, duplicates: DuplicateFilter(buckets: duplicateBuckets))
    tracker.limitEmbryos(to: embryos)
    tracker.recordsTimeline = false
    tracker.tellsForgotten = true
    tracker.attempts.tellsEnds = true
  }

  /// Takes in those of the next segments that are of the clients' side.
  mutating func observe(_ batch: inout SegmentBatch) {
    let count = batch.count
    for position in 0..<count {
      prepareLookup(at: position &+ FlowTracker.lookAhead, in: batch)
      prepare(at: position &+ FlowTracker.lookAhead / 2, in: batch)
      guard batch[position].side == .client else { continue }
      let changesBefore = changes.count
      var sighting = observe(batch[position].segment, at: position)
      if changes.count > changesBefore { sighting.marks.insert(.hasChanges) }
      batch.note(sighting, at: position)
    }
    batch.exchangeChanges(with: &changes)
    tracker.sweepAddresses()
  }

  @inline(__always)
  private mutating func prepareLookup(at position: Int, in batch: borrowing SegmentBatch) {
    guard position < batch.count, batch[position].side == .client else { return }
    tracker.prepareLookup(at: position, in: batch)
    if batch[position].segment.isOpening {
      translations.prefetch(batch[position].segment.sequence)
    }
  }

  @inline(__always)
  private mutating func prepare(at position: Int, in batch: borrowing SegmentBatch) {
    guard position < batch.count, batch[position].side == .client else { return }
    tracker.prepare(at: position, in: batch)
  }

  @inline(__always)
  private mutating func observe(_ segment: Segment, at position: Int) -> ClientSighting {
    let isTranslation = segment.isOpening && translations.isTranslation(segment)
    let isNew = tracker.observe(segment)
    if tracker.finishedCount > 0 { endAttempts() }
    if !tracker.forgotten.isEmpty || !tracker.attempts.ended.isEmpty { tellEnds(position) }
    var sighting = ClientSighting(record: UInt32(truncatingIfNeeded: tracker.lastRecord))
    guard isNew else {
      duplicates.countDuplicate(of: segment)
      sighting.marks = .isCopy
      return sighting
    }
    if isTranslation { translatedSyns += 1 }
    if segment.flags.contains(.syn) {
      sighting.attempt = tracker.lastAttempt
      sighting.marks.insert(.isHandshake)
    }
    if tracker.records[tracker.lastRecord].lastIsFromOriginator {
      sighting.marks.insert(.isFromOriginator)
    }
    if tracker.records[tracker.lastRecord].hasConnection,
      tracker.records[tracker.lastRecord].current.beganUnseen
    {
      sighting.marks.insert(.beganUnseen)
    }
    return sighting
  }

  /// Nobody judges the SYNs of the client side: what holds a tuple there is the load balancer.
  private mutating func endAttempts() {
    for index in 0..<tracker.finishedCount {
      tracker.attempts[tracker.finishedExchange(index).attempt].openVerdicts &-= 1
    }
    tracker.releaseFinished()
    _ = tracker.attempts.takeFinished(at: tracker.settled)
  }

  private mutating func tellEnds(_ position: Int) {
    if tracker.unopened.letGo > 0, !hasToldFlood {
      hasToldFlood = true
      changes.append(ClientChange(.isFlooded, 0, position))
    }
    for record in tracker.forgotten {
      changes.append(ClientChange(.tupleForgotten, record, position))
    }
    tracker.forgotten.removeAll(keepingCapacity: true)
    for end in tracker.attempts.ended {
      changes.append(ClientChange(.attemptEnded, end.position, position))
    }
    tracker.attempts.ended.removeAll(keepingCapacity: true)
  }

  /// Nothing follows.
  mutating func finish() {
    tracker.countUnopened()
    // The report takes memory, too, and needs none of them.
    tracker.attempts.release()
  }
}
