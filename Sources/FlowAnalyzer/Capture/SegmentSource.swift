/// The segments of all captures as one stream in order of time.
///
/// Packets of one file stay in the order of the file, but for those that stand in it a little late
/// (`SegmentBatch.lateness`). A regular file is opened twice: at first
/// only for the time of its first packet, then when its turn comes, so that thousands of files of
/// a rotation do not need thousands of descriptors. Where more overlap than may be open, none stays
/// open between two reads. What cannot be opened again, standard input and pipes, stays open. A file
/// that cannot be read ends with a `failure` in its record, and the others go on.
public struct SegmentSource: ~Copyable {
  /// One record per capture file, in the order of the command line. They are complete once
  /// `next()` has returned nil.
  public private(set) var captures: [CaptureRecord] = []

  private var inputs: [CaptureInput] = []
  /// Captures that are still to be opened, the earliest last.
  private var closed: [ClosedCapture] = []
  private var open = MergeQueue()
  private var decoder = FrameDecoder()
  private var sieve: SegmentSieve
  private var capturePoints = CapturePoints()
  private var progress = Progress()
  /// Whether all captures were read to their ends, and all of their segments delivered.
  private(set) var isFinished = false
  /// Some segment stood late in its file.
  private var isDisordered = false
  /// From the first of those on, the last segments of a batch wait for the next one, as others may belong
  /// in front of them.
  private var heldBack = SegmentBatch(capacity: SegmentBatch.latePlaces)
  private var corrections: ClockCorrections
  /// Nil where every packet is asked for.
  private let selector: PacketSelector?
  /// There are too few descriptors for all captures that overlap.
  private var isShortOfDescriptors = false
  /// The current packet of the capture at the head of the queue was delivered.
  private var isTaken = false
  /// What `next()` has returned last; nil only while it works.
  private var last: SegmentBatch? = SegmentBatch(capacity: 1, keepsAllBytes: true)
  /// When each capture's last packet of any kind came, as far as they were read.
  private var lastPackets: [Timestamp] = []
  /// When the captures end, by the clock of all.
  var latestPacket: Timestamp? { lastPackets.max()?.ifEver }
  /// What a second reading should know of the clocks; empty where there is no need for one. It is complete
  /// once `next()` has returned nil.
  private(set) var clocksToMend: [ClockToMend] = []
  /// The time that is asked for; nil where every packet is.
  var window: TimeWindow? { selector?.window }

  /// The clock of a capture that shows the same packets as another one, which were not recognised.
  struct ClockToMend {
    var input: CaptureInput
    var point: Int
    /// By the corrected clock of this reading; nil where it shows nothing that others show.
    var offset: ClockOffset?
    /// The offset is against the first point, and not only against some other.
    var isAgainstFirst: Bool
  }

  private struct ClosedCapture {
    var index: Int
    var firstPacket: Timestamp
  }

  private struct Progress {
    /// Bytes of the regular files; nil if there is anything else.
    var total: UInt64? = 0
    /// Bytes of the files that were read to their end.
    var completed: UInt64 = 0

    mutating func add(_ size: UInt64, isCompleted: Bool) {
      total = total.map { $0 + size }
      if isCompleted { completed += size }
    }
  }

  /// Looks into every capture. What cannot be read is noted in its record.
  public init(inputs: [CaptureInput], selection: PacketSelection = PacketSelection()) {
    self.init(
      inputs: inputs, corrections: ClockCorrections(), endpoints: LoadBalancerEndpoints(),
      selection: selection)
  }

  /// - Parameters:
  ///   - corrections: what brings the captures' times to one clock.
  ///   - endpoints: what tells the sides of a capture with both apart.
  ///   - selection: which packets give segments.
  init(
    inputs: [CaptureInput], corrections: ClockCorrections, endpoints: LoadBalancerEndpoints,
    selection: PacketSelection
  ) {
    self.corrections = corrections
    selector = PacketSelector(selection)
    sieve = SegmentSieve(endpoints: endpoints)
    var hasStandardInput = false
    for input in inputs {
      do throws(CaptureError) {
        for capture in try input.expanded() {
          if capture.isStandardInput {
            if hasStandardInput { throw CaptureError.standardInputTwice }
            hasStandardInput = true
          }
          add(capture)
        }
      } catch {
        var record = CaptureRecord(input)
        record.failure = error
        captures.append(record)
        self.inputs.append(input)
      }
    }
    if captures.count > 1 { sieve.clocks = ClockComparison() }
    closed.sort { ($1.firstPacket, $1.index) < ($0.firstPacket, $0.index) }
    selector?.begin(selection, at: firstPacket)
  }

  /// The first of all captures, by the clock of all, before any was taken.
  private var firstPacket: Timestamp? {
    let waiting = open.isEmpty ? nil : open[0].time
    guard let first = closed.last?.firstPacket else { return waiting }
    return waiting.map { min($0, first) } ?? first
  }

