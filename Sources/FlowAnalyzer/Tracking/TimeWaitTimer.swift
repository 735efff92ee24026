/// Which segments start the timer of a TIME_WAIT anew (reference, section 1.4).
enum TimeWaitTimer {
  /// Every segment with an ACK, and every one that PAWS refuses; a FIN without ACK does not. Linux
  /// `tcp_timewait_state_process`.
  case anyAcknowledgment
  /// The peer's FIN again, nothing else: RFC 9293, section 3.10.7.4; FreeBSD; illumos.
  case repeatedFIN
}
