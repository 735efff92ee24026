/// The findings that a report lists: the earliest, up to a limit; of the others the worst.
///
/// Whatever does not follow the number of tuples shall stay within 64 MB, with 100,000 findings listed:
/// one with a single hit takes less than 200 bytes. They lie in blocks that never move: a list that grows
/// has no second copy, and takes over the blocks of another.
struct FindingList {
  struct Entry: Equatable {
    var finding: AttemptFinding
    fileprivate(set) var firstHit: Hit
    /// Most findings have none, and no array of their own then.
    private var laterHits: [Hit]

    /// - Parameter hits: in time order; at least one.
    init(_ finding: AttemptFinding, _ hits: [Hit]) {
      self.finding = finding
      firstHit = hits[0]
      laterHits = hits.count > 1 ? Array(hits.dropFirst()) : []
    }

    /// In time order.
    var hits: [Hit] { [firstHit] + laterHits }

    fileprivate mutating func change(_ body: (inout Hit) -> Void) {
      body(&firstHit)
      for index in laterHits.indices { body(&laterHits[index]) }
    }

    fileprivate mutating func renumberClients(_ numbers: [UInt32: UInt32]) {
      finding.client.renumber(numbers)
      change { $0.renumberClients(numbers) }
    }

    fileprivate func forEachParty(_ body: (Party) -> Void) {
      body(finding.client)
      firstHit.forEachParty(body)
      for hit in laterHits { hit.forEachParty(body) }
    }

    fileprivate func noteClients(in uses: inout AddressTable.Uses) {
      uses.note(finding.client)
      firstHit.noteClients(in: &uses)
      for hit in laterHits { hit.noteClients(in: &uses) }
    }
  }

  let limit: Int
  /// None is larger than `blockSize`, and only the last is written to.
  private var blocks: [[Entry]] = []
  /// Where the listed entries are, in the order of the list.
  private var places: [Place] = []
  /// How many findings there were in all.
  private(set) var total = 0
  /// The last that is listed, once there were too many: what comes later is counted only.
  private var last: Hit.Position?
  /// The worst of those that are not listed.
  private(set) var worstOmitted = WorstFindings()

  private static let blockSize = 1024

  struct Place {
    var block: UInt32
    var index: UInt32
  }

  init(limit: Int) { self.limit = limit }

  /// How many findings are listed.
  var count: Int { places.count }

  /// How many findings are not listed.
  var omitted: Int { total - min(total, limit) }

  subscript(position: Int) -> Entry { self[places[position]] }

  private subscript(place: Place) -> Entry { blocks[Int(place.block)][Int(place.index)] }

  /// - Parameter hits: in time order; at least one.
  mutating func add(_ finding: AttemptFinding, _ hits: [Hit]) {
    total += 1
    if limit <= 0 || last.map({ $0 < hits[0].position }) == true {
      worstOmitted.add(finding, hits)
      return
    }
    append(Entry(finding, hits))
    // Cutting back at a quarter beyond the limit keeps the cost per finding constant.
    if count - limit > limit / 4 { cut() }
  }

  private mutating func append(_ entry: Entry) {
    if blocks.last.map({ $0.count < Self.blockSize }) != true {
      // A list of few grows as any array does.
      let isFirst = blocks.isEmpty
      blocks.append([])
      if !isFirst { blocks[blocks.count - 1].reserveCapacity(Self.blockSize) }
    }
    let block = blocks.count - 1
    places.append(Place(block: UInt32(block), index: UInt32(blocks[block].count)))
    blocks[block].append(entry)
  }

  /// Adds those of another list. Both must be complete.
  ///
  /// - Parameter numbers: of the clients there whose addresses have another number here.
  mutating func add(_ other: FindingList, numbers: [UInt32: UInt32]) {
    total += other.total
    let first = UInt32(blocks.count)
    blocks += other.blocks
    places += other.places.map { Place(block: first + $0.block, index: $0.index) }
    if !numbers.isEmpty { change(blocks: Int(first)...) { $0.renumberClients(numbers) } }
    worstOmitted.add(other.worstOmitted, numbers: numbers)
    sort()
  }

