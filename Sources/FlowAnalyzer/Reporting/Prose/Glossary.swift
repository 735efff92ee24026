/// The closed lists of the report in plain words. A new case does not compile without one.

extension HeldKind {
  /// As operators write it.
  package var plainName: String {
    switch self {
    case .timeWait: "TIME_WAIT"
    case .established: "established"
    case .closing: "closing"
    }
  }

  /// With its article, as the object of a sentence.
  package var plainObject: String {
    switch self {
    case .timeWait: "a TIME_WAIT"
    case .established: "an established connection"
    case .closing: "a connection that was closing"
    }
  }
}

extension HitReason {
  /// Why the SYN was answered so: a sentence about the SYN, without a full stop.
  package var explanation: String {
    switch self {
    case .sequenceNewer: "its sequence number was newer than the old connection's"
    case .timestampNewer: "its timestamp was newer than the old connection's"
    case .sequenceNotNewer: "neither its sequence number nor its timestamp was newer"
    case .timestampOlder: "its timestamp was older than the old connection's (PAWS)"
    case .challenge: "a live socket challenges every SYN"
    case .orphanRefused: "it fell into the window of an orphan in FIN_WAIT_2"
    case .orphanAnswered: "it missed the window of an orphan in FIN_WAIT_2"
    case .insideWindow: "it fell into the window of the TIME_WAIT, which this stack refuses"
    case .noListener: "TIME_WAIT would have let it pass, but nobody listens on the port"
    case .rateLimited: "Linux answers such a SYN only once in 0.5 s, and just had"
    case .silentStack: "this stack drops such a SYN without a word"
    case .acceptQueueFull: "TIME_WAIT gave way, but the listener's accept queue was full"
    case .synWithFIN: "a SYN with FIN ends a TIME_WAIT on Linux and is dropped"
    case .lost: "the SYN or its answer was lost on the way"
    case .captureEnded: "the capture ended before an answer was due"
    case .optionsCut: "the snap length took its timestamp, by which the stack may have decided"
    case .unexpected: "the answer is not the one that the stack's rules predict"
    }
  }
}

extension ReuseReason {
  /// Why a SYN on a used tuple met nothing: a sentence without a full stop.
  package var explanation: String {
    switch self {
    case .expired: "the TIME_WAIT had run out"
    case .gone: "the answer proves that the server held nothing any more"
    case .reset: "a RST had ended the connection before"
    case .otherSide: "the peer closed first, so that its side holds the TIME_WAIT"
    case .synReceived: "the tuple was half-open under another sequence number"
    case .duplicate: "a repetition of the SYN that made, or still seeks, the connection"
    case .neverOpened: "the SYNs before it never led to a connection"
    case .lost: "the SYN never reached the server: what it would have replaced lived on"
    case .unknown: "the capture does not show what the server held"
    }
  }
}

extension Answer {
  package var plainName: String {
    switch self {
    case .undetermined: "unknown"
    case .accepted, .rejected, .reset, .unanswered: rawValue
    }
  }

  package var role: StyledText.Role {
    switch self {
    case .accepted: .good
    case .rejected, .reset, .unanswered: .bad
    case .undetermined: .warning
    }
  }
}

