/// The stages behind reading, from segments to verdicts.
struct Audit: ~Copyable {
  /// Follows the server side, whose SYNs are judged.
  var tracker: FlowTracker
  /// Follows the client side.
  private(set) var clients: FlowTracker
  private(set) var joiner: Joiner
  private(set) var ledger: AuditLedger
  /// Looks out for captures of both sides of the load balancer; nil where that is done elsewhere.
  private var translations: TranslationSign?
  /// SYNs that repeat another's ISN toward another destination within moments: both sides of an LB.
  private(set) var translatedSyns = 0
  /// The same for the client side; nil where there is none.
  private var clientTranslations: TranslationSign?
  private(set) var translatedClientSyns = 0

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
    clientTranslations = hasClientSide ? TranslationSign() : nil
    clients = FlowTracker(
      timeWait: configuration.assumedTimeWait, isJudged: false,
      duplicates: DuplicateFilter(buckets: hasClientSide ? limits.duplicateBuckets : 1))
    joiner = Joiner(
      hasClientSide: hasClientSide, hasServerSide: hasServerSide,
      listsConnections: listsConnections, anonymizer: configuration.anonymizer)
    tracker = FlowTracker(
      timeWait: configuration.assumedTimeWait,
      timer: (configuration.serverStack ?? .linux).timer,
      duplicates: DuplicateFilter(buckets: limits.duplicateBuckets))
    tracker.sources = SourceTable(limit: limits.sources)
    tracker.attempts.tellsEnds = hasClientSide || listsConnections
    clients.limitEmbryos(to: limits.embryos)
    tracker.limitEmbryos(to: limits.embryos)
    joiner.addresses.sweep(at: 2 * limits.embryos)
    clients.recordsTimeline = false
    clients.attempts.tellsEnds = hasClientSide
    ledger = AuditLedger(
      judge: Judge(
        stack: configuration.serverStack, rfc1337: configuration.rfc1337,
        timeWait: configuration.assumedTimeWait),
      maximumFindings: configuration.maximumFindings, mostWaiting: limits.waiting)
  }

  /// Takes in the next segments.
  ///
  /// - Parameter duplicates: how many were copies of ones already seen at the same point, by capture;
  ///   counted on.
  mutating func observe(_ batch: borrowing SegmentBatch, duplicates: inout [UInt64]) {
    observe(batch, WholeBatch(batch), duplicates: &duplicates)
  }

  /// Takes in some of the next segments.
  ///
  /// - Parameters:
  ///   - share: those of the batch that are for this audit.
  ///   - duplicates: how many were copies of ones already seen at the same point, by capture; counted on.
  mutating func observe(
    _ batch: borrowing SegmentBatch, _ share: some BatchShare, duplicates: inout [UInt64]
  ) {
    joiner.clocks.noteShifts(batch.clockShifts)
    let count = share.count
    for index in 0..<count {
      if index &+ 2 &* Self.lookAhead < count {
        batch.prefetch(share[index &+ 2 &* Self.lookAhead])
      }
      if index &+ Self.lookAhead < count {
        prepareLookup(at: share[index &+ Self.lookAhead], in: batch)
      }
      if index &+ Self.lookAhead / 2 < count {
        prepare(at: share[index &+ Self.lookAhead / 2], in: batch)
      }
      _ = observe(share[index], of: batch, duplicates: &duplicates)
    }
    tracker.sweepAddresses()
    clients.sweepAddresses()
    joiner.sweepAddresses(clients: clients, servers: tracker, ledger)
  }

  /// Takes in one segment of a batch.
  ///
  /// - Returns: false where it is a copy of one already seen at the same point, which was counted.
  @inline(__always)
  mutating func observe(
    _ position: Int, of batch: borrowing SegmentBatch, duplicates: inout [UInt64]
  ) -> Bool {
    let isNew = batch.withTCP(of: position) { tcp in
      observe(batch[position].segment, batch[position].side, bytes: tcp)
    }
    if !isNew {
      let capture = Int(batch[position].segment.capture)
      while duplicates.count <= capture { duplicates.append(0) }
      duplicates[capture] += 1
    }
    return isNew
  }

  /// How many segments ahead their tuples are looked up, so that memory has answered by then.
  private static let lookAhead = 16

  @inline(__always)
  private mutating func prepareLookup(at position: Int, in batch: borrowing SegmentBatch) {
    switch batch[position].side {
    case .client: clients.prepareLookup(at: position, in: batch)
    case .server: tracker.prepareLookup(at: position, in: batch)
    }
    if batch[position].segment.isOpening { prepareLookup(ofSynAt: position, in: batch) }
  }

  @inline(never)
  private mutating func prepareLookup(ofSynAt position: Int, in batch: borrowing SegmentBatch) {
    switch batch[position].side {
    case .client: clientTranslations?.prefetch(batch[position].segment.sequence)
    case .server: translations?.prefetch(batch[position].segment.sequence)
    }
    if joiner.hasClientSide {
      joiner.prepareLookup(of: batch[position].segment, on: batch[position].side)
    }
  }

  @inline(__always)
  private mutating func prepare(at position: Int, in batch: borrowing SegmentBatch) {
    switch batch[position].side {
    case .client: clients.prepare(at: position, in: batch)
    case .server: tracker.prepare(at: position, in: batch)
    }
  }

  /// Takes in the next segment.
  ///
  /// - Returns: false where it is a copy of one already seen at the same point.
  mutating func observe(
    _ segment: Segment, _ side: Side = .server, bytes: RawSpan = RawSpan()
  ) -> Bool {
    switch side {
    case .client: observeClientSide(segment, bytes)
    case .server: observeServerSide(segment, bytes)
    }
  }

  private mutating func observeServerSide(_ segment: Segment, _ bytes: RawSpan) -> Bool {
    var candidate: Joiner.Candidate?
    if joiner.hasClientSide {
      joiner.noteServerSegment(at: segment.time)
      if segment.isOpening {
        candidate = joiner.candidate(for: segment)
        tracker.joinedAttempt = nil
        if let candidate { tracker.joinedAttempt = joiner.openAttempt(of: candidate) }
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

  private mutating func observeClientSide(_ segment: Segment, _ bytes: RawSpan) -> Bool {
    let isTranslation = segment.isOpening && clientTranslations?.isTranslation(segment) ?? false
    let isNew = clients.observe(segment)
    joiner.noteForgotten(ofClientSide: &clients)
    guard isNew else { return false }
    if isTranslation { translatedClientSyns += 1 }
    joiner.observeClient(segment, bytes, &clients, &tracker)
    endClientAttempts()
    return true
  }

  /// Nobody judges the SYNs of the client side: what holds a tuple there is the load balancer.
  private mutating func endClientAttempts() {
    guard clients.finishedCount > 0 else { return }
    for index in 0..<clients.finishedCount {
      clients.attempts[clients.finishedExchange(index).attempt].openVerdicts &-= 1
    }
    clients.releaseFinished()
    _ = clients.attempts.takeFinished(at: clients.settled)
    joiner.collectEnds(ofClientSide: &clients)
  }

  /// What is to be added to the times of points from now on.
  mutating func takeClockShifts() -> [(point: UInt32, shift: Int64)] { joiner.clocks.takeShifts() }

  /// Takes the connections that are done, in the order in which they became so.
  mutating func takeConnections() -> [JoinedConnection] {
    defer { joiner.finished.removeAll(keepingCapacity: true) }
    return joiner.finished
  }

  /// Lets go of the listed findings that begin later than some hit.
  mutating func dropFindings(behind hit: Hit) { ledger.dropFindings(behind: hit) }

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
    clients.countUnopened()
  }

  /// Speaks the verdicts that waited.
  mutating func finishJudging() {
    ledger.finish(&tracker, &joiner)
    joiner.collectEnds(ofServerSide: &tracker)
    joiner.releaseAll()
    joiner.clocks.finish()
    // The report takes memory, too, and needs none of them.
    tracker.attempts.release()
    clients.attempts.release()
  }
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
