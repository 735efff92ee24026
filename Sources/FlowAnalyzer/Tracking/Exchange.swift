/// One SYN and all that bears on its verdict: what the receiver held, and what followed.
///
/// A plain value made of adjacent connections of one tuple only, so that judging it needs neither
/// the tracker nor any other tuple: what is known about the server as a whole comes separately
/// (`ServerKnowledge`).
struct Exchange: BitwiseCopyable {
  /// The SYN's own 4-tuple as address numbers: source first.
  var source: UInt32
  var destination: UInt32
  var sourcePort: UInt16
  var destinationPort: UInt16
  /// The attempt that the SYN belongs to.
  var attempt: UInt32

  var time: Timestamp
  var sequence: SequenceNumber
  var options: TCPOptions
  /// The client of the connection that left the tuple behind.
  var previous = Party.unknown
  /// When the client side saw the SYN, where it is joined.
  var clientTime: Timestamp?
  var frame: UInt64
  var capture: UInt32
  var hasFIN: Bool
  var payloadLength: UInt32

  /// Sequence space that the SYN takes.
  var sequenceLength: UInt32 { payloadLength &+ (hasFIN ? 2 : 1) }

  /// What the receiver held when the SYN arrived.
  var holder: Holder
  var repetition: Repetition = .none
  /// Time since the server last answered what counts against its rate limit, as that came by (`noteLimitedAnswer`); nil
  /// where it has not.
  var sinceLimitedAnswer: Int64?

  var answer: Answer = .none
  var answeredAt = Timestamp(nanoseconds: 0)
  /// The answer came from no socket: IPv4 identification 0 with DF (Linux control socket); nil
  /// where the family has no identification.
  var answerIsSocketless: Bool?

  /// The SYN-ACK's ISN is the old SND.NXT + 65537.
  var acceptedOutOfTimeWait = false
  /// A RST that the holder would obey followed this SYN's answer.
  var resetFollowed = false
  /// The next SYN on the tuple, or the capture's end.
  var nextSynAt: Timestamp?
  /// What later packets prove about the holder at the time of this SYN.
  var proof: Proof = .none
  /// How long the capture watched the tuple after the SYN, in nanoseconds.
  var watched: Int64 = 0

  /// After so long, nothing answers a SYN any more (contract, section 1), in nanoseconds.
  static let patience: Int64 = 1_000_000_000

  /// What the server sent back, as seen.
  enum Answer: UInt8, BitwiseCopyable {
    case none
    /// A SYN-ACK that acknowledges this SYN.
    case synAck
    /// The handshake went on, but its SYN-ACK was not captured.
    case unseenSynAck
    /// An ACK that does not acknowledge the SYN: the numbers of an older connection.
    case oldNumbers
    /// Such an ACK was not captured, but the opener's RST that answers it was.
    case hiddenOldNumbers
    /// A RST that acknowledges the SYN.
    case reset
  }

  /// Whether the SYN repeats one that came before.
  enum Repetition: UInt8, BitwiseCopyable {
    case none
    /// An unanswered SYN of the same attempt on the same tuple.
    case ofUnanswered
    /// The SYN of the connection that the tuple carries.
    case ofOwnConnection
  }

  enum Proof: UInt8, BitwiseCopyable {
    case none
    /// A later answer with the old numbers, or a SYN accepted out of TIME_WAIT.
    case stillHeld
    /// A later SYN met a fresh socket.
    case gone
  }
}
