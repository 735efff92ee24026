/// How long the capture at the head of the queue stays there: what is looked at for every packet, so
/// that the queue itself is not.
struct Turn: BitwiseCopyable {
  /// There is no other open capture.
  static let endless = Turn(rival: Timestamp(nanoseconds: .max), winsTies: true)

  /// When something else comes first: a packet of another open capture, or a capture that is to be
  /// opened.
  private var end: Timestamp
  /// Whether a packet of the same time comes before that.
  private var includesEnd: Bool

  /// - Parameters:
  ///   - rival: the time of the packet that comes next of all other open captures'.
  ///   - winsTies: whether a packet of the same time comes before it.
  init(rival: Timestamp, winsTies: Bool) {
    end = rival
    includesEnd = winsTies
  }

  /// - Parameter firstPacket: that of the next capture to be opened, if there is one.
  func untilDue(_ firstPacket: Timestamp?) -> Turn {
    guard let due = firstPacket.map(Self.due), due <= end else { return self }
    return Turn(rival: due, winsTies: false)
  }

  /// Whether a packet of this time still belongs to the turn.
  @inline(__always)
  func includes(_ time: Timestamp) -> Bool { time < end || (includesEnd && time == end) }

  /// The time of the packet at which a capture is to be opened: one that begins before it, or so soon
  /// after it that the packet may have its copy there.
  ///
  /// - Parameter firstPacket: that of the capture.
  static func due(_ firstPacket: Timestamp) -> Timestamp {
    let (time, isTooEarly) = firstPacket.nanoseconds.subtractingReportingOverflow(
      PointMerger.window)
    return Timestamp(nanoseconds: isTooEarly ? .min : time)
  }
}
