/// The stages behind reading, from segments to verdicts.
struct Audit: ~Copyable {
  /// Follows the server side, whose SYNs are judged.
  var tracker: FlowTracker
  /// Follows the client side; nil where there is none. It takes in each batch before the audit does.
  let clients: ClientStage?
  private(set) var joiner: Joiner
  private(set) var ledger: AuditLedger
  /// Looks out for captures of both sides of the load balancer; nil where that is done elsewhere.
  private var translations: TranslationSign?
  /// SYNs that repeat another's ISN toward another destination within moments: both sides of an LB.
  private(set) var translatedSyns = 0
  /// How many of a batch's changes on the client side were taken note of.
  private var notedChanges = 0

  /// - Parameters:
  ///   - hasClientSide: whether there is a client side to join with.
  ///   - hasServerSide: whether there is a server side; without, nothing is to be joined.
  ///   - listsConnections: whether `joiner.finished` gathers connections.
  init(
    configuration: AnalyzerConfiguration, hasClientSide: Bool = false,
    hasServerSide: Bool = true, listsConnections: Bool = false
  ) {
    self.init(
      configuration, hasClientSide: hasClientSide, hasServerSide: hasServerSide,
      listsConnections: listsConnections,
      limits: Limits(configuration), translations: TranslationSign())
  }

  /// How much is kept, at most, of what is not bounded by the tuples that servers hold.
  struct Limits {
    /// Tuples without a connection, on each side.
    var embryos: Int
    /// Verdicts that wait for the rest of the capture.
    var waiting = AuditLedger.mostWaiting
    /// Addresses from which connections are opened.
    var sources = SourceTable.capacity
    /// Buckets in which copies of packets are looked for.
    var duplicateBuckets = DuplicateFilter.usualBuckets

    init(_ configuration: AnalyzerConfiguration) { embryos = configuration.embryoLimit }
  }

  /// An audit of a part of the server side: of some pairs of addresses.
  init(partOf configuration: AnalyzerConfiguration, limits: Limits) {
    self.init(
      configuration, hasClientSide: false, hasServerSide: true, listsConnections: false,
      limits: limits, translations: nil)
    tracker.learnsServers = false
  }

  private init(
    _ configuration: AnalyzerConfiguration, hasClientSide: Bool, hasServerSide: Bool,
    listsConnections: Bool, limits: Limits, translations: consuming TranslationSign?
  ) {
    self.translations = translations
    clients =
      hasClientSide
      ? ClientStage(
        ClientSide(
          timeWait: configuration.assumedTimeWait, embryos: limits.embryos,
          duplicateBuckets: limits.duplicateBuckets)) : nil
    joiner = Joiner(
      hasClientSide: hasClientSide, hasServerSide: hasServerSide,
      listsConnections: listsConnections, anonymizer: configuration.anonymizer)
    tracker = FlowTracker(
      timeWait: configuration.assumedTimeWait,
      timer: (configuration.serverStack ?? .linux).timer,
      duplicates: DuplicateFilter(buckets: limits.duplicateBuckets))
    tracker.sources = SourceTable(limit: limits.sources)
    tracker.attempts.tellsEnds = hasClientSide || listsConnections
    tracker.limitEmbryos(to: limits.embryos)
    joiner.addresses.sweep(at: 2 * limits.embryos)
    ledger = AuditLedger(
      judge: Judge(
        stack: configuration.serverStack, rfc1337: configuration.rfc1337,
        timeWait: configuration.assumedTimeWait),
      maximumFindings: configuration.maximumFindings, mostWaiting: limits.waiting)
  }

  /// Takes in the next segments.
  ///
  /// - Parameters:
  ///   - batch: which the client side has taken in.
  ///   - duplicates: how many of the server side were copies of ones already seen at the same point, by
  ///     capture; counted on.
  mutating func observe(_ batch: borrowing SegmentBatch, duplicates: inout [UInt64]) {
    observe(batch, WholeBatch(batch), duplicates: &duplicates)
  }

  /// Takes in some of the next segments.
  ///
  /// - Parameters:
  ///   - share: those of the batch that are for this audit.
  ///   - duplicates: how many of the server side were copies of ones already seen at the same point, by
  ///     capture; counted on.
  mutating func observe(
    _ batch: borrowing SegmentBatch, _ share: some BatchShare, duplicates: inout [UInt64]
  ) {
    joiner.clocks.noteShifts(batch.clockShifts)
    notedChanges = 0
    let count = share.count
    let lookAhead = FlowTracker.lookAhead
    for index in 0..<count {
      if index &+ 2 &* lookAhead < count { batch.prefetch(share[index &+ 2 &* lookAhead]) }
      if index &+ lookAhead < count { prepareLookup(at: share[index &+ lookAhead], in: batch) }
      if index &+ lookAhead / 2 < count { prepare(at: share[index &+ lookAhead / 2], in: batch) }
      _ = observe(share[index], of: batch, duplicates: &duplicates)
    }
    tracker.sweepAddresses()
    joiner.sweepAddresses(tracker, ledger)
  }

