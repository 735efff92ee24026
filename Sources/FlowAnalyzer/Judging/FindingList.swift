/// The findings that a report lists: the earliest, up to a limit.
struct FindingList {
  struct Entry {
    var finding: AttemptFinding
    /// The tuple of each hit, in the order of the finding's hits.
    var tuples: [FourTuple]
  }

  let limit: Int
  private(set) var entries: [Entry] = []
  /// How many findings there were in all.
  private(set) var total = 0

  init(limit: Int) { self.limit = limit }

  /// How many findings are not listed.
  var omitted: Int { total - min(total, limit) }

  mutating func add(_ finding: AttemptFinding, _ addresses: borrowing AddressTable) {
    total += 1
    guard limit > 0 else { return }
    var tuples: [FourTuple] = []
    for hit in finding.hits { tuples.append(hit.exchange.tuple(addresses)) }
    entries.append(Entry(finding: finding, tuples: tuples))
    // Cutting back at twice the limit keeps the cost per finding constant.
    if entries.count / 2 >= limit { sort() }
  }

  /// Brings the entries into the order of their first hits, and cuts them to the limit.
  mutating func sort() {
    entries.sort { Self.key($0) < Self.key($1) }
    if entries.count > limit { entries.removeLast(entries.count - limit) }
  }

  private static func key(_ entry: Entry) -> (Timestamp, UInt32, UInt64) {
    let first = entry.finding.hits[0].exchange
    return (first.time, first.capture, first.frame)
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
