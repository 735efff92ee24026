/// The last connections of one client's port in front of the load balancer. Which of them the finding
/// is about shows only when the other side has been seen.
struct ClientStrand {
  let client: Endpoint
  private(set) var legs: [Leg] = []
  private let limit: Int

  struct Leg {
    /// From the client.
    var tuple: FourTuple
    var incarnation: FrameLog.Incarnation
    var startedAt: Timestamp
    var log: FrameLog
  }

  /// How many connections of the port are remembered.
  private static let mostLegs = 6

  init(client: Endpoint, limit: Int) {
    self.client = client
    self.limit = limit
  }

  mutating func observe(_ segment: Segment) {
    let isFromClient = segment.source == client
    let tuple = isFromClient ? segment.tuple : segment.tuple.reversed
    let last = legs.lastIndex { $0.tuple == tuple }
    if let last, isCopy(segment, in: legs[last].log) { return }
    guard let last, !beginsAnother(segment, after: legs[last]) else {
      begin(segment, tuple, isFromClient: isFromClient)
      return
    }
    if segment.flags.contains([.syn, .ack]) {
      legs[last].incarnation.responderBase = segment.sequence
    } else if legs[last].incarnation.responderBase == nil, !isFromClient {
      legs[last].incarnation.responderBase = segment.sequence
    }
    append(segment, to: last, isFromClient: isFromClient)
  }

  private func beginsAnother(_ segment: Segment, after leg: Leg) -> Bool {
    segment.isOpening && segment.source == client
      && (leg.incarnation.beganUnseen || segment.sequence != leg.incarnation.openerBase)
  }

  private mutating func begin(_ segment: Segment, _ tuple: FourTuple, isFromClient: Bool) {
    let isOpening = isFromClient && segment.isOpening
    let incarnation = FrameLog.Incarnation(
      openerBase: isFromClient ? segment.sequence : segment.acknowledgment,
      responderBase: isOpening ? nil : isFromClient ? segment.acknowledgment : segment.sequence,
      beganUnseen: !isOpening)
    legs.append(
      Leg(
        tuple: tuple, incarnation: incarnation, startedAt: segment.time,
        log: FrameLog(limit: limit)))
    if legs.count > Self.mostLegs { legs.removeFirst() }
    append(segment, to: legs.count - 1, isFromClient: isFromClient)
  }

  private mutating func append(_ segment: Segment, to index: Int, isFromClient: Bool) {
    legs[index].log.append(
      FrameLog.Entry(
        frame: TracedFrame(
          segment: segment, side: .client, connection: 0, isFromOpener: isFromClient),
        incarnation: legs[index].incarnation))
  }

  /// A mirror port shows packets twice (contract, section 1).
  private func isCopy(_ segment: Segment, in log: FrameLog) -> Bool {
    for entry in log.entries.reversed() {
      let earlier = entry.frame.segment
      guard earlier.source == segment.source,
        segment.time.nanoseconds(since: earlier.time).magnitude <= UInt64(DuplicateFilter.window)
      else { return false }
      if earlier.digest == segment.digest, earlier.point == segment.point { return true }
    }
    return false
  }
}

extension ClientStrand {
  /// The connection that a load balancer passes on, by its ISN.
  func leg(withISN isn: SequenceNumber) -> Leg? {
    legs.last { !$0.incarnation.beganUnseen && $0.incarnation.openerBase == isn }
  }

  /// The last one that had begun by then.
  ///
  /// Clocks agree to within less than `tolerance`, in nanoseconds, and what an L7 load balancer opens
  /// comes long after the client's SYN.
  func leg(openAt time: Timestamp, tolerance: Int64 = 5_000_000) -> Leg? {
    legs.last { $0.startedAt <= time.advanced(byNanoseconds: tolerance) }
  }
}
