import BasicContainers

/// Deals the segments of the server side out to lanes, each with an audit of its own, so that several
/// threads can audit at a time.
///
/// What goes between two addresses is of one lane: all connections of a tuple, and all SYNs of an attempt,
/// which may go over several ports but leads from one address to one other. A verdict needs no more. Two
/// things go across lanes, and are found out here: that a SYN came by before on the other side of the
/// load balancer, and which ends are known to be servers.
struct LaneRouter: ~Copyable {
  /// How many lanes there are, whatever the number of threads: reports must not depend on that.
  static let laneCount = 8

  private var translations = TranslationSign()
  private var servers = ServerWatch()
  /// The SYNs of a batch, by their positions.
  private var syns = UniqueArray<Int>()

  /// Says which lane each segment of a batch is for.
  mutating func route(_ batch: borrowing SegmentBatch, into routes: inout Routes) {
    routes.removeAll()
    for position in 0..<batch.count {
      routes.append(position, to: Self.lane(of: batch[position].segment))
      guard batch[position].segment.isOpening else { continue }
      syns.append(position)
      translations.prefetch(batch[position].segment.sequence)
    }
    for number in 0..<syns.count { noteSyn(at: syns[number], in: batch, &routes) }
    syns.removeAll(keepingCapacity: true)
  }

  @inline(never)
  private mutating func noteSyn(
    at position: Int, in batch: borrowing SegmentBatch, _ routes: inout Routes
  ) {
    let segment = batch[position].segment
    if translations.isTranslation(segment) { routes.translatedSyns.append(position) }
    if servers.isNew(segment.destination) {
      routes.newServers.append((position, segment.destination))
    }
  }

  /// The same for both directions.
  @inline(__always)
  private static func lane(of segment: borrowing Segment) -> Int {
    let pair = hash(segment.source.address) &+ hash(segment.destination.address)
    return Int(truncatingIfNeeded: (pair &* multiplier) >> 61)
  }

  /// Hashed before they are added: sums of neighbouring addresses are often equal.
  @inline(__always)
  private static func hash(_ address: IPAddress) -> UInt64 {
    let product = (address.low ^ address.high &* multiplier).multipliedFullWidth(by: multiplier)
    return product.high ^ product.low
  }

  private static let multiplier: UInt64 = 0x9e37_79b9_7f4a_7c15
}

/// Tells ends that SYNs were sent to from those that none was sent to before.
private struct ServerWatch: ~Copyable {
  private var ends: Set<Endpoint> = []
  /// Those asked for lately, by a few bits of their hash: there are few servers, and many SYNs.
  private var recent = UniqueArray<Endpoint>(
    repeating: Endpoint(address: IPAddress(v4: 0), port: 0), count: 256)

  mutating func isNew(_ end: Endpoint) -> Bool {
    let place = Int(truncatingIfNeeded: mixed(end.address.low ^ UInt64(end.port) << 32) & 255)
    if recent[place] == end { return false }
    recent[place] = end
    return ends.count < KnownServers.limit && ends.insert(end).inserted
  }
}

/// Which segments of a batch are for which lane.
@safe
struct Routes: ~Copyable {
  /// SYNs that came by before on the other side of the load balancer, by their positions.
  var translatedSyns: [Int] = []
  /// Ends that a SYN was sent to for the first time, with that SYN's position.
  var newServers: [(position: Int, end: Endpoint)] = []
  private let capacity: Int
  // SAFETY: as many places for each lane as a batch has segments, of which `counts` are in use.
  private let positions: UnsafeMutablePointer<UInt16>
  private var counts = InlineArray<8, Int>(repeating: 0)

  /// - Parameter capacity: of the batch; at most 65,536.
  init(capacity: Int) {
    self.capacity = capacity
    unsafe positions = .allocate(capacity: capacity * LaneRouter.laneCount)
    unsafe positions.initialize(repeating: 0, count: capacity * LaneRouter.laneCount)
  }

  deinit { unsafe positions.deallocate() }

  mutating func removeAll() {
    translatedSyns.removeAll(keepingCapacity: true)
    newServers.removeAll(keepingCapacity: true)
    counts = InlineArray(repeating: 0)
  }

  @inline(__always)
  mutating func append(_ position: Int, to lane: Int) {
    precondition(counts[lane] < capacity)
    unsafe positions[lane &* capacity &+ counts[lane]] = UInt16(truncatingIfNeeded: position)
    counts[lane] &+= 1
  }

  /// Lends the positions of a lane's segments.
  func withShare<Result>(of lane: Int, _ body: (LaneShare) -> Result) -> Result {
    unsafe body(LaneShare(positions: positions + lane * capacity, count: counts[lane]))
  }
}

/// The segments of a batch that are for one lane. Valid while `Routes.withShare` lends it.
@safe
struct LaneShare: BatchShare {
  fileprivate let positions: UnsafePointer<UInt16>
  let count: Int

  fileprivate init(positions: UnsafePointer<UInt16>, count: Int) {
    unsafe self.positions = positions
    self.count = count
  }

  subscript(index: Int) -> Int {
    @inline(__always) get {
      precondition(index >= 0 && index < count)
      // SAFETY: just checked.
      return unsafe Int(positions[index])
    }
  }
}
