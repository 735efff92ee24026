/// Threads that read captures and audit them in lanes, each doing what is at hand: the next batch, or a
/// lane's part of one that was read.
///
/// A lane is worked on by one thread at a time, and takes its parts in order, so that what it finds does
/// not depend on who works when. All that threads share is looked at and changed under `monitor`; a batch
/// is written by who has `isFilling`, and read by the others only after it is counted in `filled`.
final class LaneCrew: @unchecked Sendable {
  /// Batches that may be under way.
  private static let slotCount = 6

  private final class Slot {
    var batch = SegmentBatch()
    var routes = Routes(capacity: SegmentBatch.standardCapacity)
  }

  private struct Task {
    enum Kind {
      case fill(Slot)
      case observe(Lane, Slot, number: Int)
    }
    let kind: Kind
  }

  private let workers: Int
  private let monitor = Monitor()
  private let slots = (0..<slotCount).map { _ in Slot() }
  let lanes: [Lane]
  private var source: SegmentSource
  private let anonymizer: AddressAnonymizer?
  private var router = LaneRouter()

  /// How many batches each lane has taken in, and whether it is at work on the next.
  private var taken: [Int]
  private var isBusy: [Bool]
  /// How many batches have been read, and whether another is being.
  private var filled = 0
  private var isFilling = false
  private var isSourceFinished = false
  /// Lanes take in no more batches than so many, until they are told to.
  private var goal = 0
  private var isStopped = false
  private var waiting = 0
  private var readUpTo = Analyzer.Progress(bytesRead: 0, bytesTotal: nil)
  private let helpers = ThreadGroup()

  /// - Parameter threads: how many work, the caller's own among them.
  init(_ survey: Survey, _ configuration: AnalyzerConfiguration, threads: Int) {
    source = SegmentSource(
      inputs: survey.inputs, corrections: survey.corrections, endpoints: survey.endpoints,
      selection: survey.selection)
    anonymizer = configuration.anonymizer
    lanes = (0..<LaneRouter.laneCount).map { Lane($0, configuration) }
    taken = lanes.map { _ in 0 }
    isBusy = lanes.map { _ in false }
    workers = max(1, threads)
  }

  /// Has the other threads begin, as many as the system gives. Before that the lanes are the caller's.
  func start() {
    for helper in 1..<workers {
      helpers.start { [self] in work(as: helper, untilGoal: false) }
    }
  }

  /// Audits the next batches. Afterwards no lane is at work until the next call.
  ///
  /// - Returns: false where those were the last.
  func step(batches: Int) -> Bool {
    monitor.withLock {
      goal += batches
      if waiting > 0 { monitor.wakeAll() }
    }
    work(as: 0, untilGoal: true)
    return monitor.withLock { !(isSourceFinished && filled <= goal) }
  }

  /// How far the captures have been read.
  var progress: Analyzer.Progress { monitor.withLock { readUpTo } }

  /// Ends the work of all threads.
  ///
  /// - Parameter isEarly: reads no further, and audits what has been read.
  /// - Returns: the lanes, which are the caller's from here on.
  func stop(isEarly: Bool) -> [Lane] {
    if isEarly {
      monitor.withLock {
        isSourceFinished = true
        goal = .max
        if waiting > 0 { monitor.wakeAll() }
      }
      work(as: 0, untilGoal: true)
    }
    monitor.withLock {
      isStopped = true
      monitor.wakeAll()
    }
    helpers.wait()
    if isEarly {
      source.giveUpHeldBack { batch in
        anonymizer?.encrypt(&batch)
        var routes = Routes(capacity: batch.count)
        router.route(batch, into: &routes)
        for lane in lanes { lane.observe(batch, routes) }
      }
    }
    return lanes
  }

  /// The source, once the work has ended.
  func withSource<Result>(_ body: (inout SegmentSource) -> Result) -> Result { body(&source) }

  // MARK: - Work

  private func work(as worker: Int, untilGoal: Bool) {
    while let task = nextTask(for: worker, untilGoal: untilGoal) {
      switch task.kind {
      case .fill(let slot):
        fill(slot)
        monitor.withLock {
          filled += 1
          isFilling = false
          isSourceFinished = isSourceFinished || source.isFinished
          readUpTo = slot.batch.progress
          if waiting > 0 { monitor.wakeAll() }
        }
      case .observe(let lane, let slot, let number):
        lane.observe(slot.batch, slot.routes)
        monitor.withLock {
          taken[number] += 1
          isBusy[number] = false
          if waiting > 0 { monitor.wakeAll() }
        }
      }
    }
  }

  private func fill(_ slot: Slot) {
    slot.batch.removeAll()
    source.fill(&slot.batch)
    anonymizer?.encrypt(&slot.batch)
    slot.batch.progress = Analyzer.Progress(
      bytesRead: source.bytesRead, bytesTotal: source.bytesTotal)
    router.route(slot.batch, into: &slot.routes)
  }

  /// Waits for something to do, and takes it on.
  ///
  /// - Parameter untilGoal: nil is returned where all lanes have reached their goal, and not only when all
  ///   is over.
  private func nextTask(for worker: Int, untilGoal: Bool) -> Task? {
    monitor.withLock {
      while true {
        if isStopped { return nil }
        let slowest = taken.min() ?? 0
        if untilGoal, slowest >= goal || (isSourceFinished && !isFilling && slowest >= filled) {
          return nil
        }
        let canFill = !isSourceFinished && !isFilling && filled - slowest < Self.slotCount
        // Nobody shall have to wait for the next batch.
        if canFill, filled - slowest < 2 { return beginToFill() }
        if let number = laneToTake(worker) {
          isBusy[number] = true
          return Task(
            kind: .observe(lanes[number], slots[taken[number] % Self.slotCount], number: number))
        }
        if canFill { return beginToFill() }
        waiting += 1
        monitor.wait()
        waiting -= 1
      }
    }
  }

  private func beginToFill() -> Task {
    isFilling = true
    return Task(kind: .fill(slots[filled % Self.slotCount]))
  }

  /// The lane that is furthest behind, of those that a thread usually works on if there is one: their
  /// tables are in its cache.
  private func laneToTake(_ worker: Int) -> Int? {
    var best: Int?
    for number in lanes.indices where !isBusy[number] && taken[number] < min(filled, goal) {
      guard let current = best else {
        best = number
        continue
      }
      let (isOwn, isBestOwn) = (number % workers == worker, current % workers == worker)
      if isOwn != isBestOwn ? isOwn : taken[number] < taken[current] { best = number }
    }
    return best
  }
}