  /// Where captures were taken, in the order in which their first packets came.
  public var points: [CapturePoint] { capturePoints.all }

  /// What could not be read, or not to its end, in the order of the command line.
  public var failures: [CaptureError] { captures.compactMap(\.failure) }

  /// How many bytes of all captures were read; what comes through a pipe does not count.
  ///
  /// - Complexity: a call to the C library for each open file; not for every packet.
  public var bytesRead: UInt64 {
    var sum = progress.completed
    for position in 0..<open.count { sum += open[position].reader.position ?? 0 }
    return sum
  }

  /// How many bytes all captures have; nil if some come through a pipe.
  public var bytesTotal: UInt64? { progress.total }

  /// The next segment, or nil when all captures have been read.
  ///
  /// A batch of one: those who want all segments are better served by `fill`.
  public mutating func next() -> Segment? {
    guard var batch = last.take() else { return nil }
    batch.removeAll()
    fill(&batch)
    let segment = batch.isFull ? batch[0].segment : nil
    last = consume batch
    return segment
  }

  /// Which side the segment that `next()` has returned last belongs to.
  var side: Side {
    switch last {
    case .some(let batch): batch.isFull ? batch[0].side : .server
    case .none: .server
    }
  }

  /// Lends the captured bytes of the segment that `next()` has returned last, from its TCP header
  /// on: no more than were captured, no padding. None at all where fragments made up the segment.
  func withSegmentBytes<Result>(_ body: (RawSpan) -> Result) -> Result {
    switch last {
    case .some(let batch): batch.isFull ? batch.withTCP(of: 0, body) : body(RawSpan())
    case .none: body(RawSpan())
    }
  }

  /// Fills a batch with the next segments. Afterwards `isFinished` tells whether there are more.
  ///
  /// - Complexity: per segment O(1), and O(log n) in the number of captures that overlap where another
  ///   one's turn begins; it allocates nothing but where a capture is opened or a datagram was
  ///   fragmented.
  mutating func fill(_ batch: inout SegmentBatch) {
    for position in 0..<heldBack.count { batch.append(position, of: heldBack) }
    heldBack.removeAll()
    while !batch.isFull, !isFinished {
      passTakenPacket()
      openDueCaptures()
      if open.isEmpty { finish() } else { takeTurn(into: &batch) }
    }
    if batch.isOutOfOrder {
      isDisordered = true
      batch.restoreOrder()
    }
    guard isDisordered, !isFinished, batch.capacity > heldBack.capacity else { return }
    batch.moveLast(heldBack.capacity, to: &heldBack)
  }

  /// Lends what waits for later segments, when no more of them are wanted.
  mutating func giveUpHeldBack(_ body: (inout SegmentBatch) -> Void) {
    guard heldBack.count > 0 else { return }
    body(&heldBack)
    heldBack.removeAll()
  }

  /// Adds to the times of a capture point from its next packet on.
  ///
  /// - Parameter shift: in nanoseconds.
  mutating func shiftClock(of point: UInt32, by shift: Int64) {
    passTakenPacket()
    for position in 0..<open.count where open[position].point == Int(point) {
      open[position].correction &+= shift
    }
    guard let index = captures.firstIndex(where: { $0.point == Int(point) }) else { return }
    corrections.shift(inputs[index], by: shift)
    open.restoreAllOrder()
  }

  /// Notes how many of the segments that this source delivered are further copies, by capture.
  mutating func countDuplicates(_ counts: [UInt64]) {
    for (capture, count) in counts.enumerated() { captures[capture].countDuplicates(count) }
  }
}

extension SegmentSource {
  /// Opens a capture for the first time.
  private mutating func add(_ input: CaptureInput) {
    let index = captures.count
    captures.append(CaptureRecord(input))
    inputs.append(input)
    // What is not there counts as regular: opening it says why.
    let isRegular =
      !input.isStandardInput && FileStatus(path: input.location).map { $0.kind == .regular } ?? true
    if !isRegular { progress.total = nil }
    do {
      // A regular file is only looked into, a pipe is read on from here.
      var reader = try CaptureReader.open(
        input, readAhead: isRegular ? 4096 : ReadBuffer.standardCapacity)
      let hasPacket = reader.advance(noting: &captures[index])
      if isRegular { progress.add(reader.size, isCompleted: !hasPacket) }
      guard hasPacket else { return }
      if isRegular {
        closed.append(
          ClosedCapture(
            index: index,
            firstPacket: reader.time.advanced(byNanoseconds: corrections.correction(for: input))))
      } else {
        insert(index, reader)
      }
    } catch {
      captures[index].failure = error
    }
  }

