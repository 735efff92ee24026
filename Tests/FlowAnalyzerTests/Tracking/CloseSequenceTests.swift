import Testing

@testable import FlowAnalyzer

/// Who enters TIME_WAIT: the table of section 1.2 of the reference, with the server and with the
/// client as the one that closes first.
@Suite("Close sequences")
struct CloseSequenceTests {
  struct Row: CustomTestStringConvertible, Sendable {
    var name: String
    var packets: String
    /// TIME_WAITs entered at the server, at the client, at both.
    var entered: [Int]
    /// What the server holds when the capture ends: TIME_WAIT, a socket that closes, established.
    var held: [Int]
    /// When its TIME_WAIT would end, in milliseconds.
    var freeAt: Int64?
    var testDescription: String { name }

    init(_ name: String, _ packets: String, entered: [Int], held: [Int], freeAt: Int64? = nil) {
      self.name = name
      self.packets = packets
      self.entered = entered
      self.held = held
      self.freeAt = freeAt
    }
  }

  static let none = [0, 0, 0]
  static let server = [1, 0, 0]
  static let client = [0, 1, 0]
  static let both = [0, 0, 1]
  static let timeWait = [1, 0, 0]
  static let closing = [0, 1, 0]

  static let serverFirst: [Row] = [
    Row(
      "1: FIN, ACK, FIN, ACK",
      """
      1.0 < F. 5001 ack 1001
      1.1 > .  1001 ack 5002
      1.2 > F. 1001 ack 5002
      1.3 < .  5002 ack 1002
      """, entered: server, held: timeWait, freeAt: 61_200),
    Row(
      "2: FIN, FIN with ACK, ACK",
      """
      1.0 < F. 5001 ack 1001
      1.2 > F. 1001 ack 5002
      1.3 < .  5002 ack 1002
      """, entered: server, held: timeWait, freeAt: 61_200),
    Row(
      "3: half-close",
      """
      1.0 < F. 5001 ack 1001
      1.1 > .  1001 ack 5002
      5.0 > P. 1001(100) ack 5002
      5.1 < .  5002 ack 1101
      9.0 > F. 1101 ack 5002
      9.1 < .  5002 ack 1102
      """, entered: server, held: timeWait, freeAt: 69_000),
    Row(
      "4: FINs that cross",
      """
      1.0 < F. 5001 ack 1001
      1.1 > F. 1001 ack 5001
      1.2 < .  5002 ack 1002
      1.3 > .  1002 ack 5002
      """, entered: both, held: timeWait, freeAt: 61_300),
    Row(
      "5: FINs that cross, the server's ACK lost at first",
      """
      1.0 < F. 5001 ack 1001
      1.1 > F. 1001 ack 5001
      1.2 > .  1002 ack 5002
      1.8 > F. 1001 ack 5002              # sent again
      1.9 < .  5002 ack 1002
      """, entered: both, held: timeWait, freeAt: 61_800),
    Row(
      "6: last ACK lost, FIN sent again and again",
      """
      1.0 < F. 5001 ack 1001
      1.1 > .  1001 ack 5002
      1.2 > F. 1001 ack 5002
      1.8 > F. 1001 ack 5002
      3.0 > F. 1001 ack 5002
      3.1 < .  5002 ack 1002
      """, entered: server, held: timeWait, freeAt: 63_000),
    Row(
      "7: FIN never acknowledged",
      """
      1.0 < F. 5001 ack 1001
      1.2 < F. 5001 ack 1001
      1.6 < F. 5001 ack 1001
      """, entered: none, held: closing),
    Row(
      "8: FIN, ACK, then nothing",
      """
      1.0 < F. 5001 ack 1001
      1.1 > .  1001 ack 5002
      """, entered: none, held: closing),
    Row(
      "9: data after close() draws a RST",
      """
      1.0 < F. 5001 ack 1001
      1.1 > .  1001 ack 5002
      1.2 > P. 1001(10) ack 5002
      1.3 < R  5002
      """, entered: none, held: none),
    Row("10: RST", "1.0 < R. 5001 ack 1001", entered: none, held: none),
    Row(
      "11: FIN, RST",
      """
      1.0 < F. 5001 ack 1001
      1.1 > R. 1001 ack 5002
      """, entered: none, held: none),
    Row(
      "12: FIN, ACK, FIN, RST",
      """
      1.0 < F. 5001 ack 1001
      1.1 > .  1001 ack 5002
      1.2 > F. 1001 ack 5002
      1.3 < R  5002
      """, entered: none, held: none),
    Row(
      "13: RST with the exact number in TIME_WAIT",
      """
      1.0 < F. 5001 ack 1001
      1.2 > F. 1001 ack 5002
      1.3 < .  5002 ack 1002
      2.0 > R  1002
      """, entered: server, held: none),
    Row(
      "14: as above, and the FIN is sent again before the other arrives, but captured behind it",
      """
      1.0 < F. 5001 ack 1001
      1.2 > F. 1001 ack 5002
      1.3 < .  5002 ack 1002
      1.4 < F. 5001 ack 1001
      1.5 > R  1001
      """, entered: server, held: timeWait, freeAt: 61_200),
    Row(
      "14: RST with another number in TIME_WAIT",
      """
      1.0 < F. 5001 ack 1001
      1.2 > F. 1001 ack 5002
      1.3 < .  5002 ack 1002
      2.0 > R  1001
      """, entered: server, held: timeWait, freeAt: 61_200),
    Row(
      "15: FIN before data that was missing",
      """
      1.0 < F. 5001 ack 1001
      1.1 > .  1001 ack 5002
      1.2 > F. 1101 ack 5002
      1.3 < .  5002 ack 1001
      2.0 > P. 1001(100) ack 5002
      2.1 < .  5002 ack 1102
      """, entered: server, held: timeWait, freeAt: 62_000),
    Row(
      "16: last ACK repeated, drawing a RST",
      """
      1.0 < F. 5001 ack 1001
      1.2 > F. 1001 ack 5002
      1.3 < .  5002 ack 1002
      1.5 < .  5002 ack 1002
      1.6 > R  1002
      """, entered: server, held: none),
    Row(
      "17: FIN with data",
      """
      1.0 < FP. 5001(50) ack 1001
      1.2 > FP. 1001(70) ack 5052
      1.3 < .  5052 ack 1072
      """, entered: server, held: timeWait, freeAt: 61_200),
  ]

