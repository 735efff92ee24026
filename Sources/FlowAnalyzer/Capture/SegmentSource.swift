/// The segments of all captures as one stream in order of time.
///
/// Packets of one file stay in the order of the file. A regular file is opened twice: at first
/// only for the time of its first packet, then when its turn comes, so that thousands of files of
/// a rotation do not need thousands of descriptors. What cannot be opened again, standard input
/// and pipes, stays open. A file that cannot be read ends with a `failure` in its record, and the
/// others go on.
public struct SegmentSource: ~Copyable {
  /// One record per capture file, in the order of the command line. They are complete once
  /// `next()` has returned nil.
  public private(set) var captures: [CaptureRecord] = []

  private var inputs: [CaptureInput] = []
  /// Captures that are still to be opened, the earliest last.
  private var closed: [ClosedCapture] = []
  private var open = MergeQueue()
  private var decoder = FrameDecoder()
  private var mergers = PointMergers()
  /// Nil where there is but one capture, which agrees with itself.
  private var clocks: ClockComparison?
  private var capturePoints = CapturePoints()
  private var progress = Progress()
  private var isFinished = false
  private var corrections: ClockCorrections
  /// Tells the sides of a capture with both apart.
  var endpoints: LoadBalancerEndpoints
  /// Of the last segment.
  private(set) var side = Side.server
  /// The packet at the head of the queue was delivered, and its bytes may be asked for.
  private var isLending = false
  /// The time of the latest packet of any kind, by the clock of all.
  private(set) var latestPacket: Timestamp?

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
  public init(inputs: [CaptureInput]) {
    self.init(inputs: inputs, corrections: ClockCorrections(), endpoints: LoadBalancerEndpoints())
  }

