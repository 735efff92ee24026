import Testing

@testable import FlowAnalyzer

/// A conversation with the verdicts on its SYNs, for tests that vary it.
struct Story: CustomTestStringConvertible, Sendable {
  var name: String
  var script: String
  var verdicts: [String]
  /// What only the IPv4 identification gives away is not asked of IPv6.
  var needsIdentification = false

  var testDescription: String { name }

  /// One of each kind of verdict.
  static let all: [Story] = [
    Story(
      name: "accepted, ahead", script: Scene.timeWait + "11.0 > S 2000\n11.1 < S. 70539 ack 2001",
      verdicts: ["first use", "time-wait accepted sequence-newer"]),
    Story(
      name: "accepted, half the circle ahead",
      script: Scene.timeWait + "11.0 > S 2147484650\n11.1 < S. 70539 ack 2147484651",
      verdicts: ["first use", "time-wait accepted sequence-newer"]),
    Story(
      name: "rejected, beyond half the circle",
      script: Scene.timeWait + "11.0 > S 2147484651\n11.1 < . 5002 ack 1002 id 0",
      verdicts: ["first use", "time-wait rejected sequence-not-newer"]),
    Story(
      name: "rejected, level",
      script: Scene.timeWait + "11.0 > S 1002\n11.1 < . 5002 ack 1002 id 0",
      verdicts: ["first use", "time-wait rejected sequence-not-newer"]),
    Story(
      name: "rejected, one behind",
      script: Scene.timeWait + "11.0 > S 1001\n11.1 < . 5002 ack 1002 id 0",
      verdicts: ["first use", "time-wait rejected sequence-not-newer"]),
    Story(
      name: "accepted, newer timestamp",
      script: Scene.timeWaitWithTimestamps
        + "11.0 > S 500 ts 301\n11.1 < S. 70539 ack 501 ts 1950 ecr 301",
      verdicts: ["first use", "time-wait accepted timestamp-newer"]),
    Story(
      name: "rejected, older timestamp",
      script: Scene.timeWaitWithTimestamps
        + "11.0 > S 9000 ts 299\n11.1 < . 5002 ack 1002 ts 1950 ecr 300 id 0",
      verdicts: ["first use", "time-wait rejected timestamp-older"]),
    Story(
      name: "rejected, equal timestamp",
      script: Scene.timeWaitWithTimestamps
        + "11.0 > S 500 ts 300\n11.1 < . 5002 ack 1002 ts 1950 ecr 300 id 0",
      verdicts: ["first use", "time-wait rejected sequence-not-newer"]),
    Story(name: "rejected and recovered", script: dance, verdicts: danceVerdicts),
    Story(
      name: "rejected for ever", script: RFC1337Tests.loop, verdicts: RFC1337Tests.loopVerdicts),
    Story(
      name: "expired", script: Scene.timeWait + "70.0 > S 500\n70.1 < S. clock ack 501",
      verdicts: ["first use", "reuse expired"]),
    Story(
      name: "ended by a RST",
      script: Scene.timeWait + "5.0 > R 1002\n9.0 > S 500\n9.1 < S. clock ack 501",
      verdicts: ["first use", "reuse reset"]),
    Story(
      name: "gone", script: Scene.timeWait + "9.0 > S 500\n9.001 < S. clock ack 501",
      verdicts: ["first use", "reuse gone"]),
    Story(
      name: "held by the other side",
      script: Scene.clientClosedFirst + "2.0 > S 500\n2.1 < S. clock ack 501",
      verdicts: ["first use", "reuse other-side"]),
    Story(
      name: "looked passive, held it all the same",
      script: HolderTests.blockedClose + "9.0 > S 2000\n9.1 < S. 71039 ack 2001",
      verdicts: ["first use", "inferred time-wait accepted sequence-newer"]),
    Story(
      name: "half-open",
      script: Scene.established
        + "400.0 > S 500\n400.1 < . 5001 ack 1001 id 9\n400.2 > R 1001\n"
        + "400.3 > S 500\n400.4 < S. clock ack 501\n400.5 > . 501 ack clock+1",
      verdicts: ["first use", "established rejected challenge", "reuse reset"]),
    Story(
      name: "CLOSE_WAIT", script: Scene.closeWait + "9.0 > S 500\n9.1 < . 5001 ack 1002 id 9",
      verdicts: ["first use", "closing rejected challenge"]),
    Story(
      name: "FIN_WAIT_2, refused", script: Scene.finWait2 + "9.0 > S 1500\n9.1 < R. 0 ack 1501",
      verdicts: ["first use", "closing reset orphan-refused"]),
    Story(
      name: "FIN_WAIT_2, answered",
      script: Scene.finWait2 + "9.0 > S 500\n9.1 < . 5002 ack 1001 id 0",
      verdicts: ["first use", "closing rejected orphan-answered"], needsIdentification: true),
    Story(
      name: "SYN_RECEIVED",
      script: "0.0 > S 1000\n0.1 < S. 5000 ack 1001\n0.5 > S 1200\n0.6 < R. 0 ack 1201",
      verdicts: ["first use", "reuse syn-received"]),
    Story(
      name: "swallowed by a full queue",
      script: Scene.timeWait + "11.0 > S 2000\n12.0 > S 2000\n12.001 < S. clock ack 2001",
      verdicts: ["first use", "time-wait unanswered accept-queue-full", "reuse gone"]),
    Story(
      name: "lost before it arrived",
      script: Scene.timeWait + "11.0 > S 2000\n12.0 > S 2000\n12.1 < S. 70539 ack 2001",
      verdicts: ["first use", "reuse lost", "time-wait accepted sequence-newer"]),
    Story(
      name: "rate-limited",
      script: Scene.timeWait
        + "11.0 > S 500\n11.01 < . 5002 ack 1002 id 0\n11.3 > S 500\n14.0 end",
      verdicts: [
        "first use", "time-wait rejected sequence-not-newer", "time-wait unanswered rate-limited",
      ]),
    Story(
      name: "began before the capture",
      script: "0.0 > S 500\n0.1 < . 5002 ack 1002 id 0\n0.1 > R 1002\n"
        + "0.2 > S 500\n0.3 < S. 900000 ack 501",
      verdicts: ["inferred time-wait rejected sequence-not-newer", "reuse reset"]),
    Story(
      name: "a chain of reuses", script: ChainTests.twice,
      verdicts: [
        "first use", "time-wait accepted sequence-newer", "time-wait accepted sequence-newer",
      ]),
    Story(
      name: "never opened", script: "0.0 > S 1000\n1.0 > S 1000\n2.0 > S 1500\n9.0 end",
      verdicts: ["first use", "reuse duplicate", "reuse never-opened"]),
  ]

  /// A clean collision: rejected, RST, connected.
  static let dance =
    Scene.timeWait + """
      11.000 > S  500
      11.001 < .  5002 ack 1002 id 0
      11.002 > R  1002
      11.010 > S  500
      11.011 < S. clock ack 501
      11.012 > .  501 ack clock+1
      """
  static let danceVerdicts = [
    "first use", "time-wait rejected sequence-not-newer", "reuse reset",
  ]

  /// A clean collision: accepted out of TIME_WAIT.
  static let acceptance =
    Scene.timeWait + """
      11.000 > S  2000
      11.001 < S. 70539 ack 2001
      11.002 > .  2001 ack 70540
      """
}
