/// A SYN that hit, with what reports say of it: the part of its `Exchange` that is kept when that has
/// been judged.
///
/// Many are kept until the end, so each is small (`FindingList` says how small) and holds nothing on
/// the heap, but for the rare connection that carried several clients.
struct Hit: Equatable {
  var tuple: FourTuple
  var isn: SequenceNumber
  var time: Timestamp
  var frame: UInt64
  var capture: UInt32
  /// SYN.SEQ - RCV.NXT, and SYN.TSval - TS.Recent; each valid with its note.
  private var sequenceStep: Int32
  private var timestampStep: Int32
  private var notes: Notes
  var verdict: HitVerdict
  /// When what it met entered its state, and when its timer was last started before this SYN.
  private var since: Timestamp
  private var timerStart: Timestamp
  /// Valid with `isAnswered`, in nanoseconds.
  private var answerDelay: Int64
  /// Valid with `hasClientTime`.
  private var timeAtClientSide: Timestamp
  /// The client of the connection that left the tuple behind.
  var previous: Party
  /// All its clients, where those were several.
  var formerUsers: ClientList?

  private struct Notes: OptionSet {
    var rawValue: UInt8
    static let hasUnknownTimes = Notes(rawValue: 1)
    static let hasSequenceStep = Notes(rawValue: 1 << 1)
    static let hasTimestampStep = Notes(rawValue: 1 << 2)
    static let isAnswered = Notes(rawValue: 1 << 3)
    static let hasClientTime = Notes(rawValue: 1 << 4)
  }

  init(_ exchange: Exchange, _ tuple: FourTuple, _ verdict: HitVerdict, formerUsers: ClientList?) {
    let holder = exchange.holder
    let syn = SynFacts(sequence: exchange.sequence, options: exchange.options)
    let timestampStep = syn.timestampStep(from: holder)
    var notes: Notes = []
    if !holder.notes.contains(.known)
      || !holder.notes.isDisjoint(with: [.inferred, .onlyUnanswered, .unknownTimes])
    {
      notes.insert(.hasUnknownTimes)
    }
    if !notes.contains(.hasUnknownTimes) || holder.notes.contains(.inferred) {
      notes.insert(.hasSequenceStep)
    }
    if timestampStep != nil { notes.insert(.hasTimestampStep) }
    if exchange.answer != .none { notes.insert(.isAnswered) }
    if exchange.clientTime != nil { notes.insert(.hasClientTime) }
    self.notes = notes
    self.tuple = tuple
    self.verdict = verdict
    self.formerUsers = formerUsers
    self.timestampStep = timestampStep ?? 0
    sequenceStep = syn.distance(from: holder)
    isn = exchange.sequence
    time = exchange.time
    frame = exchange.frame
    capture = exchange.capture
    since = holder.since
    timerStart = holder.timerStartedAt
    answerDelay = exchange.answeredAt.nanoseconds(since: exchange.time)
    timeAtClientSide = exchange.clientTime ?? exchange.time
    previous = exchange.previous
  }

  /// What hits are ordered by: time, and where that is equal the place in the captures.
  struct Position: BitwiseCopyable, Equatable, Comparable {
    var time: Timestamp
    var capture: UInt32
    var frame: UInt64

    static func < (lhs: Position, rhs: Position) -> Bool {
      (lhs.time, lhs.capture, lhs.frame) < (rhs.time, rhs.capture, rhs.frame)
    }
  }

  var position: Position { Position(time: time, capture: capture, frame: frame) }
}

extension Hit {
  /// Nothing of the holder but its answer was seen, so that its times are not known.
  private var hasUnknownTimes: Bool { notes.contains(.hasUnknownTimes) }

  /// When the holder entered its state.
  var heldSince: Timestamp? { hasUnknownTimes ? nil : since }

  /// When the holder's timer was last started, this SYN's own effect included: one that PAWS refuses
  /// starts it anew.
  var timerStartedAt: Timestamp? {
    hasUnknownTimes ? nil : verdict.restartsTimer ? time : timerStart
  }

  /// When the holder would have let go by itself; nil for what has no timer.
  ///
  /// - Parameter timeWait: as assumed, in nanoseconds.
  func freeAt(timeWait: Int64) -> Timestamp? {
    verdict.held == .timeWait ? timerStartedAt?.advanced(byNanoseconds: timeWait) : nil
  }

  /// Age of the holder's timer when the SYN came, in nanoseconds.
  var age: Int64? { hasUnknownTimes ? nil : time.nanoseconds(since: timerStart) }

  /// SYN to its answer, in nanoseconds.
  var answeredAfter: Int64? { notes.contains(.isAnswered) ? answerDelay : nil }

  /// When the client side saw the SYN, where it is joined.
  var clientTime: Timestamp? { notes.contains(.hasClientTime) ? timeAtClientSide : nil }

  /// SYN.SEQ - RCV.NXT.
  var sequenceDistance: Int32? { notes.contains(.hasSequenceStep) ? sequenceStep : nil }

  /// SYN.TSval - TS.Recent, where both have timestamps.
  var timestampDistance: Int32? { notes.contains(.hasTimestampStep) ? timestampStep : nil }
}

extension Hit: Packed {
  func write(to writer: inout PackedWriter) {
    tuple.write(to: &writer)
    writer.write(isn.value)
    writer.write(time)
    writer.write(frame)
    writer.write(capture)
    writer.write(signed: sequenceStep)
    writer.write(signed: timestampStep)
    writer.write(notes.rawValue)
    verdict.write(to: &writer)
    writer.write(since, from: time)
    writer.write(timerStart, from: since)
    writer.write(signed: answerDelay)
    writer.write(timeAtClientSide, from: time)
    previous.write(to: &writer)
    writer.write(formerUsers != nil)
    formerUsers?.write(to: &writer)
  }

  init(from reader: inout PackedReader) throws(DecodingError) {
    tuple = try FourTuple(from: &reader)
    isn = SequenceNumber(try reader.number())
    time = try reader.time()
    frame = try reader.number()
    capture = try reader.number()
    sequenceStep = try reader.signed()
    timestampStep = try reader.signed()
    notes = Notes(rawValue: try reader.number())
    verdict = try HitVerdict(from: &reader)
    since = try reader.time(from: time)
    timerStart = try reader.time(from: since)
    answerDelay = try reader.signed()
    timeAtClientSide = try reader.time(from: time)
    previous = try Party(from: &reader)
    formerUsers = try reader.flag() ? ClientList(from: &reader) : nil
  }
}
