import BasicContainers
import CPrefetch

/// The addresses from which connections to servers were opened, and the ports that they used.
///
/// At most `limit` addresses are kept, those that came first: a load balancer has fewer, and where
/// clients reach the servers themselves the list says nothing.
struct SourceTable: ~Copyable {
  static let capacity = 1024

  private let limit: Int

  init(limit: Int = Self.capacity) { self.limit = limit }

  struct Source {
    let address: UInt32
    /// When its first attempt began.
    let since: Timestamp
    fileprivate(set) var connections = 0
    fileprivate(set) var hits = 0
    private(set) var firstPort = UInt16.max
    private(set) var lastPort = UInt16.min
    private(set) var ports = 0

    fileprivate init(address: UInt32, since: Timestamp) {
      self.address = address
      self.since = since
    }

    fileprivate mutating func noteOpened(port: UInt16, isNew: Bool) {
      connections += 1
      firstPort = min(firstPort, port)
      lastPort = max(lastPort, port)
      if isNew { ports += 1 }
    }
  }

  private(set) var sources: [Source] = []
  private var index = HashIndex(exponent: 8)
  /// The ports that each has used, a bit for each port: 8 KiB for a source.
  private var usedPorts = UniqueArray<UInt64>()
  static let wordsPerSource = 1024
  /// Attempts of addresses beyond those kept.
  private(set) var others = 0
  /// The last one looked up: connections often come from the same address as the one before.
  private var last: (address: UInt32, position: Int)?

  /// Has the processor fetch where the port of an attempt that comes soon will be noted.
  @inline(__always)
  func prefetch(address: UInt32, port: UInt16) {
    guard
      let position = index.find(Self.hash(address), matches: { sources[$0].address == address })
    else { return }
    let word = Self.word(position, port)
    unsafe usedPorts.span.withUnsafeBufferPointer { words in
      guard word < words.count, let first = unsafe words.baseAddress else { return }
      unsafe prefetch_line(first + word)
    }
  }

  /// An attempt began.
  mutating func noteOpened(address: UInt32, port: UInt16, at time: Timestamp) {
    guard let position = position(of: address) ?? add(address, at: time) else {
      others += 1
      return
    }
    let word = Self.word(position, port)
    let bit = UInt64(1) << UInt64(port % 64)
    sources[position].noteOpened(port: port, isNew: usedPorts[word] & bit == 0)
    usedPorts[word] |= bit
  }

  private static func word(_ position: Int, _ port: UInt16) -> Int {
    position * wordsPerSource + Int(port) / 64
  }

  /// The ports that the source at a position has used, a bit for each.
  func usedPorts(at position: Int) -> [UInt64] {
    let first = position * Self.wordsPerSource
    return (first..<first + Self.wordsPerSource).map { usedPorts[$0] }
  }

  mutating func noteHit(address: UInt32) {
    if let position = position(of: address) { sources[position].hits += 1 }
  }

  private mutating func position(of address: UInt32) -> Int? {
    if let last, last.address == address { return last.position }
    guard let position = index.find(Self.hash(address), matches: { sources[$0].address == address })
    else { return nil }
    last = (address, position)
    return position
  }

  private static func hash(_ address: UInt32) -> UInt32 {
    UInt32(truncatingIfNeeded: mixed(UInt64(address)))
  }

  private mutating func add(_ address: UInt32, at time: Timestamp) -> Int? {
    guard sources.count < limit else { return nil }
    index.insert(Self.hash(address), position: sources.count)
    sources.append(Source(address: address, since: time))
    for _ in 0..<Self.wordsPerSource { usedPorts.append(0) }
    return sources.count - 1
  }
}