  /// - Parameters:
  ///   - corrections: what brings the captures' times to one clock.
  ///   - endpoints: what tells the sides of a capture with both apart.
  init(
    inputs: [CaptureInput], corrections: ClockCorrections, endpoints: LoadBalancerEndpoints
  ) {
    self.corrections = corrections
    self.endpoints = endpoints
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
    if captures.count > 1 { clocks = ClockComparison() }
    closed.sort { ($1.firstPacket, $1.index) < ($0.firstPacket, $0.index) }
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
  /// - Complexity: O(log n) in the number of captures that overlap; it allocates nothing but where
  ///   a capture is opened or a datagram was fragmented.
  public mutating func next() -> Segment? {
    while true {
      returnPacket()
      openDueCaptures()
      guard !open.isEmpty else {
        finish()
        return nil
      }
      guard let segment = takePacket() else { continue }
      let role = inputs[Int(segment.capture)].side
      side = self.side(of: segment, role: role)
      clocks?.observe(segment, side: role)
      if mergers.isCopy(segment, side: side) {
        captures[Int(segment.capture)].countDuplicates(1)
        continue
      }
      return segment
    }
  }

  /// Lends the captured bytes of the segment that `next()` has returned last, from its TCP header
  /// on: no more than were captured, no padding. None at all where fragments made up the segment.
  func withSegmentBytes<Result>(_ body: (RawSpan) -> Result) -> Result {
    guard isLending, !open.isEmpty else { return body(RawSpan()) }
    let range = decoder.segmentRange
    return open[0].reader.withFrame { body($0.extracting(range)) }
  }

  /// Adds to the times of a capture point from its next packet on.
  ///
  /// - Parameter shift: in nanoseconds.
  mutating func shiftClock(of point: UInt32, by shift: Int64) {
    returnPacket()
    for position in 0..<open.count where open[position].point == Int(point) {
      open[position].correction += shift
    }
    guard let index = captures.firstIndex(where: { $0.point == Int(point) }) else { return }
    corrections.shift(inputs[index], by: shift)
    open.restoreAllOrder()
  }

  private func side(of segment: Segment, role: CaptureRole) -> Side {
    switch role {
    case .client: .client
    case .server: .server
    case .both: endpoints.side(of: segment)
    }
  }

  /// Notes that so many segments of a capture, which this source delivered, are further copies.
  mutating func countDuplicates(_ count: UInt64, capture: Int) {
    captures[capture].countDuplicates(count)
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
      !input.isStandardInput && FileStatus(path: input.path).map { $0.kind == .regular } ?? true
    if !isRegular { progress.total = nil }
    do {
      // A regular file is only looked into, a pipe is read on from here.
      var reader = try CaptureReader(
        path: input.path, readAhead: isRegular ? 4096 : ReadBuffer.standardCapacity)
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

  /// Opens every capture that begins before the next packet of those that are open, or so soon
  /// after it that the packet may have its copy there.
  private mutating func openDueCaptures() {
    while let next = closed.last,
      open.isEmpty
        || next.firstPacket.nanoseconds(since: open[0].time) <= PointMerger.window
    {
      closed.removeLast()
      do {
        var reader = try CaptureReader(path: inputs[next.index].path)
        guard reader.advance(noting: &captures[next.index]) else { continue }
        insert(next.index, reader)
      } catch {
        captures[next.index].failure = error
      }
    }
  }

  private mutating func insert(_ index: Int, _ reader: consuming CaptureReader) {
    mergers.captureDidOpen(role: inputs[index].side)
    open.insert(
      OpenCapture(
        index: index, reader: reader, correction: corrections.correction(for: inputs[index])))
  }

  /// Decodes the packet whose turn it is.
  private mutating func takePacket() -> Segment? {
    let index = open[0].index
    let point = open[0].point ?? beginFirst()
    let time = open[0].time
    latestPacket = max(latestPacket ?? time, time)
    isLending = true
    let origin = FrameDecoder.Origin(
      time: time, frame: open[0].reader.packets, capture: UInt32(truncatingIfNeeded: index),
      point: UInt32(truncatingIfNeeded: point))
    var segment: Segment?
    do throws(DecodeError) {
      let decoded = try open[0].reader.segment(with: &decoder, origin: origin)
      captures[index].count(decoded, at: open[0].reader.time)
      segment = decoded
    } catch {
      captures[index].count(error, at: open[0].reader.time)
    }
    return segment
  }

  /// Moves the capture at the head of the queue on, once nobody looks at its packet any more.
  private mutating func returnPacket() {
    guard isLending else { return }
    isLending = false
    let index = open[0].index
    if open[0].reader.advance(noting: &captures[index]) {
      open.restoreOrder()
    } else {
      endFirst()
    }
  }

  /// Gives the capture at the head of the queue its point, when its first packet is due.
  private mutating func beginFirst() -> Int {
    let index = open[0].index
    let point = capturePoints.begin(inputs[index])
    open[0].point = point
    captures[index].point = point
    captures[index].pointOrdinal = capturePoints.all[point].ordinal
    return point
  }

  /// Closes the capture at the head of the queue, after its last packet.
  private mutating func endFirst() {
    let index = open[0].index
    mergers.captureDidClose(role: inputs[index].side, at: open[0].time)
    if open[0].reader.position != nil { progress.completed += open[0].reader.size }
    open.removeFirst()
    if let point = captures[index].point { capturePoints.end(at: point) }
    if captures[index].cutHeaders > 0 {
      captures[index].warnings.append(.cutHeaders(packets: captures[index].cutHeaders))
    }
  }

  /// Notes what can be told only after the last packet.
  private mutating func finish() {
    guard !isFinished else { return }
    isFinished = true
    decoder.finish()
    compareClocks()
    for index in captures.indices {
      if let count = decoder.fragments.abandoned[UInt32(truncatingIfNeeded: index)] {
        captures[index].warnings.append(.incompleteDatagrams(count))
      }
    }
  }

  /// Warns of points whose clocks differ, as far as the captures were read.
  mutating func compareClocks() {
    for difference in clocks?.differences ?? [] { note(difference) }
    clocks = nil
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

  /// Reads the next packet; where there is none, notes in the record why.
  fileprivate mutating func advance(noting record: inout CaptureRecord) -> Bool {
    do {
      switch try advance() {
      case .packet: return true
      case .endOfFile:
        if packets == 0 { record.warnings.append(.noPackets) }
      case .cutOff:
        record.truncated = true
        record.warnings.append(.cutOff(packets: packets))
      }
    } catch {
      record.failure = error
    }
    return false
  }

  /// Decodes the current packet.
  fileprivate func segment(
    with decoder: inout FrameDecoder, origin: FrameDecoder.Origin
  ) throws(DecodeError) -> Segment {
    guard let linkType else { throw .unsupportedLinkType }
    return try withFrame { frame throws(DecodeError) in
      try decoder.segment(
        of: frame, originalLength: originalLength, linkType: linkType, origin: origin)
    }
  }
}