  /// Takes in one segment of a batch.
  ///
  /// - Returns: false where it is a copy of one already seen at the same point, which was counted.
  @inline(__always)
  mutating func observe(
    _ position: Int, of batch: borrowing SegmentBatch, duplicates: inout [UInt64]
  ) -> Bool {
    guard batch[position].side == .server else {
      if !joiner.isPassedBy(batch[position].sighting) { observeClientSide(position, of: batch) }
      return !batch[position].sighting.marks.contains(.isCopy)
    }
    let isNew = batch.withTCP(of: position) { tcp in
      observeServerSide(batch[position].segment, tcp)
    }
    if !isNew { duplicates.countDuplicate(of: batch[position].segment) }
    return isNew
  }

  @inline(__always)
  private mutating func prepareLookup(at position: Int, in batch: borrowing SegmentBatch) {
    if batch[position].side == .server { tracker.prepareLookup(at: position, in: batch) }
    if batch[position].segment.isOpening { prepareLookup(ofSynAt: position, in: batch) }
  }

  @inline(never)
  private mutating func prepareLookup(ofSynAt position: Int, in batch: borrowing SegmentBatch) {
    let side = batch[position].side
    if side == .server { translations?.prefetch(batch[position].segment.sequence) }
    if joiner.hasClientSide {
      joiner.prepareLookup(ofSyn: batch[position].segment, on: side)
    }
  }

  @inline(__always)
  private mutating func prepare(at position: Int, in batch: borrowing SegmentBatch) {
    switch batch[position].side {
    case .client: joiner.prepare(batch[position].sighting)
    case .server: tracker.prepare(at: position, in: batch)
    }
  }

  @inline(__always)
  private mutating func observeServerSide(_ segment: Segment, _ bytes: RawSpan) -> Bool {
    var candidate: Joiner.Candidate?
    if joiner.hasClientSide {
      joiner.coverage.noteSegment(at: segment.time)
      if segment.isOpening {
        joiner.coverage.noteSyn(at: segment.time, capture: segment.capture, isOfServerSide: true)
        candidate = joiner.candidate(for: segment)
        tracker.joinedAttempt = nil
        if let candidate {
          tracker.joinedAttempt = joiner.openAttempt(of: candidate)
          joiner.coverage.noteSentOn(synAt: candidate.clientTime, arrivedAt: segment.time)
        }
        tracker.joinedClientTime = candidate?.clientTime
      }
    }
    let isTranslation = segment.isOpening && translations?.isTranslation(segment) ?? false
    let isNew = tracker.observe(segment)
    joiner.noteForgotten(ofServerSide: &tracker)
    guard isNew else { return false }
    if isTranslation { translatedSyns += 1 }
    joiner.observeServer(segment, bytes, candidate, &tracker)
    // What has ended is found on the way when a SYN is done.
    if tracker.finishedCount > 0 {
      ledger.collect(from: &tracker, &joiner)
      joiner.collectEnds(ofServerSide: &tracker)
    }
    return true
  }

  private mutating func observeClientSide(_ position: Int, of batch: borrowing SegmentBatch) {
    let sighting = batch[position].sighting
    if sighting.marks.contains(.hasChanges) { noteChanges(at: position, of: batch) }
    guard !sighting.marks.contains(.isCopy) else { return }
    batch.withTCP(of: position) { tcp in
      joiner.observeClient(batch[position].segment, tcp, sighting, &tracker)
    }
  }

  /// Has the join take note of what has ended with a segment of the client side.
  private mutating func noteChanges(at position: Int, of batch: borrowing SegmentBatch) {
    while let change = batch.clientChange(notedChanges), change.position == position {
      joiner.note(change)
      notedChanges += 1
    }
  }

  /// What is to be added to the times of points from now on.
  mutating func takeClockShifts() -> [(point: UInt32, shift: Int64)] { joiner.clocks.takeShifts() }

  /// Takes the connections that are done, in the order in which they became so.
  mutating func takeConnections() -> [JoinedConnection] {
    defer { joiner.finished.removeAll(keepingCapacity: true) }
    return joiner.finished
  }

  /// Lets go of the listed findings that begin later than some hit.
  mutating func dropFindings(behind hit: Hit.Position) { ledger.dropFindings(behind: hit) }

  /// Judges all that is still open, as it stands after the last segment.
  ///
  /// - Parameter end: the time of the last packet of any kind.
  mutating func finish(at end: Timestamp? = nil) {
    finishTracking(at: end)
    finishJudging()
  }

  /// Nothing follows: all SYNs are ready for their verdicts.
  mutating func finishTracking(at end: Timestamp?) {
    tracker.finish(at: end)
    clients?.side.finish()
  }

  /// Speaks the verdicts that waited.
  mutating func finishJudging() {
    ledger.finish(&tracker, &joiner)
    joiner.collectEnds(ofServerSide: &tracker)
    joiner.releaseAll()
    joiner.clocks.finish()
    // The report takes memory, too, and needs none of them.
    tracker.attempts.release()
  }
}

/// The client side in the hands of two threads, never at a time: `BatchReader` has it take in batches until it is
/// stopped, and has waited for its thread then; who asks for results does so afterwards.
final class ClientStage: @unchecked Sendable {
  var side: ClientSide

  init(_ side: consuming ClientSide) { self.side = side }
}

/// The segments of a batch that are for one audit, in order.
protocol BatchShare {
  var count: Int { get }
  /// Positions in the batch, rising.
  subscript(index: Int) -> Int { get }
}

/// All segments of a batch.
struct WholeBatch: BatchShare {
  let count: Int

  init(_ batch: borrowing SegmentBatch) { count = batch.count }

  subscript(index: Int) -> Int { @inline(__always) get { index } }
}
