/// How much one clock is ahead of another, from connections that both points have seen.
///
/// What goes forth from the first point to the second and is answered gives an interval that holds the
/// offset: it arrives no earlier than it left, and the answer leaves no later than it arrives
/// (reference, section 7.3). The offset is where most of these intervals overlap. Retransmissions and
/// waits only widen an interval, and what was matched by mistake lies elsewhere.
struct ClockOffset: Equatable {
  /// Nanoseconds that the second clock is ahead of the first.
  var offset: Int64
  /// The offset is right to within so many nanoseconds.
  var error: Int64
  /// How many connections agree in it.
  var agreeing: Int

  /// In one direction alone the way's length cannot be told from the offset; it is taken to be no
  /// longer than this, in nanoseconds.
  static let oneWay: Int64 = 50_000_000

  /// Times of captures are no finer than this as a rule, whatever the file has room for, in nanoseconds.
  static let resolution: Int64 = 1000

  /// How many connections are looked at.
  static let considered = 256

  /// - Parameter isUpstream: clients' packets come by the second point first. It matters where no answer comes by.
  /// - Returns: nil where nothing is shared, or so little agrees that it may be chance.
  init?(from first: OpeningSample, to second: OpeningSample, isUpstream: Bool = false) {
    var shared: [(here: OpeningSample.Passage, there: OpeningSample.Passage)] = []
    first.forEachShared(with: second) { shared.append(($0, $1)) }
    // The first of them: clocks that drift agree for a while only. What follows is watched.
    shared.sort { $0.here.forthAt < $1.here.forthAt }
    // Handshakes tell where there are any; requests are alike in captures that share nothing else.
    let handshakes = shared.filter { !$0.here.isRequest }
    if !handshakes.isEmpty { shared = handshakes }
    let least =
      handshakes.isEmpty
      ? max(Self.leastRequests, min(shared.count, Self.considered) / 4)
      : Self.leastHandshakes(first, second)
    var intervals: [(low: Int64, high: Int64)] = []
    var isTwoWay = false
    for (here, there) in shared.prefix(Self.considered) {
      let forth = there.forthAt.nanoseconds(since: here.forthAt)
      guard Self.isPossible(forth) else { continue }
      if let backHere = here.backAt, let backThere = there.backAt {
        let back = backThere.nanoseconds(since: backHere)
        guard Self.isPossible(back) else { continue }
        intervals.append(Self.interval(from: here, to: there, forth: forth, back: back))
        isTwoWay = true
      } else {
        intervals.append(
          isUpstream ? (forth, forth &+ Self.oneWay) : (forth &- Self.oneWay, forth))
      }
    }
    guard let overlap = Overlap(of: intervals, least: least) else { return nil }
    self.init(overlap, of: intervals)
    // The quickest in one direction tells no more than that the offset is no larger, or no smaller.
    if !isTwoWay { (offset, error) = (isUpstream ? overlap.low : overlap.high, Self.oneWay) }
  }

  /// What holds the offset, by a passage that both points have seen.
  ///
  /// A load balancer that opens a connection for a request sends that on a round trip later, and the answer back at once. So the
  /// opening tells more than the request: it comes after the client's own.
  private static func interval(
    from here: OpeningSample.Passage, to there: OpeningSample.Passage, forth: Int64, back: Int64
  ) -> (low: Int64, high: Int64) {
    let (low, high) = (min(forth, back), max(forth, back))
    // The client's side is the one where things come by first on their way forth, and last on their way back.
    let serverSide = forth >= back ? there : here
    guard serverSide.openedForIt, let openedHere = here.openedAt, let openedThere = there.openedAt
    else { return (low, high) }
    let opened = openedThere.nanoseconds(since: openedHere)
    guard low <= opened, opened <= high else { return (low, high) }
    return forth >= back ? (low, opened) : (opened, high)
  }

  /// Hostile captures carry any times.
  private static func isPossible(_ difference: Int64) -> Bool {
    difference.magnitude <= UInt64(Timestamp.largestClockDifference)
  }