  /// Gives all captures numbers that are higher by so many.
  mutating func shiftCaptures(by shift: UInt32) {
    change(blocks: 0...) { entry in entry.change { $0.capture &+= shift } }
    last?.capture &+= shift
    worstOmitted.shiftCaptures(by: shift)
  }

  private mutating func change(blocks range: PartialRangeFrom<Int>, _ body: (inout Entry) -> Void) {
    for block in blocks.indices[range] {
      for index in blocks[block].indices { body(&blocks[block][index]) }
    }
  }

  /// Calls `body` with each client that a finding names.
  func forEachParty(_ body: (Party) -> Void) {
    for place in places { self[place].forEachParty(body) }
    worstOmitted.forEachFinding { finding, hits in
      body(finding.client)
      for hit in hits { hit.forEachParty(body) }
    }
  }

  func noteClients(in uses: inout AddressTable.Uses) {
    for place in places { self[place].noteClients(in: &uses) }
    worstOmitted.forEachFinding { finding, hits in
      uses.note(finding.client)
      for hit in hits { hit.noteClients(in: &uses) }
    }
  }

  /// Brings the entries into the order of their first hits, and cuts them to the limit.
  mutating func sort() {
    if count > limit { cut() }
    sortByTime()
  }

  private mutating func sortByTime() {
    let blocks = blocks
    func position(_ place: Place) -> Hit.Position {
      blocks[Int(place.block)][Int(place.index)].firstHit.position
    }
    places.sort { position($0) < position($1) }
  }

  /// Where the first hits of the listed findings are.
  var firstHits: [Hit.Position] { places.map { self[$0].firstHit.position } }

  /// Removes what is beyond the limit.
  private mutating func cut() {
    sortByTime()
    for place in places.dropFirst(limit) { omit(self[place]) }
    places.removeLast(count - limit)
    last = places.last.map { self[$0].firstHit.position }
    compact()
  }

  /// Removes what begins later than some hit, and lists no more of the kind.
  mutating func drop(behind hit: Hit.Position) {
    for place in places where hit < self[place].firstHit.position { omit(self[place]) }
    let blocks = blocks
    places.removeAll { hit < blocks[Int($0.block)][Int($0.index)].firstHit.position }
    last = hit
    compact()
  }

  private mutating func omit(_ entry: Entry) { worstOmitted.add(entry.finding, entry.hits) }

  /// Moves what is listed to the beginning of the blocks. Each block that was moved is let go of at once.
  private mutating func compact() {
    var isListed = blocks.map { [Bool](repeating: false, count: $0.count) }
    for place in places { isListed[Int(place.block)][Int(place.index)] = true }
    var old = blocks
    (blocks, places) = ([], [])
    for block in old.indices {
      for (index, entry) in old[block].enumerated() where isListed[block][index] { append(entry) }
      old[block] = []
    }
  }
}

extension FindingList: Packed, Codable {
  /// Each entry with its hits. What comes too late to be listed is known to a run only.
  func write(to writer: inout PackedWriter) {
    writer.write(count: limit)
    writer.write(count: total)
    writer.write(count: count)
    for place in places {
      let entry = self[place]
      entry.finding.write(to: &writer)
      writer.write(entry.hits)
    }
    worstOmitted.write(to: &writer)
  }

  init(from reader: inout PackedReader) throws(DecodingError) {
    limit = try reader.number()
    total = try reader.count()
    _ = try reader.array { reader throws(DecodingError) in append(try Entry(from: &reader)) }
    worstOmitted = try WorstFindings(from: &reader)
    guard count + worstOmitted.count <= total else {
      throw reader.error("more are listed than there were")
    }
  }
}

extension FindingList.Entry {
  fileprivate init(from reader: inout PackedReader) throws(DecodingError) {
    let finding = try AttemptFinding(from: &reader)
    let hits = try reader.array() as [Hit]
    guard !hits.isEmpty else { throw reader.error("a finding has no hit") }
    self.init(finding, hits)
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
