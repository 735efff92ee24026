/// How long the capture at the head of the queue stays there: what is looked at for every packet, so
/// that the queue itself is not.
struct Turn: BitwiseCopyable {
  /// There is no other open capture.
  static let endless = Turn(rival: Timestamp(nanoseconds: .max), winsTies: true)

  /// When the next packet of another open capture was captured.
  private let rival: Timestamp
  /// Whether a packet of the same time comes before that.
  private let winsTies: Bool
  /// A capture that is to be opened in time for its first packet.
  private var nextToOpen: Timestamp?

  init(rival: Timestamp, winsTies: Bool) {
    self.rival = rival
    self.winsTies = winsTies
  }

  /// - Parameter firstPacket: that of the next capture to be opened, if there is one.
  func untilDue(_ firstPacket: Timestamp?) -> Turn {
    var turn = self
    turn.nextToOpen = firstPacket
    return turn
  }

  /// Whether a packet of this time still belongs to the turn.
  @inline(__always)
  func includes(_ time: Timestamp) -> Bool {
    if let nextToOpen, Self.isDue(nextToOpen, at: time) { return false }
    return time < rival || (winsTies && time == rival)
  }

  /// Whether a capture begins before a packet, or so soon after it that the packet may have its copy
  /// there.
  ///
  /// - Parameter time: that of the packet.
  @inline(__always)
  static func isDue(_ firstPacket: Timestamp, at time: Timestamp) -> Bool {
    firstPacket.nanoseconds(since: time) <= PointMerger.window
  }
}