extension Coverage.Reason {
  /// What the captures leave open, and what to do about it.
  package var explanation: (finding: String, advice: String) {
    switch self {
    case .noPackets:
      ("No packet was captured.", "Check the interface and the filter of the capture.")
    case .noTCP:
      (
        "No TCP segment was found.",
        "Check the interface and the filter, and whether a tunnel hides the traffic."
      )
    case .noSyns:
      (
        "No SYN was captured, so that no reuse of a tuple can show.",
        "Capture while connections are opened, with a filter that lets SYNs pass."
      )
    case .noAnswers:
      (
        "SYNs were captured, but no answer of the server.",
        "Capture both directions: answers may take another interface; the server itself sees both."
      )
    case .flagsFiltered:
      (
        "Every segment has SYN, FIN or RST: a filter kept all others out, and with them the ACKs that "
          + "tell what the server held.",
        "Capture all segments, with a filter on hosts and ports only."
      )
    case .bothSides:
      (
        "The captures show both sides of the load balancer: each SYN comes by twice, under two "
          + "tuples, and is counted twice.",
        "Name the file without --server or --client, so that its sides are told apart; what came through "
          + "a pipe must be saved to a file for that."
      )
    case .sidesSwapped:
      (
        "The capture that was named as the clients' side lies nearer to the servers than the one that was "
          + "named as the server side: what follows was judged on the wrong side of the load balancer.",
        "Swap --client and --server, or leave them out, so that the captures tell."
      )
    case .clocksDiffer:
      (
        "Captures of one side show the same packets, but their clocks differ: copies count as packets "
          + "of their own, and look like SYNs that hit. No number below can be relied on.",
        "Give one of these captures alone, or correct a clock (editcap -t SECONDS)."
      )
    case .shorterThanTimeWait:
      (
        "The captures span less than one TIME_WAIT: what the server held when they began shows only "
          + "in its answers.",
        "Capture for at least three times TIME_WAIT."
      )
    case .beganMidstream:
      (
        "Connections were open already when the capture began.",
        "What became of them is told from their last packets only."
      )
    case .synsMissed:
      (
        "Connections opened during the capture whose SYNs were not captured: what those SYNs met is not "
          + "known.",
        "Look for drops (tcpdump tells them when it ends), or for a second path of packets to the server."
      )
    case .dropsRecorded:
      (
        "The capturing host dropped packets: SYNs and answers may be missing.",
        "Capture with a larger buffer (tcpdump -B 65536), a shorter snap length or a narrower filter."
      )
    case .headersCut:
      (
        "The snap length cut headers or TCP options.",
        "Capture with -s 256."
      )
    case .captureCutOff:
      (
        "A file ends in the middle of a packet.",
        "Stop the capture before you copy it, or write packets at once (tcpdump -U)."
      )
    case .unreadableInput:
      ("An input could not be read.", "The counts are without it.")
    case .clientSideOnly:
      (
        "Only the clients' side of the load balancer was captured: what the servers held does not "
          + "show there.",
        "Capture on the server side at the same time."
      )
    case .sideAssumed:
      (
        "Which side of the load balancer a capture shows was not said; it was taken for the server "
          + "side.",
        "Name it with --server to be sure. What came through a pipe cannot tell its side: save it to a "
          + "file, and name that."
      )
    case .sidesApart:
      (
        "Most connections of the clients' side have no partner on the server's: findings may lack their "
          + "clients.",
        "Capture both sides at the same time, and do not swap --client and --server."
      )
    case .flood:
      (
        "Most tuples never carried a connection: a flood, a scan, or a server that does not answer.",
        "Leave the sources of a flood out of the capture by its filter."
      )
    }
  }
}

extension Coverage.Reason {
  /// What is to be said in place of the finding, where packets were kept out of what was captured; nil
  /// where that makes no difference.
  var nothingLeft: String? {
    switch self {
    case .noPackets: "No packet was left to analyse."
    case .noTCP: "No TCP segment was left to analyse."
    case .noSyns: "No SYN was left to analyse, so that no reuse of a tuple can show."
    default: nil
    }
  }
}

extension DecodeError {
  /// What the packets were that gave no segment.
  package var plainName: String {
    switch self {
    case .notIP: "not IP"
    case .notTCP: "not TCP"
    case .fragmentPending: "fragments joined with later ones"
    case .cutLinkHeader, .cutTunnelHeader, .cutIPHeader, .cutTCPHeader: "cut by the snap length"
    case .malformedLinkHeader, .malformedTunnelHeader, .malformedIPv4, .malformedIPv6,
      .malformedFragment, .malformedTCP:
      "malformed"
    case .unsupportedLinkType: "of interfaces with an unsupported link type"
    case .filtered: "kept out by the filter"
    case .outsideTime: "outside of the time asked for"
    }
  }
}

extension TracedConnection.Part {
  /// What a connection has to do with a finding.
  var plainName: String {
    switch self {
    case .previous: "Old connection"
    case .current: "This attempt"
    case .other: "Another attempt"
    }
  }
}

extension Ladder.Role {
  /// What a segment does, in a few words.
  var plainName: String {
    switch self {
    case .opens: "SYN"
    case .answers: "SYN-ACK"
    case .establishes: "the handshake is done"
    case .continues: "data or ACK"
    case .closes: "FIN"
    case .entersTimeWait: "the server enters TIME_WAIT"
    case .restartsTimer: "the timer of the TIME_WAIT starts anew"
    case .hit: "the SYN that hits"
    case .retry: "SYN"
    case .rejection: "the rejection"
    case .refusal: "the refusal"
    case .accepted: "the SYN-ACK"
    case .connected: "the handshake is done"
    case .reset: "the RST that answers the rejection"
    case .kills: "the RST that answers the rejection"
    case .aborts: "RST"
    case .omitted: "left out"
    }
  }
}
