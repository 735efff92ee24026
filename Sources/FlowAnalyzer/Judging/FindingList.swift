/// The findings that a report lists: the earliest, up to a limit; of the others the worst.
///
/// Whatever does not follow the number of tuples shall stay within 64 MB, with 100,000 findings listed:
/// one with a single hit takes less than 200 bytes. The hits of all stand in one array, so that no
/// finding has one of its own.
struct FindingList {
  struct Entry {
    var finding: AttemptFinding
    /// Where its hits begin, and how many they are.
    var firstHit: UInt32
    var hitCount: UInt32
  }

  let limit: Int
  private(set) var entries: [Entry] = []
  private var hits: [Hit] = []
  /// How many findings there were in all.
  private(set) var total = 0
  /// The last that is listed, once there were too many: what comes later is counted only.
  private var last: Hit?
  /// The worst of those that are not listed.
  private(set) var worstOmitted = WorstFindings()

  init(limit: Int) { self.limit = limit }

  /// How many findings are not listed.
  var omitted: Int { total - min(total, limit) }

  /// The hits of an entry, in time order.
  func hits(of entry: Entry) -> ArraySlice<Hit> {
    hits[Int(entry.firstHit)..<Int(entry.firstHit + entry.hitCount)]
  }

  /// - Parameter hits: in time order; at least one.
  mutating func add(_ finding: AttemptFinding, _ hits: [Hit]) {
    total += 1
    if limit <= 0 || last.map({ Hit.precedes($0, hits[0]) }) == true {
      worstOmitted.add(finding, hits)
      return
    }
    entries.append(
      Entry(
        finding: finding, firstHit: UInt32(self.hits.count), hitCount: UInt32(hits.count)))
    self.hits.append(contentsOf: hits)
    // Cutting back at a quarter beyond the limit keeps the cost per finding constant.
    if entries.count - limit > limit / 4 { cut() }
  }

  /// Adds those of another list. Both must be complete.
  ///
  /// - Parameter numbers: of the clients there whose addresses have another number here.
  mutating func add(_ other: FindingList, numbers: [UInt32: UInt32]) {
    total += other.total
    let first = UInt32(hits.count)
    for var entry in other.entries {
      entry.firstHit += first
      entry.finding.client.renumber(numbers)
      entries.append(entry)
    }
    for var hit in other.hits {
      hit.renumberClients(numbers)
      hits.append(hit)
    }
    worstOmitted.add(other.worstOmitted, numbers: numbers)
    sort()
  }

  /// Gives all captures numbers that are higher by so many.
  mutating func shiftCaptures(by shift: UInt32) {
    for index in hits.indices { hits[index].capture &+= shift }
    last?.capture &+= shift
    worstOmitted.shiftCaptures(by: shift)
  }

  /// Calls `body` with each client that a finding names.
  func forEachParty(_ body: (Party) -> Void) {
    for entry in entries {
      body(entry.finding.client)
      for hit in hits(of: entry) { hit.forEachParty(body) }
    }
    worstOmitted.forEachFinding { finding, hits in
      body(finding.client)
      for hit in hits { hit.forEachParty(body) }
    }
  }

  func noteClients(in uses: inout AddressTable.Uses) {
    for entry in entries { uses.note(entry.finding.client) }
    for hit in hits { hit.noteClients(in: &uses) }
    worstOmitted.forEachFinding { finding, hits in
      uses.note(finding.client)
      for hit in hits { hit.noteClients(in: &uses) }
    }
  }

  /// Brings the entries into the order of their first hits, and cuts them to the limit.
  mutating func sort() {
    if entries.count > limit { cut() }
    sortByTime()
  }

  private mutating func sortByTime() {
    let hits = hits
    entries.sort { Hit.precedes(hits[Int($0.firstHit)], hits[Int($1.firstHit)]) }
  }

  /// The first hits of the listed findings.
  var firstHits: [Hit] { entries.map { hits[Int($0.firstHit)] } }

  /// Removes what is beyond the limit.
  private mutating func cut() {
    sortByTime()
    for entry in entries.dropFirst(limit) { worstOmitted.add(entry.finding, hits(of: entry)) }
    entries.removeLast(entries.count - limit)
    last = entries.last.map { hits[Int($0.firstHit)] }
    compact()
  }

  /// Removes what begins later than some hit, and lists no more of the kind.
  mutating func drop(behind hit: Hit) {
    let hits = hits
    for entry in entries where Hit.precedes(hit, hits[Int(entry.firstHit)]) {
      worstOmitted.add(entry.finding, self.hits(of: entry))
    }
    entries.removeAll { Hit.precedes(hit, hits[Int($0.firstHit)]) }
    last = hit
    compact()
  }

  private mutating func compact() {
    // The hits that stay move together in place, without a second array.
    entries.sort { $0.firstHit < $1.firstHit }
    var end = 0
    for index in entries.indices {
      let old = hits(of: entries[index]).indices
      entries[index].firstHit = UInt32(end)
      for position in old {
        hits[end] = hits[position]
        end += 1
      }
    }
    hits.removeLast(hits.count - end)
  }
}

extension FindingList: Packed, Codable {
  /// Each entry with its hits. What comes too late to be listed is known to a run only.
  func write(to writer: inout PackedWriter) {
    writer.write(count: limit)
    writer.write(count: total)
    writer.write(count: entries.count)
    for entry in entries {
      entry.finding.write(to: &writer)
      let hits = hits(of: entry)
      writer.write(count: hits.count)
      for hit in hits { hit.write(to: &writer) }
    }
    worstOmitted.write(to: &writer)
  }

  init(from reader: inout PackedReader) throws(DecodingError) {
    limit = try reader.number()
    total = try reader.count()
    var hits: [Hit] = []
    entries = try reader.array { reader throws(DecodingError) in
      let finding = try AttemptFinding(from: &reader)
      let first = hits.count
      hits += try reader.array() as [Hit]
      guard hits.count > first else { throw reader.error("a finding has no hit") }
      guard hits.count <= UInt32.max else { throw reader.error("there are too many hits") }
      return Entry(
        finding: finding, firstHit: UInt32(first), hitCount: UInt32(hits.count - first))
    }
    self.hits = hits
    worstOmitted = try WorstFindings(from: &reader)
    guard entries.count + worstOmitted.count <= total else {
      throw reader.error("more are listed than there were")
    }
  }
}

extension Hit {
  /// Calls `body` with each client that it names.
  func forEachParty(_ body: (Party) -> Void) {
    body(previous)
    for user in formerUsers?.clients ?? [] { body(user) }
  }

  /// - Parameter numbers: of the clients whose addresses get another number.
  mutating func renumberClients(_ numbers: [UInt32: UInt32]) {
    previous.renumber(numbers)
    formerUsers?.renumber(numbers)
  }

  /// Notes the clients of what the SYN met, by the joiner's numbers.
  func noteClients(in uses: inout AddressTable.Uses) {
    uses.note(previous)
    if let formerUsers { uses.note(formerUsers) }
  }
}

extension Exchange {
  /// The SYN's 4-tuple.
  func tuple(_ addresses: borrowing AddressTable) -> FourTuple {
    FourTuple(
      source: Endpoint(address: addresses[source], port: sourcePort),
      destination: Endpoint(address: addresses[destination], port: destinationPort))
  }
}
