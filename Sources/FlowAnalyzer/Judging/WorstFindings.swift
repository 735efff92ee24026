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

    /// By gravity, and where that is equal by time.
    static func precedes(_ lhs: Item, _ rhs: Item) -> Bool {
      if lhs.severity.exceeds(rhs.severity) { return true }
      return !rhs.severity.exceeds(lhs.severity) && Hit.precedes(lhs.hits[0], rhs.hits[0])
    }
  }

  /// How many of all are kept: none of the reports for people shows more.
  static let kept = 500
  /// How many there can be.
  static let most = 2 * kept

  /// The worst first, once they are settled.
  private(set) var items: [Item] = []

  mutating func add(_ finding: AttemptFinding, _ hits: some Sequence<Hit>) {
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

  mutating func shiftCaptures(by shift: UInt32) {
    for item in items.indices {
      for hit in items[item].hits.indices { items[item].hits[hit].capture &+= shift }
    }
  }

  /// Brings them into their order, and lets go of all but the worst.
  mutating func settle() {
    items.sort(by: Item.precedes)
    guard items.count > Self.kept else { return }
    var isKept = [Bool](repeating: false, count: items.count)
    for index in 0..<Self.kept { isKept[index] = true }
    var seen: [Aspect: Int] = [:]
    for (index, item) in items.enumerated() {
      for aspect in Aspect.all(of: item) {
        seen[aspect, default: 0] += 1
        if seen[aspect, default: 0] <= Policy.pointers { isKept[index] = true }
      }
    }
    // Rules on the delay go by that alone; the sort keeps the order of equals.
    let delayed = items.indices.filter { items[$0].finding.added > 0 }
      .sorted { (-items[$0].finding.added, $0) < (-items[$1].finding.added, $1) }
    for index in delayed.prefix(Policy.pointers) { isKept[index] = true }
    items = items.indices.filter { isKept[$0] }.map { items[$0] }
  }

  /// What a rule of a policy can be about, besides the delay. Killed connections are the worst anyway.
  private enum Aspect: Hashable {
    case failed
    case answer(HeldKind, Answer)

    static func all(of item: Item) -> Set<Aspect> {
      var aspects = Set(item.hits.map { Aspect.answer($0.verdict.held, $0.verdict.answer) })
      if item.finding.outcome == .failed { aspects.insert(.failed) }
      return aspects
    }
  }
}

extension WorstFindings: Packed {
  func write(to writer: inout PackedWriter) {
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
