/// The timer of a TIME_WAIT: which segments start it anew (reference, section 1.4), and for how long.
struct TimeWaitTimer: BitwiseCopyable {
  enum Restart: BitwiseCopyable {
    /// Every segment with an ACK, and every one that PAWS refuses; a FIN without ACK does not. Linux
    /// `tcp_timewait_state_process`.
    case anyAcknowledgment
    /// The peer's FIN again, nothing else: RFC 9293, section 3.10.7.4; FreeBSD; illumos.
    case repeatedFIN
  }

  let restart: Restart
  /// Age until which it surely runs, in nanoseconds: what comes later may find nothing to start anew.
  var certain = Int64.max

  static let anyAcknowledgment = TimeWaitTimer(restart: .anyAcknowledgment)
  static let repeatedFIN = TimeWaitTimer(restart: .repeatedFIN)

  /// The server's answers are told apart by what Linux sends.
  var isOfLinux: Bool { restart == .anyAcknowledgment }
}
