import BasicContainers

/// A connection of the server side whose clients show in what is sent on it.
struct ServerStream: BitwiseCopyable {
  /// Where the server side's tracker keeps its tuple.
  var record: UInt32
  /// Its attempt, for as long as the tracker keeps that; `none` where the SYN was not captured.
  var attempt: UInt32
  var startedAt: Timestamp
  /// What its client is found by, where the load balancer replaces the client's numbers only.
  var serverISN: SequenceNumber
  var stream: RequestStream
  /// A request whose client has not been seen yet; valid with `isEarly`.
  var request: UInt64 = 0
  var isEarly = false
  /// How many connections of clients it has carried.
  var userCount: UInt32 = 0
  var isLive = true

  /// The number of a stream on which nothing has been sent yet: most connections never tell who
  /// their clients are, and need none.
  static let unopened = UInt32.max - 1

  /// The attempt, if the tracker still keeps it at `time`.
  func attempt(at time: Timestamp) -> UInt32? {
    attempt != .max && time.nanoseconds(since: startedAt) <= AttemptTable.longestGap
      ? attempt : nil
  }
}

/// The streams of the server side, and the buffers of both sides in which beginnings are put
/// together that came in pieces.
struct StreamTable: ~Copyable {
  /// How many beginnings are put together at once; further ones stay unread.
  static let capacity = 1024

  private var streams = Slab<ServerStream>()
  private var heads = UniqueArray<StreamHead>()
  private var freeHeads: [UInt32] = []
  /// Beginnings that were not read for want of a buffer.
  private(set) var unread = 0

  subscript(number: UInt32) -> ServerStream {
    get { streams[Int(number)] }
    _modify { yield &streams[Int(number)] }
  }

  /// The stream of a number that may be out of date.
  func live(_ number: UInt32) -> ServerStream? {
    guard Int(number) < streams.endPosition, streams[Int(number)].isLive else { return nil }
    return streams[Int(number)]
  }

  mutating func insert(_ stream: ServerStream) -> UInt32 {
    UInt32(truncatingIfNeeded: streams.insert(stream))
  }

  mutating func remove(_ number: UInt32) {
    free(streams[Int(number)].stream.head)
    streams[Int(number)].isLive = false
    streams.remove(Int(number))
  }

  // MARK: - Buffers

  /// A buffer, or `RequestStream.none` if all are in use.
  mutating func allocate() -> UInt32 {
    if let number = freeHeads.popLast() { return number }
    guard heads.count < Self.capacity else {
      unread += 1
      return RequestStream.none
    }
    heads.append(StreamHead())
    return UInt32(truncatingIfNeeded: heads.count - 1)
  }

  mutating func free(_ head: UInt32) {
    guard head != RequestStream.none else { return }
    heads[Int(head)].reset()
    freeHeads.append(head)
  }

  mutating func insert(_ bytes: RawSpan, at offset: UInt32, into head: UInt32) {
    heads[Int(head)].insert(bytes, at: offset)
  }

  func withContiguous<Result>(of head: UInt32, _ body: (RawSpan) -> Result) -> Result {
    heads[Int(head)].withContiguous(body)
  }
}
