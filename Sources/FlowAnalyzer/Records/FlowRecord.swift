/// The segments of one tuple from some stretch of some captures: what judging and joining need of them, and
/// nothing of other tuples.
///
/// Records of one tuple merge to one, in any grouping and order: what a connection shows on both sides of a
/// file's border, or at several capture points, comes together again (`FlowRecordTests`).
struct FlowRecord: Equatable {
  /// A segment with its place in the order of all.
  struct Entry: Equatable {
    var segment: Segment
    /// That of TCP, where the segment's digest follows from it, see `Segment.commonDigest`.
    var checksum: UInt16?
    /// The bytes from the TCP header on, of a segment that says more in them.
    var bytes: [UInt8] = []
    var place: Place

    static func == (one: Entry, other: Entry) -> Bool {
      one.place == other.place && one.checksum == other.checksum && one.bytes == other.bytes
        && one.segment.isSame(as: other.segment)
    }
  }

  /// Where a segment stands among those of all captures.
  ///
  /// A capture is read in its own order. Where its clock was set back, what follows still came after what
  /// was before it: it takes its place by the latest time up to there.
  struct Place: Hashable, Comparable {
    var time: Timestamp
    var capture: UInt32
    /// How many segments of the capture came before it.
    var number: UInt64

    static func < (one: Place, other: Place) -> Bool {
      (one.time, one.capture, one.number) < (other.time, other.capture, other.number)
    }
  }

  /// The lower end, and the higher one.
  let low: Endpoint
  let high: Endpoint
  /// In order, each once.
  private(set) var entries: [Entry] = []

  init(low: Endpoint, high: Endpoint) {
    self.low = low
    self.high = high
  }

  /// When its first segment passes; nil of an empty one.
  var begin: Place? { entries.first?.place }

  /// Adds a segment of the tuple that stands behind all others.
  mutating func append(_ entry: Entry) {
    precondition(begins(before: entry))
    entries.append(entry)
  }

  /// Whether an entry stands behind all others.
  func begins(before entry: Entry) -> Bool { entries.last.map { $0.place < entry.place } ?? true }

  /// Adds what another record has of the same tuple.
  ///
  /// - Complexity: O(n) in the segments of both.
  mutating func merge(_ other: FlowRecord) {
    precondition(low == other.low && high == other.high)
    var merged: [Entry] = []
    merged.reserveCapacity(entries.count + other.entries.count)
    var (here, there) = (entries[...], other.entries[...])
    while let one = here.first, let two = there.first {
      if one.place <= two.place { merged.append(here.removeFirst()) }
      if two.place <= one.place {
        let entry = there.removeFirst()
        if one.place != two.place { merged.append(entry) }
      }
    }
    merged += here
    merged += there
    entries = merged
  }
}

extension Segment {
  /// Whether all is the same. Not `==`: most of the program has no use for it, and it takes long.
  fileprivate func isSame(as other: Segment) -> Bool {
    time == other.time && tuple == other.tuple && digest == other.digest
      && sequence == other.sequence && acknowledgment == other.acknowledgment
      && flags == other.flags && window == other.window && payloadLength == other.payloadLength
      && options == other.options && ipIdentification == other.ipIdentification
      && dontFragment == other.dontFragment && frame == other.frame && capture == other.capture
      && point == other.point
  }
}