  /// Opens every capture that is due at the next packet of those that are open.
  private mutating func openDueCaptures() {
    while let next = closed.last,
      open.isEmpty || open[0].time >= Turn.due(next.firstPacket)
    {
      closed.removeLast()
      do {
        var reader = try reader(of: inputs[next.index])
        guard reader.advance(noting: &captures[next.index]) else { continue }
        insert(next.index, reader)
      } catch {
        captures[next.index].failure = error
      }
    }
  }

  /// Opens a regular file whose turn has come.
  private mutating func reader(of input: CaptureInput) throws(CaptureError) -> CaptureReader {
    if !isShortOfDescriptors {
      do throws(CaptureError) {
        return try CaptureReader.open(input, readAhead: readAhead)
      } catch {
        guard error.isForWantOfDescriptors else { throw error }
      }
      isShortOfDescriptors = true
      for position in 0..<open.count { open[position].reader.closeBetweenReads() }
    }
    var reader = try CaptureReader.open(input, readAhead: readAhead)
    reader.closeBetweenReads()
    return reader
  }

  /// How much of the next capture is read at once: less where many are open, as each has memory for it.
  private var readAhead: Int {
    max(1 << 14, min(ReadBuffer.standardCapacity, Self.readAheadOfAll / (open.count + 1)))
  }

  /// In bytes, where captures are of a usual number.
  private static let readAheadOfAll = 1 << 25

  private mutating func insert(_ index: Int, _ reader: consuming CaptureReader) {
    sieve.mergers.captureDidOpen(role: inputs[index].side)
    open.insert(
      OpenCapture(
        index: index, role: inputs[index].side, reader: reader,
        correction: corrections.correction(for: inputs[index])))
  }

  /// Decodes the packets of the capture whose turn it is.
  private mutating func takeTurn(into batch: inout SegmentBatch) {
    if open[0].point == nil { beginFirst() }
    let turn = open.turnOfFirst.untilDue(closed.last?.firstPacket)
    let end = open[0].take(
      turn: turn, selector: selector, into: &batch, decoder: &decoder, sieve: &sieve,
      noting: &captures[open[0].index])
    while lastPackets.count <= open[0].index { lastPackets.append(.never) }
    lastPackets[open[0].index] = open[0].lastPacket
    switch end {
    case .batchIsFull: isTaken = true
    case .isOver: open.restoreOrder()
    case .captureIsOver: endFirst()
    }
  }

  /// Moves the capture at the head of the queue on, if its packet was taken.
  private mutating func passTakenPacket() {
    guard isTaken else { return }
    isTaken = false
    if open[0].reader.advance(noting: &captures[open[0].index]) {
      open.restoreOrder()
    } else {
      endFirst()
    }
  }

  /// Gives the capture at the head of the queue its point, when its first packet is due.
  private mutating func beginFirst() {
    let index = open[0].index
    let point = capturePoints.begin(inputs[index])
    open[0].point = point
    captures[index].point = point
    captures[index].pointOrdinal = capturePoints.all[point].ordinal
  }

  /// Closes the capture at the head of the queue, after its last packet.
  private mutating func endFirst() {
    let index = open[0].index
    sieve.mergers.captureDidClose(role: inputs[index].side, at: open[0].time)
    if open[0].reader.position != nil { progress.completed += open[0].reader.size }
    open.removeFirst()
    if let point = captures[index].point { capturePoints.end(at: point) }
    captures[index].warnOfPackets()
  }

  /// Notes what can be told only after the last packet.
  private mutating func finish() {
    guard !isFinished else { return }
    isFinished = true
    decoder.finish()
    for index in captures.indices {
      if let count = decoder.fragments.abandoned[UInt32(truncatingIfNeeded: index)] {
        captures[index].warnings.append(.incompleteDatagrams(count))
      }
    }
    compareClocks()
  }

  /// Warns of points whose clocks differ, as far as the captures were read.
  mutating func compareClocks() {
    for difference in sieve.clocks?.differences ?? [] { note(difference) }
    let offsets = sieve.clocks?.offsets ?? []
    for point in capturePoints.all.indices where !offsets.isEmpty {
      let offset = offsets.first { $0.point == point }
      for index in captures.indices where captures[index].point == point {
        clocksToMend.append(
          ClockToMend(
            input: inputs[index], point: point, offset: offset?.offset,
            isAgainstFirst: offset?.reference == offsets.first?.reference))
      }
    }
    sieve.clocks = nil
  }

  /// Warns in the first capture of the point that differs.
  private mutating func note(_ difference: ClockComparison.Difference) {
    guard let index = captures.firstIndex(where: { $0.point == difference.point }),
      let reference = captures.first(where: { $0.point == difference.reference })
    else { return }
    captures[index].warnings.append(
      .clocksDiffer(point: reference.pointLabel, offset: difference.offset))
  }
}

extension CaptureReader {
  /// In bytes; zero for a pipe.
  fileprivate var size: UInt64 { status?.size ?? 0 }
}
