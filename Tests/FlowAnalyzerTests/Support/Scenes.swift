/// Beginnings that many conversations share. The client's numbers: ISN 1000; the server's: ISN 5000.
enum Scene {
  /// The server closes first and holds TIME_WAIT from 1.001 s on, without timestamps:
  /// RCV.NXT = 1002, SND.NXT = 5002.
  static let timeWait = """
    0.000 > S  1000
    0.001 < S. 5000 ack 1001
    0.002 > .  1001 ack 5001
    1.000 < F. 5001 ack 1001
    1.001 > F. 1001 ack 5002
    1.001 < .  5002 ack 1002

    """

  /// The same with timestamps: TS.Recent = 300 at the end.
  static let timeWaitWithTimestamps = """
    0.000 > S  1000          ts 100
    0.001 < S. 5000 ack 1001 ts 900 ecr 100
    0.002 > .  1001 ack 5001 ts 102 ecr 900
    1.000 < F. 5001 ack 1001 ts 950 ecr 102
    1.001 > F. 1001 ack 5002 ts 300 ecr 950
    1.001 < .  5002 ack 1002 ts 951 ecr 300

    """

  /// Established and silent: RCV.NXT = 1001, SND.NXT = 5001.
  static let established = """
    0.000 > S  1000
    0.001 < S. 5000 ack 1001
    0.002 > .  1001 ack 5001

    """

  /// Established with timestamps: TS.Recent = 102.
  static let establishedWithTimestamps = """
    0.000 > S  1000          ts 100
    0.001 < S. 5000 ack 1001 ts 900 ecr 100
    0.002 > .  1001 ack 5001 ts 102 ecr 900

    """

  /// The client closes first and holds TIME_WAIT; the server keeps nothing.
  static let clientClosedFirst =
    established + """
      1.000 > F. 1001 ack 5001
      1.001 < F. 5001 ack 1002
      1.002 > .  1002 ack 5002

      """

  /// The server's FIN is acknowledged, and the client goes on: FIN_WAIT_2 from 1.001 s on.
  /// RCV.NXT = 1001, SND.NXT = 5002, window 1000.
  static let finWait2 =
    established + """
      1.000 < F. 5001 ack 1001
      1.001 > .  1001 ack 5002

      """

  /// The client's FIN is acknowledged, and the server goes on: CLOSE_WAIT. RCV.NXT = 1002.
  static let closeWait =
    established + """
      1.000 > F. 1001 ack 5001
      1.001 < .  5001 ack 1002

      """

  /// Both FINs sent, the client's first, the server's not acknowledged: LAST_ACK.
  static let lastAck =
    established + """
      1.000 > F. 1001 ack 5001
      1.001 < F. 5001 ack 1002

      """

  /// Another tuple of the server (port 4100), accepted out of TIME_WAIT at 6 s: the server is Linux.
  static let fingerprintElsewhere = """
    5.000 > S  1000           port 4100
    5.001 < S. 5000  ack 1001 port 4100
    5.002 > .  1001  ack 5001 port 4100
    5.100 < F. 5001  ack 1001 port 4100
    5.101 > F. 1001  ack 5002 port 4100
    5.101 < .  5002  ack 1002 port 4100
    6.000 > S  2000           port 4100
    6.001 < S. 70539 ack 2001 port 4100

    """
}
