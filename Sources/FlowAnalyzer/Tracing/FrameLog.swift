/// The frames of one conversation, of which not too many are kept: the first, the last, and in between
/// those with SYN, FIN or RST. How many were left out stands where they were.
struct FrameLog {
  struct Entry {
    var frame: TracedFrame
    /// Tells the connections apart that a tuple carried.
    var incarnation: Incarnation
  }

  /// A connection as the numbers of its ends tell it.
  struct Incarnation: Hashable {
    var openerBase: SequenceNumber
    /// Nil for a SYN that was not answered (yet).
    var responderBase: SequenceNumber?
    var beganUnseen = false
  }

  private let limit: Int
  private(set) var entries: [Entry] = []

  /// - Parameter limit: how many frames are kept, at least 8.
  init(limit: Int) { self.limit = max(limit, 8) }

  /// - Complexity: O(1) on average.
  mutating func append(_ entry: Entry) {
    entries.append(entry)
    if entries.count >= 2 * limit { thinOut() }
  }

  /// Forgets what came before the last SYN with this ISN: the one that was let in.
  mutating func removeAll(beforeSYN isn: SequenceNumber) {
    let start = entries.lastIndex {
      $0.frame.segment.isOpening && $0.frame.segment.sequence == isn
    }
    guard let start else { return }
    entries.removeFirst(start)
    entries[0].frame.omitted = TracedFrame.Omission()
  }

  mutating func removeAll() { entries.removeAll() }

  /// Leaves at most as many as the limit says.
  mutating func finish() { if entries.count > limit { thinOut() } }

  private mutating func thinOut() {
    let (head, tail) = (limit / 4, limit / 2)
    var room = limit - head - tail
    let middle = head..<(entries.count - tail)
    // Of too many in between the latest are the nearest to the hit.
    var kept: Set<Int> = []
    for index in middle.reversed() where room > 0 && entries[index].frame.isMilestone {
      kept.insert(index)
      room -= 1
    }
    var omitted = TracedFrame.Omission()
    var thinned: [Entry] = []
    for (index, entry) in entries.enumerated() {
      if middle.contains(index), !kept.contains(index) {
        omitted += entry.frame.omitted
        omitted.segments += 1
        omitted.bytes += UInt64(entry.frame.segment.payloadLength)
      } else {
        thinned.append(entry)
        thinned[thinned.count - 1].frame.omitted += omitted
        omitted = TracedFrame.Omission()
      }
    }
    entries = thinned
  }
}

extension TracedFrame {
  /// It may begin or end something.
  var isMilestone: Bool { !segment.flags.isDisjoint(with: [.syn, .fin, .rst]) }
}

extension TracedFrame.Omission {
  static func += (lhs: inout Self, rhs: Self) {
    lhs.segments += rhs.segments
    lhs.bytes += rhs.bytes
  }
}