  /// Fewer requests that agree may be chance, and so may few of many.
  private static let leastRequests = 3

  /// Chance: two of so many tokens of 32 bits are equal.
  private static func leastHandshakes(_ first: OpeningSample, _ second: OpeningSample) -> Int {
    let chance = Double(first.passages.count) * Double(second.passages.count) / 4.3e9
    return chance < 0.001 ? 1 : 3 + Int(chance)
  }

  init?(intervals: [(low: Int64, high: Int64)], least: Int = 1) {
    guard let overlap = Overlap(of: intervals, least: least) else { return nil }
    self.init(overlap, of: intervals)
  }

  /// The middle of the stretch that most intervals cover.
  private init(_ overlap: Overlap, of intervals: [(low: Int64, high: Int64)]) {
    offset = overlap.low + (overlap.high - overlap.low) / 2
    agreeing = overlap.depth
    // Where they do not all agree, because the clocks drift, the narrowest overlap says too much.
    let widths = intervals.map { $0.high - $0.low }.sorted()
    let width = agreeing * 10 >= intervals.count * 9 ? 0 : widths[widths.count / 2]
    error = max(Self.resolution, (max(overlap.high - overlap.low, width) + 1) / 2)
  }
}

/// The stretch that most of some intervals cover.
private struct Overlap {
  /// How many do.
  var depth = 0
  var low: Int64 = 0
  var high: Int64 = 0

  /// - Returns: nil where fewer than `least` do.
  init?(of intervals: [(low: Int64, high: Int64)], least: Int) {
    var edges: [(place: Int64, step: Int)] = []
    for interval in intervals {
      edges.append((interval.low, 1))
      edges.append((interval.high, -1))
    }
    // Of equal places the beginnings come first: intervals that touch overlap.
    edges.sort { ($0.place, -$0.step) < ($1.place, -$1.step) }
    var current = 0
    for (index, edge) in edges.enumerated() {
      current += edge.step
      if edge.step > 0, current > depth {
        (depth, low, high) = (current, edge.place, edges[index + 1].place)
      }
    }
    guard depth >= max(least, 1) else { return nil }
  }
}

extension ClockOffset {
  /// From how much later the second of two points of one side saw the same packets, in nanoseconds. They lie
  /// on one way, in whichever order: what goes forth and what comes back are off by its length, one by
  /// more and one by less.
  init?(forth: [Int64], back: [Int64], least: Int) {
    let forth = forth.filter(Self.isPossible).sorted()
    let back = back.filter(Self.isPossible).sorted()
    let intervals: [(low: Int64, high: Int64)]
    if forth.isEmpty || back.isEmpty {
      intervals = (forth + back).map { ($0 - Self.oneWay, $0 + Self.oneWay) }
    } else {
      let (usualForth, usualBack) = (forth[forth.count / 2], back[back.count / 2])
      intervals =
        forth.map { (min($0, usualBack), max($0, usualBack)) }
        + back.map { (min($0, usualForth), max($0, usualForth)) }
    }
    self.init(intervals: intervals, least: least)
    // A connection tells by what it sends forth and by what comes back.
    agreeing = min(agreeing, max(forth.count, back.count))
  }

  /// A clock and itself.
  static let same = ClockOffset(offset: 0, error: 0, agreeing: .max)

  private init(offset: Int64, error: Int64, agreeing: Int) {
    self.offset = offset
    self.error = error
    self.agreeing = agreeing
  }

  private static func clamped(_ one: Int64, _ other: Int64) -> Int64 {
    let limit = Timestamp.largestClockDifference
    return max(-limit, min(limit, one &+ other))
  }

  /// The offset of a third clock, by what it is ahead of the second.
  func followed(by next: ClockOffset) -> ClockOffset {
    ClockOffset(
      offset: Self.clamped(offset, next.offset), error: Self.clamped(error, next.error),
      agreeing: min(agreeing, next.agreeing))
  }
}
