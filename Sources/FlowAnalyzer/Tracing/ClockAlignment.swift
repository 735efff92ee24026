extension FindingTrace {
  /// Moves the clients' side where its clock, corrected as it was for the analysis, still has segments
  /// leave the load balancer before they came.
  ///
  /// A load balancer that keeps sequence numbers passes the same segments on: none may be seen later in
  /// front of it than behind it, or the other way round for answers. Two captures drift apart between
  /// the corrections of an analysis, which are made once in some ten thousand segments; for one finding
  /// that may be more than a round trip.
  mutating func alignClients() {
    let shift = ClockAlignment(self).shift
    guard shift != 0 else { return }
    clientShift = shift
    for index in frames.indices where frames[index].side == .client {
      frames[index].segment.time = frames[index].segment.time.advanced(byNanoseconds: shift)
    }
  }
}

/// How the times of the two sides fit, by the segments that both show.
private struct ClockAlignment {
  /// What tells a segment that is passed on; what is repeated is known by its first.
  private struct Key: Hashable {
    var sequence: SequenceNumber
    var acknowledgment: SequenceNumber
    var flags: TCPFlags
    var length: UInt32
  }

  /// The shortest way through the load balancer towards the server, and back, in nanoseconds.
  private var forth = Int64.max
  private var back = Int64.max

  init(_ trace: FindingTrace) {
    var behind: [Key: Timestamp] = [:]
    for frame in trace.frames where frame.side == .server {
      let key = Self.key(of: frame)
      behind[key] = min(behind[key] ?? frame.segment.time, frame.segment.time)
    }
    var seen: Set<Key> = []
    for frame in trace.frames where frame.side == .client {
      let key = Self.key(of: frame)
      // Connections that were not passed on have no number in common but by accident.
      guard seen.insert(key).inserted, let time = behind[key],
        trace.isShared(trace.connections[frame.connection])
      else { continue }
      let way = time.nanoseconds(since: frame.segment.time)
      if frame.isFromOpener { forth = min(forth, way) } else { back = min(back, -way) }
    }
  }

  private static func key(of frame: TracedFrame) -> Key {
    Key(
      sequence: frame.segment.sequence, acknowledgment: frame.segment.acknowledgment,
      flags: frame.segment.flags, length: frame.segment.payloadLength)
  }

  /// What is to be added to the times of the clients' side; zero where nothing contradicts.
  var shift: Int64 {
    guard forth < 0 || back < 0 else { return 0 }
    // One way alone says only how far it is at least.
    if back == .max { return forth }
    if forth == .max { return -back }
    return (forth - back) / 2
  }
}

extension FindingTrace {
  /// The other side has a connection with the same ISN.
  fileprivate func isShared(_ connection: TracedConnection) -> Bool {
    connections.contains {
      $0.side == .server && $0.openerBase == connection.openerBase
        && $0.beganUnseen == connection.beganUnseen
    }
  }
}
