import BasicContainers

/// The tuples of a capture of which records are made: the record of each in the present block, and which end
/// answers, where the whole handshake was captured: nobody reads what that end sends.
struct RecordedTuples: ~Copyable {
  /// At most; then all are forgotten as soon as a block is done, and more bytes are kept than need be.
  private static let capacity = 131_072

  // Not private: the compiler (6.3) does not find it then from files that destroy the table.
  struct Tuple: BitwiseCopyable {
    let low: Endpoint
    let high: Endpoint
    var record = 0
    /// That of its latest record.
    var block = -1
    var handshake = Handshake.none
    var isOpenedByLow = false
    var isn = SequenceNumber(0)
  }

  enum Handshake: BitwiseCopyable { case none, syn, accepted }

  private var tuples = UniqueArray<Tuple>()
  private var index = HashIndex(exponent: 16)

  /// Where the tuple of a segment is, new or not.
  mutating func position(of segment: borrowing Segment) -> Int {
    let (source, destination) = (segment.source, segment.destination)
    let found = index.find(segment.flowHash) { position in
      let (low, high) = (tuples[position].low, tuples[position].high)
      return low == source && high == destination || low == destination && high == source
    }
    if let found { return found }
    let isLow = source < destination
    tuples.append(
      Tuple(low: isLow ? source : destination, high: isLow ? destination : source))
    index.insert(segment.flowHash, position: tuples.count - 1)
    return tuples.count - 1
  }

  /// The lower end, and the higher one.
  func ends(of tuple: Int) -> (Endpoint, Endpoint) { (tuples[tuple].low, tuples[tuple].high) }

  /// Which of the records of a block it has; nil where it has none yet.
  func record(of tuple: Int, in block: Int) -> Int? {
    tuples[tuple].block == block ? tuples[tuple].record : nil
  }

  mutating func setRecord(_ record: Int, of tuple: Int, in block: Int) {
    tuples[tuple].record = record
    tuples[tuple].block = block
  }

  /// Forgets all where they are too many. No block may be under way.
  mutating func limit() {
    guard tuples.count > Self.capacity else { return }
    tuples.removeAll(keepingCapacity: true)
    index = HashIndex(exponent: 16)
  }

  mutating func noteHandshake(_ segment: borrowing Segment, of tuple: Int) {
    guard segment.flags.contains(.syn) else { return }
    let isFromLow = segment.source == tuples[tuple].low
    if segment.isOpening {
      // A tuple may be opened from either end: then nobody is sure to be the one that answers.
      tuples[tuple].handshake = .syn
      tuples[tuple].isOpenedByLow = isFromLow
      tuples[tuple].isn = segment.sequence
    } else if tuples[tuple].handshake == .syn, isFromLow != tuples[tuple].isOpenedByLow,
      segment.acknowledgment == tuples[tuple].isn.advanced(by: 1)
    {
      tuples[tuple].handshake = .accepted
    }
  }

  func isFromResponder(_ segment: borrowing Segment, of tuple: Int) -> Bool {
    guard tuples[tuple].handshake == .accepted else { return false }
    return (segment.source == tuples[tuple].low) != tuples[tuple].isOpenedByLow
  }
}
