/// Which segments somebody waits for: a glance for each segment of a capture, and a look into the
/// tables for the few that pass it.
struct WatchList {
  /// What tells an attempt, but for its source port (contract, section 1).
  struct AttemptKey: Hashable {
    /// Nil where it may go on from any address.
    var source: IPAddress?
    var destination: Endpoint
    var isn: SequenceNumber
  }

  private(set) var attempts: [AttemptKey: [Int]] = [:]
  /// Tuples of the server side, from their openers.
  private(set) var tuples: [FourTuple: [Int]] = [:]
  /// Clients' ends of the client side.
  private(set) var clients: [Endpoint: [Int]] = [:]
  private var ports = BitSet()
  private var lowISNs = BitSet()

  /// 65,536 bits, which stay in the first-level cache.
  private struct BitSet {
    private var words = [UInt64](repeating: 0, count: 1024)

    @inline(__always)
    func contains(_ value: UInt16) -> Bool {
      words[Int(value >> 6)] >> UInt64(value & 63) & 1 != 0
    }

    mutating func insert(_ value: UInt16) { words[Int(value >> 6)] |= 1 << UInt64(value & 63) }
  }

  /// - Parameter number: the finding's, as in all of these.
  mutating func watch(attempt: AttemptKey, for number: Int) {
    Self.add(number, to: &attempts[attempt, default: []])
    lowISNs.insert(UInt16(truncatingIfNeeded: attempt.isn.value))
  }

  mutating func watch(tuple: FourTuple, for number: Int) {
    Self.add(number, to: &tuples[tuple, default: []])
    ports.insert(tuple.source.port)
  }

  mutating func watch(client: Endpoint, for number: Int) {
    Self.add(number, to: &clients[client, default: []])
    ports.insert(client.port)
  }

  private static func add(_ number: Int, to numbers: inout [Int]) {
    if !numbers.contains(number) { numbers.append(number) }
  }

  /// Whether a closer look is worth it; nearly all segments are done with here.
  @inline(__always)
  func mayMatter(_ segment: borrowing Segment) -> Bool {
    if ports.contains(segment.source.port) { return true }
    if ports.contains(segment.destination.port) { return true }
    guard segment.isOpening else { return false }
    return lowISNs.contains(UInt16(truncatingIfNeeded: segment.sequence.value))
  }
}
