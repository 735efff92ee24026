extension TCPState {
  /// What an ACK with the old connection's numbers, sent in answer to a SYN, proves about the state
  /// it was thought to come from; nil where it fits that state.
  ///
  /// - Parameters:
  ///   - isSocketless: see `Segment`; nil where that is not known.
  ///   - beganUnseen: a FIN may have been sent before the capture.
  ///   - coversUnseen: it acknowledges more than the peer was seen to send.
  ///   - coversFIN: it acknowledges the peer's FIN; nil where that is not known.
  func proven(
    byAnswerFromNoSocket isSocketless: Bool?, beganUnseen: Bool, coversUnseen: Bool,
    coversFIN: Bool?
  ) -> TCPState? {
    switch self {
    case .timeWait:
      // The peer's FIN was captured but never arrived.
      return coversFIN == false ? .finWait2 : nil
    case .closed:
      // Either the holder was not as passive as it looked, or the last ACK never arrived.
      return isSocketless == false ? .lastAck : .timeWait
    case .established: return isSocketless == true && beganUnseen ? .timeWait : nil
    case .closeWait:
      return isSocketless == true || (beganUnseen && isSocketless == nil) ? .timeWait : nil
    case .lastAck, .closing: return isSocketless == true ? .timeWait : nil
    case .finWait1:
      guard isSocketless == true else { return nil }
      return coversUnseen || coversFIN == true ? .timeWait : .finWait2
    case .finWait2:
      // What was not captured may be data, but only a live socket would have taken it.
      return coversFIN == true || (coversUnseen && isSocketless != false) ? .timeWait : nil
    case .synSent, .synReceived: return nil
    }
  }
}

extension Segment {
  /// Sent by no socket of its own: Linux answers out of TIME_WAIT and for mini-sockets with IPv4
  /// identification zero and DF, while a live socket counts its packets. nil for IPv6.
  var isSocketless: Bool? {
    source.address.isIPv6 ? nil : ipIdentification == 0 && dontFragment
  }
}

extension Segment {
  /// A RST to a segment without ACK, as a SYN is, has the sequence number zero (RFC 9293, section 3.10.7.1).
  var isRefusal: Bool { flags.contains([.rst, .ack]) && sequence.value == 0 }
}
