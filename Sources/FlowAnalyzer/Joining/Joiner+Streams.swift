/// Reads what is sent on connections: the client's address as the load balancer tells it, and the
/// beginnings of requests.
extension Joiner {
  // MARK: - Reading requests

  /// What the beginning of a request says.
  struct Reading {
    /// The client, by a PROXY header.
    var proxied: (source: Endpoint, destination: Endpoint)?
    var head: RequestHead?
  }

  /// Reads on at the place where a request begins.
  ///
  /// - Parameter side: on the server side, what the load balancer adds is looked for.
  private mutating func read(
    _ stream: inout RequestStream, _ segment: Segment, _ tcp: RawSpan, side: Side
  ) -> Reading? {
    guard stream.isAwaiting else { return nil }
    let payload = tcp.extracting(Self.payloadOffset(tcp)..<tcp.byteCount)
    let offset = segment.sequence.distance(from: stream.next)
    if offset == 0, stream.head == RequestStream.none {
      // What comes whole and in order is read in place.
      if let reading = Self.reading(payload, isFresh: stream.isFresh, isComplete: false, side) {
        finish(&stream)
        return inOwnAddresses(reading)
      }
    }
    guard offset < Int32(StreamHead.capacity), Int(offset) + payload.byteCount > 0 else {
      return nil
    }
    if stream.head == RequestStream.none {
      stream.head = streams.allocate()
      guard stream.head != RequestStream.none else {
        finish(&stream)
        return nil
      }
    }
    let skipped = max(0, -Int(offset))
    streams.insert(
      payload.extracting(skipped..<payload.byteCount),
      at: UInt32(max(0, Int(offset))), into: stream.head)
    return readBuffer(&stream, isComplete: false, side: side)
  }

  /// Reads what has been put together; all there will be if `isComplete`.
  private mutating func readBuffer(
    _ stream: inout RequestStream, isComplete: Bool, side: Side
  ) -> Reading? {
    let isFresh = stream.isFresh
    let reading = streams.withContiguous(of: stream.head) { bytes in
      Self.reading(bytes, isFresh: isFresh, isComplete: isComplete, side)
    }
    guard let reading else { return nil }
    finish(&stream)
    return inOwnAddresses(reading)
  }

  private mutating func finish(_ stream: inout RequestStream) {
    streams.free(stream.head)
    stream.head = RequestStream.none
    stream.isAwaiting = false
    stream.isFresh = false
  }

  /// Nil as long as more is needed.
  private static func reading(
    _ bytes: RawSpan, isFresh: Bool, isComplete: Bool, _ side: Side
  ) -> Reading? {
    var reading = Reading()
    var start = 0
    if side == .server, isFresh {
      switch ProxyHeader.parse(bytes) {
      case .incomplete:
        if !isComplete { return nil }
      case .found(let source, let destination, let length):
        reading.proxied = (source, destination)
        start = length
      case .anonymous(let length): start = length
      case .notThere, .malformed: break
      }
      if reading.proxied != nil { return reading }
    }
    switch RequestHead.parse(
      bytes.extracting(min(start, bytes.byteCount)..<bytes.byteCount), isComplete: isComplete,
      wantsForwarded: side == .server)
    {
    case .incomplete: return isComplete ? reading : nil
    case .found(let head): reading.head = head
    }
    return reading
  }

  /// A response has begun: what the other end sends from now on is another request.
  private static func await(
    _ stream: inout RequestStream, behind acknowledgment: SequenceNumber
  ) -> Bool {
    guard !stream.isAwaiting || stream.next != acknowledgment else { return false }
    stream.isAwaiting = true
    stream.next = acknowledgment
    return true
  }

  // MARK: - The client side

  mutating func observeClientData(
    _ segment: Segment, _ tcp: RawSpan, _ record: Int, _ marks: ClientSighting.Marks,
    _ tracker: inout FlowTracker
  ) {
    let isRequest = marks.contains(.isFromOriginator)
    var leg = tupleLegs[record].leg
    if leg == ClientLeg.none {
      guard isRequest, marks.contains(.beganUnseen) else { return }
      leg = addLeg(
        segment.tuple, isn: segment.sequence, at: segment.time, record: record,
        isSeenFromStart: false)
      setLeg(leg, ofTuple: record)
      endLegs(at: segment.time)
    }
    let number = Int(leg)
    guard hasServerSide, !legs[number].isJoinedByHandshake else { return }
    var stream = legs[number].stream
    if isRequest {
      let reading = read(&stream, segment, tcp, side: .client)
      legs[number].stream = stream
      if let head = reading?.head { noteRequest(head, of: leg, segment, &tracker) }
    } else {
      if stream.isAwaiting, stream.head != RequestStream.none {
        let reading = readBuffer(&stream, isComplete: true, side: .client)
        if let head = reading?.head { noteRequest(head, of: leg, segment, &tracker) }
      }
      if Self.await(&stream, behind: segment.acknowledgment) {
        streams.free(stream.head)
        stream.head = RequestStream.none
        // Once for each response, not for each of its segments.
        if legs[number].notes.contains(.isHidden) { hiddenRequests.noteAnswer(to: leg) }
      }
      legs[number].stream = stream
      endRequest(of: leg)
    }
  }

  // MARK: - The server side

