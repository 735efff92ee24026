import Dispatch
import Synchronization

/// Reads and decodes captures a batch ahead of who analyses them, on a thread of its own if it may.
///
/// Two batches go back and forth. What the analysis asks for while it has one, a clock to be shifted,
/// takes effect where that batch is filled again: two batches on, with or without a thread, so that
/// the result is the same.
final class BatchReader {
  /// One of the two batches. The semaphores see to it that only one side has it at a time.
  private final class Slot: @unchecked Sendable {
    var batch = SegmentBatch()
    var shifts: [(point: UInt32, shift: Int64)] = []
    var isFilled = false
    /// There is nothing after it.
    var isLast = false
  }

  private final class Producer: @unchecked Sendable {
    var source: SegmentSource
    private let anonymizer: AddressAnonymizer?
    private var clockShifts = 0

    init(_ survey: Survey, _ anonymizer: AddressAnonymizer?) {
      self.anonymizer = anonymizer
      source = SegmentSource(
        inputs: survey.inputs, corrections: survey.corrections, endpoints: survey.endpoints,
        selection: survey.selection)
    }

    func fill(_ slot: Slot) {
      for shift in slot.shifts { source.shiftClock(of: shift.point, by: shift.shift) }
      if !slot.shifts.isEmpty { clockShifts += 1 }
      slot.shifts.removeAll()
      slot.batch.removeAll()
      slot.batch.clockShifts = clockShifts
      source.fill(&slot.batch)
      anonymizer?.encrypt(&slot.batch)
      slot.isLast = source.isFinished
      slot.batch.progress = Analyzer.Progress(
        bytesRead: source.bytesRead, bytesTotal: source.bytesTotal)
      slot.isFilled = true
    }
  }

  private let producer: Producer
  private let slots = [Slot(), Slot()]
  private var turn = 0
  /// Nil where everything happens on the caller's thread.
  private let thread: ReadingThread?

  /// - Parameters:
  ///   - readsAhead: on a thread of its own. A source that may wait, such as a pipe, must not: a signal
  ///     is to end the wait.
  ///   - anonymizer: encrypts the addresses of what is lent; nil lends them as they are.
  init(of survey: Survey, readsAhead: Bool, anonymizer: AddressAnonymizer? = nil) {
    producer = Producer(survey, anonymizer)
    thread = readsAhead ? ReadingThread() : nil
    let (producer, slots) = (producer, slots)
    if let thread {
      thread.start { turn in
        producer.fill(slots[turn])
        return !slots[turn].isLast
      }
    } else {
      producer.fill(slots[0])
      if !slots[0].isLast { producer.fill(slots[1]) }
    }
  }

  /// Who wants no more of it may just drop it.
  deinit { thread?.stop() }

  /// Lends the next batch.
  ///
  /// - Parameter body: returns what is to be added to the times of capture points.
  /// - Returns: false where that was the last.
  func next(_ body: (borrowing SegmentBatch) -> [(point: UInt32, shift: Int64)]) -> Bool {
    let slot = slots[turn]
    thread?.waitUntilFilled()
    slot.shifts = body(slot.batch)
    slot.isFilled = false
    guard !slot.isLast else { return false }
    if let thread {
      thread.giveBack()
    } else if !slots[1 - turn].isLast {
      producer.fill(slot)
    }
    turn = 1 - turn
    return true
  }

  /// Reads no further, and lends what has been read already. From here on the source is the caller's.
  func stop(_ body: (borrowing SegmentBatch) -> Void) {
    thread?.stop()
    for slot in [slots[turn], slots[1 - turn]] where slot.isFilled {
      slot.isFilled = false
      body(slot.batch)
    }
    producer.source.giveUpHeldBack(body)
  }

  /// The source, once reading is over.
  func withSource<Result>(_ body: (inout SegmentSource) -> Result) -> Result {
    thread?.stop()
    return body(&producer.source)
  }
}

/// A thread that fills two slots in turns.
private final class ReadingThread: Sendable {
  private let free = DispatchSemaphore(value: 0)
  private let filled = DispatchSemaphore(value: 0)
  private let ended = DispatchSemaphore(value: 0)
  private let isStopped = Atomic(false)

  /// - Parameter fill: fills the slot with that number; false where it was the last.
  func start(_ fill: @escaping @Sendable (Int) -> Bool) {
    // Not as its first value: libdispatch traps where a semaphore goes with less than it began with, and
    // how many slots are free when somebody wants no more is chance.
    for _ in 0..<2 { free.signal() }
    DispatchQueue(label: "reader").async {
      var turn = 0
      while true {
        self.free.wait()
        if self.isStopped.load(ordering: .acquiring) { break }
        let hasMore = fill(turn)
        self.filled.signal()
        if !hasMore { break }
        turn = 1 - turn
      }
      self.ended.signal()
    }
  }

  func waitUntilFilled() { filled.wait() }
  func giveBack() { free.signal() }

  /// Ends it, and waits for its end.
  func stop() {
    isStopped.store(true, ordering: .releasing)
    free.signal()
    ended.wait()
    ended.signal()
  }
}
