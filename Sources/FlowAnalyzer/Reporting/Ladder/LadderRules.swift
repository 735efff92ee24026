/// The rules by which stacks answer SYNs on held tuples, in plain words, and where they are written
/// (reference `time-wait.md`, section 3). A new reason does not compile without one.
extension AnalysisReport.Hit {
  /// The rule that applied, as a sentence, and its source.
  func rule(of stack: StackProfile) -> (text: String, source: String) {
    switch reason {
    case .sequenceNewer: (Self.sequenceNewer(stack), Self.source(of: stack))
    case .timestampNewer:
      (
        "A SYN whose sequence number is not newer is let in all the same if its TSval is newer than "
          + "TS.Recent.", "RFC 6191, section 2; \(Self.source(of: stack))"
      )
    case .sequenceNotNewer:
      (
        "A SYN that is newer neither by sequence number (1 to 2^31 beyond RCV.NXT) nor by timestamp "
          + "is no new connection to the server: it repeats its last ACK.",
        "RFC 9293, section 3.10.7.4; \(Self.source(of: stack))"
      )
    case .timestampOlder:
      (
        "A TSval older than TS.Recent marks a segment as an old duplicate (PAWS), whatever its "
          + "sequence number: the server repeats its last ACK"
          + (stack == .linux ? ", and Linux starts the timer anew." : "."),
        "RFC 7323, section 5; \(Self.source(of: stack))"
      )
    case .challenge:
      (
        "A socket in a synchronized state answers every SYN with a challenge ACK, whatever its "
          + "numbers, and goes on as before.", "RFC 5961, section 4; RFC 9293, section 3.10.7.4"
      )
    case .orphanAnswered:
      (
        "In FIN_WAIT_2 without an application, Linux keeps a mini-socket: a SYN outside of its "
          + "receive window is answered with its last ACK.", "Linux tcp_timewait_state_process"
      )
    case .orphanRefused:
      (
        "In FIN_WAIT_2 without an application, Linux keeps a mini-socket: a SYN inside its receive "
          + "window ends it, and is refused with a RST.", "Linux tcp_timewait_state_process"
      )
    case .insideWindow:
      (
        "This stack refuses a SYN inside the receive window of the TIME_WAIT.",
        Self.source(of: stack)
      )
    case .noListener:
      (
        "The TIME_WAIT would have let the SYN in, but nobody listens on the port: Linux answers as if "
          + "it were refused.", "Linux tcp_v4_rcv, tcp_timewait_state_process"
      )
    case .rateLimited:
      (
        "Linux answers such segments once in 0.5 s for each socket (tcp_invalid_ratelimit), and had "
          + "just done so.", "RFC 5961, section 7; Linux tcp_oow_rate_limited"
      )
    case .silentStack:
      (
        "This stack drops a SYN that is not newer without a word.",
        stack == .rfc9293 ? "RFC 6191, section 2" : Self.source(of: stack)
      )
    case .acceptQueueFull:
      (
        "The TIME_WAIT gave way to the SYN, but the listener's accept queue was full, and Linux then "
          + "drops the SYN.", "Linux tcp_conn_request"
      )
    case .synWithFIN:
      (
        "A SYN with FIN ends the TIME_WAIT, and the listener drops it.",
        "Linux tcp_timewait_state_process, tcp_rcv_state_process"
      )
    case .lost:
      (
        "By its rules the server would have answered at once: the SYN or its answer was lost.",
        Self.source(of: stack)
      )
    case .captureEnded: ("The capture ended before an answer was due.", "none")
    case .optionsCut:
      (
        "The snap length took the SYN's timestamp: whether it or the sequence number decided is not "
          + "known.", Self.source(of: stack)
      )
    case .unexpected:
      (
        "The rules of this stack say \(predicted.plainName); it did otherwise.",
        Self.source(of: stack)
      )
    }
  }

  private static func sequenceNewer(_ stack: StackProfile) -> String {
    switch stack {
    case .linux:
      "A SYN whose sequence number lies 1 to 2^31 beyond RCV.NXT is let in, unless its TSval is older "
        + "than TS.Recent."
    case .freebsd:
      "A SYN whose sequence number lies beyond RCV.NXT is let in; timestamps are not looked at."
    case .macos, .illumos:
      "A SYN whose sequence number lies beyond the receive window is let in, unless its TSval is older "
        + "than TS.Recent."
    case .windows, .rfc9293:
      "A SYN whose sequence number lies beyond the last one used is let in."
    }
  }

  private static func source(of stack: StackProfile) -> String {
    switch stack {
    case .linux: "Linux tcp_timewait_state_process"
    case .freebsd: "FreeBSD tcp_twcheck"
    case .macos: "XNU tcp_input"
    case .illumos: "illumos tcp_time_wait_processing"
    case .windows: "not published"
    case .rfc9293: "RFC 9293, section 3.10.7.4"
    }
  }
}

extension TCPState {
  /// As in RFC 9293, with the underscores of everyday use.
  var plainName: String {
    switch self {
    case .closed: "CLOSED"
    case .synSent: "SYN_SENT"
    case .synReceived: "SYN_RECEIVED"
    case .established: "ESTABLISHED"
    case .finWait1: "FIN_WAIT_1"
    case .finWait2: "FIN_WAIT_2"
    case .closeWait: "CLOSE_WAIT"
    case .closing: "CLOSING"
    case .lastAck: "LAST_ACK"
    case .timeWait: "TIME_WAIT"
    }
  }
}
