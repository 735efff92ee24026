/// Counts over time, in bins of one length that grows with the time that they cover, so that there are
/// never more than a thousand.
///
/// What goes up and down is kept as changes: bins can then be put together by adding them up, and what
/// is only known afterwards, such as the end of a TIME_WAIT, still finds its place.
struct TimelineRecorder {
  static let capacity = 1000

  /// The lengths of bins, in nanoseconds: each a multiple of the one before, and one that people know.
  static let steps: [Int64] = [
    100_000_000, 500_000_000, 1_000_000_000, 5_000_000_000, 10_000_000_000, 30_000_000_000,
    60_000_000_000, 300_000_000_000, 600_000_000_000, 1_800_000_000_000, 3_600_000_000_000,
    21_600_000_000_000, 86_400_000_000_000, 864_000_000_000_000, 8_640_000_000_000_000,
    86_400_000_000_000_000,
  ]

  struct Bin: BitwiseCopyable {
    /// Attempts that began.
    var opened = 0
    /// SYNs that hit.
    var hits = 0
    /// How much each gauge has gone up, less how much it has gone down.
    fileprivate var changes = InlineArray<3, Int>(repeating: 0)

    fileprivate mutating func add(_ other: Bin) {
      opened += other.opened
      hits += other.hits
      for gauge in changes.indices { changes[gauge] += other.changes[gauge] }
    }
  }

  /// What lasts for a while.
  enum Gauge: Int {
    /// Tuples in TIME_WAIT at the server.
    case held
    /// The same of those that a RST seems to have ended, from then to the end of their time: what is
    /// to be added where the servers ignore RSTs.
    case heldPastReset
    /// Connections that are open.
    case open
  }

  private(set) var bins: [Bin] = []
  /// Where the first bin begins, a multiple of the step; meaningful as soon as there is a bin.
  private(set) var start: Int64 = 0
  /// How long all bins are together.
  private var length: Int64 = 0
  private var stepIndex = 0
  var step: Int64 { Self.steps[stepIndex] }
  /// The bin of the last attempt: most are of the same bin as the one before.
  private var current = 0
  private var currentStart = Int64.max

  /// An attempt began.
  mutating func noteOpened(at time: Timestamp) {
    let age = time.nanoseconds &- currentStart
    if age < 0 || age >= step {
      current = position(of: time)
      currentStart = start + Int64(current) * step
    }
    bins[current].opened += 1
  }

  mutating func noteHit(at time: Timestamp) { bins[position(of: time)].hits += 1 }

  /// Has the bins reach to the end of the captures.
  mutating func extend(to time: Timestamp) {
    if !bins.isEmpty { _ = position(of: time) }
  }

  /// Something lasted for a while.
  ///
  /// - Parameters:
  ///   - end: nil where it goes on.
  ///   - now: what ends later goes on.
  mutating func note(_ gauge: Gauge, from start: Timestamp, to end: Timestamp?, now: Timestamp) {
    guard start <= now, end.map({ $0 > start }) ?? true else { return }
    bins[position(of: start)].changes[gauge.rawValue] += 1
    guard let end, end <= now else { return }
    bins[position(of: end)].changes[gauge.rawValue] -= 1
  }

  /// Adds what another part of the traffic has shown.
  mutating func add(_ other: TimelineRecorder) {
    guard let last = other.bins.indices.last else { return }
    currentStart = .max
    _ = position(of: Timestamp(nanoseconds: other.start))
    _ = position(of: Timestamp(nanoseconds: other.start + Int64(last) * other.step))
    while step < other.step { coarsen() }
    for (index, bin) in other.bins.enumerated() {
      bins[Int((other.start + Int64(index) * other.step - start) / step)].add(bin)
    }
  }

  /// A gauge at the end of each bin.
  func values(of gauge: Gauge) -> [Int] {
    var value = 0
    return bins.map { bin in
      value += bin.changes[gauge.rawValue]
      return value
    }
  }

  // MARK: - Bins

  /// Times beyond 1843 and 2096, which no clock shows, count as those: then nothing overflows.
  private static let horizon: Int64 = 4_000_000_000_000_000_000

  /// The bin of a time, for which there is room afterwards.
  private mutating func position(of time: Timestamp) -> Int {
    // Before the first bin it wraps, and is beyond the last.
    let age = UInt64(bitPattern: time.nanoseconds &- start)
    if age < UInt64(length) { return Int(age / UInt64(step)) }
    let time = min(max(time.nanoseconds, -Self.horizon), Self.horizon)
    if time < start || time - start >= length { makeRoom(for: time) }
    return Int((time - start) / step)
  }

  @inline(never)
  private mutating func makeRoom(for time: Int64) {
    currentStart = .max
    if bins.isEmpty { start = floor(time) }
    while true {
      let first = min(start, floor(time))
      let end = max(start + length, floor(time) + step)
      if (end - first) / step <= Int64(Self.capacity) {
        reach(from: first, to: end)
        return
      }
      coarsen()
    }
  }

  private mutating func reach(from first: Int64, to end: Int64) {
    let before = Int((start - first) / step)
    let after = Int((end - first) / step) - before - bins.count
    if before > 0 { bins.insert(contentsOf: repeatElement(Bin(), count: before), at: 0) }
    if after > 0 { bins.append(contentsOf: repeatElement(Bin(), count: after)) }
    start = first
    length = Int64(bins.count) * step
  }

  /// Puts bins together to those of the next longer step.
  private mutating func coarsen() {
    let (old, oldStart, oldStep) = (bins, start, step)
    stepIndex += 1
    bins.removeAll(keepingCapacity: true)
    start = floor(oldStart)
    for (index, bin) in old.enumerated() {
      let place = Int((oldStart + Int64(index) * oldStep - start) / step)
      if bins.count <= place { bins.append(Bin()) }
      bins[place].add(bin)
    }
    length = Int64(bins.count) * step
  }

  private func floor(_ time: Int64) -> Int64 {
    let rest = time % step
    return time - (rest < 0 ? rest + step : rest)
  }
}

// MARK: - Written down

extension TimelineRecorder: Packed, Codable {
  func write(to writer: inout PackedWriter) {
    writer.write(count: stepIndex)
    writer.write(signed: start)
    writer.write(bins)
  }

  init(from reader: inout PackedReader) throws(DecodingError) {
    stepIndex = try reader.number()
    guard stepIndex < Self.steps.count else { throw reader.error("no bin is so long") }
    start = try reader.signed()
    bins = try reader.array(most: Self.capacity)
    // What `position` and `makeRoom` give.
    guard start >= floor(-Self.horizon), start <= Self.horizon, start == floor(start),
      bins.isEmpty || Int64(bins.count - 1) <= (Self.horizon - start) / step
    else { throw reader.error("no bin begins then") }
    length = Int64(bins.count) * step
  }
}

extension TimelineRecorder.Bin: Packed {
  func write(to writer: inout PackedWriter) {
    writer.write(count: opened)
    writer.write(count: hits)
    for gauge in changes.indices { writer.write(signed: changes[gauge]) }
  }

  init(from reader: inout PackedReader) throws(DecodingError) {
    opened = try reader.count()
    hits = try reader.count()
    for gauge in changes.indices {
      changes[gauge] = try reader.signed()
      guard changes[gauge].magnitude <= PackedReader.largestCount else {
        throw reader.error("so many there cannot be")
      }
    }
  }
}
