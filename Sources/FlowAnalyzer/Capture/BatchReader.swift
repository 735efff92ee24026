/// Reads and decodes captures some batches ahead of who analyses them, on a thread of its own if it may,
/// and does there what else can be done ahead.
///
/// The batches go back and forth in slots. What the analysis asks for while it has one, a clock to be
/// shifted, takes effect where that slot is filled again: `slotCount` batches on, with or without a
/// thread, so that the result is the same.
final class BatchReader {
  static let slotCount = 4

  /// Without a thread all slots have the same one: it stays in the cache.
  private final class SharedBatch: @unchecked Sendable {
    var batch = SegmentBatch()
  }

  /// The reading thread sees to it that only one side has it at a time.
  private final class Slot: @unchecked Sendable {
    let shared: SharedBatch
    var shifts: [(point: UInt32, shift: Int64)] = []
    var isFilled = false
    /// There is nothing after it.
    var isLast = false

    init(_ shared: SharedBatch) { self.shared = shared }
  }

  private final class Producer: @unchecked Sendable {
    var source: SegmentSource
    let anonymizer: AddressAnonymizer?
    let preparation: Preparation
    private var clockShifts = 0

    init(_ survey: Survey, _ anonymizer: AddressAnonymizer?, _ preparation: Preparation) {
      self.anonymizer = anonymizer
      self.preparation = preparation
      source = SegmentSource(
        inputs: survey.inputs, corrections: survey.corrections, endpoints: survey.endpoints,
        selection: survey.selection)
    }

    func fill(_ slot: Slot) {
      for shift in slot.shifts { source.shiftClock(of: shift.point, by: shift.shift) }
      if !slot.shifts.isEmpty { clockShifts += 1 }
      slot.shifts.removeAll()
      slot.shared.batch.removeAll()
      slot.shared.batch.clockShifts = clockShifts
      source.fill(&slot.shared.batch)
      anonymizer?.encrypt(&slot.shared.batch)
      if preparation.isAhead { preparation.body(&slot.shared.batch) }
      slot.isLast = source.isFinished
      slot.shared.batch.progress = Analyzer.Progress(
        bytesRead: source.bytesRead, bytesTotal: source.bytesTotal)
      slot.isFilled = true
    }
  }

  /// What is to be done with each batch before it is lent, in order.
  struct Preparation: Sendable {
    /// Where batches are read; else where they are lent.
    var isAhead = true
    var body: @Sendable (inout SegmentBatch) -> Void = { _ in }
  }

  private let producer: Producer
  private let slots: [Slot]
  private var turn = 0
  /// Nil where everything happens on the caller's thread.
  private let thread: ReadingThread?

  /// - Parameters:
  ///   - readsAhead: on a thread of its own. A source that may wait, such as a pipe, must not: a signal
  ///     is to end the wait.
  ///   - anonymizer: encrypts the addresses of what is lent; nil lends them as they are.
  ///   - preparation: what is done with each batch.
  init(
    of survey: Survey, readsAhead: Bool, anonymizer: AddressAnonymizer? = nil,
    preparation: Preparation = Preparation()
  ) {
    producer = Producer(survey, anonymizer, preparation)
    let shared = SharedBatch()
    let slots = (0..<Self.slotCount).map { _ in Slot(readsAhead ? SharedBatch() : shared) }
    self.slots = slots
    let producer = producer
    let thread = ReadingThread(slotCount: Self.slotCount)
    let isStarted =
      readsAhead
      && thread.start { turn in
        producer.fill(slots[turn])
        return !slots[turn].isLast
      }
    self.thread = isStarted ? thread : nil
  }

  /// Who wants no more of it may just drop it.
  deinit { thread?.stop() }

  /// Lends the next batch.
  ///
  /// - Parameter body: returns what is to be added to the times of capture points.
  /// - Returns: false where that was the last.
  func next(_ body: (borrowing SegmentBatch) -> [(point: UInt32, shift: Int64)]) -> Bool {
    let slot = slots[turn]
    if let thread { thread.waitUntilFilled() } else { producer.fill(slot) }
    if !producer.preparation.isAhead { producer.preparation.body(&slot.shared.batch) }
    slot.shifts = body(slot.shared.batch)
    slot.isFilled = false
    guard !slot.isLast else { return false }
    thread?.giveBack(turn)
    turn = (turn + 1) % slots.count
    return true
  }

  /// Reads no further, and lends what has been read already. From here on the source is the caller's.
  func stop(_ body: (borrowing SegmentBatch) -> Void) {
    thread?.stop()
    for slot in slots[turn...] + slots[..<turn] where slot.isFilled {
      slot.isFilled = false
      if !producer.preparation.isAhead { producer.preparation.body(&slot.shared.batch) }
      body(slot.shared.batch)
    }
    producer.source.giveUpHeldBack { batch in
      producer.anonymizer?.encrypt(&batch)
      producer.preparation.body(&batch)
      body(batch)
    }
  }

  /// The source, once reading is over.
  func withSource<Result>(_ body: (inout SegmentSource) -> Result) -> Result {
    thread?.stop()
    return body(&producer.source)
  }
}

/// A thread that fills slots in turns.
private final class ReadingThread: @unchecked Sendable {
  /// So many slots are given back at once: to wake a thread that waits costs as much as the decoding of
  /// hundreds of packets.
  private static let groupSize = 2

  private let slotCount: Int
  private let threads = ThreadGroup()
  private let monitor = Monitor()
  /// These are looked at and changed under `monitor` only.
  private var free: Int
  private var filled = 0
  private var isStopped = false

  init(slotCount: Int) {
    self.slotCount = slotCount
    free = slotCount
  }

  /// - Parameter fill: fills the slot with that number; false where it was the last.
  /// - Returns: false where the system gives no thread.
  func start(_ fill: @escaping @Sendable (Int) -> Bool) -> Bool {
    threads.start { [self] in
      var turn = 0
      while waitUntilFree() {
        let hasMore = fill(turn)
        monitor.withLock {
          filled += 1
          monitor.wakeAll()
        }
        guard hasMore else { break }
        turn = (turn + 1) % slotCount
      }
    }
  }

  /// - Returns: false where nobody wants any more.
  private func waitUntilFree() -> Bool {
    monitor.withLock {
      while free == 0, !isStopped { monitor.wait() }
      guard !isStopped else { return false }
      free -= 1
      return true
    }
  }

  func waitUntilFilled() {
    monitor.withLock {
      while filled == 0 { monitor.wait() }
      filled -= 1
    }
  }

  /// To be called for each slot in turns.
  func giveBack(_ turn: Int) {
    guard turn % Self.groupSize == Self.groupSize - 1 else { return }
    monitor.withLock {
      free += Self.groupSize
      monitor.wakeAll()
    }
  }

  /// Ends it, and waits for its end.
  func stop() {
    monitor.withLock {
      isStopped = true
      monitor.wakeAll()
    }
    threads.wait()
  }
}
