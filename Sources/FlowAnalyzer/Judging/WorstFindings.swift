/// The worst of those findings that a report counts but does not list: what is bad is shown, however
/// late it comes.
///
/// As many as reports for people show, and of each kind, answer and harm as many as a broken rule names.
/// What is kept follows from what there was, whatever the order in which it was added.
struct WorstFindings {
  struct Item: Equatable {
    var finding: AttemptFinding
    /// In time order; at least one.
    var hits: [Hit]
    var severity: FindingSeverity

    init(_ finding: AttemptFinding, _ hits: [Hit]) {
      self.finding = finding
      self.hits = hits
      severity = FindingSeverity(finding, hits)
    }

    var rank: Rank { Rank(severity: severity, first: hits[0].position) }
  }

  /// What items are ordered by: gravity, and where that is equal time.
  struct Rank {
    var severity: FindingSeverity
    /// Of its hits.
    var first: Hit.Position

    func precedes(_ other: Rank) -> Bool {
      if severity.exceeds(other.severity) { return true }
      return !other.severity.exceeds(severity) && first < other.first
    }
  }

  /// How many of all are kept: none of the reports for people shows more.
  static let kept = 500
  /// How many there can be.
  static let most = 2 * kept

  private var items: [Item] = []
  /// Behind these nothing is kept; nil until something was let go.
  private var bar: Bar?

  /// The worst first, and no more than are kept.
  var settled: [Item] {
    var settled = self
    settled.settle()
    return settled.items
  }

  /// How many there are before they are settled.
  var count: Int { items.count }

  mutating func add(_ finding: AttemptFinding, _ hits: some Collection<Hit>) {
    // Most that come late harm no more than the others, and are done with by a few comparisons.
    if let bar, bar.isAhead(of: finding, hits) { return }
    items.append(Item(finding, Array(hits)))
    // Settling at twice the number keeps the cost per finding constant.
    if items.count >= Self.most { settle() }
  }

  /// - Parameter numbers: of the clients there whose addresses have another number here.
  mutating func add(_ other: WorstFindings, numbers: [UInt32: UInt32]) {
    for var item in other.items {
      item.finding.client.renumber(numbers)
      for index in item.hits.indices { item.hits[index].renumberClients(numbers) }
      items.append(item)
      if items.count >= Self.most { settle() }
    }
  }

  /// Calls `body` with each, in no order.
  func forEachFinding(_ body: (AttemptFinding, [Hit]) -> Void) {
    for item in items { body(item.finding, item.hits) }
  }

  mutating func shiftCaptures(by shift: UInt32) {
    bar = nil
    for item in items.indices {
      for hit in items[item].hits.indices { items[item].hits[hit].capture &+= shift }
    }
  }

  /// Brings them into their order, and lets go of all but the worst.
  private mutating func settle() {
    // Ranks are sorted, and not the items with all that they hold.
    let ranks = items.map(\.rank)
    items = items.indices.sorted { ranks[$0].precedes(ranks[$1]) }.map { items[$0] }
    guard items.count > Self.kept else { return }
    var isKept = [Bool](repeating: false, count: items.count)
    for index in 0..<Self.kept { isKept[index] = true }
    var bar = Bar(ofAll: items[Self.kept - 1].rank)
    var seen: CaseCounts<Aspect> = [:]
    for (index, item) in items.enumerated() {
      for aspect in Aspect.all(of: item) {
        seen.add(of: aspect)
        let count = seen[aspect] ?? 0
        if count <= Policy.pointers { isKept[index] = true }
        if count == Policy.pointers { bar.ofAspects.append((aspect, item.rank)) }
      }
    }
    // Rules on the delay go by that alone; the sort keeps the order of equals.
    let delayed = items.indices.filter { items[$0].finding.added > 0 }
      .sorted { (-items[$0].finding.added, $0) < (-items[$1].finding.added, $1) }
    for index in delayed.prefix(Policy.pointers) { isKept[index] = true }
    if delayed.count >= Policy.pointers {
      bar.ofDelays = items[delayed[Policy.pointers - 1]].finding.added
    }
    self.bar = bar
    items = items.indices.filter { isKept[$0] }.map { items[$0] }
  }

  /// The last of those that are kept: of all, of each aspect, and the least of the delays.
  private struct Bar {
    var ofAll: Rank
    /// A list: there is a handful of them.
    var ofAspects: [(aspect: Aspect, rank: Rank)] = []
    var ofDelays: Int64?

    init(ofAll: Rank) { self.ofAll = ofAll }

    /// Whether enough of all that a finding could stand for are worse.
    func isAhead(of finding: AttemptFinding, _ hits: some Collection<Hit>) -> Bool {
      guard let first = hits.first,
        finding.added == 0 || ofDelays.map({ $0 > finding.added }) == true
      else { return false }
      let rank = Rank(severity: FindingSeverity(finding, hits), first: first.position)
      func isBehind(_ aspect: Aspect) -> Bool {
        ofAspects.contains { $0.aspect == aspect && $0.rank.precedes(rank) }
      }
      guard ofAll.precedes(rank), finding.outcome != .failed || isBehind(.failed) else {
        return false
      }
      return hits.allSatisfy { isBehind(.answer($0.verdict.held, $0.verdict.answer)) }
    }
  }

  /// What a rule of a policy can be about, besides the delay. Killed connections are the worst anyway.
  private enum Aspect: Equatable {
    case failed
    case answer(HeldKind, Answer)

    /// Each once.
    static func all(of item: Item) -> [Aspect] {
      var aspects: [Aspect] = item.finding.outcome == .failed ? [.failed] : []
      for hit in item.hits {
        let aspect = Aspect.answer(hit.verdict.held, hit.verdict.answer)
        if !aspects.contains(aspect) { aspects.append(aspect) }
      }
      return aspects
    }
  }
}

extension WorstFindings: Packed {
  func write(to writer: inout PackedWriter) {
    let items = settled
    writer.write(count: items.count)
    for item in items {
      item.finding.write(to: &writer)
      writer.write(item.hits)
    }
  }

  init(from reader: inout PackedReader) throws(DecodingError) {
    items = try reader.array(most: Self.most) { reader throws(DecodingError) in
      let finding = try AttemptFinding(from: &reader)
      let hits = try reader.array() as [Hit]
      guard !hits.isEmpty else { throw reader.error("a finding has no hit") }
      return Item(finding, hits)
    }
  }
}
