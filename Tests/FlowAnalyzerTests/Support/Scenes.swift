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
}