  /// Begins to read a connection whose client is not known by its handshake.
  ///
  /// - Returns: false if it is being read already.
  mutating func beginStream(
    of connection: Connection, _ record: Int, _ attempt: UInt32, _ tracker: inout FlowTracker
  ) -> Bool {
    let former = tracker.join(of: record)
    if former != TupleRecord.none {
      if former != ServerStream.unopened,
        streams[former].serverISN == connection.responder.initialSequence,
        streams[former].startedAt == connection.startedAt
      {
        return false
      }
      endStream(former, record, &tracker)
    }
    tracker.setOccupant(tracker.attempts.party(of: attempt), of: record)
    // With a client side it may be asked for before anything is sent.
    guard hasClientSide else {
      tracker.setJoin(ServerStream.unopened, of: record)
      return true
    }
    openStream(of: connection, record, attempt, &tracker)
    return true
  }

  private mutating func openStream(
    of connection: Connection, _ record: Int, _ attempt: UInt32, _ tracker: inout FlowTracker
  ) {
    let number = streams.insert(
      ServerStream(
        record: UInt32(truncatingIfNeeded: record), attempt: attempt,
        startedAt: connection.startedAt, serverISN: connection.responder.initialSequence,
        stream: RequestStream(next: connection.originator.initialSequence.advanced(by: 1))))
    tracker.setJoin(number, of: record)
  }

  /// Opens a stream on which something is sent for the first time, if that may say who the client is.
  ///
  /// - Returns: whether there is a stream now.
  private mutating func openStream(
    for segment: Segment, _ tcp: RawSpan, _ record: Int, _ tracker: inout FlowTracker
  ) -> Bool {
    let isRequest = tracker.records[record].lastIsFromOriginator
    if segment.payloadLength == 0 {
      guard isRequest, clientTold(inTCPHeader: tcp) != nil else { return false }
    } else if isRequest, tcp.byteCount <= Self.payloadOffset(tcp) {
      // Its first request was not captured, so no other will be.
      tracker.setJoin(TupleRecord.none, of: record)
      return false
    }
    guard let connection = tracker.records[record].connection, let attempt = connection.attempt
    else { return false }
    openStream(of: connection, record, attempt, &tracker)
    return true
  }

  /// A connection that began before the capture, such as one of a pool, sends something.
  mutating func beginStreamInTheMiddle(
    _ segment: Segment, _ tcp: RawSpan, _ tracker: inout FlowTracker
  ) {
    let record = tracker.lastRecord
    guard hasClientSide, let connection = tracker.records[record].connection,
      connection.beganUnseen, tracker.records[record].lastIsFromOriginator
    else { return }
    var stream = RequestStream(next: segment.sequence)
    stream.isFresh = false
    let number = streams.insert(
      ServerStream(
        record: UInt32(truncatingIfNeeded: record), attempt: .max, startedAt: segment.time,
        serverISN: connection.responder.initialSequence, stream: stream))
    tracker.setJoin(number, of: record)
    observeServerStream(segment, tcp, &tracker)
  }

  /// Reads no further on a connection.
  mutating func endStream(_ number: UInt32, _ record: Int, _ tracker: inout FlowTracker) {
    tracker.setJoin(TupleRecord.none, of: record)
    guard number != ServerStream.unopened else { return }
    if !users.isEmpty { users[number] = nil }
    streams.remove(number)
  }

  mutating func observeServerStream(
    _ segment: Segment, _ tcp: RawSpan, _ tracker: inout FlowTracker
  ) {
    let record = tracker.lastRecord
    if tracker.join(of: record) == ServerStream.unopened {
      guard openStream(for: segment, tcp, record, &tracker) else { return }
    }
    let number = tracker.join(of: record)
    let isRequest = tracker.records[record].lastIsFromOriginator
    if isRequest, streams[number].stream.isFresh, streams[number].userCount == 0,
      let client = clientTold(inTCPHeader: tcp)
    {
      name(client, of: number, .toa, at: segment.time, &tracker)
      return
    }
    guard segment.payloadLength > 0 else { return }
    let isCaptured = tcp.byteCount > Self.payloadOffset(tcp)
    if !isCaptured, isRequest, streams[number].userCount == 0 {
      // Its first request was not captured, so no other will be.
      endStream(number, record, &tracker)
      return
    }
    var stream = streams[number].stream
    if isRequest {
      let reading = read(&stream, segment, tcp, side: .server)
      streams[number].stream = stream
      if let reading { match(reading, number, segment, &tracker) }
    } else {
      if stream.isAwaiting, stream.head != RequestStream.none {
        let reading = readBuffer(&stream, isComplete: true, side: .server)
        streams[number].stream = stream
        if let reading { match(reading, number, segment, &tracker) }
        guard streams.live(number) != nil else { return }
      }
      if Self.await(&stream, behind: segment.acknowledgment) {
        streams.free(stream.head)
        stream.head = RequestStream.none
      }
      streams[number].stream = stream
    }
  }

  /// Where the payload begins behind a TCP header, as far as it was captured.
  private static func payloadOffset(_ tcp: RawSpan) -> Int {
    guard tcp.byteCount >= TCPHeader.minimumLength else { return tcp.byteCount }
    return min(Int(tcp.uint8(at: 12) >> 4) * 4, tcp.byteCount)
  }
}