  static let clientFirst: [Row] = [
    Row(
      "1: FIN, ACK, FIN, ACK",
      """
      1.0 > F. 1001 ack 5001
      1.1 < .  5001 ack 1002
      1.2 < F. 5001 ack 1002
      1.3 > .  1002 ack 5002
      """, entered: client, held: none),
    Row(
      "2: FIN, FIN with ACK, ACK",
      """
      1.0 > F. 1001 ack 5001
      1.2 < F. 5001 ack 1002
      1.3 > .  1002 ack 5002
      """, entered: client, held: none),
    Row(
      "3: half-close",
      """
      1.0 > F. 1001 ack 5001
      1.1 < .  5001 ack 1002
      5.0 < P. 5001(100) ack 1002
      5.1 > .  1002 ack 5101
      9.0 < F. 5101 ack 1002
      9.1 > .  1002 ack 5102
      """, entered: client, held: none),
    Row(
      "4: FINs that cross, the other captured first",
      """
      1.0 > F. 1001 ack 5001
      1.1 < F. 5001 ack 1001
      1.2 > .  1002 ack 5002
      1.3 < .  5002 ack 1002
      """, entered: both, held: timeWait, freeAt: 61_200),
    Row(
      "6: last ACK lost",
      """
      1.0 > F. 1001 ack 5001
      1.1 < F. 5001 ack 1002
      1.7 < F. 5001 ack 1002
      """, entered: client, held: closing),
    Row(
      "8: FIN, ACK, then nothing",
      """
      1.0 > F. 1001 ack 5001
      1.1 < .  5001 ack 1002
      """, entered: none, held: closing),
    Row("10: RST", "1.0 > R. 1001 ack 5001", entered: none, held: none),
    Row(
      "11: FIN, RST",
      """
      1.0 > F. 1001 ack 5001
      1.1 < R. 5001 ack 1002
      """, entered: none, held: none),
    Row(
      "12: FIN, ACK, FIN, RST",
      """
      1.0 > F. 1001 ack 5001
      1.1 < .  5001 ack 1002
      1.2 < F. 5001 ack 1002
      1.3 > R  1002
      """, entered: none, held: none),
  ]

  @Test(arguments: serverFirst) func `where the server closes first`(row: Row) { check(row) }

  @Test(arguments: clientFirst) func `where the client closes first`(row: Row) { check(row) }

  private func check(_ row: Row) {
    for isIPv6 in [false, true] {
      let report = Hearing(Scene.established + row.packets + "\n20.0 end", isIPv6: isIPv6).report
      let timeWaits = report.summary.timeWaits
      #expect([timeWaits.server, timeWaits.peer, timeWaits.both] == row.entered)
      let held = report.heldAtEnd
      #expect([held.timeWait, held.closing, held.established] == row.held)
      let freeAt = held.tuples.first?.freeAt.map { $0.nanoseconds / 1_000_000 }
      #expect(freeAt == row.freeAt)
    }
  }
}
